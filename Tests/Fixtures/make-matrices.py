#!/usr/bin/env python3
"""Writes the matrices and the gzip file of NpzTests: Tests/Fixtures/make-matrices.py (needs numpy and scipy)."""
import gzip
from pathlib import Path

import numpy as np
import scipy.sparse as sp

FOLDER = Path(__file__).parent / "matrices"

weights, terms, pointers = np.array([0.5, 2, 1.25], np.float32), np.array([1, 3, 0]), np.array([0, 2, 2, 3])
matrix = sp.csr_matrix((weights, terms.astype(np.int32), pointers.astype(np.int32)), shape=(3, 5))
sp.save_npz(FOLDER / "scipyCompressed.npz", matrix)
sp.save_npz(FOLDER / "scipyStored.npz", matrix, compressed=False)
sp.save_npz(FOLDER / "scipyColumns.npz", matrix.tocsc())
np.savez(
    FOLDER / "numpyNarrow.npz",
    data=matrix.data.astype(np.float16), indices=matrix.indices.astype(np.uint32), indptr=matrix.indptr)
np.savez_compressed(
    FOLDER / "numpyWide.npz",
    data=matrix.data.astype(np.float64), indices=matrix.indices.astype(np.int64), indptr=matrix.indptr.astype(np.int64))
with gzip.GzipFile(FOLDER / "line.jsonl.gz", "wb", mtime=0) as file:
    file.write(b'{"id": "a", "vector": {"x": 1}}\n')
