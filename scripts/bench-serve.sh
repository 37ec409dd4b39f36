#!/bin/sh
# Prints what a running server costs: time from the start of the program to the
# first page, and the memory that stays after the example workspace was browsed.
set -eu
work=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null || true; rm -rf "$work"' EXIT
CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o "$work/nisaba" ./cmd/nisaba
CGO_ENABLED=0 go build -o "$work/browse" ./scripts/browse
port=$("$work/browse" -port)
start() {
	"$work/nisaba" demo --serve --addr "127.0.0.1:$port" --data "$work/demo" > "$work/out" 2> "$work/err" &
	pid=$!
}
stop() { kill -INT "$pid"; wait "$pid" || true; pid=; }
from=$(date +%s%N)
start
"$work/browse" -wait "http://127.0.0.1:$port/sign-in"
printf 'example workspace made %d ms\n' $((($(date +%s%N) - from) / 1000000))
stop
for _ in 1 2 3 4 5; do
	from=$(date +%s%N)
	start
	"$work/browse" -wait "http://127.0.0.1:$port/sign-in"
	echo $((($(date +%s%N) - from) / 1000000))
	stop
done | sort -n | awk '{ v[NR] = $1 } END { printf "cold start to a page   fastest %d ms, median %d ms\n", v[1], v[3] }'
start
"$work/browse" -wait "http://127.0.0.1:$port/sign-in"
sleep 1
"$work/browse" "$(grep -o 'http://[^ ]*/enter/[^ ]*' "$work/out")"
awk '/VmRSS|VmHWM/ { printf "memory %-15s %d MB\n", $1, $2 / 1000 }' "/proc/$pid/status"
stop
