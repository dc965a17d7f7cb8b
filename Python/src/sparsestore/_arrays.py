"""Converts Python's forms of sparse vectors and texts to arrays that the library reads in place."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import scipy.sparse

from . import _library as lib

#: A SciPy matrix or a sparse tensor with one vector per row; or, for each vector, a mapping of terms to weights or a
#: sequence of (term, weight) pairs. Terms are all strings or all integers.
Vectors: TypeAlias = Any


def pointer(array: np.ndarray | None, kind: Any) -> Any:
    """The address of an array; None for no array."""
    return None if array is None else array.ctypes.data_as(ctypes.POINTER(kind))


class StringArray:
    """Concatenated texts or byte strings."""

    def __init__(self, strings: Iterable[str | bytes | None]) -> None:
        encoded = [text.encode() if isinstance(text, str) else text for text in strings]
        lengths = [0 if text is None else len(text) for text in encoded]
        self.count = len(encoded)
        self.offsets = np.zeros(self.count + 1, np.int64)
        np.cumsum(lengths, out=self.offsets[1:])
        self.bytes = np.frombuffer(b"".join(text for text in encoded if text is not None) or b"\0", np.uint8)
        self.present = np.fromiter((text is not None for text in encoded), np.uint8, self.count)
        self.view = lib.Strings(
            bytes=pointer(self.bytes, ctypes.c_uint8),
            offsets=pointer(self.offsets, ctypes.c_int64),
            count=self.count,
            present=pointer(self.present, ctypes.c_uint8),
        )


class RowArray:
    """Sparse vectors as compressed sparse rows. A csr_matrix of 32-bit floats and indices is used without a copy,
    except for its row pointers."""

    def __init__(self, vectors: Vectors, vocabulary: Sequence[str] | None = None) -> None:
        if isinstance(vectors, (Mapping, str)):
            raise TypeError("pass a sequence of vectors, even for a single one: [vector]")
        if hasattr(vectors, "is_sparse") or hasattr(vectors, "to_sparse"):
            vectors = _matrix_of_tensor(vectors)
        if scipy.sparse.issparse(vectors):
            matrix = vectors.tocsr()
        elif isinstance(vectors, np.ndarray):
            matrix = scipy.sparse.csr_matrix(np.atleast_2d(vectors))
        else:
            matrix, names = _matrix_of_mappings(list(vectors))
            if names is not None and vocabulary is not None:
                raise TypeError("vectors that name their terms cannot have a vocabulary")
            vocabulary = names if names is not None else vocabulary
        if not matrix.has_canonical_format:
            matrix = matrix.copy() if matrix is vectors else matrix
            matrix.sum_duplicates()
        if matrix.shape[1] > np.iinfo(np.int32).max and matrix.nnz and matrix.indices.max() > np.iinfo(np.int32).max:
            raise ValueError("a term number is above 2^31 - 1, the largest that this package supports")
        self.rows = int(matrix.shape[0])
        self.pointers = np.ascontiguousarray(matrix.indptr, np.int64)
        self.columns = np.ascontiguousarray(matrix.indices, np.int32)
        self.weights = np.ascontiguousarray(matrix.data, np.float32)
        self.names = None if vocabulary is None else StringArray(vocabulary)
        self.view = lib.Rows(
            rows=self.rows,
            pointers=pointer(self.pointers, ctypes.c_int64),
            columns=pointer(self.columns, ctypes.c_int32),
            weights=pointer(self.weights, ctypes.c_float),
            names=None if self.names is None else ctypes.pointer(self.names.view),
        )


class TokenArray:
    """Token vectors of many documents or queries: a two-dimensional array for each, or None."""

    def __init__(self, tokens: Sequence[Any]) -> None:
        arrays = [None if rows is None else np.asarray(rows, np.float32) for rows in tokens]
        there = [rows for rows in arrays if rows is not None and len(rows)]
        if not there:
            raise ValueError("there are no token vectors; leave the argument out")
        dimensions = {rows.shape[1] if rows.ndim == 2 else 0 for rows in there}
        if len(dimensions) != 1 or 0 in dimensions:
            raise ValueError("token vectors must be two-dimensional arrays of the same width")
        self.offsets = np.zeros(len(arrays) + 1, np.int64)
        np.cumsum([0 if rows is None else len(rows) for rows in arrays], out=self.offsets[1:])
        self.components = np.ascontiguousarray(np.concatenate(there))
        self.view = lib.Tokens(
            dimension=dimensions.pop(),
            offsets=pointer(self.offsets, ctypes.c_int64),
            components=pointer(self.components, ctypes.c_float),
        )


def strings(view: lib.Strings) -> list[bytes | None]:
    """Returns a copy of the byte strings of a result."""
    if view.count == 0:
        return []
    offsets = np.ctypeslib.as_array(view.offsets, (view.count + 1,)).tolist()
    content = ctypes.string_at(view.bytes, offsets[-1])
    present = np.ctypeslib.as_array(view.present, (view.count,)).tolist()
    return [
        content[start:end] if is_there else None for start, end, is_there in zip(offsets, offsets[1:], present)
    ]


def _matrix_of_mappings(vectors: list[Any]) -> tuple[scipy.sparse.csr_matrix, list[str] | None]:
    pairs = [list(vector.items()) if isinstance(vector, Mapping) else list(vector) for vector in vectors]
    for row, vector in enumerate(pairs):
        if len({term for term, _ in vector}) != len(vector):
            raise ValueError(f"a term appears twice in vector {row}")
    terms = [term for vector in pairs for term, _ in vector]
    weights = np.fromiter((weight for vector in pairs for _, weight in vector), np.float32, len(terms))
    pointers = np.zeros(len(pairs) + 1, np.int64)
    np.cumsum([len(vector) for vector in pairs], out=pointers[1:])
    kinds = {isinstance(term, str) for term in terms}
    if len(kinds) > 1:
        raise TypeError("terms must be all strings or all integers")
    if kinds == {True}:
        numbers: dict[str, int] = {}
        columns = np.fromiter((numbers.setdefault(term, len(numbers)) for term in terms), np.int32, len(terms))
        shape = (len(pairs), len(numbers))
        names: list[str] | None = list(numbers)
    else:
        columns = np.fromiter((int(term) for term in terms), np.int64, len(terms))
        shape = (len(pairs), int(columns.max()) + 1 if len(columns) else 1)
        names = None
    matrix = scipy.sparse.csr_matrix((weights, columns, pointers), shape=shape)
    return matrix, names


def _matrix_of_tensor(tensor: Any) -> scipy.sparse.csr_matrix:
    """The result of sentence-transformers' SparseEncoder: a sparse torch tensor with one vector per row."""
    tensor = tensor.detach().cpu()
    if not getattr(tensor, "is_sparse", False):
        return scipy.sparse.csr_matrix(np.atleast_2d(tensor.to_dense().float().numpy()))
    tensor = tensor.coalesce()
    indices, values = tensor.indices().numpy(), tensor.values().float().numpy()
    if tensor.dim() == 1:
        indices = np.vstack([np.zeros(len(values), indices.dtype), indices[0]])
    shape = (1, *tensor.shape) if tensor.dim() == 1 else tuple(tensor.shape)
    return scipy.sparse.csr_matrix((values, (indices[0], indices[1])), shape=shape)
