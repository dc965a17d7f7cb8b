#!/usr/bin/env python3
"""Loads the output of `sparsestore export STORE --for TARGET DIR` into the target and runs the queries there.

    python3 run_target.py qdrant DIR     qdrant-client, local mode
    python3 run_target.py edge DIR       Qdrant Edge (qdrant-edge-py), from an export for qdrant
    python3 run_target.py milvus DIR     pymilvus and milvus-lite, through its gRPC server
    python3 run_target.py lucene DIR     Lucene's FeatureField, from an export for opensearch or elasticsearch. Needs
                                         Java 11 and LUCENE, the path of lucene-core's jar (Debian: liblucene8-java)
    python3 run_target.py ciff DIR       ciff-toolkit; scores are computed from the posting lists
    python3 run_target.py pisa DIR       PISA (pyterrier-pisa), from an export for ciff, which ciff-toolkit reads

Writes DIR/run.trec, for `sparsestore compare DIR/truth.trec DIR/run.trec`.
"""

import json
import os
import subprocess
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


def edge(folder, depth):
    import qdrant_edge

    with tempfile.TemporaryDirectory() as place:
        shard = qdrant_edge.EdgeShard.create(
            place, qdrant_edge.EdgeConfig(sparse_vectors={"vector": qdrant_edge.EdgeSparseVectorParams()}))
        for batch in batches(lines(folder / "documents.jsonl")):
            shard.update(qdrant_edge.UpdateOperation.upsert_points([
                qdrant_edge.Point(
                    point["id"], {"vector": qdrant_edge.SparseVector(**point["vector"])}, point["payload"])
                for point in batch]))
        shard.flush()
        shard.optimize()
        for query in lines(folder / "queries.jsonl"):
            vector = qdrant_edge.SparseVector([int(term) for term in query["vector"]], list(query["vector"].values()))
            found = shard.query(qdrant_edge.QueryRequest(
                limit=depth, query=qdrant_edge.Query.Nearest(vector, using="vector"), with_payload=True))
            yield query["id"], [(point.payload["id"], point.score) for point in found]


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
    # Milvus Lite indexes what is not flushed for each request; so flush, and ask in few requests.
    client.flush("store")
    client.load_collection("store")
    for batch in batches(lines(folder / "queries.jsonl"), 100):
        found = client.search(
            "store", data=[{int(term): weight for term, weight in query["vector"].items()} for query in batch],
            anns_field="vector", limit=depth,
            search_params={"metric_type": "IP", "params": {"drop_ratio_search": 0.0}})
        for query, hits in zip(batch, found):
            yield query["id"], [(hit["id"], hit["distance"]) for hit in hits]


def lucene(folder, depth):
    def columns(name, vector):
        return "\t".join([name, *(part for term, weight in vector.items() for part in (term, repr(weight)))]) + "\n"

    jar = os.environ.get("LUCENE") or sys.exit("run_target: set LUCENE to the path of lucene-core's jar")
    program = Path(__file__).with_name("LuceneTarget.java")
    with tempfile.TemporaryDirectory() as place, tempfile.TemporaryFile("w+", encoding="utf-8") as answers:
        with subprocess.Popen(
                ["java", "-cp", jar, program, place, str(depth)], stdin=subprocess.PIPE, stdout=answers, encoding="utf-8"
        ) as java:
            for document in lines(folder / "documents.ndjson"):
                if "vector" in document:  # the lines between are actions of _bulk
                    java.stdin.write(columns(document["id"], document["vector"]))
            java.stdin.write("\n")
            for query in lines(folder / "queries.jsonl"):
                java.stdin.write(columns(query["id"], query["vector"]))
        if java.returncode:
            sys.exit(f"run_target: java ended with {java.returncode}")
        answers.seek(0)
        found = defaultdict(list)
        for line in answers:
            query, document, score = line.rstrip("\n").split("\t")
            found[query].append((document, float(score)))
    yield from found.items()


def pisa(folder, depth):
    """Writes the files that `pyciff` makes of a CIFF, because that package has no wheel for current Python."""
    import array

    import pandas
    from ciff_toolkit.read import CiffReader
    from pyterrier_pisa import PisaIndex, _pisathon

    query_scale = 4096  # PISA's query weights are whole numbers
    scale = json.loads((folder / "manifest.json").read_text())["scale"]
    with tempfile.TemporaryDirectory() as place, CiffReader(str(folder / "index.ciff")) as reader:
        place = Path(place)

        def numbers(file, values):
            array.array("I", [len(values), *values]).tofile(file)

        header = reader.read_header()
        with open(place / "inv.docs", "wb") as documents, open(place / "inv.freqs", "wb") as weights, \
                open(place / "fwd.terms", "w") as terms:
            numbers(documents, [header.num_docs])
            for postings in reader.read_postings_lists():
                number, found = 0, []
                for posting in postings.postings:
                    number += posting.docid
                    found.append(number)
                numbers(documents, found)
                numbers(weights, [posting.tf for posting in postings.postings])
                terms.write(postings.term + "\n")
        with open(place / "inv.sizes", "wb") as sizes, open(place / "fwd.documents", "w") as names:
            records = list(reader.read_documents())
            numbers(sizes, [record.doclength for record in records])
            names.writelines(record.collection_docid + "\n" for record in records)
        for name, lexicon in (("terms", "termlex"), ("documents", "doclex")):
            _pisathon.build_binlex(str(place / f"fwd.{name}"), str(place / f"fwd.{lexicon}"))
        (place / "pt_meta.json").write_text(json.dumps(
            {"type": "sparse_index", "format": "pisa", "package_hint": "pyterrier-pisa", "stemmer": "none"}))
        search = PisaIndex(str(place), stops="none").quantized(num_results=depth, toks_scale=query_scale)
        queries = list(lines(folder / "queries.jsonl"))
        answers = search.transform(pandas.DataFrame(
            [{"qid": query["id"], "query_toks": query["vector"]} for query in queries]))
        for query, rows in answers.groupby("qid"):
            yield query, [
                (row.docno, float(row.score) / scale / query_scale) for row in rows.sort_values("rank").itertuples()]


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
    targets = {"qdrant": qdrant, "edge": edge, "milvus": milvus, "lucene": lucene, "ciff": ciff, "pisa": pisa}
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
