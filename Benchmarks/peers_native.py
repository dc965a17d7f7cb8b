"""Peers that are native libraries, for peers.py.

A peer has the default `builds` for a number of documents, builds an index and saves it as `file(base)`, loads it, turns
a query into what it calls with (`prepare`), lists the search settings worth trying for k (`grid`), and returns a
function that asks a query with one of them (`caller`), and the rows in its answer (`rows`).
"""

import json
import os

import numpy as np

from collection import CSR


class Seismic:
    """pyseismic-lsr. A build is n_postings, centroid_fraction, summary_energy, max_fraction, min_cluster_size."""

    package = "pyseismic-lsr"
    together = 1_000_000  # documents that are added, and indexed, together

    def __init__(self):
        import seismic

        self.module, self.kind = seismic, seismic.SeismicIndex

    def builds(self, rows: int, given):
        if given:
            return given
        if rows < 250_000:
            return [[500, 0.2, 0.5, 4, 2], [800, 0.1, 0.4, 6, 2], [800, 0.2, 0.5, 4, 2]]
        if rows < 1_000_000:
            return [[1000, 0.2, 0.5, 4, 2], [1000, 0.1, 0.4, 4, 2], [1500, 0.2, 0.4, 4, 2]]
        return [[2000, 0.2, 0.5, 4, 2], [2000, 0.2, 0.4, 4, 2]]

    def file(self, base: str) -> str:
        return base if os.path.exists(base) else base + ".index.seismic"

    def build(self, documents: CSR, build, base: str):
        data = self.module.SeismicDataset(dim=documents.columns)
        for first in range(0, documents.rows, self.together):
            pointers = documents.pointers[first:first + self.together + 1]
            begin, end = pointers[0], pointers[-1]
            data.add_documents_by_id(
                [str(row) for row in range(first, first + len(pointers) - 1)],
                documents.terms[begin:end].astype(np.int64), documents.weights[begin:end], pointers - begin)
        postings, fraction, energy, most, cluster = build
        # With all postings in memory at once, many documents would need more memory than there is.
        batches = {"batched_indexing": self.together} if documents.rows > 4 * self.together else {}
        index = self.kind.build_from_dataset(
            data, n_postings=postings, centroid_fraction=fraction, min_cluster_size=cluster, summary_energy=energy,
            max_fraction=most, num_threads=1, **batches)
        index.save(base)

    def load(self, base: str, build, documents):
        return self.kind.load(self.file(base))

    def prepare(self, number: int, terms, weights):
        names = np.array([str(term) for term in terms], dtype=self.module.get_seismic_string())
        return str(number), names, np.ascontiguousarray(weights, np.float32)

    def grid(self, k: int, build):
        cuts = (3, 4, 5, 6, 8, 10, 14, 20, 30) if k <= 100 else (4, 6, 8, 12, 16, 20, 30, 40, 60)
        return [
            {"cut": cut, "heap": heap} for cut in cuts for heap in (1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3)
            if not (cut > 8 and heap > 0.9) and not (cut < 6 and heap < 0.5)]

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
            index_pointers=documents.pointers.astype(np.uint32), indices=documents.terms.view(np.uint32),
            values=documents.weights, ids=np.arange(documents.rows, dtype=np.int64))
        index.save(base)

    def load(self, base: str, build, documents):
        index = self.index(build, documents)
        index.load(base)
        return index

    def prepare(self, number: int, terms, weights):
        pointers = np.array([0, len(terms)], np.uint32)
        return pointers, terms.astype(np.uint32), np.ascontiguousarray(weights, np.float32)

    def grid(self, k: int, build):
        candidates = (2, 4, 8, 16) if k <= 10 else (1, 1.5, 2, 3, 4) if k <= 100 else (1, 1.2, 1.5, 2, 3)
        if build[0] == 0 and not build[1]:
            candidates = candidates[:1]  # scores are exact already
        return [{"prune": prune, "candidates": int(k * times)} for prune in (0.0, 0.1, 0.2, 0.3, 0.4, 0.5)
                for times in candidates]

    def caller(self, index, k: int, setting):
        parameters = json.dumps({
            "sindi": {
                "n_candidate": setting["candidates"], "query_prune_ratio": setting["prune"],
                "term_prune_ratio": 0.0}})
        return lambda query: index.knn_search(query[0], query[1], query[2], k, parameters)

    def rows(self, answer):
        return np.asarray(answer[0]).ravel().tolist()


class Kannolo:
    """Sparse HNSW of kannolo. A build is storage, m, ef_construction: "plain" has 16-bit weights, "packed" 8-bit ones
    in compressed blocks."""

    package = "kannolo"

    def __init__(self):
        import kannolo

        self.kinds = {"plain": kannolo.SparsePlainHNSW, "packed": kannolo.SparseDotPacking8HNSW}

    def builds(self, rows: int, given):
        # A build takes milliseconds of one core for each document.
        builds = [["plain", 16, 100], ["plain", 32, 200], ["packed", 32, 200]]
        return given or builds[:3 if rows < 250_000 else 2 if rows < 1_000_000 else 1]

    def file(self, base: str) -> str:
        return base

    def build(self, documents: CSR, build, base: str):
        kind, neighbors, width = build
        index = self.kinds[kind].build_from_arrays(
            documents.terms, documents.weights, documents.pointers, m=neighbors, ef_construction=width)
        index.save(base)

    def load(self, base: str, build, documents):
        return self.kinds[build[0]].load(base)

    def prepare(self, number: int, terms, weights):
        return terms.astype(np.int32), np.ascontiguousarray(weights, np.float32)

    def grid(self, k: int, build):
        times = (1, 2, 3, 4, 6, 8, 12, 16, 24, 40, 80) if k <= 10 else (1, 1.5, 2, 3, 4, 6, 8, 12, 20) if k <= 100 else (
            1, 1.5, 2, 3, 4, 6)
        return [{"ef": int(k * count)} for count in times]

    def caller(self, index, k: int, setting):
        width = setting["ef"]
        return lambda query: index.search(query[0], query[1], k, width)

    def rows(self, answer):
        return answer[1].tolist()
