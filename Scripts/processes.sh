#!/usr/bin/env bash
# Runs several processes on one store, each with its own handle that merges in the background. They write, search and
# check; with four or more, the last one only reads. Tests/Crash/Driver/SharedStore.swift describes the checks.
# Afterward the store is verified deeply.
#
#   Scripts/processes.sh [SECONDS [PROCESSES]]          30 seconds, 2 processes by default
#   Scripts/processes.sh --self-test                    removes documents of a running writer and expects that it is noticed
set -euo pipefail
cd "$(dirname "$0")/.."
source Scripts/lib.sh

self_test=false
if [ "${1:-}" = --self-test ]; then
    self_test=true
    shift
fi
seconds=${1:-30} processes=${2:-2}
$self_test && seconds=5
driver=${CRASH_DRIVER:-.build/release/crash-driver}
need_sparsestore
[ -x "$driver" ] || fail "$driver does not exist: run 'swift build -c release --product crash-driver' first"
[ "$processes" -ge 2 ] || fail "pass 2 processes or more"
writers=$processes
if [ "$processes" -ge 4 ]; then writers=$((processes - 1)); fi

work=$(mktemp -d)
store=$work/shared.sparse
children=()
trap 'for child in ${children[@]+"${children[@]}"}; do kill "$child" 2>/dev/null || true; done; rm -rf "$work"' EXIT

# The reader does not create the store.
printf '{"id": "first", "vector": {"first": 1}}\n' | "$sparsestore" load "$store" - --quiet >/dev/null
for ((number = 0; number < processes; number++)); do
    "$driver" share "$store" "$number" "$writers" "$seconds" >"$work/$number.log" 2>&1 &
    children+=($!)
done
if $self_test; then
    sleep 2
    for ((group = 0; group < 400; group++)); do echo "0-$group-3"; done >"$work/stolen"
    xargs "$sparsestore" remove "$store" <"$work/stolen" >/dev/null 2>&1 || true
fi
for child in "${children[@]}"; do
    wait "$child" || fail "a process failed: $(cat "$work"/*.log)"
done
children=()
if grep -h '^problem' "$work"/*.log >"$work/problems"; then
    if $self_test; then
        echo "processes --self-test: $(wc -l <"$work/problems") problems were noticed"
        exit 0
    fi
    fail "$(head -n 20 "$work/problems")"
fi
if $self_test; then fail "--self-test: documents were removed, but it was not noticed"; fi
"$sparsestore" verify "$store" --deep >"$work/verify" 2>&1 || fail "verify: $(cat "$work/verify")"
"$sparsestore" stats "$store" --json >"$work/stats"
cat "$work"/[0-9]*.log
echo "processes: all well: $processes processes, $seconds s, $(field documents <"$work/stats") documents," \
    "generation $(field generation <"$work/stats"), $(du -k "$store" | cut -f1) KiB, no error"
