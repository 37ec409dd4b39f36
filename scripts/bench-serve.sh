#!/bin/sh
# Prints what a running server costs: time from the start of the program to the
# first page, and the memory that stays after the example workspace was browsed.
set -eu
cd "$(dirname "$0")/.."
make -s build bin/browse # the program that people get, however this script was called
work=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null || true; rm -rf "$work"' EXIT
port=$(bin/browse -port)
start() {
	bin/nisaba demo --serve --addr "127.0.0.1:$port" --data "$work/demo" > "$work/out" 2> "$work/err" &
	pid=$!
}
stop() { kill -INT "$pid"; wait "$pid" || true; pid=; }
from=$(date +%s%N)
start
bin/browse -wait "http://127.0.0.1:$port/sign-in"
printf 'example workspace made %d ms\n' $((($(date +%s%N) - from) / 1000000))
stop
for _ in 1 2 3 4 5; do
	from=$(date +%s%N)
	start
	bin/browse -wait "http://127.0.0.1:$port/sign-in"
	echo $((($(date +%s%N) - from) / 1000000))
	stop
done | sort -n | awk '{ v[NR] = $1 } END { printf "cold start to a page   fastest %d ms, median %d ms\n", v[1], v[3] }'
start
bin/browse -wait "http://127.0.0.1:$port/sign-in"
sleep 1
bin/browse "$(grep -o 'http://[^ ]*/enter/[^ ]*' "$work/out")"
awk '/VmRSS|VmHWM/ { printf "memory %-15s %d MB\n", $1, $2 / 1000 }' "/proc/$pid/status"
stop
