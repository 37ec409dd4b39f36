#!/bin/sh
# Installs what the tests need beyond Go. Prints every step; changes nothing
# when all is there.
set -eu
missing=""
command -v gcc >/dev/null 2>&1 || missing="$missing gcc libc6-dev"      # race detector
command -v pdftotext >/dev/null 2>&1 || missing="$missing poppler-utils" # reads the PDF reports back
command -v chromium >/dev/null 2>&1 || missing="$missing chromium"       # opens the pages as people do
command -v npm >/dev/null 2>&1 || missing="$missing npm"                 # brings axe-core, the accessibility check, and validators
command -v qpdf >/dev/null 2>&1 || missing="$missing qpdf"               # checks the PDF reports
[ -d /usr/lib/python3/dist-packages/openpyxl ] || missing="$missing python3-openpyxl" # opens the workbooks
[ -d /usr/lib/python3/dist-packages/docx ] || missing="$missing python3-docx" # opens the reports for Word
command -v openssl >/dev/null 2>&1 || missing="$missing openssl"       # a TLS server of another make
command -v initdb >/dev/null 2>&1 || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$missing postgresql" # the store's second engine
packages() {
	if [ ! -f test/browser/node_modules/axe-core/axe.min.js ]; then
		echo "setup: installing axe-core with npm"
		npm ci --prefix test/browser --no-audit --no-fund --loglevel=error
	fi
	if [ ! -d test/foreign/node_modules/ical.js ]; then
		echo "setup: installing validators of SARIF, OpenAPI and calendars with npm"
		npm ci --prefix test/foreign --no-audit --no-fund --loglevel=error || echo "setup: they cannot be had; the tests that need them are left out"
	fi
}
if [ -z "$missing" ]; then
	packages
	echo "setup: everything is installed"
	exit 0
fi
echo "setup: the tests need:$missing"
if ! command -v apt-get >/dev/null 2>&1; then
	echo "setup: apt-get is not available; please install the packages above with your package manager" >&2
	exit 1
fi
sudo=""
[ "$(id -u)" = 0 ] || sudo="sudo"
echo "setup: installing with apt-get"
$sudo apt-get update -qq
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends $missing
packages
