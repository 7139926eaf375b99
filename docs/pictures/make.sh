#!/usr/bin/env bash
# Makes every table, page and picture in this folder anew. The times in them are those of the machine it runs on.
set -euo pipefail
cd "$(dirname "$0")/../.."
cargo build --release --quiet
minipy=target/release/minipy
out=docs/pictures

# The run of a program under some rules: the table, the page, the picture.
record() {
    local name=$1
    shift
    "$minipy" run --stats --trace "$out/$name.svg" "$@" 2>&1 >/dev/null | sed 1d > "$out/$name.txt"
    "$minipy" run --trace "$out/$name.html" "$@" >/dev/null
}

record computes-new programs/pair_computes.mpy --gil new
record computes-off programs/pair_computes.mpy --gil off
record waits-new programs/pair_waits.mpy --gil new
record waits-off programs/pair_waits.mpy --gil off
record late-new programs/late_sleeper.mpy --like 3.13
record late-io-first programs/late_sleeper.mpy --like 3.13 --gil io-first
record late-off programs/late_sleeper.mpy --like 3.13 --gil off
record starvation-new programs/starvation.mpy --gil new
record starvation-io-first programs/starvation.mpy --gil io-first

"$minipy" compare programs/pair_computes.mpy -o "$out/computes.html"
"$minipy" bench programs/pair_computes.mpy --plot "$out/computes-bench.svg" > "$out/computes-bench.txt"
"$minipy" bench programs/pair_waits.mpy --plot "$out/waits-bench.svg" > "$out/waits-bench.txt"
"$minipy" latency programs/late_sleeper.mpy --intervals 5ms,0.5ms,1ms,2ms,10ms,20ms \
    --plot "$out/late-histogram.svg" > "$out/late-latency.txt"
"$minipy" latency programs/interval_sweep.mpy --intervals 0.05ms,0.2ms,0.5ms,1ms,2ms,5ms,10ms,20ms \
    --sweep "$out/interval-sweep.svg" > "$out/interval-sweep.txt"
