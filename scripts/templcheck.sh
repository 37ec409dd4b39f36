#!/bin/sh
# Fails when the generated Go files of the pages differ from their templates.
set -eu
sum() { find internal/web -name '*_templ.go' | sort | xargs cat | sha256sum; }
before=$(sum)
out=$(go tool -modfile=tools/go.mod templ generate -path internal/web 2>&1) || { echo "$out"; exit 1; }
if [ "$before" != "$(sum)" ]; then
	echo "templ: the generated files were not up to date; they are now (as by make generate), commit them"
	exit 1
fi
