#!/usr/bin/env python3
"""Makes a local dataset directory and an embedding directory of lsr-benchmark from a collection in BigANN's CSR.

    make-dataset.py COLLECTION DATASET EMBEDDING [--queries queries.csr] [--documents docs.csr]

COLLECTION is a folder with docs.csr, queries.csr and qrels.tsv (query, document, grade, all by row). Only judged
queries are kept.
"""
import argparse
import gzip
import json
import sys
from pathlib import Path

import numpy as np
import scipy.sparse

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "Benchmarks"))
from collection import CSR  # noqa: E402


def read(path: Path) -> scipy.sparse.csr_matrix:
    file = CSR(str(path))
    return scipy.sparse.csr_matrix((file.weights, file.terms, file.pointers), shape=(file.rows, file.columns))


def write(matrix: scipy.sparse.csr_matrix, ids: list[str], folder: Path, kind: str) -> None:
    (folder / kind).mkdir(parents=True)
    np.savez(folder / kind / f"{kind}-embeddings.npz", data=matrix.data, indices=matrix.indices, indptr=matrix.indptr)
    (folder / kind / f"{kind}-ids.txt").write_text("\n".join(ids) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("collection", type=Path)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("embedding", type=Path)
    parser.add_argument("--queries", default="queries.csr")
    parser.add_argument("--documents", type=Path, help="the path of docs.csr if it is elsewhere")
    options = parser.parse_args()
    documents = read(options.documents or options.collection / "docs.csr")
    queries = read(options.collection / options.queries)
    qrels = [line.split() for line in (options.collection / "qrels.tsv").read_text().splitlines() if line.strip()]
    judged = sorted({int(query) for query, _, _ in qrels if int(query) < queries.shape[0]})

    options.dataset.mkdir(parents=True)
    with gzip.open(options.dataset / "corpus.jsonl.gz", "wt") as file:
        for row in range(documents.shape[0]):
            file.write(json.dumps({"doc_id": f"d{row}", "default_text": "", "segments": []}) + "\n")
    (options.dataset / "queries.jsonl").write_text(
        "".join(json.dumps({"qid": f"q{row}", "query": ""}) + "\n" for row in judged))
    (options.dataset / "qrels.txt").write_text(
        "".join(f"q{query} 0 d{document} {grade}\n" for query, document, grade in qrels))
    write(documents, [f"d{row}" for row in range(documents.shape[0])], options.embedding, "doc")
    write(queries[judged], [f"q{row}" for row in judged], options.embedding, "query")


if __name__ == "__main__":
    main()
