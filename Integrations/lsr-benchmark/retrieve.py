#!/usr/bin/env python3
"""SparseStore as a retrieval engine of lsr-benchmark. README.md describes how to run it."""
import gzip
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory

import click
import lsr_benchmark
import numpy as np
import scipy.sparse
import sparsestore
from lsr_benchmark.click import retrieve_command
from lsr_benchmark.irds import embeddings as load_embeddings
from tirex_tracker import ExportFormat, register_metadata, tracking


def matrix(embeddings: list) -> tuple[list[str], scipy.sparse.csr_matrix]:
    """Collects the ids and vectors that the benchmark yields one by one into a list and a matrix with one vector per
    row."""
    pointers = np.zeros(len(embeddings) + 1, np.int64)
    np.cumsum([len(tokens) for _, tokens, _ in embeddings], out=pointers[1:])
    columns = np.concatenate([tokens.astype(np.int32) for _, tokens, _ in embeddings])
    weights = np.concatenate([np.asarray(values, np.float32) for _, _, values in embeddings])
    shape = (len(embeddings), int(columns.max(initial=0)) + 1)
    return [name for name, _, _ in embeddings], scipy.sparse.csr_matrix((weights, columns, pointers), shape=shape)


@retrieve_command()
@click.option("--recall", default="exact", help="'exact', 'fast', or the share of the true answers to find.")
@click.option("--profile", type=click.Choice(["fast", "compact"]), default="fast", help="The profile of the store.")
def main(dataset, embedding, output, k, recall, profile):
    recall = recall if recall in ("exact", "fast") else float(recall)
    output.mkdir(parents=True, exist_ok=True)
    lsr_benchmark.register_to_ir_datasets(dataset)
    lsr_benchmark.load(dataset)
    register_metadata({
        "actor": {"team": "sparsestore"},
        "tag": f"sparsestore-{Path(embedding).name}-{recall}-{profile}-{k}",
    })
    ids, documents = matrix(load_embeddings(dataset, embedding, "doc"))
    # A document without a term cannot be found, and is not stored.
    filled = np.flatnonzero(np.diff(documents.indptr))
    with TemporaryDirectory() as folder:
        with sparsestore.open(Path(folder) / "index.sparse", profile=profile, maintenance="manual") as store:
            with tracking(export_file_path=output / "index-metadata.yml", export_format=ExportFormat.IR_METADATA):
                if len(filled) == len(ids):
                    store.upsert(ids, documents)
                else:
                    store.upsert([ids[row] for row in filled], documents[filled])
                store.optimize()
            rmtree(output / ".tirex-tracker", ignore_errors=True)

            query_ids, queries = matrix(load_embeddings(dataset, embedding, "query"))
            queries = [queries[row] for row in range(len(query_ids))]
            with tracking(export_file_path=output / "retrieval-metadata.yml", export_format=ExportFormat.IR_METADATA):
                # One call per query, as in the other engines.
                answers = [store.search(query, k=k, recall=recall, threads=1) for query in queries]
            rmtree(output / ".tirex-tracker", ignore_errors=True)

    with gzip.open(output / "run.txt.gz", "wt") as run:
        for query, answer in zip(query_ids, answers):
            for rank, (document, score) in enumerate(sparsestore.to_run([query], answer)[query].items(), 1):
                run.write(f"{query} Q0 {document} {rank} {score} sparsestore\n")


if __name__ == "__main__":
    main()
