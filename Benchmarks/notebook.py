#!/usr/bin/env python3
"""Measures the steps of a notebook with this package and with its peers: fill from SciPy, search, evaluate.

    Benchmarks/notebook.py FOLDER [--engines sparsestore,seismic,edge,milvus,qdrant] [--rounds 3] [--queries 1500]
        [--real-time]
    Benchmarks/notebook.py FOLDER --overhead [--real-time]

FOLDER has docs.csr, queries.csr, qrels.tsv and gt.bin. Engines take turns, round after round, each in a separate
process; the table shows medians. Needs numpy, scipy, ir_measures, and the packages of the engines: sparsestore,
pyseismic-lsr, qdrant-edge-py, milvus-lite with pymilvus, qdrant-client. `--overhead` measures single calls and threads
of this package. `--real-time` gives real-time priority to each engine, so that other work on the machine matters little;
engines that take minutes to fill get it after that. It needs root.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import scipy.sparse

sys.path.insert(0, str(Path(__file__).parent))
from collection import CSR, TOLERANCE  # noqa: E402

K = 10


def matrix(path: Path) -> scipy.sparse.csr_matrix:
    file = CSR(str(path))
    return scipy.sparse.csr_matrix((file.weights, file.terms, file.pointers), shape=(file.rows, file.columns))


def prioritize() -> None:
    """Gives all threads of this process real-time priority; threads that start later have it, too."""
    for thread in os.listdir("/proc/self/task"):
        os.sched_setscheduler(int(thread), os.SCHED_RR, os.sched_param(10))


class SparseStore:
    def __init__(self, folder, recall="exact"):
        import sparsestore
        self.store = sparsestore.open(Path(folder) / "s.sparse", maintenance="manual")
        self.recall = recall

    def fill(self, ids, documents):
        self.store.upsert(ids, documents)

    def prepare(self):
        self.store.optimize()

    def search(self, queries):
        ids, _ = self.store.search(queries, k=K, recall=self.recall, threads=2)
        return [[int(id) for id in row if id is not None] for row in ids]


class Seismic:
    """Seismic with the settings that are fastest on mix: the build [500, .2, .5], and cut and heap for .95."""

    fills_slowly = True

    def __init__(self, folder):
        pass

    def fill(self, ids, documents):
        import seismic
        self.kind = seismic.get_seismic_string()
        data = seismic.SeismicDataset()
        names = np.arange(documents.shape[1]).astype(self.kind)
        for row, name in enumerate(ids):
            span = slice(documents.indptr[row], documents.indptr[row + 1])
            data.add_document(name, names[documents.indices[span]], documents.data[span])
        self.index = seismic.SeismicIndex.build_from_dataset(
            data, n_postings=500, centroid_fraction=0.2, summary_energy=0.5, min_cluster_size=4, max_fraction=2)
        self.names = names

    def search(self, queries):
        terms = [self.names[queries.indices[a:b]] for a, b in zip(queries.indptr, queries.indptr[1:])]
        weights = [queries.data[a:b] for a, b in zip(queries.indptr, queries.indptr[1:])]
        answers = self.index.batch_search(
            np.array([str(row) for row in range(len(terms))], self.kind), terms, weights, K, 8, 0.8, num_threads=2)
        found = {}
        for answer in answers:
            for query, _, document in answer:
                found.setdefault(int(query), []).append(int(document))
        return [found.get(row, []) for row in range(len(terms))]


class Edge:
    def __init__(self, folder):
        import qdrant_edge
        self.edge = qdrant_edge
        config = qdrant_edge.EdgeConfig(sparse_vectors={"text": qdrant_edge.EdgeSparseVectorParams()})
        self.shard = qdrant_edge.EdgeShard.create(f"{folder}/edge", config)

    def vector(self, matrix, row):
        span = slice(matrix.indptr[row], matrix.indptr[row + 1])
        return self.edge.SparseVector(matrix.indices[span].tolist(), matrix.data[span].tolist())

    def fill(self, ids, documents):
        for start in range(0, len(ids), 1_000):
            points = [
                self.edge.Point(row, {"text": self.vector(documents, row)})
                for row in range(start, min(start + 1_000, len(ids)))]
            self.shard.update(self.edge.UpdateOperation.upsert_points(points))
        self.shard.flush()

    def prepare(self):
        self.shard.optimize()

    def search(self, queries):
        answers = []
        for row in range(queries.shape[0]):
            query = self.edge.Query.Nearest(self.vector(queries, row), using="text")
            answers.append([int(point.id) for point in self.shard.query(self.edge.QueryRequest(limit=K, query=query))])
        return answers


class Milvus:
    fills_slowly = True

    def __init__(self, folder):
        from pymilvus import DataType, MilvusClient
        self.client = MilvusClient(f"{folder}/milvus.db")
        schema = self.client.create_schema()
        schema.add_field("id", DataType.INT64, is_primary=True)
        schema.add_field("vector", DataType.SPARSE_FLOAT_VECTOR)
        index = self.client.prepare_index_params()
        index.add_index("vector", index_type="SPARSE_INVERTED_INDEX", metric_type="IP")
        self.client.create_collection("c", schema=schema, index_params=index)

    @staticmethod
    def vector(matrix, row):
        span = slice(matrix.indptr[row], matrix.indptr[row + 1])
        return dict(zip(matrix.indices[span].tolist(), matrix.data[span].tolist()))

    def fill(self, ids, documents):
        for start in range(0, len(ids), 5_000):
            self.client.insert("c", [
                {"id": row, "vector": self.vector(documents, row)}
                for row in range(start, min(start + 5_000, len(ids)))])
        self.client.flush("c")
        self.client.load_collection("c")

    def search(self, queries):
        answers = []
        for start in range(0, queries.shape[0], 100):
            rows = range(start, min(start + 100, queries.shape[0]))
            for hits in self.client.search("c", [self.vector(queries, row) for row in rows], limit=K, anns_field="vector"):
                answers.append([int(hit["id"]) for hit in hits])
        return answers


class Qdrant:
    """qdrant-client in local mode, which compares with every document in Python."""

    fills_slowly = True

    def __init__(self, folder):
        from qdrant_client import QdrantClient, models
        self.models, self.client = models, QdrantClient(path=f"{folder}/qdrant")
        self.client.create_collection("c", {}, sparse_vectors_config={"text": models.SparseVectorParams()})

    def vector(self, matrix, row):
        span = slice(matrix.indptr[row], matrix.indptr[row + 1])
        return self.models.SparseVector(indices=matrix.indices[span].tolist(), values=matrix.data[span].tolist())

    def fill(self, ids, documents):
        for start in range(0, len(ids), 1_000):
            self.client.upsert("c", [
                self.models.PointStruct(id=row, vector={"text": self.vector(documents, row)})
                for row in range(start, min(start + 1_000, len(ids)))])

    def search(self, queries):
        return [
            [int(point.id) for point in self.client.query_points("c", self.vector(queries, row), using="text", limit=K).points]
            for row in range(queries.shape[0])]


ENGINES = {
    "sparsestore": SparseStore, "sparsestore-0.95": lambda folder: SparseStore(folder, 0.95), "seismic": Seismic, "edge": Edge,
    "milvus": Milvus, "qdrant": Qdrant,
}


def run(name: str, folder: Path, count: int, real_time: bool) -> dict:
    """Returns the seconds of each step, and the quality of the answers."""
    import ir_measures
    documents, queries = matrix(folder / "docs.csr"), matrix(folder / "queries.csr")[:count]
    ids = [str(row) for row in range(documents.shape[0])]
    qrels: dict = {}
    for line in (folder / "qrels.tsv").read_text().splitlines():
        query, document, grade = line.split()
        qrels.setdefault(query, {})[document] = int(grade)
    with tempfile.TemporaryDirectory() as place:
        fills_slowly = hasattr(ENGINES[name], "fills_slowly")
        if real_time and not fills_slowly:
            prioritize()
        started, processor = time.monotonic(), time.process_time()
        engine = ENGINES[name](place)
        engine.fill(ids, documents)
        filled, filling = time.monotonic(), time.process_time()
        if real_time and fills_slowly:
            prioritize()
            filled = time.monotonic()
        if hasattr(engine, "prepare"):
            engine.prepare()
        prepared, preparing = time.monotonic(), time.process_time()
        answers = engine.search(queries)
        searched, searching = time.monotonic(), time.process_time()
        ranking = {
            str(query): {str(document): float(K - rank) for rank, document in enumerate(row)}
            for query, row in enumerate(answers)}
        asked = {query: grades for query, grades in qrels.items() if int(query) < count}
        measures = ir_measures.calc_aggregate([ir_measures.nDCG @ 10], asked, ranking)
        evaluated = time.monotonic()
    products = queries @ documents.T
    right = total = 0
    for query, row in enumerate(answers):
        scores = products[query].toarray()[0]
        best = np.sort(scores[scores > 0])[::-1][:K]
        total += len(best)
        right += sum(scores[document] >= best[-1] - TOLERANCE for document in row[:len(best)]) if len(best) else 0
    return {
        "fill": filled - started, "fill_cpu": filling - processor, "prepare": prepared - filled,
        "search": searched - prepared, "search_cpu": searching - preparing, "evaluate": evaluated - searched,
        "ndcg": measures[ir_measures.nDCG @ 10], "recall": right / total,
    }


def overhead(folder: Path) -> None:
    """Measures the cost of a call in addition to the search: an empty answer, single queries, batches, and two
    threads."""
    import sparsestore
    documents, queries = matrix(folder / "docs.csr"), matrix(folder / "queries.csr")
    ids = [str(row) for row in range(documents.shape[0])]

    def median(body, rounds: int) -> float:
        times = []
        for _ in range(rounds):
            started = time.perf_counter()
            body()
            times.append(time.perf_counter() - started)
        return statistics.median(times) * 1e6

    with tempfile.TemporaryDirectory() as place, sparsestore.open(Path(place) / "s.sparse", maintenance="manual") as store:
        store.upsert(ids, documents)
        store.optimize()
        print("load average", os.getloadavg()[0])
        nothing = scipy.sparse.csr_matrix((1, documents.shape[1]), dtype=np.float32)
        print(f"a call with an empty query: {median(lambda: store.search(nothing, k=K, threads=1), 2_000):.0f} us")
        rows = [queries[row] for row in range(queries.shape[0])]
        for recall in ("exact", 0.95):
            place_in = iter(rows * 10)
            single = median(lambda: store.search(next(place_in), k=K, recall=recall, threads=1), len(rows))
            batch = median(lambda: store.search(queries, k=K, recall=recall, threads=1), 5) / len(rows)
            both = median(lambda: store.search(queries, k=K, recall=recall, threads=2), 5) / len(rows)
            print(f"recall {recall}: {single:.0f} us per single call (median), {batch:.0f} us per query in one batch of "
                  f"{len(rows)}, {both:.0f} us with threads=2 ({1e6 / both:.0f} queries/s)")

            def half(part):
                for query in part:
                    store.search(query, k=K, recall=recall, threads=1)

            def two():
                threads = [threading.Thread(target=half, args=(rows[start::2],)) for start in range(2)]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()

            print(f"recall {recall}: two Python threads of single calls: {len(rows) * 1e6 / median(two, 3):.0f} queries/s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--engines", default="sparsestore,sparsestore-0.95,seismic,edge,milvus")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--queries", type=int, default=1_500)
    parser.add_argument("--overhead", action="store_true")
    parser.add_argument("--real-time", action="store_true")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.overhead:
        if options.real_time:
            prioritize()
        return overhead(options.folder)
    if options.one:
        return print(json.dumps(run(options.one, options.folder, options.queries, options.real_time)))
    results: dict[str, list[dict]] = {}
    for turn in range(options.rounds):
        for name in options.engines.split(","):
            command = [sys.executable, __file__, str(options.folder), "--one", name, "--queries", str(options.queries)]
            command += ["--real-time"] if options.real_time else []
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode != 0:
                reason = (done.stderr.strip().splitlines() or [f"ended with {done.returncode}"])[-1]
                print(f"{name}: {reason}", file=sys.stderr)
                continue
            results.setdefault(name, []).append(json.loads(done.stdout.strip().splitlines()[-1]))
            print(turn, name, results[name][-1], f"load {os.getloadavg()[0]:.1f}", file=sys.stderr, flush=True)
    print("| engine | fill s (processor) | optimize s | search s (processor) | evaluate s | nDCG@10 | recall@10 |\n"
          "|---|---|---|---|---|---|---|")
    for name, rounds in results.items():
        def median(key):
            return statistics.median(round[key] for round in rounds)
        print(f"| {name} | {median('fill'):.1f} ({median('fill_cpu'):.1f}) | {median('prepare'):.1f} | {median('search'):.2f} ({median('search_cpu'):.2f}) "
              f"| {median('evaluate'):.2f} | {median('ndcg'):.4f} | {median('recall'):.4f} |")


if __name__ == "__main__":
    main()
