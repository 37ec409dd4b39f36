#!/bin/sh
# Runs govulncheck where its database can be reached, and says so where not.
set -u
out=$(go tool -modfile=tools/go.mod govulncheck ./... 2>&1)
status=$?
case "$out" in
*"fetching vulnerabilities"* | *"dial tcp"* | *"no such host"* | *"Forbidden"* | *"connection refused"*)
	echo "skipped: govulncheck, because its vulnerability database cannot be reached"
	exit 0
	;;
esac
echo "$out"
exit $status
