#!/usr/bin/env python3
"""Runs one embedded peer in a separate process, for ingest.py, which describes the measurement. It runs in the virtual
environment with the peers: `pip install numpy qdrant-edge-py zvec pymilvus milvus-lite`.

Each peer commits with the call that makes its writes durable, if it has one: Qdrant Edge and zvec sync in `flush`,
Milvus Lite never does. All search exactly. Making the peer's own objects from the rows is not timed.
"""

import argparse
import importlib.metadata
import json
import os
import sys
import tempfile
import threading
import time

from collection import CSR


class QdrantEdge:
    packages = ["qdrant-edge-py"]
    durable = True

    def __init__(self, folder: str):
        import qdrant_edge

        self.module = qdrant_edge
        path = os.path.join(folder, "qdrant")
        os.mkdir(path)
        self.shard = qdrant_edge.EdgeShard.create(path, qdrant_edge.EdgeConfig(sparse_vectors={
            "sparse": qdrant_edge.EdgeSparseVectorParams(
                memory=qdrant_edge.Memory.Cold, datatype=qdrant_edge.VectorStorageDatatype.Float32)}))

    def prepare(self, rows):
        vector = self.module.SparseVector
        return self.module.UpdateOperation.upsert_points([
            self.module.Point(number, {"sparse": vector(terms.tolist(), weights.tolist())}, {})
            for number, terms, weights in rows])

    def commit(self, operation) -> None:
        self.shard.update(operation)
        self.shard.flush()

    def settle(self) -> None:
        self.shard.optimize()
        self.shard.flush()

    def query(self, terms, weights):
        vector = self.module.SparseVector(terms.tolist(), weights.tolist())
        return self.module.QueryRequest(limit=10, query=self.module.Query.Nearest(vector, using="sparse"))

    def search(self, query) -> int:
        return len(self.shard.query(query))


class Zvec:
    packages = ["zvec"]
    durable = True

    def __init__(self, folder: str):
        import zvec

        self.module = zvec
        zvec.init()
        self.collection = zvec.create_and_open(os.path.join(folder, "zvec"), zvec.CollectionSchema(
            name="documents", vectors=zvec.VectorSchema(
                "sparse", zvec.DataType.SPARSE_VECTOR_FP32,
                index_param=zvec.FlatIndexParam(metric_type=zvec.MetricType.IP))))

    def prepare(self, rows):
        return [
            self.module.Doc(id=str(number), vectors={"sparse": dict(zip(terms.tolist(), weights.tolist()))})
            for number, terms, weights in rows]

    def commit(self, documents) -> None:
        self.collection.insert(documents)
        self.collection.flush()

    def settle(self) -> None:
        self.collection.optimize()

    def query(self, terms, weights):
        return self.module.Query(field_name="sparse", vector=dict(zip(terms.tolist(), weights.tolist())))

    def search(self, query) -> int:
        return len(self.collection.query(query, topk=10))


class MilvusLite:
    packages = ["milvus-lite", "pymilvus"]
    durable = False

    def __init__(self, folder: str):
        from pymilvus import DataType, MilvusClient

        self.client = MilvusClient(os.path.join(folder, "milvus.db"))
        schema = MilvusClient.create_schema(auto_id=False)
        schema.add_field("id", DataType.INT64, is_primary=True)
        schema.add_field("sparse", DataType.SPARSE_FLOAT_VECTOR)
        index = self.client.prepare_index_params()
        index.add_index(field_name="sparse", index_type="SPARSE_INVERTED_INDEX", metric_type="IP")
        self.client.create_collection("documents", schema=schema, index_params=index)
        self.client.load_collection("documents")

    def prepare(self, rows):
        return [
            {"id": number, "sparse": dict(zip(terms.tolist(), weights.tolist()))} for number, terms, weights in rows]

    def commit(self, documents) -> None:
        self.client.insert("documents", documents)

    def settle(self) -> None:
        self.client.flush("documents")

    def query(self, terms, weights):
        return dict(zip(terms.tolist(), weights.tolist()))

    def search(self, query) -> int:
        return len(self.client.search("documents", data=[query], anns_field="sparse", limit=10)[0])


PEERS = {"qdrant": QdrantEdge, "zvec": Zvec, "milvus": MilvusLite}


class Searcher(threading.Thread):
    """Searches without a pause until it is stopped, and records the time of each search."""

    def __init__(self, peer, queries):
        super().__init__(daemon=True)
        self.peer, self.queries = peer, queries
        self.times, self.is_over, self.failure = [], False, None

    def run(self) -> None:
        try:
            number = 0
            while not self.is_over:
                begin = time.perf_counter()
                self.peer.search(self.queries[number % len(self.queries)])
                self.times.append(time.perf_counter() - begin)
                number += 1
        except Exception as error:
            self.failure = error


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("peer", choices=sorted(PEERS))
    parser.add_argument("folder")
    parser.add_argument("--documents", required=True)
    parser.add_argument("--queries", required=True)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--already", type=int, default=20_000)
    options = parser.parse_args()
    documents, rows = CSR(options.documents, mapped=True), CSR(options.queries)
    with tempfile.TemporaryDirectory(dir=options.folder, ignore_cleanup_errors=True) as folder:
        peer = PEERS[options.peer](folder)
        prepare = lambda first, count: peer.prepare(
            [(number, *documents.row(number)) for number in range(first, min(documents.rows, first + count))])
        for first in range(0, options.already, 1_000):
            peer.commit(prepare(first, min(1_000, options.already - first)))
        peer.settle()
        searcher = Searcher(peer, [peer.query(*rows.row(number)) for number in range(rows.rows)])
        searcher.start()
        commits, following = [], options.already
        begin = time.perf_counter()
        while following < documents.rows and time.perf_counter() - begin < options.seconds:
            given = prepare(following, options.batch)
            before = time.perf_counter()
            peer.commit(given)
            commits.append(time.perf_counter() - before)
            following = min(documents.rows, following + options.batch)
        elapsed = time.perf_counter() - begin
        searcher.is_over = True
        searcher.join()
        if searcher.failure:
            raise searcher.failure
        print(json.dumps({
            "engine": type(peer).__name__,
            "version": ", ".join(importlib.metadata.version(package) for package in peer.packages),
            "durable": peer.durable, "documents": following - options.already, "commits": commits,
            "searches": searcher.times, "elapsed": elapsed}), flush=True)
        # Do not wait for the peer's own threads at the end, because they sometimes hang.
        os._exit(0)


main()
