#!/usr/bin/env bash
# One process writes while others read the same store. The writer loads and removes documents, one commit at a time. A
# reader searches for the newest document. It must get one at least as new as the last commit that was acknowledged
# before, must not find a document whose removal was acknowledged, and must only see the generation grow. Another
# process answers many queries in one long run. No process may see an error.
#
#   Scripts/two-processes.sh [SECONDS]                  30 by default
#   Scripts/two-processes.sh --self-test                acknowledges a commit that was never made and expects that it is noticed
set -euo pipefail
cd "$(dirname "$0")/.."
source Scripts/lib.sh

lie=false
if [ "${1:-}" = --self-test ]; then
    lie=true
    shift
fi
seconds=${1:-30}
need_sparsestore

work=$(mktemp -d)
store=$work/shared.sparse
children=()
trap 'for child in ${children[@]+"${children[@]}"}; do kill "$child" 2>/dev/null || true; done; rm -rf "$work"' EXIT
head -n 100 Examples/sample/queries.jsonl >"$work/queries.jsonl"

acknowledge() { # name, number: publishes it to the readers atomically
    echo "$2" >"$work/$1.new"
    mv "$work/$1.new" "$work/$1"
}

write_one() { # number
    printf '{"id": "new-%d", "content": "document %d", "vector": {"clock": %d, "other": 1.5}}\n' "$1" "$1" "$1" |
        "$sparsestore" load "$store" - >>"$work/writer.log" 2>&1 || fail "the writer: $(tail -n 3 "$work/writer.log")"
}

write_all() {
    local number=1
    while [ ! -e "$work/stop" ]; do
        number=$((number + 1))
        write_one "$number"
        acknowledge newest "$number"
        if [ $((number % 3)) -eq 0 ]; then
            "$sparsestore" remove "$store" "new-$((number - 1))" >>"$work/writer.log" 2>&1 ||
                fail "the writer removing: $(tail -n 3 "$work/writer.log")"
            acknowledge removed "$((number - 1))"
        fi
        if [ $((number % 20)) -eq 0 ]; then
            "$sparsestore" load "$store" Examples/sample/documents.jsonl.zst >>"$work/writer.log" 2>&1 ||
                fail "the writer loading: $(tail -n 3 "$work/writer.log")"
        fi
    done
}

read_all() {
    local asked=0
    while [ ! -e "$work/stop" ]; do
        "$sparsestore" eval "$store" --queries "$work/queries.jsonl" --recall exact --json >"$work/eval" 2>&1 ||
            fail "the long reader: $(tail -n 3 "$work/eval")"
        asked=$((asked + 1))
    done
    echo "$asked" >"$work/evals"
}

newest_found() {
    "$sparsestore" search "$store" --terms '{"clock": 1}' --limit 1 --recall exact --json >"$work/found" 2>&1 ||
        fail "the reader: $(tail -n 3 "$work/found")"
    grep -o '"new-[0-9]*"' "$work/found" | tr -dc 0-9 || fail "the reader: no document found: $(cat "$work/found")"
}

generation_now() { # faster than starting Python, so that there are more rounds
    "$sparsestore" stats "$store" --json | grep -o '"generation": *[0-9]*' | tr -dc 0-9
}

write_one 1
acknowledge newest 1
acknowledge removed 0
if $lie; then acknowledge newest 1000000; else
    write_all &
    children+=($!)
fi
read_all &
children+=($!)

searches=0 generation=0 end=$((SECONDS + seconds))
while [ "$SECONDS" -lt "$end" ]; do
    for child in "${children[@]}"; do kill -0 "$child" 2>/dev/null || fail "a process ended early"; done
    newest=$(cat "$work/newest") removed=$(cat "$work/removed")
    found=$(newest_found)
    if [ "$found" -lt "$newest" ]; then
        if $lie; then
            echo "two-processes --self-test: the missing commit was noticed"
            exit 0
        fi
        fail "document $newest was acknowledged before the search, which found $found"
    fi
    if "$sparsestore" get "$store" "new-$removed" >/dev/null 2>&1; then fail "document $removed was removed but still exists"; fi
    now=$(generation_now) || fail "the reader: no stats"
    [ "$now" -ge "$generation" ] || fail "the generation went back from $generation to $now"
    generation=$now searches=$((searches + 1))
done
touch "$work/stop"
for child in "${children[@]}"; do wait "$child" || fail "a process failed"; done
if $lie; then fail "--self-test: a commit was missing, but it was not noticed"; fi
echo "two-processes: all well: generation $generation, $(cat "$work/newest") documents written singly, $searches searches, $(cat "$work/evals") long runs, no error"
