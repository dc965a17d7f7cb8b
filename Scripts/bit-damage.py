#!/usr/bin/env python3
"""Measures what single flipped bits do to a store. Each bit is flipped in turn, the store is verified and searched, and
the bit is restored. Prints how many flips were reported, were harmless, or gave a wrong answer that nothing reported.

    Scripts/bit-damage.py [--flips 2000] [--documents 10000] [--where values|pages|anywhere] [--seed N]
    Scripts/bit-damage.py --self-test       changes an answer on purpose and expects that it is noticed

Regions: `values` are the bytes that SparseStore wrote, each under a checksum; `keys` are their keys; `pages` is LMDB's
own data in pages in use; `headers` are LMDB's first two pages; `free` are pages and gaps that nothing refers to. Only
values have a checksum, so only for them no wrong answer is allowed.
"""

import argparse
import bisect
import collections
import json
import os
import random
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SPARSESTORE = os.environ.get("SPARSESTORE", str(ROOT / ".build/release/sparsestore"))
NO_PAGE = (1 << 64) - 1


class Layout:
    """The regions of a file, found by walking the trees of liblmdb 0.9 (lmdb.h, mdb.c)."""

    def __init__(self, data):
        self.data, self.ranges = data, []
        self.page_size = struct.unpack_from("<I", data, 40)[0]
        metas = [page * self.page_size for page in (0, 1)]
        newest = max(metas, key=lambda start: struct.unpack_from("<Q", data, start + 144)[0])
        self.ranges.append((0, 2 * self.page_size, "headers"))
        self.walk(struct.unpack_from("<Q", data, newest + 80)[0], None)
        self.walk(struct.unpack_from("<Q", data, newest + 128)[0], "")
        self.ranges.sort()
        self.starts = [start for start, _, _ in self.ranges]

    def walk(self, root, table):
        """`table` is None for the list of free pages, "" for the table of tables."""
        if root == NO_PAGE:
            return
        start = root * self.page_size
        flags, lower = struct.unpack_from("<10xHH", self.data, start)
        position, own = start, []
        for index in range((lower - 16) // 2):
            node = start + struct.unpack_from("<H", self.data, start + 16 + 2 * index)[0]
            low, high, node_flags, key_size = struct.unpack_from("<HHHH", self.data, node)
            if flags & 1:
                self.walk(low | high << 16 | node_flags << 32, table)
                continue
            key, size = node + 8, low | high << 16
            value = key + key_size
            if node_flags & 2:
                self.walk(struct.unpack_from("<Q", self.data, value + 40)[0], self.data[key:value].decode())
            elif table:
                own.append((key, value, "keys"))
                if node_flags & 1:
                    page = struct.unpack_from("<Q", self.data, value)[0] * self.page_size
                    self.ranges.append((page, page + 16, "pages"))
                    self.ranges.append((page + 16, page + 16 + size, "values"))
                else:
                    own.append((value, value + size, "values"))
        for begin, end, region in sorted(own):
            self.ranges.append((position, begin, "pages"))
            self.ranges.append((begin, end, region))
            position = end
        self.ranges.append((position, start + self.page_size, "pages"))

    def region(self, offset):
        index = bisect.bisect_right(self.starts, offset) - 1
        start, end, region = self.ranges[index]
        return region if start <= offset < end else "free"

    def draw(self, where, chance):
        """Returns a random offset; every byte is equally likely."""
        if where == "anywhere":
            return chance.randrange(len(self.data))
        ranges = [(start, end) for start, end, region in self.ranges if region == where]
        place = chance.randrange(sum(end - start for start, end in ranges))
        for start, end in ranges:
            if place < end - start:
                return start + place
            place -= end - start


def run(*arguments):
    return subprocess.run([SPARSESTORE, *arguments], capture_output=True, text=True, timeout=600)


def make_store(folder, documents):
    chance = random.Random(1)

    def vector(count):
        return {f"t{int(3000 * chance.random() ** 3)}": round(0.01 + 2.5 * chance.random(), 3) for _ in range(count)}

    with open(folder / "documents.jsonl", "w") as file:
        for number in range(documents):
            text = f"document {number} " + " ".join(chance.choice(("sparse", "vector", "store")) for _ in range(12))
            line = {"id": f"id-{number}", "content": text, "tags": [f"tag {number % 9}"], "vector": vector(30)}
            file.write(json.dumps(line) + "\n")
    with open(folder / "queries.jsonl", "w") as file:
        for number in range(40):
            file.write(json.dumps({"id": number, "vector": vector(12)}) + "\n")
    store = str(folder / "store.sparse")
    for arguments in (["load", store, str(folder / "documents.jsonl"), "--quiet", "--batch", "3000"],
                      ["build", store, "--blocks"],
                      ["remove", store, *(f"id-{number}" for number in range(0, documents, 97))]):
        result = run(*arguments)
        if result.returncode:
            sys.exit(f"cannot make the store: {result.stderr}")
    return store


def search(store, folder):
    """Returns the exact answers, the planned ones and those of the block index; None if a search fails with an error;
    the signal if it ends by a signal."""
    answers = []
    for how in (("--recall", "exact"), ("--recall", "0.9"), ("--plain-seismic", "cut=6,heap=0.8")):
        target = folder / "run"
        result = run("eval", store, "--queries", str(folder / "queries.jsonl"), *how, "--run", str(target), "--json")
        if result.returncode:
            return result.returncode if result.returncode < 0 else None
        answers.append(target.read_text())
    return answers


def outcome(store, folder, reference):
    verified = run("verify", store, "--deep", "--json", "--stall-limit", "30")
    found = search(store, folder)
    if isinstance(found, list) and found != reference:
        return "wrong, and verify says so" if verified.returncode == 3 else "WRONG"
    if verified.returncode == 3:
        return "reported"
    if verified.returncode:
        return f"verify exits with {verified.returncode}"
    if found == reference:
        return "harmless"
    return "a search fails, but verify finds nothing"


def measure(arguments, folder):
    store = make_store(folder, arguments.documents)
    data = Path(store).read_bytes()
    layout = Layout(data)
    reference = search(store, folder)
    if not reference or outcome(store, folder, reference) != "harmless":
        sys.exit("verify reports the sound store as damaged")
    chance = random.Random(arguments.seed)
    counts = collections.defaultdict(collections.Counter)
    with open(store, "r+b", buffering=0) as file:
        for number in range(arguments.flips):
            offset, bit = layout.draw(arguments.where, chance), chance.randrange(8)

            def put(byte):
                os.pwrite(file.fileno(), bytes([byte]), offset)

            put(data[offset] ^ 1 << bit)
            result = outcome(store, folder, reference)
            put(data[offset])
            counts[layout.region(offset)][result] += 1
            if result == "WRONG":
                print(f"WRONG: byte {offset}, bit {bit}, in {layout.region(offset)}", flush=True)
            if (number + 1) % 250 == 0:
                print(f"{number + 1} flips", file=sys.stderr, flush=True)
    if Path(store).read_bytes() != data:
        sys.exit("reading changed the store")
    shares = collections.Counter()
    for start, end, region in layout.ranges:
        shares[region] += end - start
    shares["free"] = len(data) - sum(shares.values())
    print(f"{arguments.documents} documents, {len(data)} bytes: "
          + ", ".join(f"{region} {share / len(data):.1%}" for region, share in shares.most_common()))
    for region, outcomes in sorted(counts.items()):
        total = sum(outcomes.values())
        for result, count in outcomes.most_common():
            print(f"{region:8} {result:45} {count:6} of {total} ({count / total:.2%})")
    return sum(outcomes["WRONG"] for region, outcomes in counts.items() if region == "values")


def self_test(folder):
    store = make_store(folder, 200)
    reference = search(store, folder)
    changed = [reference[0], reference[1].replace("1", "2", 1), *reference[2:]]
    results = [outcome(store, folder, reference), outcome(store, folder, changed)]
    if results != ["harmless", "WRONG"]:
        sys.exit(f"bit-damage --self-test: expected harmless and WRONG, got {results}")
    print("bit-damage --self-test: a changed answer was noticed")
    return 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--flips", type=int, default=2_000)
    parser.add_argument("--documents", type=int, default=10_000)
    parser.add_argument("--where", choices=("values", "pages", "anywhere"), default="values")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--self-test", action="store_true")
    arguments = parser.parse_args()
    if not os.access(SPARSESTORE, os.X_OK):
        sys.exit(f"{SPARSESTORE} does not exist: run 'make build' first, or set SPARSESTORE")
    with tempfile.TemporaryDirectory() as folder:
        sys.exit(1 if (self_test if arguments.self_test else lambda f: measure(arguments, f))(Path(folder)) else 0)


main()
