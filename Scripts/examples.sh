#!/usr/bin/env bash
# Builds and runs every example with its checks. The tests of the service use Qdrant's official client. They need Python
# 3, and install their packages into a separate virtual environment (Examples/.build/venv).
set -euo pipefail
cd "$(dirname "$0")/.."
ROUNDS=${ROUNDS:-4}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() {
    echo "examples: $*" >&2
    exit 1
}

swift build --package-path Examples
bin=$(swift build --package-path Examples --show-bin-path)

answer=$("$bin/quickstart" "$work/quickstart.sparse")
[[ "$answer" == "bird 2.28"*"language 2.12"*"animals: bird" ]] || fail "quickstart printed: $answer"
lines=$(grep -c . Examples/Quickstart/main.swift)
[ "$lines" -le 20 ] || fail "Quickstart has $lines lines; it promises 20"

printf 'An engine runs on fuel.\n\nBirds have wings.\nThe engines were running.\n' >"$work/text.txt"
"$bin/text-search" "$work/text.sparse" 'running engine' "$work/text.txt" >"$work/found"
grep -q '^2 lines match$' "$work/found" || fail "text-search found: $(cat "$work/found")"
sed -n 2p "$work/found" | grep -q ':4.*\[engines, running\]' || fail "text-search ranked: $(cat "$work/found")"
sed -i.bak 4d "$work/text.txt"
"$bin/text-search" "$work/text.sparse" 'running' "$work/text.txt" | grep -q '^1 lines match$' || fail "text-search kept an old line"

first=$("$bin/notes" "$work/notes.sparse" add 'The swift is a small bird' animal)
second=$("$bin/notes" "$work/notes.sparse" add 'Swift birds nest under roofs' animal)
"$bin/notes" "$work/notes.sparse" add 'Swift is a language' >/dev/null
"$bin/notes" "$work/notes.sparse" find 'bird' animal | cut -f 1 | sort | tr '\n' ' ' | grep -qx "$first $second " ||
    fail "notes did not find both birds"
[ "$("$bin/notes" "$work/notes.sparse" remove "$first")" = removed ] || fail "notes removed nothing"
"$bin/notes" "$work/notes.sparse" find 'bird' | grep -q "$first" && fail "notes found a removed note"
echo "examples: Quickstart, TextSearch and Notes pass their checks"

swift test --package-path Examples 2>&1 | tee "$work/tests.log" | grep -E '✘|Test run' || true
grep -q 'Test run with .* passed' "$work/tests.log" || fail "the tests of the traits failed: $(tail -30 "$work/tests.log")"

venv=Examples/.build/venv
if [ ! -x "$venv/bin/pytest" ]; then
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r Examples/Service/Tests/requirements.txt
fi
SPARSE_SERVICE="$bin/sparse-service" "$venv/bin/pytest" -q -p no:cacheprovider Examples/Service/Tests
"$venv/bin/python" -W ignore Examples/Service/Tests/durability.py "$bin/sparse-service" --rounds 1 --self-test
"$venv/bin/python" -W ignore Examples/Service/Tests/durability.py "$bin/sparse-service" --rounds "$ROUNDS"
echo "examples: all well; the service is $bin/sparse-service"
