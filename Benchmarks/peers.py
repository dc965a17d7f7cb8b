#!/usr/bin/env python3
"""Runs one peer in a separate process, for compare.py. It builds or loads its indexes, then answers requests, one JSON
object per line. It runs in the virtual environment with the peers: `pip install numpy pyseismic-lsr pyvsag`.

Requests: {"run": set, "k": 10, "setting": {...}} runs every query of the set twice and times the second pass; {"floor":
set} times a query of one rare term, which is the cost of a call through Python; {"grid": k} lists the settings.
"""

import gc
import importlib.metadata
import json
import os
import sys
import time

for name in ("OMP_NUM_THREADS", "RAYON_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import numpy as np

from collection import CSR, Truth, latency, recall


class Seismic:
    """pyseismic-lsr. A build is n_postings, centroid_fraction, summary_energy, max_fraction, min_cluster_size."""

    package = "pyseismic-lsr"

    def __init__(self):
        import seismic

        self.module, self.kind = seismic, seismic.SeismicIndex

    def builds(self, rows: int, given):
        return given or ([[800, 0.1, 0.4, 6, 2]] if rows < 500_000 else [[2000, 0.1, 0.4, 4, 2]])

    def file(self, base: str) -> str:
        return base if os.path.exists(base) else base + ".index.seismic"

    def build(self, documents: CSR, build, base: str):
        data = self.module.SeismicDataset()
        data.add_documents_by_id(
            [str(row) for row in range(documents.rows)], documents.terms.astype(np.int64), documents.weights,
            documents.pointers)
        postings, fraction, energy, most, cluster = build
        index = self.kind.build_from_dataset(
            data, n_postings=postings, centroid_fraction=fraction, min_cluster_size=cluster, summary_energy=energy,
            max_fraction=most, num_threads=1)
        index.save(base)

    def load(self, base: str, build, documents):
        return self.kind.load(self.file(base))

    def prepare(self, number: int, terms, weights):
        names = np.array([str(term) for term in terms], dtype=self.module.get_seismic_string())
        return str(number), names, np.ascontiguousarray(weights, np.float32)

    def grid(self, k: int):
        return [
            {"cut": cut, "heap": heap}
            for cut in (3, 4, 5, 6, 8, 10, 14, 20, 30) for heap in (1.0, 0.9, 0.8, 0.7)
            if not (cut > 10 and heap > 0.9)]

    def caller(self, index, k: int, setting):
        cut, heap = setting["cut"], setting["heap"]
        return lambda query: index.search(query[0], query[1], query[2], k, cut, heap, 0, True)

    def rows(self, answer):
        return [int(hit[2]) for hit in answer]


class SeismicDotVByte(Seismic):
    """The same index with its documents compressed."""

    def __init__(self):
        super().__init__()
        self.kind = self.module.SeismicIndexDotVByte


class Sindi:
    """SINDI in pyvsag. A build is doc_prune_ratio, quantized (1 or 0), window_size."""

    package = "pyvsag"

    def __init__(self):
        import pyvsag

        pyvsag.set_logger_off()
        self.module = pyvsag

    def builds(self, rows: int, given):
        return given or [[0.2, 1, 50_000], [0.4, 1, 50_000], [0.0, 0, 50_000]]

    def file(self, base: str) -> str:
        return base

    def index(self, build, documents):
        prune, quantized, window = build
        parameters = {
            "term_id_limit": documents.columns + 1, "doc_prune_ratio": prune, "window_size": window,
            "use_reorder": bool(prune > 0 or quantized), "use_quantization": bool(quantized),
            "deserialize_without_footer": False, "deserialize_without_buffer": False}
        longest = int(np.diff(documents.pointers).max()) + 1
        return self.module.Index(
            "sindi",
            json.dumps({"dtype": "sparse", "metric_type": "ip", "dim": longest, "index_param": parameters}))

    def build(self, documents: CSR, build, base: str):
        index = self.index(build, documents)
        index.build(
            index_pointers=documents.pointers.astype(np.uint32), indices=documents.terms.astype(np.uint32),
            values=documents.weights, ids=np.arange(documents.rows, dtype=np.int64))
        index.save(base)

    def load(self, base: str, build, documents):
        index = self.index(build, documents)
        index.load(base)
        return index

    def prepare(self, number: int, terms, weights):
        pointers = np.array([0, len(terms)], np.uint32)
        return pointers, terms.astype(np.uint32), np.ascontiguousarray(weights, np.float32)

    def grid(self, k: int):
        candidates = (20, 40, 80, 160) if k <= 10 else (100, 150, 200, 300, 400)
        return [{"prune": prune, "candidates": count} for prune in (0.0, 0.1, 0.2, 0.3, 0.4, 0.5) for count in candidates]

    def caller(self, index, k: int, setting):
        parameters = json.dumps({
            "sindi": {
                "n_candidate": max(k, setting["candidates"]), "query_prune_ratio": setting["prune"],
                "term_prune_ratio": 0.0}})
        return lambda query: index.knn_search(query[0], query[1], query[2], k, parameters)

    def rows(self, answer):
        return np.asarray(answer[0]).ravel().tolist()


PEERS = {"seismic": Seismic, "seismic-dotvbyte": SeismicDotVByte, "sindi": Sindi}


class Worker:
    def __init__(self, peer: str, options: dict):
        self.peer, self.options = PEERS[peer](), options
        self.documents = CSR(options["documents"], mapped=True)
        self.builds = self.peer.builds(self.documents.rows, options.get("builds"))
        self.sets, self.indexes = {}, []

    def base(self, build) -> str:
        name = "-".join(str(part) for part in build)
        return os.path.join(self.options["work"], f"{type(self.peer).__name__.lower()}-{name}")

    def make(self) -> list[dict]:
        """Builds missing indexes. The cost of a build is saved next to the index."""
        reports = []
        for build in self.builds:
            base, note = self.base(build), self.base(build) + ".json"
            if not os.path.exists(note):
                wall, processor = time.perf_counter(), time.process_time()
                self.peer.build(CSR(self.options["documents"]), build, base)
                report = {
                    "build": build, "seconds": time.perf_counter() - wall,
                    "cpu_seconds": time.process_time() - processor, "bytes": os.path.getsize(self.peer.file(base))}
                with open(note, "w") as file:
                    json.dump(report, file)
            with open(note) as file:
                reports.append(json.load(file) | {"file": self.peer.file(base)})
        return reports

    def open(self) -> None:
        for name, (queries, truth) in self.options["sets"].items():
            given = CSR(queries)
            prepared = [self.peer.prepare(number, *given.row(number)) for number in range(given.rows)]
            self.sets[name] = given, Truth(truth), prepared
        self.indexes = [self.peer.load(self.base(build), build, self.documents) for build in self.builds]

    def grid(self, k: int) -> list[dict]:
        return [
            {"index": number} | setting for number, build in enumerate(self.builds) for setting in self.peer.grid(k)
            if not (isinstance(self.peer, Sindi) and build[0] == 0 and not build[1]
                    and setting["candidates"] != (20 if k <= 10 else 100))]

    def run(self, name: str, k: int, setting: dict, limit=None) -> dict:
        queries, truth, prepared = self.sets[name]
        call = self.peer.caller(self.indexes[setting["index"]], k, setting)
        answers = [self.peer.rows(call(query)) for query in prepared[:limit]]
        times, clock = [], time.perf_counter_ns
        gc.disable()
        used = time.thread_time_ns()
        for query in prepared[:limit]:
            before = clock()
            call(query)
            times.append(clock() - before)
        used = time.thread_time_ns() - used
        gc.enable()
        return latency(times) | {"cpu_us": used / 1e3 / len(times), "recall": recall(answers, queries, self.documents, truth, k)}

    def floor(self, name: str) -> dict:
        """Measures a call with almost no work: a query of one term that few documents have."""
        counts = np.bincount(self.documents.terms, minlength=self.documents.columns)
        rare = int(np.argmin(np.where(counts > 0, counts, counts.max() + 1)))
        query = self.peer.prepare(0, np.array([rare], np.int32), np.array([1], np.float32))
        call = self.peer.caller(self.indexes[0], 10, self.peer.grid(10)[0])
        times = []
        for _ in range(1000):
            before = time.perf_counter_ns()
            call(query)
            times.append(time.perf_counter_ns() - before)
        return latency(times)

    def cold(self, name: str, k: int, setting: dict) -> dict:
        """Measures the time from opening the index to the first answer, and the median of the next hundred. Call it in
        a new process."""
        given = CSR(self.options["sets"][name][0])
        prepared = [self.peer.prepare(number, *given.row(number)) for number in range(min(101, given.rows))]
        build = self.builds[setting["index"]]
        documents = self.documents
        begin = time.perf_counter()
        index = self.peer.load(self.base(build), build, documents)
        call = self.peer.caller(index, k, setting)
        call(prepared[0])
        first = time.perf_counter() - begin
        times = []
        for query in prepared[1:]:
            before = time.perf_counter_ns()
            call(query)
            times.append(time.perf_counter_ns() - before)
        return {"first_ms": first * 1e3, "next_p50_us": latency(times)["p50_us"]}


def main() -> None:
    # The libraries print to standard output, so it is redirected to standard error, and answers use the original.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    options = json.loads(sys.argv[2])
    worker = Worker(sys.argv[1], options)
    if "cold" in options:
        print(json.dumps(worker.cold(*options["cold"])), file=answers)
        return
    version = importlib.metadata.version(worker.peer.package)
    print(json.dumps({"version": version, "builds": worker.make()}), file=answers)
    if options.get("build_only"):
        return
    worker.open()
    print(json.dumps({"ready": True}), file=answers)
    for line in sys.stdin:
        request = json.loads(line)
        if "grid" in request:
            answer = worker.grid(request["grid"])
        elif "floor" in request:
            answer = worker.floor(request["floor"])
        else:
            answer = worker.run(request["run"], request["k"], request["setting"], request.get("limit"))
        print(json.dumps(answer), file=answers)


main()
