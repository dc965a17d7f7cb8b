#!/bin/bash
# Builds the fuzzer and runs all targets or the named ones: Fuzz/run.sh [target...]. Each runs for SECONDS_PER_TARGET
# (60; 0 for no limit), or until it has made RUNS_PER_TARGET executions. --list lists them, --seeds regenerates the
# seeds, --self-test shows that the canary is caught.
set -euo pipefail
cd "$(dirname "$0")"

work=work
seconds=${SECONDS_PER_TARGET:-60}
# SwiftPM's option leaves `main` to libFuzzer. The order of two such options changes from run to run and only the last
# one counts, so the flag after it sets both.
build=(swift build -c release --sanitize fuzzer -Xswiftc -sanitize=fuzzer,address -Xswiftc -enable-testing)
nice "${build[@]}"
fuzz=$("${build[@]}" --show-bin-path)/fuzz
declare -A longest
while read -r name bytes; do longest[$name]=$bytes; done < <("$fuzz")
# Without the backtraces of Swift's runtime, libFuzzer sees a trap itself and keeps the input.
export SWIFT_BACKTRACE=enable=no
# A short memory of what was freed and short stack traces of allocations save a fifth of the time.
export ASAN_OPTIONS=quarantine_size_mb=16:malloc_context_size=2${ASAN_OPTIONS:+:$ASAN_OPTIONS}
if [ -d /dev/shm ]; then
    TMPDIR=$(mktemp -d /dev/shm/fuzz-XXXXXX)
    export TMPDIR
    trap 'rm -rf "$TMPDIR"' EXIT
fi

# Runs one target for some seconds. New inputs are kept in work/, and inputs that broke a promise in work/findings/.
run() {
    local target=$1 duration=$2
    mkdir -p "$work/$target" "$work/findings"
    local known=()
    for folder in Corpus Regressions; do
        if [ -d "$folder/$target" ]; then known+=("$folder/$target"); fi
    done
    # The bookkeeping of libFuzzer's entropic schedule takes a quarter of the time of targets that reach many paths.
    case $target in operations | forged-store | damaged-file) known+=(-entropic=0) ;; esac
    FUZZ_TARGET=$target "$fuzz" "$work/$target" "${known[@]}" -max_total_time="$duration" \
        -runs="${RUNS_PER_TARGET:--1}" -timeout=20 \
        -rss_limit_mb=2048 -malloc_limit_mb=512 -max_len="${longest[$target]}" -artifact_prefix="$work/findings/$target-" \
        -print_final_stats=1 2> "$work/$target.log"
}

report() {
    local log=$work/$1.log executions pages
    executions=$(awk '/stat::number_of_executed_units/ { n = $2 } END { print n }' "$log")
    pages=$(grep -aoE '^(FAULT IN|HANG IN|WRONG ANSWER FROM) DAMAGED PAGES' "$log" | sort | uniq -c | tr -s ' \n' ' ' || true)
    printf '%-28s %10s executions  %s %s\n' "$1" "${executions:-?}" "$2" "$pages"
}

case ${1:-} in
--list) "$fuzz" | cut -d " " -f 1 && exit ;;
--seeds) FUZZ_SEEDS=Corpus exec "$fuzz" ;;
--self-test)
    if run canary 60 || ! grep -q 'FINDING: the canary sings' "$work/canary.log"; then
        echo "self-test: the canary was not caught" >&2
        exit 1
    fi
    echo "self-test: the canary was caught"
    exit 0
    ;;
esac

targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then mapfile -t targets < <("$fuzz" | cut -d " " -f 1 | grep -v '^canary$'); fi
failed=0
for target in "${targets[@]}"; do
    if run "$target" "$seconds"; then
        report "$target" "no finding"
    else
        report "$target" "FINDING: see Fuzz/$work/$target.log"
        failed=1
    fi
done
exit $failed
