#!/usr/bin/env bash
# Runs every test in two parts, and ends with one line of totals for both: 'N passed, N failed, N skipped'. Skipped
# tests are listed before that line. Exits with 1 if a part fails, whatever the counts.
#
#   Scripts/test.sh                               what `make test` runs
#   Scripts/test.sh --without PATTERN OPTION...   without some tests, built with options of 'swift test'
#   Scripts/test.sh --one-by-one --without ...    the same, never two tests at once
#   Scripts/test.sh --self-test                   shows that failed and unfinished tests are counted
set -uo pipefail
cd "$(dirname "$0")/.."

# Suites whose tests wait for other tasks or processes. They run one by one, or they would wait for each other's
# threads.
waiting='WaitingTests|WaitTests|ListCacheTests|AsyncTests|AsyncRerankTests|MergeProcessTests|CompactionTests|CompactCommandTests|ProcessTests'
waiting+='|ObservabilityTests|CompactTests|ConcurrencyTests'

log=$(mktemp)
trap 'rm -f "$log"' EXIT
failed_parts=0

part() { # command...: runs a part of the tests and marks its end
    "$@" 2>&1 | tee -a "$log"
    local status=${PIPESTATUS[0]}
    echo "=part $status" >>"$log"
    if [ "$status" -ne 0 ]; then failed_parts=$((failed_parts + 1)); fi
}

# Adds up the output of the parts. A part that failed without a failed test ended early. The line of a test can get lost when
# many end at once, so a part that passed counts at least as many tests as it says it ran.
totals() {
    awk '
        /^[^ ]* Test run with [0-9]/ { ran = / passed after / ? $5 : 0; next }
        /^✔ Test .* passed after / { passed++; here++ }
        /^✘ Test .* failed after / { failed++; here++; failedHere++ }
        /^➜ Test .* skipped/ { skipped++; here++; print "skipped: " substr($0, index($0, "Test ") + 5) }
        /^=part / {
            if (ran > here) passed += ran - here
            if ($2 != 0 && !failedHere) { failed++; print "a part ended early with exit code " $2 }
            ran = here = failedHere = 0
        }
        END { printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped }
    ' "$log"
}

if [ "${1:-}" = --self-test ]; then
    source Scripts/lib.sh
    expect() { # totals, lines of a log...
        local expected=$1
        shift
        printf '%s\n' "$@" >"$log"
        local found
        found=$(totals | tail -1)
        [ "$found" = "$expected" ] || fail "'$found' instead of '$expected'"
    }
    expect '2 passed, 0 failed, 1 skipped' '✔ Test a() passed after 0.1 seconds.' '✔ Test "b" passed after 1 seconds.' \
        '➜ Test c() skipped: "no reader"' '✔ Test run with 3 tests in 1 suite passed after 1 seconds.' '=part 0'
    expect '1 passed, 1 failed, 0 skipped' '✔ Test a() passed after 0.1 seconds.' '=part 0' \
        '✘ Test b() failed after 0.1 seconds with 1 issue.' '✘ Test run with 1 test failed after 1 seconds.' '=part 1'
    expect '1 passed, 1 failed, 0 skipped' '✔ Test a() passed after 0.1 seconds.' '=part 139'
    expect '3 passed, 0 failed, 0 skipped' '✔ Test a() passed after 0.1 seconds.' \
        '✔ Test run with 3 tests in 1 suite passed after 1 seconds.' '=part 0'
    part bash -c 'exit 3' >/dev/null
    [ "$failed_parts" -eq 1 ] || fail "a part that fails is not noticed"
    echo "test.sh: self-test ok"
    exit 0
fi

way=--parallel
if [ "${1:-}" = --one-by-one ]; then
    way=--no-parallel
    shift
fi
without=
if [ "${1:-}" = --without ]; then
    without="|$2"
    shift 2
fi
part swift test "$@" "$way" --skip "$waiting$without"
if grep -qa ' Test run with ' "$log"; then
    part swift test "$@" --skip-build --no-parallel --filter "$waiting"
fi
totals
[ "$failed_parts" -eq 0 ]
