#!/bin/sh
# Runs every fuzz target for the given time each.
set -eu
time="${1:-10s}"
for file in $(git ls-files '*_test.go' | xargs grep -l '^func Fuzz'); do
	package="./$(dirname "$file")"
	for target in $(grep -ho '^func Fuzz[A-Za-z0-9_]*' "$file" | sed 's/^func //'); do
		echo "fuzz: $package $target for $time"
		go test "$package" -run '^$' -fuzz "^$target\$" -fuzztime "$time" -fuzzminimizetime 10x
	done
done
