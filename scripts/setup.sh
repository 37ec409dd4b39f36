#!/bin/sh
# Installs what the tests need beyond Go. Prints every step; changes nothing
# when all is there.
set -eu
missing=""
command -v gcc >/dev/null 2>&1 || missing="$missing gcc libc6-dev"      # race detector
command -v pdftotext >/dev/null 2>&1 || missing="$missing poppler-utils" # reads the PDF reports back
command -v chromium >/dev/null 2>&1 || missing="$missing chromium"       # opens the pages as people do
command -v npm >/dev/null 2>&1 || missing="$missing npm"                 # brings axe-core, the accessibility check
command -v openssl >/dev/null 2>&1 || missing="$missing openssl"       # a TLS server of another make
command -v initdb >/dev/null 2>&1 || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$missing postgresql" # the store's second engine
axe() {
	[ -f test/browser/node_modules/axe-core/axe.min.js ] && return 0
	echo "setup: installing axe-core with npm"
	npm ci --prefix test/browser --no-audit --no-fund --loglevel=error
}
if [ -z "$missing" ]; then
	axe
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
axe
