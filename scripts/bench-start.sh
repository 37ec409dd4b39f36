#!/bin/sh
# Prints figures that a Go benchmark cannot show: size of the binary, time from
# the start of the program to the answer, time and memory of a whole report.
set -eu
cd "$(dirname "$0")/.."
make -s build # the program that people get, however this script was called
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
printf 'binary                 %d MB\n' "$(($(wc -c < bin/nisaba) / 1000000))"

# milliseconds NAME COMMAND…: the fastest and the median of eleven runs.
milliseconds() {
	name=$1; shift
	for _ in 1 2 3 4 5 6 7 8 9 10 11; do
		from=$(date +%s%N); "$@" > /dev/null; to=$(date +%s%N)
		echo $(((to - from) / 1000000))
	done | sort -n | awk -v name="$name" '{ v[NR] = $1 } END { printf "%-22s fastest %d ms, median %d ms\n", name, v[1], v[6] }'
}
example=examples/managed-service-provider.yaml
milliseconds 'nisaba scope' bin/nisaba scope $example
milliseconds 'nisaba assess' bin/nisaba assess $example --out "$work/report"
milliseconds 'nisaba demo' bin/nisaba demo --out "$work/demo"
if [ -x /usr/bin/time ]; then
	/usr/bin/time -f 'memory of assess       %M KB at most' bin/nisaba assess $example --out "$work/report" > /dev/null
else
	echo 'memory of assess       not measured: /usr/bin/time is not installed'
fi
