#!/usr/bin/env python3
"""Loads the output of `sparsestore export STORE --for TARGET DIR` into the target and runs the queries there.

    python3 run_target.py qdrant DIR     qdrant-client, local mode
    python3 run_target.py milvus DIR     pymilvus and milvus-lite, through its gRPC server
    python3 run_target.py ciff DIR       ciff-toolkit; scores are computed from the posting lists

Writes DIR/run.trec, for `sparsestore compare DIR/truth.trec DIR/run.trec`.
"""

import json
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

BATCH = 1_000


def lines(path):
    with open(path, encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def batches(items, size=BATCH):
    batch = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def qdrant(folder, depth):
    from qdrant_client import QdrantClient, models

    client = QdrantClient(":memory:")
    client.create_collection(
        "store", vectors_config={}, sparse_vectors_config={"vector": models.SparseVectorParams()})
    for batch in batches(lines(folder / "documents.jsonl")):
        client.upsert("store", [
            models.PointStruct(
                id=point["id"], vector={"vector": models.SparseVector(**point["vector"])}, payload=point["payload"])
            for point in batch])
    for query in lines(folder / "queries.jsonl"):
        vector = models.SparseVector(
            indices=[int(term) for term in query["vector"]], values=list(query["vector"].values()))
        found = client.query_points("store", query=vector, using="vector", limit=depth, with_payload=["id"])
        yield query["id"], [(point.payload["id"], point.score) for point in found.points]


def milvus(folder, depth):
    from pymilvus import DataType, MilvusClient

    client = MilvusClient(str(Path(tempfile.mkdtemp()) / "store.db"))
    schema = client.create_schema(auto_id=False, enable_dynamic_field=True)
    schema.add_field("id", DataType.VARCHAR, is_primary=True, max_length=512)
    schema.add_field("vector", DataType.SPARSE_FLOAT_VECTOR)
    index = client.prepare_index_params()
    index.add_index("vector", index_type="SPARSE_INVERTED_INDEX", metric_type="IP", params={"drop_ratio_build": 0.0})
    client.create_collection("store", schema=schema, index_params=index)
    for batch in batches(lines(folder / "documents.jsonl")):
        for document in batch:
            document["vector"] = {int(term): weight for term, weight in document["vector"].items()}
        client.insert("store", batch)
    for query in lines(folder / "queries.jsonl"):
        vector = {int(term): weight for term, weight in query["vector"].items()}
        found = client.search(
            "store", data=[vector], anns_field="vector", limit=depth,
            search_params={"metric_type": "IP", "params": {"drop_ratio_search": 0.0}})
        yield query["id"], [(hit["id"], hit["distance"]) for hit in found[0]]


def ciff(folder, depth):
    from ciff_toolkit.read import CiffReader

    scale = json.loads((folder / "manifest.json").read_text())["scale"]
    queries = list(lines(folder / "queries.jsonl"))
    wanted = {term for query in queries for term in query["vector"]}
    lists = {}
    with CiffReader(str(folder / "index.ciff")) as reader:
        reader.read_header()
        for postings in reader.read_postings_lists():
            if postings.term in wanted:
                number, found = 0, []
                for posting in postings.postings:
                    number += posting.docid
                    found.append((number, posting.tf / scale))
                lists[postings.term] = found
        ids = [record.collection_docid for record in reader.read_documents()]
    for query in queries:
        scores = defaultdict(float)
        for term, weight in query["vector"].items():
            for number, value in lists.get(term, []):
                scores[number] += weight * value
        best = sorted(scores.items(), key=lambda item: (-item[1], ids[item[0]]))[:depth]
        yield query["id"], [(ids[number], score) for number, score in best]


def main():
    targets = {"qdrant": qdrant, "milvus": milvus, "ciff": ciff}
    if len(sys.argv) != 3 or sys.argv[1] not in targets:
        sys.exit(__doc__)
    folder = Path(sys.argv[2])
    depth = json.loads((folder / "manifest.json").read_text())["truth"]["depth"]
    with open(folder / "run.trec", "w", encoding="utf-8") as run:
        for query, hits in targets[sys.argv[1]](folder, depth):
            for rank, (document, score) in enumerate(hits, 1):
                run.write(f"{query} Q0 {document} {rank} {score!r} {sys.argv[1]}\n")


if __name__ == "__main__":
    main()
