#!/usr/bin/env bash
# Makes the fixtures of the format that the built command writes, which every later version must open: a small store that
# has one of everything, and one with an encoder, as BM25 excludes weights that are not counts. Fixtures are never made
# again once their format is released.
#
#   Tests/Fixtures/make-fixture.sh VERSION     writes format-VERSION.sparse.zst, text-VERSION.sparse.zst, and what they
#                                              export (.jsonl.zst) beside this
set -euo pipefail
cd "$(dirname "$0")/../.."
source Scripts/lib.sh
need_sparsestore

version=${1:?the format, such as 1.0}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
store=$work/store.sparse

documents() { # from, to: regular ones, which compress well
    python3 - "$1" "$2" <<'PYTHON'
import json, sys
for number in range(int(sys.argv[1]), int(sys.argv[2])):
    terms = {f"t{number * step % size}": step / 4 for step, size in ((1, 3), (2, 10), (3, 40), (5, 90))}
    document = {"id": f"d{number}", "vector": terms}
    if number % 25 == 1:
        words = "the store keeps documents terms weights segments and tombstones in one file".split()
        document["content"] = " ".join(words[number * place % 97 % 12] for place in range(700))
    if number % 3 == 0:
        document["attributes"] = {"number": number, "share": number / 8, "even": number % 2 == 0, "lang": "de en fr".split()[number % 7 % 3]}
    if number % 40 == 0:
        document["attributes"] = {"day": f"2024-01-{number % 31 + 1:02}", "topics": ["a", "b"][:number % 3 + 1], "sizes": [number, 7]}
    if number % 60 == 7:
        document["vector"] = {}
    if number % 10 == 0:
        document["tags"] = ["tenth", f"tag {number % 7}"]
    print(json.dumps(document))
PYTHON
}

# More than 1,024 documents: a window of eight levels, and a dictionary for payloads.
documents 0 1100 | "$sparsestore" load "$store" - --dates day --empty-vectors --quiet --no-build >/dev/null
# A block index over it.
"$sparsestore" build "$store" --blocks --postings 20 >/dev/null
# Nearly half of it is removed: it stays as it is, with tombstones.
seq -f 'd%g' 2 2 1000 | xargs "$sparsestore" remove "$store" >/dev/null
documents 1100 1130 | "$sparsestore" load "$store" - --dates day --empty-vectors --quiet --no-build >/dev/null
# Changed tags and attributes, which no column has.
for number in 1 3 5 1101; do
    "$sparsestore" update "$store" "d$number" --tags changed --set number=-1 >/dev/null
done
# Replaced documents, and statistics that wait to be folded.
documents 1 6 | "$sparsestore" load "$store" - --dates day --empty-vectors --quiet --no-build >/dev/null
printf '%s\n' '{"t1": 1, "t40": 0.5}' '{"t3": 2, "t70": 1}' |
    python3 -c 'import json, sys
for number, line in enumerate(sys.stdin): print(json.dumps({"id": number, "vector": json.loads(line)}))' >"$work/queries.jsonl"
"$sparsestore" tune "$store" --queries "$work/queries.jsonl" --quiet >/dev/null

# Texts, some of them replaced and some removed, so that the average length and the frequencies have a history.
texts() { # from, to, shift
    python3 - "$@" <<'PYTHON'
import json, sys
verbs = "keeps writes finds merges reads copies loses mends opens closes".split()
things = "documents engines stores weights segments pages terms wings birds gardens".split()
begin, end, shift = map(int, sys.argv[1:])
for number in range(begin, end):
    n = number + shift
    sentence = f"The {things[n % 7]} of store {n % 13} {verbs[n % 10]} {things[n * n % 10]}, and {verbs[n * 3 % 10]} a running {things[n % 3]}. "
    print(json.dumps({"id": f"d{number}", "content": sentence * (1 + n % 4), "tags": ["even"] if number % 2 == 0 else []}))
PYTHON
}
text=$work/text.sparse
texts 0 200 0 | "$sparsestore" load "$text" - --text content --encoder bm25:english --quiet >/dev/null
texts 50 60 3 | "$sparsestore" load "$text" - --text content --encoder bm25:english --quiet --no-build >/dev/null
"$sparsestore" remove "$text" d3 d14 d55 d199 >/dev/null

keep() { # store, name
    "$sparsestore" verify "$1" --deep
    "$sparsestore" backup "$1" "$work/$2.fixture.sparse" --deep
    "$sparsestore" export "$work/$2.fixture.sparse" >"$work/$2.fixture.jsonl"
    local kind
    for kind in sparse jsonl; do
        # The tests' decoder wants a content size and no checksum.
        zstd -q -19 --no-check -f "$work/$2.fixture.$kind" -o "Tests/Fixtures/$2-$version.$kind.zst"
    done
}
keep "$store" format
keep "$text" text
chmod 644 Tests/Fixtures/*.zst
ls -l Tests/Fixtures
