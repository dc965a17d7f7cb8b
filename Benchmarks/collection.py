"""Reads the collections of the benchmarks, and computes measures over answers. Needs numpy.

CSR: Int64 rows, columns, nonzeros; Int64 indptr[rows + 1]; Int32 terms; Float32 weights. Truth: UInt32 queries, k;
UInt32 rows[queries x k]; Float32 scores[queries x k]. All little-endian.
"""

import os
import re
import subprocess

import numpy as np

TOLERANCE = 1e-4  # a returned document is correct if its true score is at least the k-th true score minus this


class CSR:
    def __init__(self, path: str, mapped: bool = False):
        with open(path, "rb") as file:
            self.rows, self.columns, nonzeros = (int(x) for x in np.fromfile(file, "<i8", 3))
        at = 24 + 8 * (self.rows + 1)
        self.pointers = np.fromfile(path, "<i8", self.rows + 1, offset=24)
        if mapped:
            # As plain arrays, because slicing a memmap is slow.
            self.terms = np.asarray(np.memmap(path, "<i4", "r", at, (nonzeros,)))
            self.weights = np.asarray(np.memmap(path, "<f4", "r", at + 4 * nonzeros, (nonzeros,)))
        else:
            self.terms = np.fromfile(path, "<i4", nonzeros, offset=at)
            self.weights = np.fromfile(path, "<f4", nonzeros, offset=at + 4 * nonzeros)

    def row(self, number: int):
        span = slice(self.pointers[number], self.pointers[number + 1])
        return self.terms[span], self.weights[span]

    def write_rows(self, numbers, path: str) -> None:
        parts = [self.row(number) for number in numbers]
        pointers = np.concatenate([[0], np.cumsum([len(terms) for terms, _ in parts])]).astype("<i8")
        with open(path, "wb") as file:
            np.array([len(parts), self.columns, pointers[-1]], "<i8").tofile(file)
            pointers.tofile(file)
            np.concatenate([terms for terms, _ in parts]).astype("<i4").tofile(file)
            np.concatenate([weights for _, weights in parts]).astype("<f4").tofile(file)


class Truth:
    def __init__(self, path: str):
        queries, k = (int(x) for x in np.fromfile(path, "<u4", 2))
        self.rows = np.fromfile(path, "<u4", queries * k, offset=8).reshape(queries, k)
        self.scores = np.fromfile(path, "<f4", queries * k, offset=8 + 4 * queries * k).reshape(queries, k)

    def write_rows(self, numbers, path: str) -> None:
        with open(path, "wb") as file:
            np.array([len(numbers), self.rows.shape[1]], "<u4").tofile(file)
            self.rows[numbers].astype("<u4").tofile(file)
            self.scores[numbers].astype("<f4").tofile(file)


def recall(answers, queries: CSR, documents: CSR, truth: Truth, k: int, numbers=None) -> float:
    """Returns the mean share of correct documents, by true score. Documents that tie with the k-th count, whatever
    their ids. A missing document is correct if the truth has nothing above zero there. `numbers` are the queries of
    the answers, by default all from the first."""
    total, dense = 0.0, np.zeros(max(queries.columns, documents.columns), np.float32)
    for number, answer in zip(range(len(answers)) if numbers is None else numbers, answers):
        scores = truth.scores[number]
        places = int((scores[:k] > 0).sum())
        if places == 0:
            total += 1
            continue
        least = scores[places - 1] - TOLERANCE
        found = set(int(row) for row in answer[:k])
        # The truth may be deeper than k. A document outside can be correct only if the last one inside is.
        right = len(found.intersection(truth.rows[number, scores >= max(least, 1e-30)].tolist()))
        if right < places and scores[-1] >= least:
            terms, weights = queries.row(number)
            dense[terms] = weights
            for row in found.difference(truth.rows[number, scores > 0].tolist()):
                terms_of_row, weights_of_row = documents.row(row)
                right += float(dense[terms_of_row] @ weights_of_row) >= least
            dense[terms] = 0
        total += min(right, places) / places
    return total / len(answers)


def latency(nanoseconds) -> dict:
    """Returns the mean and percentiles (nearest rank) in microseconds."""
    times = np.sort(np.asarray(nanoseconds, np.float64)) / 1e3
    rank = lambda share: float(times[max(int(np.ceil(share * len(times))), 1) - 1])
    return {"mean_us": float(times.mean()), "p50_us": rank(0.5), "p99_us": rank(0.99)}


def files_of(path: str) -> list[str]:
    """Returns the files of a folder, at any depth, or the path itself if it is a file."""
    if not os.path.isdir(path):
        return [path]
    return [os.path.join(folder, name) for folder, _, names in os.walk(path) for name in names]


def bytes_of(path: str) -> int:
    return sum(os.path.getsize(file) for file in files_of(path))


def evict(path: str) -> float:
    """Drops the file, or the files of a folder, from the page cache, except for mapped pages, and returns the share
    that stayed."""
    files = [file for file in files_of(path) if os.path.getsize(file)]
    return sum(evict_file(file) * os.path.getsize(file) for file in files) / sum(map(os.path.getsize, files))


def evict_file(path: str) -> float:
    import ctypes
    import mmap

    with open(path, "rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        size = os.fstat(file.fileno()).st_size
        libc = ctypes.CDLL(None, use_errno=True)
        libc.mmap.restype = ctypes.c_void_p
        libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t] + [ctypes.c_int] * 3 + [ctypes.c_long]
        libc.mincore.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p]
        libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
        address = libc.mmap(None, size, mmap.PROT_READ, mmap.MAP_SHARED, file.fileno(), 0)
        pages = (size + mmap.PAGESIZE - 1) // mmap.PAGESIZE
        resident = ctypes.create_string_buffer(pages)
        if libc.mincore(address, size, resident) != 0:
            raise OSError(ctypes.get_errno(), "mincore")
        libc.munmap(address, size)
        return sum(byte & 1 for byte in resident.raw[:pages]) / pages


def has_build(binary: str) -> bool:
    """Returns whether this sparsestore has the subcommand `build`."""
    text = subprocess.run([binary, "--help"], capture_output=True, text=True).stdout
    return re.search(r"^ +build\b", text, re.MULTILINE) is not None
