#!/usr/bin/env python3
"""Measures filters and facets of Qdrant Edge on the documents of attributes.py.

    Benchmarks/attributes_edge.py build --documents docs.csr --work FOLDER
    Benchmarks/attributes_edge.py measure --queries queries.csr --work FOLDER

Each document gets `number`, uniform over 0..<1,000,000, and `name`, one of 1,000 strings by Zipf's law, both with an index
of the payload. `measure` asks every query twice and times the second pass, as `eval --warmup` does. Qdrant Edge 0.9.0 has
no groups. It answers sparse queries exactly. Needs numpy and qdrant-edge-py.
"""

import argparse
import random
import statistics
import time

import qdrant_edge as edge

from collection import CSR

BATCH = 1_000


def build(options) -> None:
    documents = CSR(options.documents)
    chance = random.Random(1)
    weights = [1 / rank for rank in range(1, 1_001)]
    names = chance.choices(range(1_000), weights, k=documents.rows)
    config = edge.EdgeConfig(
        sparse_vectors={"s": edge.EdgeSparseVectorParams()}, max_search_threads=1,
        optimizers=edge.EdgeOptimizersConfig(default_segment_number=1, max_segment_size=20_000_000))
    shard = edge.EdgeShard.create(options.work, config)
    shard.update(edge.UpdateOperation.create_field_index("number", edge.PayloadSchemaType.Integer))
    shard.update(edge.UpdateOperation.create_field_index("name", edge.PayloadSchemaType.Keyword))
    start = time.process_time()
    for begin in range(0, documents.rows, BATCH):
        points = []
        for row in range(begin, min(begin + BATCH, documents.rows)):
            terms, values = documents.row(row)
            points.append(edge.Point(
                row, {"s": edge.SparseVector(terms.tolist(), values.tolist())},
                {"number": chance.randrange(1_000_000), "name": f"name {names[row]}"}))
        shard.update(edge.UpdateOperation.upsert_points(points))
    shard.flush()
    shard.optimize()
    shard.flush()
    print(f"{documents.rows} points in {time.process_time() - start:.0f} s of processor time")
    shard.close()


def measure(options) -> None:
    queries = CSR(options.queries)
    rows = [row for row in range(queries.rows) if row % 5][: options.asked]
    shard = edge.EdgeShard.load(options.work)
    print("| | mean us |\n|---|---|")
    for share in (None, 0.5, 0.05, 0.005, 0.0005):
        filter = share and edge.Filter(must=[edge.FieldCondition(key="number", range=edge.RangeFloat(lt=share * 1_000_000))])
        requests = []
        for row in rows:
            terms, values = queries.row(row)
            vector = edge.SparseVector(terms.tolist(), values.tolist())
            requests.append(edge.QueryRequest(limit=10, filter=filter, query=edge.Query.Nearest(vector, using="s")))
        for request in requests:
            shard.query(request)
        start = time.perf_counter()
        for request in requests:
            shard.query(request)
        name = "no filter" if share is None else f"{share:.2%} by a range"
        print(f"| {name} | {(time.perf_counter() - start) / len(requests) * 1e6:.0f} |", flush=True)
    for key in ("name", "number"):
        times = []
        for _ in range(7):
            start = time.perf_counter()
            shard.facet(edge.FacetRequest(key, limit=20, exact=True))
            times.append(time.perf_counter() - start)
        print(f"| facets of `{key}` | {statistics.median(times) * 1e6:.0f} |", flush=True)
    shard.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("step", choices=["build", "measure"])
    for name in ("documents", "queries"):
        parser.add_argument(f"--{name}")
    parser.add_argument("--work", required=True)
    parser.add_argument("--asked", type=int, default=100, help="the maximum number of queries")
    options = parser.parse_args()
    build(options) if options.step == "build" else measure(options)


if __name__ == "__main__":
    main()
