#!/usr/bin/env python3
"""Measures searches with filters that match a share of the documents: recall at a target, and time.

    Benchmarks/filters.py --binary .build/release/sparsestore --documents docs.csr --queries queries.csr --work FOLDER

Documents get tags at random: `half`, `twentieth`, `p0.5` and `p0.05` stand for 50 %, 5 %, 0.5 % and 0.05 % of them. The
store is tuned with every fifth query, and all others are measured. The truth is the answer of `--recall exact` with the
same filter. A hit is correct if its score is at least the k-th minus 0.0001. Needs numpy. Pinned to one core.
"""

import argparse
import json
import os
import random
import subprocess
from collections import defaultdict

from collection import CSR

SHARES = {"half": 0.5, "twentieth": 0.05, "p0.5": 0.005, "p0.05": 0.0005}


def write_json_lines(rows: CSR, numbers, path: str, tags=lambda: []) -> None:
    with open(path, "w") as file:
        for number in numbers:
            terms, weights = rows.row(number)
            vector = dict(zip(map(str, terms.tolist()), weights.tolist()))
            file.write(json.dumps({"id": str(number), "vector": vector, "tags": tags()}) + "\n")


def read_run(path: str) -> dict[str, list[float]]:
    scores = defaultdict(list)
    with open(path) as file:
        for line in file:
            query, _, _, _, score, _ = line.split()
            scores[query].append(float(score))
    return scores


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("binary", "documents", "queries", "work"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--core", default="1")
    options = parser.parse_args()
    os.makedirs(options.work, exist_ok=True)
    store, lines, tuning, asked, run = (
        os.path.join(options.work, name)
        for name in ("filters.sparse", "filters.jsonl", "tuning.jsonl", "asked.jsonl", "filters.run"))

    def call(*words: str) -> dict:
        done = subprocess.run(
            ["taskset", "-c", options.core, options.binary, *words], capture_output=True, text=True, check=True)
        return json.loads(done.stdout) if "--json" in words else {}

    queries = CSR(options.queries)
    tuned = range(0, queries.rows, 5)
    write_json_lines(queries, tuned, tuning)
    write_json_lines(queries, [row for row in range(queries.rows) if row not in tuned], asked)
    if not os.path.exists(store):
        documents, chance = CSR(options.documents), random.Random(1)
        write_json_lines(
            documents, range(documents.rows), lines,
            lambda: [tag for tag, share in SHARES.items() if chance.random() < share])
        call("load", store, lines, "--quiet")
        os.remove(lines)
    call("tune", store, "--queries", tuning, "--quiet")
    print("| documents that match | requested recall | recall | mean us | p50 | p99 | documents scored | postings |")
    print("|---|---|---|---|---|---|---|---|")
    for tag, share in {"": 1.0, **SHARES}.items():
        words = ["--filter", f"tag:{tag}"] if tag else []
        truth = None
        for recall in ("exact", "0.95", "0.99"):
            found = call("eval", store, "--queries", asked, "--recall", recall, "--run", run, "--warmup", "--json", *words)
            scores = read_run(run)
            truth = truth or scores
            right = sum(
                min(len(best), sum(score >= best[-1] - 1e-4 for score in scores[query]))
                for query, best in truth.items())
            print(f"| {share:.2%} | {recall} | {right / sum(map(len, truth.values())):.4f} | {found['mean_us']:.0f} "
                  f"| {found['p50_us']:.0f} | {found['p99_us']:.0f} | {found['documents_scored']:.0f} "
                  f"| {found['postings']:,.0f} |", flush=True)


if __name__ == "__main__":
    main()
