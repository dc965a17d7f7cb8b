#!/usr/bin/env bash
# Makes the fixtures of a format, which every later version must open. Together they have every feature of the format that
# the commands and the tests can make; CompatibilityTests lists the features.
#
#   format       strings as terms, attributes of every type, a dictionary, a block index, token vectors in 8 bits
#   text         BM25
#   compact      numbers as terms, the compact profile, an extended block index, product codes, cold times, a shard
#   order        a window whose documents are not in the order of their numbers
#   states       an unfinished merge, segments that were merged away, token vectors in half precision
#   shared       a block index whose terms share numbers
#   publication  a folder with two publications of `text`
#   copy         a copy that a follower made of the first of them
#
# Fixtures of a released format are never made again, so this script refuses to replace one. Format 1.0 is released. What a later
# version adds to the format gets fixtures of another version.
#
#   Tests/Fixtures/make-fixture.sh VERSION     writes NAME-VERSION.sparse.zst, what it exports (.jsonl.zst), and the folder
#                                              publication-VERSION beside this
#
# It needs the built tests ('swift build --build-tests') and, if CRASH_DRIVER does not name another, their crash driver.
set -euo pipefail
cd "$(dirname "$0")/../.."
source Scripts/lib.sh
need_sparsestore

version=${1:?the format, such as 1.0}
driver=${CRASH_DRIVER:-.build/debug/crash-driver}
[ -x "$driver" ] || fail "$driver does not exist: run 'swift build --build-tests' first, or set CRASH_DRIVER"
for kept in Tests/Fixtures/*-"$version"*; do
    if [ -e "$kept" ]; then fail "$kept exists. A fixture of a released format is never made again; remove that of another"; fi
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Quiet forms of what is used most.
load() { "$sparsestore" load "$@" --batch-seconds 600 --quiet --no-build >/dev/null; }
run() { "$sparsestore" "$@" >/dev/null; }

# A matrix in CSR: document `row` of the rows from, to, has the terms and weights of a Python dictionary.
matrix() { # from, to, dictionary
    python3 - "$@" <<'PYTHON'
import struct, sys
begin, end = map(int, sys.argv[1:3])
rows = [sorted(eval(sys.argv[3], {"row": row}).items()) for row in range(begin, end)]
ends = [0]
for row in rows:
    ends.append(ends[-1] + len(row))
cells = [cell for row in rows for cell in row]
out = sys.stdout.buffer
out.write(struct.pack("<3q", len(rows), 1 + max(term for term, _ in cells), len(cells)))
out.write(struct.pack(f"<{len(ends)}q", *ends))
out.write(struct.pack(f"<{len(cells)}i", *(term for term, _ in cells)))
out.write(struct.pack(f"<{len(cells)}f", *(weight for _, weight in cells)))
PYTHON
}

# Token vectors: two for each of the first documents, in $work/tokens.npy and $work/offsets.npy.
tokens() { # documents, those with token vectors
    python3 - "$work" "$@" <<'PYTHON'
import struct, sys
def array(name, kind, shape, code, values):
    header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    with open(f"{sys.argv[1]}/{name}.npy", "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode())
        file.write(struct.pack(f"<{len(values)}{code}", *values))
documents, some = map(int, sys.argv[2:])
offsets = [2 * min(row, some) for row in range(documents + 1)]
components = [(row * 5 + place * 3) % 13 / 4 - 1.5 for row in range(2 * some) for place in range(4)]
array("tokens", "<f4", (2 * some, 4), "f", components)
array("offsets", "<i8", (documents + 1,), "q", offsets)
PYTHON
}

# Documents as JSON Lines: regular ones, which compress well.
documents() { # from, to
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
    if number % 30 == 5:
        document["multivector"] = [[(number * 7 + token * 5 + place) % 11 / 8 - 0.5 for place in range(6)] for token in range(2 + number % 3)]
    print(json.dumps(document))
PYTHON
}

make_format() {
    local store=$1 options=(--dates day --empty-vectors)
    # More than 1,024 documents: a window of eight levels, and a dictionary for payloads.
    documents 0 1100 | load "$store" - "${options[@]}" --codec int8
    # A block index over it.
    run build "$store" --blocks --postings 20
    # Nearly half of it is removed: it stays as it is, with tombstones.
    seq -f 'd%g' 2 2 1000 | xargs "$sparsestore" remove "$store" >/dev/null
    # So many commits that statistics are folded into a page.
    documents 1100 1130 | load "$store" - "${options[@]}"
    local number
    for number in {1..70}; do printf '{"id": "one", "vector": {"t%d": 1}, "attributes": {"number": 1}}\n' $((number % 40)); done | load "$store" - --batch 1
    # Changed tags and attributes, which no column has.
    for number in 1 3 5 1101; do
        run update "$store" "d$number" --tags changed --set number=-1
    done
    # Replaced documents, and statistics that wait to be folded.
    documents 1 6 | load "$store" - "${options[@]}"
    printf '%s\n' '{"id": 0, "vector": {"t1": 1, "t40": 0.5}}' '{"id": 1, "vector": {"t3": 2, "t70": 1}}' >"$work/queries.jsonl"
    run tune "$store" --queries "$work/queries.jsonl" --quiet
}

# Texts as JSON Lines.
texts() { # from, to, shift
    python3 - "$@" <<'PYTHON'
import json, sys
verbs = "keeps writes finds merges reads copies loses mends opens closes".split()
things = "documents engines stores weights segments pages terms wings birds gardens".split()
begin, end, shift = map(int, sys.argv[1:])
for number in range(begin, end):
    n = number + shift
    sentence = f"The {things[n % 7]} of store {n % 13} {verbs[n % 10]} {things[n * n % 10]}, and {verbs[n * 3 % 10]} a running {things[n % 3]}. "
    document = {"id": f"d{number}", "content": sentence * (1 + n % 4), "tags": ["even"] if number % 2 == 0 else []}
    print(json.dumps(document))
PYTHON
}

# Texts, some of them replaced and some removed, so that the average length and the frequencies have a history. It is
# published before and after the removal.
make_text() {
    local store=$1 target=$work/publication
    texts 0 200 0 | load "$store" - --text content --encoder bm25:english
    texts 50 60 3 | load "$store" - --text content --encoder bm25:english
    run publish "$store" "$target"
    run follow "$target" "$work/copy.fixture.sparse" --once
    run remove "$store" d3 d14 d55 d199
    run publish "$store" "$target"
}

# 8 levels in planes, and a smaller window with weights that half precision does not have. The terms of the later documents
# lie between those of the earlier ones, so the extended block index has a list of numbers.
make_compact() {
    local store=$1 whole=$work/whole.sparse rows='{10 * (row % 30) + step: (1 + row * step % 9) / 4 for step in range(1, 6)}'
    matrix 0 1060 "$rows" >"$work/first.csr"
    tokens 1060 60
    load "$whole" - --multivectors "$work/tokens.npy" --offsets "$work/offsets.npy" --codec pq32 <"$work/first.csr"
    run split "$whole" --shards 1 --profile compact "$work/shards" --quiet --no-build
    mv "$work/shards/0.sparse" "$store"
    run build "$store" --blocks --postings 20
    matrix 0 40 '{10 * (row % 20) + 7: 0.1, 10 * (row % 30) + 1: 3.0, 400: 0.7}' >"$work/second.csr"
    seq -f 'later %g' 40 >"$work/later"
    load "$store" - --ids "$work/later" <"$work/second.csr"
    run build "$store" --blocks
    run remove "$store" 5 6 700 'later 3'
    seq -f 'last %g' 40 >"$work/last"
    load "$store" - --ids "$work/last" --profile fast <"$work/second.csr"
    printf '%s\n' '{"id": 0, "vector": {"1": 1, "44": 0.5}}' '{"id": 1, "vector": {"3": 2, "400": 1}}' >"$work/queries.jsonl"
    run tune "$store" --queries "$work/queries.jsonl" --cold --quiet
}

# Only a merge of 16,384 documents or more places similar documents together. Most of them are removed again.
make_order() {
    local store=$1 rows='{10 * (row % s) + step: (1 + row * step % 7) / 4 for s, step in ((7, 0), (12, 1))}' part
    for part in 0 1; do
        matrix 0 8250 "$rows" >"$work/part.csr"
        seq $((8250 * part)) $((8250 * part + 8249)) | awk '{ print ($1 % 100 ? "removed " : "kept ") $1 }' >"$work/ids"
        load "$store" - --ids "$work/ids" --profile compact <"$work/part.csr"
    done
    "$driver" merge "$store"
    run remove "$store" --where 'id:removed*'
}

# Two segments of 64 KiB or more are merged away and wait for their space to be needed. Then a merge of small segments is
# killed before its last transaction.
make_states() {
    local store=$1 part options=()
    tokens 40 12
    for part in 0 1; do
        seq $((40 * part)) $((40 * part + 39)) >"$work/ids"
        if [ "$part" = 1 ]; then options=(--multivectors "$work/tokens.npy" --offsets "$work/offsets.npy"); fi
        matrix 0 40 '{term: 1.0 for term in range(300)}' | load "$store" - --ids "$work/ids" "${options[@]}"
    done
    run build "$store"
    for part in 2 3 4; do
        seq $((100 * part)) $((100 * part + 29)) >"$work/ids"
        matrix 0 30 '{row % 7: 0.1, 300 + row: 3.0}' | load "$store" - --ids "$work/ids"
    done
    if "$driver" merge "$store" --die 2>/dev/null; then fail "the merge was not killed"; fi
}

# The commands make terms share numbers only beyond 65,536 terms. A store of the tests has fewer numbers.
make_shared() {
    SOUND_STORES=$work swift test --skip-build --filter 'VerificationTests.*a sound store is clean' >"$work/log" 2>&1 ||
        fail "the tests: $(tail -3 "$work/log")"
    cp "$work/sharedBlocks.sparse" "$1"
}

compress() { # file, name
    # The tests' decoder wants a content size and no checksum.
    zstd -q -19 --no-check -f "$1" -o "Tests/Fixtures/$2.zst"
}

for name in format text compact order states shared; do
    "make_$name" "$work/$name.sparse"
    "$sparsestore" verify "$work/$name.sparse" --deep
    # A backup has no free pages, but no segments that were merged away either.
    if [ "$name" = states ]; then
        cp "$work/$name.sparse" "$work/$name.fixture.sparse"
    else
        "$sparsestore" backup "$work/$name.sparse" "$work/$name.fixture.sparse" --deep
    fi
    "$sparsestore" export "$work/$name.fixture.sparse" >"$work/$name.fixture.jsonl"
    compress "$work/$name.fixture.sparse" "$name-$version.sparse"
    compress "$work/$name.fixture.jsonl" "$name-$version.jsonl"
done
"$sparsestore" verify "$work/copy.fixture.sparse" --deep
compress "$work/copy.fixture.sparse" "copy-$version.sparse"
rm -f "$work/publication/lock"
rm -rf "$work/publication/incoming"
cp -r "$work/publication" "Tests/Fixtures/publication-$version"
chmod -R u=rwX,go=rX Tests/Fixtures/*-"$version"*
du -ak Tests/Fixtures/*-"$version"*
