#!/usr/bin/env python3
"""Compares the measures of `sparsestore eval` with pytrec_eval on random judgments and rankings.

    Scripts/check-measures.py BINARY [--cases 1000] [--seed 1]

Each case is a query with its own term. The documents with the term have the scores of the ranking as weights, with
ties. Grades are from -1 to 3. Needs ir_measures and pytrec_eval; without them it prints a note and exits with 77.
"""
import argparse
import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

MEASURES = [
    "nDCG", "nDCG@5", "nDCG@10", "RR", "RR(rel=2)", "AP", "AP@10", "AP(rel=2)", "P@5", "P(rel=2)@10", "R@5", "R(rel=2)@100",
    "Success@1", "Success@10",
]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("--cases", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    try:
        import ir_measures
        import pytrec_eval  # noqa: F401
    except ImportError as missing:
        print(f"measures: not compared, {missing}; pip install ir_measures")
        return 77

    generator = random.Random(options.seed)
    documents = [f"d{number}" for number in range(120)]
    vectors: dict[str, dict[str, float]] = {document: {"none": 1} for document in documents}
    qrels, run, queries = {}, {}, []
    for case in range(options.cases):
        query = f"q{case}"
        found = generator.sample(documents, generator.choice([1, 3, 10, 40, 120]))
        levels = generator.choice([2, 10, 1_000])
        run[query] = {document: float(generator.randint(1, levels)) for document in found}
        judged = generator.sample(documents, generator.choice([1, 5, 30, 120]))
        grades = generator.choice([[0], [0, 1], [-1, 0, 1, 2, 3]])
        qrels[query] = {document: generator.choice(grades) for document in judged}
        for document, score in run[query].items():
            vectors[document][query] = score
        queries.append({"id": query, "vector": {query: 1}})

    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "docs.jsonl").write_text(
            "".join(json.dumps({"id": name, "vector": vector}) + "\n" for name, vector in vectors.items()))
        (place / "queries.jsonl").write_text("".join(json.dumps(query) + "\n" for query in queries))
        (place / "qrels.json").write_text(json.dumps(qrels))
        store = str(place / "s.sparse")
        subprocess.run([options.binary, "load", store, str(place / "docs.jsonl"), "--quiet"], check=True, stdout=subprocess.DEVNULL)
        answer = subprocess.run(
            [options.binary, "eval", store, "--queries", str(place / "queries.jsonl"), "--qrels", str(place / "qrels.json"),
             "--measures", ",".join(MEASURES), "--recall", "exact", "--json", "--by-query"],
            check=True, capture_output=True, text=True)
    ours = json.loads(answer.stdout)["by_query"]

    parsed = {ir_measures.parse_measure(name): name for name in MEASURES}
    differences = compared = 0
    for metric in ir_measures.pytrec_eval.iter_calc(list(parsed), qrels, run):
        value = ours[metric.query_id][parsed[metric.measure]]
        compared += 1
        if abs(value - metric.value) > 1e-9:
            differences += 1
            print(f"{metric.query_id} {metric.measure}: {value}, pytrec_eval {metric.value}", file=sys.stderr)
    print(f"measures: {options.cases} cases, {compared} values compared with pytrec_eval, {differences} differ (seed {options.seed})")
    return 1 if differences or compared != len(MEASURES) * options.cases else 0


if __name__ == "__main__":
    sys.exit(main())
