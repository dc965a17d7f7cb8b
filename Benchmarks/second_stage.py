#!/usr/bin/env python3
"""Measures feedback and fusion on collections with judgments: nDCG@10, MRR@10 and the time of each stage.

    Benchmarks/second_stage.py SPARSESTORE FOLDER... [--json FILE]

FOLDER has `docs.csr` or `docs.csr.zst`, `queries.csr`, `qrels.tsv` and, for the fusion of two kinds of query,
`queries_idf.csr`. All searches are exact. Quality does not depend on the machine; the times do.
"""

import argparse
import json
import os
import subprocess
import tempfile

FEEDBACK = [
    f"docs={docs},terms={terms},weight={weight}"
    for docs, terms in [(3, 20), (10, 30), (10, 100)]
    for weight in [0.2, 0.5, 1.0]
]
BEST = 2  # of these are also interpolated with the ranking before
FUSIONS = [["rrf"], ["minmax", 0.3], ["minmax", 0.5], ["zscore", 0.5]]


def call(*arguments) -> dict:
    return json.loads(subprocess.run([str(a) for a in arguments], check=True, capture_output=True, text=True).stdout)


def rows(tool: str, folder: str, work: str):
    """Yields one row per setting: name, nDCG, MRR, mean microseconds of the whole search and of each later stage."""
    store = os.path.join(work, "store.sparse")
    documents = os.path.join(folder, "docs.csr")
    call(tool, "load", store, documents if os.path.exists(documents) else documents + ".zst", "--json")

    def evaluate(name: str, queries: str, *options) -> dict:
        figures = call(
            tool, "eval", store, "--queries", os.path.join(folder, queries), "--qrels",
            os.path.join(folder, "qrels.tsv"), "--recall", "exact", "--json", *options)
        later = {stage["name"]: stage["us"] for stage in figures.get("stages", [])[1:]}
        return {"name": name, "ndcg": figures["ndcg"], "mrr": figures["mrr"], "us": figures["mean_us"], "stages": later}

    run = os.path.join(work, "idf.run")
    yield evaluate("first stage", "queries.csr")
    sweep = []
    for setting in FEEDBACK:
        sweep.append(evaluate(f"feedback {setting}", "queries.csr", "--feedback", setting))
        yield sweep[-1]
    for row in sorted(sweep, key=lambda row: -row["ndcg"])[:BEST]:
        setting = row["name"].split()[1] + ",interpolate=0.5"
        yield evaluate(f"feedback {setting}", "queries.csr", "--feedback", setting)
    if not os.path.exists(os.path.join(folder, "queries_idf.csr")):
        return
    yield evaluate("IDF queries", "queries_idf.csr", "--limit", 100, "--run", run)
    best = max(sweep, key=lambda row: row["ndcg"])["name"].split()[1]
    for method, *weight in FUSIONS:
        options = ["--fuse", run, "--fuse-method", method]
        if weight:
            options += ["--fuse-weight", weight[0]]
        yield evaluate(" ".join(["fused with IDF queries:", method, *map(str, weight)]), "queries.csr", *options)
        if method == "rrf":
            yield evaluate(f"feedback {best}, then {method}", "queries.csr", "--feedback", best, *options)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tool", metavar="SPARSESTORE")
    parser.add_argument("folders", nargs="+", metavar="FOLDER")
    parser.add_argument("--json", metavar="FILE", help="also write the rows to this file")
    arguments = parser.parse_args()
    collected = {}
    for folder in arguments.folders:
        name = os.path.basename(os.path.normpath(folder))
        print(f"\n| {name} | nDCG@10 | MRR@10 | us a query | of it in later stages |\n|---|---|---|---|---|")
        with tempfile.TemporaryDirectory() as work:
            for row in rows(arguments.tool, folder, work):
                collected.setdefault(name, []).append(row)
                stages = ", ".join(f"{stage} {us:.0f}" for stage, us in row["stages"].items()) or "-"
                print(
                    f"| {row['name']} | {row['ndcg']:.4f} | {row['mrr']:.4f} | {row['us']:.0f} | {stages} |", flush=True)
    if arguments.json:
        with open(arguments.json, "w") as file:
            json.dump(collected, file, indent=1)


if __name__ == "__main__":
    main()
