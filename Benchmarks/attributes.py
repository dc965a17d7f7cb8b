#!/usr/bin/env python3
"""Measures the cost of attributes: bytes, searches with ranges, groups, deep pages, facets, and the bytes written by a
change.

    Benchmarks/attributes.py --binary .build/release/sparsestore --documents docs.csr --queries queries.csr --work FOLDER

Each document gets `number`, uniform over 0..<1,000,000, `name`, one of 1,000 strings by Zipf's law, and `parent`, which
it shares with 7 others. The same documents are loaded without attributes; the difference of the files is their cost.
The store is tuned with every fifth query, and the others are measured. Variants alternate from round to round, and the
tables show medians over the rounds. Bytes written are those that the process passes to write calls (/proc/self/io).
Needs numpy.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import time

from collection import CSR

NAMES = 1_000


def write_json_lines(rows: CSR, numbers, path: str, attributes=None) -> None:
    with open(path, "w") as file:
        for number in numbers:
            terms, weights = rows.row(number)
            line = {"id": str(number), "vector": dict(zip(map(str, terms.tolist()), weights.tolist()))}
            if attributes:
                line["attributes"] = attributes(number)
            file.write(json.dumps(line) + "\n")


class Asker:
    """A process that answers queries line by line."""

    def __init__(self, command: list[str]):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def seconds(self, line: str) -> float:
        start = time.perf_counter()
        self.process.stdin.write(line)
        self.process.stdin.flush()
        self.process.stdout.readline()
        return time.perf_counter() - start

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("binary", "documents", "queries", "work"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--count", type=int, help="the maximum number of documents")
    parser.add_argument("--asked", type=int, default=500, help="the maximum number of queries")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    os.makedirs(options.work, exist_ok=True)
    store, plain, lines, tuning, asked = (
        os.path.join(options.work, name)
        for name in ("attributes.sparse", "plain.sparse", "lines.jsonl", "tuning.jsonl", "asked.jsonl"))

    def call(*words: str) -> dict:
        done = subprocess.run([options.binary, *words], capture_output=True, text=True, check=True)
        return json.loads(done.stdout) if "--json" in words else {}

    def written(*words: str, text: str = "") -> int:
        script = '"$@" >/dev/null; sed -n "s/^wchar: //p" /proc/$$/io'
        done = subprocess.run(
            ["bash", "-c", script, "bash", options.binary, *words], input=text, capture_output=True, text=True,
            check=True)
        return int(done.stdout)

    documents, queries = CSR(options.documents), CSR(options.queries)
    count = min(options.count or documents.rows, documents.rows)
    tuned = range(0, queries.rows, 5)
    write_json_lines(queries, tuned, tuning)
    write_json_lines(queries, [row for row in range(queries.rows) if row not in tuned][:options.asked], asked)
    if not os.path.exists(store):
        chance = random.Random(1)
        weights = [1 / rank for rank in range(1, NAMES + 1)]
        names = chance.choices(range(NAMES), weights, k=count)
        order = list(range(count))
        chance.shuffle(order)
        given = {}
        for kind, path in ((None, plain), (lambda n: given[n], store)):
            for number in range(count):
                given[number] = {
                    "number": chance.randrange(1_000_000), "name": f"name {names[number]}",
                    "parent": f"p{order[number] // 8}"}
            write_json_lines(documents, range(count), lines, kind)
            call("load", path, lines, "--quiet")
            os.remove(lines)
    call("tune", store, "--queries", tuning, "--quiet")
    sizes = [call("stats", path, "--json")["live_bytes"] for path in (plain, store)]
    print(f"{count} documents; attributes cost {(sizes[1] - sizes[0]) / count:.1f} bytes per document of "
          f"{sizes[1] / count:.0f}\n")

    variants = {"no filter": []}
    for share in (0.5, 0.05, 0.005, 0.0005):
        variants[f"{share:.2%} by a range"] = ["--filter", f"number < {int(share * 1_000_000)}"]
    variants["groups of 8, 10 of them"] = ["--group-by", "parent"]
    variants["groups of 8, the best 3 of each of 10"] = ["--group-by", "parent", "--group-size", "3"]
    figures: dict[str, list[dict]] = {name: [] for name in variants}
    for _ in range(options.rounds):
        for name, words in variants.items():
            figures[name].append(
                call("eval", store, "--queries", asked, "--recall", "0.95", "--warmup", "--json", *words))
    base = statistics.median(round["mean_us"] for round in figures["no filter"])
    print("| at a recall of 0.95 | mean us | of no filter | documents scored | postings |")
    print("|---|---|---|---|---|")
    for name, rounds in figures.items():
        mean = statistics.median(round["mean_us"] for round in rounds)
        print(f"| {name} | {mean:.0f} | {mean / base:.2f} | {rounds[0]['documents_scored']:.0f} "
              f"| {rounds[0]['postings']:,.0f} |")

    with open(asked) as file:
        questions = file.readlines()
    pages = {"first page": [], "page at a depth of 1,000": ["--offset", "1000"]}
    askers = {
        name: Asker([options.binary, "search", store, "--queries", "-", "--json", "--fields", "", *words])
        for name, words in pages.items()}
    waits: dict[str, list[float]] = {name: [] for name in pages}
    for question in questions:
        for name, asker in askers.items():
            waits[name].append(asker.seconds(question))
    print("\n| ten hits, through a pipe | p50 us |\n|---|---|")
    for name, asker in askers.items():
        asker.close()
        print(f"| {name} | {statistics.median(waits[name]) * 1e6:.0f} |")

    commands = {"count": ["count", store], "facets": ["facets", store, "name"]}
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(4 * options.rounds):
        for name, words in commands.items():
            start = time.perf_counter()
            call(*words)
            times[name].append(time.perf_counter() - start)
    medians = {name: statistics.median(values) * 1e3 for name, values in times.items()}
    print(f"\nfacets of `name` over all documents take {medians['facets'] - medians['count']:.1f} ms more than `count`, both "
          "including the start of the command and opening the store\n")

    terms, weights = documents.row(7)
    line = json.dumps({
        "id": "7", "vector": dict(zip(map(str, terms.tolist()), weights.tolist())),
        "attributes": {"number": 5, "name": "name 1", "parent": "p0"}})
    nothing = written("count", store)
    update = written("update", store, "7", "--set", "number=4") - nothing
    upsert = written("load", store, "-", "--quiet", "--no-build", text=line) - nothing
    print(f"bytes written by a change of one attribute: {update:,}; by rewriting the whole document: {upsert:,}")


if __name__ == "__main__":
    main()
