#!/bin/sh
# Installs what the tests need beyond Go. Prints every step; changes nothing
# when all is there.
set -eu
missing=""
command -v gcc >/dev/null 2>&1 || missing="$missing gcc libc6-dev"      # race detector
command -v pdftotext >/dev/null 2>&1 || missing="$missing poppler-utils" # reads the PDF reports back
if [ -z "$missing" ]; then
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
