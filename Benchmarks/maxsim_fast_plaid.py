#!/usr/bin/env python3
"""Measures fast-plaid scoring given candidates, in CPU microseconds per candidate, to compare with `maxsim-kernels`.

    VENV/bin/python Benchmarks/maxsim_fast_plaid.py        VENV has fast-plaid (1.7.0 was tried) and its torch

It uses the synthetic token vectors of maxsim_kannolo.py: 1,000 documents of 80 token vectors of 128 dimensions, and 32
query tokens. Residuals have 4 bits per component, fast-plaid's default, which is 64 bytes per token plus its centroid.
The cost of a candidate is the difference between subsets of 150 and of 50 documents, divided by 100; the least of five
rounds counts, on one thread. Pin both to one core.
"""

import os
import tempfile
import time

for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import torch
from fast_plaid import search

DOCUMENTS, TOKENS, DIMENSION, QUERY_TOKENS, QUERIES = 1000, 80, 128, 32, 20


def unit(*shape):
    return torch.nn.functional.normalize(torch.randn(*shape), dim=-1)


def main():
    torch.set_num_threads(1)
    torch.manual_seed(1)
    with tempfile.TemporaryDirectory() as work:
        index = search.FastPlaid(index=os.path.join(work, "index"), device="cpu")
        index.create(documents_embeddings=[unit(TOKENS, DIMENSION) for _ in range(DOCUMENTS)])
        queries = unit(QUERIES, QUERY_TOKENS, DIMENSION)

        def cost(candidates):
            subset = [[(query * 37 + 7 * place) % DOCUMENTS for place in range(candidates)] for query in range(QUERIES)]
            start = time.process_time()
            found = index.search(
                queries, top_k=10, n_full_scores=DOCUMENTS, n_ivf_probe=1_000_000, show_progress=False, subset=subset)
            assert all(len(hits) == 10 for hits in found)
            return time.process_time() - start

        few, many = (min(cost(candidates) for _ in range(5)) for candidates in (50, 150))
        print(f"fast-plaid 4 bits  {(many - few) / QUERIES / 100 * 1e6:.2f}")


if __name__ == "__main__":
    main()
