#!/usr/bin/env python3
"""Measures reranking with MaxSim on a collection: scores compared with NumPy, quality and cost of each codec, of
pruning and early exit.

    Benchmarks/maxsim.py --binary .build/release/sparsestore --data FOLDER --work Benchmarks/work [--out FILE]

FOLDER has docs.csr, queries.csr, qrels.tsv, multivec128.f16.npy, multivec_offsets.npy, query_multivec128.f16.npy and
query_multivec_offsets.npy; files may be compressed with zstd (.zst). Needs numpy.

Exits with 1 if a score of `f16` or `int8` differs from NumPy's by more than 0.001, or a score of `pq32` from that of
the decoded token vectors. Times are those of the stage, on one thread, as `eval` reports them. Run it on an idle
machine.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

import numpy

CANDIDATES = 50
TOLERANCE = 1e-3


class Bench:
    def __init__(self, arguments):
        self.binary, self.work = arguments.binary, Path(arguments.work)
        self.work.mkdir(parents=True, exist_ok=True)
        data = Path(arguments.data)
        self.documents, self.queries = self.unpacked(data, "docs.csr"), data / "queries.csr"
        self.qrels = data / "qrels.tsv"
        self.tokens, self.offsets = self.unpacked(data, "multivec128.f16.npy"), data / "multivec_offsets.npy"
        self.query_tokens = data / "query_multivec128.f16.npy"
        self.query_offsets = data / "query_multivec_offsets.npy"
        self.lines = []

    def unpacked(self, data, name):
        """Returns the path of a file that numpy can map."""
        if (data / name).exists():
            return data / name
        target = self.work / name
        if not target.exists():
            subprocess.run(["zstd", "-q", "-d", str(data / f"{name}.zst"), "-o", str(target)], check=True)
        return target

    def run(self, *arguments):
        command = [self.binary, *map(str, arguments), "--json"]
        return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)

    def load(self, codec):
        store = self.work / f"maxsim-{codec}.sparse"
        for path in (store, Path(f"{store}-lock")):
            path.unlink(missing_ok=True)
        self.run("load", store, self.documents, "--multivectors", self.tokens, "--offsets", self.offsets, "--codec",
            codec, "--quiet")
        return store

    def eval(self, store, *more):
        return self.run("eval", store, "--queries", self.queries, "--qrels", self.qrels, "--recall", "exact", *more)

    def rerank(self, store, *more):
        return self.eval(store, "--rerank", "maxsim", "--query-multivectors", self.query_tokens, "--query-offsets",
            self.query_offsets, "--candidates", CANDIDATES, *more)

    def say(self, *cells):
        self.lines.append("| " + " | ".join(map(str, cells)) + " |")
        print(self.lines[-1], flush=True)

    def text(self, line):
        self.lines.append(line)
        print(line, flush=True)


def rows_of(tokens, offsets, index):
    return numpy.asarray(tokens[offsets[index]:offsets[index + 1]], dtype=numpy.float32)


def max_sim(query, document):
    return float((document @ query.T).max(axis=0).sum())


def coded(rows):
    """Returns the rows that their 8-bit codes represent (FORMAT.md, 'Multivectors')."""
    scale = (numpy.abs(rows).max(axis=1, keepdims=True) / numpy.float32(127)).astype(numpy.float32)
    return numpy.rint(rows / numpy.where(scale > 0, scale, 1)) * scale


def run_scores(path):
    """Returns the scores of a TREC run by query and document."""
    scores = {}
    for line in path.read_text().splitlines():
        query, _, document, _, score, _ = line.split()
        scores.setdefault(query, {})[document] = float(score)
    return scores


def check(bench, codec, store):
    """Returns the largest difference between the scores of the command and NumPy's."""
    run = bench.work / f"maxsim-{codec}.run"
    bench.rerank(store, "--limit", CANDIDATES, "--run", run)
    tokens, offsets = numpy.load(bench.tokens, mmap_mode="r"), numpy.load(bench.offsets)
    query_tokens, query_offsets = numpy.load(bench.query_tokens), numpy.load(bench.query_offsets)
    documents, worst, count = {}, 0.0, 0
    for query, scores in run_scores(run).items():
        rows = rows_of(query_tokens, query_offsets, int(query))
        if codec == "int8":
            rows = coded(rows)
        for document, score in scores.items():
            if document not in documents:
                original = rows_of(tokens, offsets, int(document))
                if codec == "int8":
                    original = coded(original)
                if codec == "pq32":
                    original = numpy.array(bench.run("get", store, document, "--multivector")["multivector"],
                        dtype=numpy.float32)
                documents[document] = original
            worst = max(worst, abs(max_sim(rows, documents[document]) - score))
            count += 1
    return worst, count


def stage(result):
    return next(stage for stage in result["stages"] if stage["name"] == "maxsim")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--work", default="Benchmarks/work")
    parser.add_argument("--out", help="also write the tables to this file")
    arguments = parser.parse_args()
    bench, failures, stores = Bench(arguments), [], {}

    bench.text(f"{CANDIDATES} candidates, exact first stage, one thread\n")
    bench.say("stages", "bytes a token", "nDCG@10", "MRR@10", "us a candidate", "largest difference from NumPy")
    bench.say(*["---"] * 6)
    for codec in ("f16", "int8", "pq32"):
        store = stores[codec] = bench.load(codec)
        if codec == "f16":
            first = bench.eval(store)
            bench.say("first stage", "", f"{first['ndcg']:.4f}", f"{first['mrr']:.4f}", "", "")
        worst, count = check(bench, codec, store)
        if worst > TOLERANCE:
            failures.append(f"{codec}: a score differs by {worst:g}")
        result = bench.rerank(store)
        size = bench.run("stats", store)["multivectors"]["bytes_per_token"]
        bench.say(f"maxsim, {codec}", size, f"{result['ndcg']:.4f}", f"{result['mrr']:.4f}",
            f"{stage(result)['us'] / stage(result)['scored']:.2f}", f"{worst:.1e} of {count}")
    store = stores["f16"]
    for name, options in [
        ("feedback", ["--feedback", "docs=3,terms=20,weight=0.3"]),
        ("first stage fused with maxsim", ["--fuse", bench.work / "maxsim-f16.run", "--fuse-method", "minmax"]),
    ]:
        result = bench.eval(store, *options)
        bench.say(name, "", f"{result['ndcg']:.4f}", f"{result['mrr']:.4f}", "", "")

    bench.text("\nCandidate pruning (alpha) and early exit (beta), f16\n")
    bench.say("alpha", "beta", "candidates scored", "nDCG@10", "MRR@10", "us a query in the stage", "speed-up")
    bench.say(*["---"] * 7)
    base = None
    for alpha in (None, 0.05, 0.1, 0.2, 0.4):
        for beta in (None, 2, 4, 8):
            options = [] if alpha is None else ["--alpha", alpha]
            options += [] if beta is None else ["--beta", beta]
            result = bench.rerank(store, *options)
            cost = stage(result)
            base = base or cost["us"]
            bench.say(alpha or "off", beta or "off", cost["scored"], f"{result['ndcg']:.4f}", f"{result['mrr']:.4f}",
                f"{cost['us']:.0f}", f"{base / cost['us']:.2f}")
    if arguments.out:
        Path(arguments.out).write_text("\n".join(bench.lines) + "\n")
    for failure in failures:
        print(f"maxsim: {failure}", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
