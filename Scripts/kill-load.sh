#!/usr/bin/env bash
# Kills `sparsestore load` with SIGKILL at random moments. After each kill the store must open and contain a prefix of
# the input, no shorter than before; `load --resume` continues from there. When a load finishes, its store must equal
# one that was never interrupted: the same exact answers, documents, terms and nonzeros. Then a new store is loaded,
# until enough kills have hit a running load.
#
#   Scripts/kill-load.sh [KILLS [SEED]]     50 kills and a random seed by default; pass a printed seed to repeat its delays
#   Scripts/kill-load.sh --self-test        loses a document on purpose and expects that it is noticed
#
# INPUT (JSON Lines), QUERIES, COPIES and LOAD_OPTIONS may be set; by default the sample is copied COPIES times and loaded
# in batches of 100.
set -euo pipefail
cd "$(dirname "$0")/.."
source Scripts/lib.sh

lose_one=false
if [ "${1:-}" = --self-test ]; then
    lose_one=true
    shift
    set -- 1 "$@"
fi
kills=${1:-50}
seed=${2:-$((SECONDS + $$ * 7 + $(date +%s)))}
RANDOM=$((seed % 32768))
read -r -a load_options <<<"${LOAD_OPTIONS:---batch 100}"
queries=${QUERIES:-Examples/sample/queries.jsonl}

need_sparsestore
work=$(mktemp -d)
loader=
trap 'if [ -n "$loader" ]; then kill -9 "$loader" 2>/dev/null || true; fi; rm -rf "$work"' EXIT

input=${INPUT:-$work/documents.jsonl}
if [ -z "${INPUT:-}" ]; then
    zstd -dcq Examples/sample/documents.jsonl.zst | python3 Scripts/expand-sample.py "${COPIES:-40}" >"$input"
fi
total=$(wc -l <"$input")
head -n 200 "$queries" >"$work/queries.jsonl"

load() { # store, options: runs the loader and keeps its output in a log
    exec "$sparsestore" load "$1" "$input" "${@:2}" ${load_options[@]+"${load_options[@]}"} >>"$work/log" 2>&1
}

id_of_line() { # number, from 1
    sed -n "$1{p;q;}" "$input" | field id
}

answers() { # store, name: writes statistics and answers of the store, for comparison
    "$sparsestore" stats "$1" --json >"$work/$2.stats"
    for name in documents terms nonzeros; do echo "$name $(field $name <"$work/$2.stats")"; done >"$work/$2.counts"
    "$sparsestore" eval "$1" --queries "$work/queries.jsonl" --recall exact --run "$work/$2.run" --json >/dev/null
}

documents_in() { # store: prints the number; fails unless it opens, its segments add up and it is a prefix of the input
    local store=$1 documents
    "$sparsestore" stats "$store" --json >"$work/stats" || fail "the store does not open after a kill"
    documents=$(field documents <"$work/stats")
    python3 - "$work/stats" <<'PYTHON' || fail "stats contradict themselves: $(cat "$work/stats")"
import json, sys
stats = json.load(open(sys.argv[1]))
live = sum(segment["documents"] - segment.get("tombstones", 0) for segment in stats["segments"])
sys.exit(live != stats["documents"])
PYTHON
    if [ "$documents" -gt 0 ]; then
        "$sparsestore" get "$store" "$(id_of_line "$documents")" >/dev/null 2>&1 ||
            fail "$documents documents, but line $documents of the input is missing"
    fi
    if [ "$documents" -lt "$total" ] &&
        "$sparsestore" get "$store" "$(id_of_line $((documents + 1)))" >/dev/null 2>&1; then
        fail "$documents documents, but line $((documents + 1)) of the input is present too"
    fi
    echo "$documents"
}

echo "kill-load: seed $seed, $total documents, $kills kills"
began=$(date +%s%N)
(load "$work/whole.sparse") || { cat "$work/log" >&2; fail "the uninterrupted load fails"; }
whole_ms=$((($(date +%s%N) - began) / 1000000))
answers "$work/whole.sparse" whole
grep -qx "documents $total" "$work/whole.counts" || fail "the uninterrupted load lacks documents"
[ -s "$work/whole.run" ] || fail "the uninterrupted load has no answers to compare"
echo "kill-load: uninterrupted: $whole_ms ms"

hits=0 tries=0 rounds=0
while [ "$hits" -lt "$kills" ]; do
    rounds=$((rounds + 1)) before=0 through=false
    folder=$work/round
    store=$folder/killed.sparse
    rm -rf "$folder"
    mkdir "$folder"
    until $through; do
        resume=()
        if [ -e "$store" ]; then resume=(--resume); fi
        load "$store" ${resume[@]+"${resume[@]}"} &
        loader=$!
        if [ "$hits" -lt "$kills" ]; then
            delay_ms=$(((RANDOM * 32768 + RANDOM) % whole_ms + 1))
            sleep "$((delay_ms / 1000)).$(printf %03d $((delay_ms % 1000)))"
            kill -9 "$loader" 2>/dev/null || true
            tries=$((tries + 1))
        fi
        status=0
        wait "$loader" 2>/dev/null || status=$?
        loader=
        case $status in
        0) through=true ;;
        137)
            hits=$((hits + 1)) now=0
            if [ -e "$store" ]; then now=$(documents_in "$store"); fi
            echo "kill $hits after $delay_ms ms: $now documents"
            [ "$now" -ge "$before" ] || fail "there were $before documents before this load, but only $now after it"
            before=$now
            ;;
        *)
            tail -n 5 "$work/log" >&2
            fail "a load after a kill exits with $status"
            ;;
        esac
    done
    if $lose_one; then "$sparsestore" remove "$store" "$(id_of_line 1)" >/dev/null; fi
    answers "$store" killed
    if ! cmp -s "$work/whole.counts" "$work/killed.counts" || ! cmp -s "$work/whole.run" "$work/killed.run"; then
        if $lose_one; then
            echo "kill-load --self-test: the lost document was noticed"
            exit 0
        fi
        diff "$work/whole.counts" "$work/killed.counts" >&2 || true
        diff "$work/whole.run" "$work/killed.run" | head -n 5 >&2 || true
        fail "round $rounds: a resumed load does not equal an uninterrupted one (seed $seed)"
    fi
    left=$(find "$folder" -mindepth 1 ! -name killed.sparse ! -name killed.sparse-lock)
    [ -z "$left" ] || fail "left behind: $left"
done
if $lose_one; then fail "--self-test: a document was lost, but it was not noticed"; fi
echo "kill-load: all well: $hits of $tries kills hit a running load, in $rounds loads; each result equals that of the uninterrupted load (seed $seed)"
