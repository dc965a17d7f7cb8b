#!/usr/bin/env python3
"""Measures kannolo's rerankers on synthetic token vectors, in CPU microseconds per candidate, to compare with
`maxsim-kernels`.

    VENV/bin/python Benchmarks/maxsim_kannolo.py        VENV has numpy and kannolo==0.4.9, which has these rerankers

There are 1,000 documents of 80 token vectors of 128 dimensions, and 32 query tokens, in plain half precision and with
two-level product quantization in 32 bytes (random codes, because the cost does not depend on them). The cost of a
candidate is the difference between 150 and 50 candidates, divided by 100; the least of five rounds counts. Pin both to
one core.
"""

import os
import tempfile
import time

import kannolo
import numpy

DOCUMENTS, TOKENS, DIMENSION, QUERY_TOKENS, QUERIES = 1000, 80, 128, 32, 20
GROUPS, CENTROIDS = 32, 256


def sparse(random, rows, terms):
    """Returns rows of random terms in kannolo's form."""
    components = numpy.concatenate([numpy.sort(random.choice(500, terms, replace=False)) for _ in range(rows)])
    values = random.random(terms * rows).astype(numpy.float32) + 0.1
    return components.astype(numpy.int32), values, numpy.arange(rows + 1, dtype=numpy.int64) * terms


def folder(parent, name, arrays):
    path = os.path.join(parent, name)
    os.mkdir(path)
    for file, array in arrays.items():
        numpy.save(os.path.join(path, file), array)
    return path


def main():
    random = numpy.random.default_rng(1)
    tokens = random.standard_normal((DOCUMENTS * TOKENS, DIMENSION)).astype(numpy.float32)
    tokens /= numpy.linalg.norm(tokens, axis=1, keepdims=True)
    queries = random.standard_normal((QUERIES * QUERY_TOKENS, DIMENSION)).astype(numpy.float32)
    queries /= numpy.linalg.norm(queries, axis=1, keepdims=True)
    components, values, offsets = sparse(random, QUERIES, 60)
    lengths = numpy.full(DOCUMENTS, TOKENS, numpy.int32)
    with tempfile.TemporaryDirectory() as work:
        first = os.path.join(work, "first")
        kannolo.SparsePlainHNSW.build_from_arrays(*sparse(random, DOCUMENTS, 30), m=16, ef_construction=100).save(first)
        plain = folder(work, "plain", {
            "documents.npy": tokens.astype(numpy.float16).view(numpy.uint16), "doclens.npy": lengths})
        quantized = folder(work, "quantized", {
            "doclens.npy": lengths,
            "centroids.npy": random.standard_normal((CENTROIDS, DIMENSION)).astype(numpy.float32),
            "index_assignment.npy": random.integers(0, CENTROIDS, DOCUMENTS * TOKENS).astype(numpy.uint64),
            "residuals.npy": random.integers(0, 256, (DOCUMENTS * TOKENS, GROUPS)).astype(numpy.uint8),
            "pq_centroids.npy": random.standard_normal(256 * DIMENSION).astype(numpy.float32)})
        rerankers = {
            "plain": kannolo.SparseMultivecRerankIndex.build_from_file(first, plain),
            "pq32": kannolo.SparseMultivecTwoLevelsPQRerankIndex.build_from_file(first, quantized, GROUPS)}
        for name, reranker in rerankers.items():
            def cost(candidates):
                start = time.process_time()
                reranker.search(components, values, offsets, queries.ravel(), QUERY_TOKENS, DIMENSION,
                    k_candidates=candidates, k=10, ef_search=200)
                return time.process_time() - start

            few, many = (min(cost(candidates) for _ in range(5)) for candidates in (50, 150))
            print(f"kannolo {name}  {(many - few) / QUERIES / 100 * 1e6:.2f}")


if __name__ == "__main__":
    main()
