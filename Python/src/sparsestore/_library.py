"""The C interface of the shared library, as sparsestore.h declares it.

ctypes releases the interpreter's lock during each call, so that threads can search in parallel.
"""

from __future__ import annotations

import ctypes
import os
from ctypes import POINTER, Structure, byref, c_char_p, c_double, c_float, c_int32, c_int64, c_size_t, c_uint8, c_void_p
from pathlib import Path
from typing import Any

from ._errors import SparseStoreError

INTERFACE_VERSION = 1


class Strings(Structure):
    _fields_ = [
        ("bytes", POINTER(c_uint8)),
        ("offsets", POINTER(c_int64)),
        ("count", c_int64),
        ("present", POINTER(c_uint8)),
    ]


class Rows(Structure):
    _fields_ = [
        ("rows", c_int64),
        ("pointers", POINTER(c_int64)),
        ("columns", POINTER(c_int32)),
        ("weights", POINTER(c_float)),
        ("names", POINTER(Strings)),
    ]


class Tokens(Structure):
    _fields_ = [("dimension", c_int32), ("offsets", POINTER(c_int64)), ("components", POINTER(c_float))]


class Column(Structure):
    _fields_ = [
        ("name", c_char_p),
        ("type", c_int32),
        ("present", POINTER(c_uint8)),
        ("integers", POINTER(c_int64)),
        ("numbers", POINTER(c_double)),
        ("strings", POINTER(Strings)),
        ("offsets", POINTER(c_int64)),
    ]


class Sized(Structure):
    """A structure whose first field is its size; all other fields begin as zero."""

    def __init__(self, **fields: object) -> None:
        super().__init__(size=ctypes.sizeof(type(self)), **fields)


class OpenOptions(Sized):
    _fields_ = [
        ("size", c_size_t),
        ("is_read_only", c_int32),
        ("must_exist", c_int32),
        ("is_lazy", c_int32),
        ("is_compact", c_int32),
        ("is_manual", c_int32),
        ("map_bytes", c_int64),
    ]


class Batch(Sized):
    _fields_ = [
        ("size", c_size_t),
        ("ids", POINTER(Strings)),
        ("vectors", POINTER(Rows)),
        ("payloads", POINTER(Strings)),
        ("tags", POINTER(Strings)),
        ("tag_offsets", POINTER(c_int64)),
        ("tokens", POINTER(Tokens)),
        ("columns", POINTER(Column)),
        ("column_count", c_int64),
        ("empty_vectors", c_int32),
    ]


class Changes(Sized):
    _fields_ = [
        ("size", c_size_t),
        ("ids", POINTER(Strings)),
        ("tags", POINTER(Strings)),
        ("tag_offsets", POINTER(c_int64)),
        ("columns", POINTER(Column)),
        ("column_count", c_int64),
    ]


class ListOptions(Sized):
    _fields_ = [
        ("size", c_size_t),
        ("filter", c_char_p),
        ("order", c_char_p),
        ("is_descending", c_int32),
        ("limit", c_int32),
        ("after", c_char_p),
        ("fields", c_int32),
    ]


class SearchOptions(Sized):
    _fields_ = [
        ("size", c_size_t),
        ("limit", c_int32),
        ("recall_kind", c_int32),
        ("recall", c_double),
        ("filter", c_char_p),
        ("threads", c_int32),
        ("uses_corpus_idf", c_int32),
        ("has_minimum_score", c_int32),
        ("minimum_score", c_float),
        ("timeout", c_double),
        ("fields", c_int32),
        ("tokens", POINTER(Tokens)),
        ("candidates", c_int32),
        ("group_by", c_char_p),
        ("group_size", c_int32),
    ]


class StatisticsRecord(Sized):
    _fields_ = [
        ("size", c_size_t),
        ("documents", c_int64),
        ("terms", c_int64),
        ("nonzeros", c_int64),
        ("file_bytes", c_int64),
        ("live_bytes", c_int64),
        ("segments", c_int64),
        ("generation", c_int64),
    ]


RECALL_TARGET, RECALL_EXACT, RECALL_FAST = 0, 1, 2
FIELD_PAYLOAD, FIELD_TAGS, FIELD_ATTRIBUTES = 1, 2, 4
TYPE_INTEGER, TYPE_NUMBER, TYPE_BOOLEAN, TYPE_STRING, TYPE_DATE, TYPE_INTEGERS, TYPE_STRINGS = range(1, 8)

_STATUS_CALLS: dict[str, list[Any]] = {
    "sparsestore_open": [c_char_p, POINTER(OpenOptions), POINTER(c_void_p)],
    "sparsestore_upsert": [c_void_p, POINTER(Batch), POINTER(c_int64)],
    "sparsestore_remove": [c_void_p, POINTER(Strings), POINTER(c_int64)],
    "sparsestore_update": [c_void_p, POINTER(Changes), POINTER(c_int64)],
    "sparsestore_remove_where": [c_void_p, c_char_p, POINTER(c_int64)],
    "sparsestore_count": [c_void_p, c_char_p, POINTER(c_int64)],
    "sparsestore_facets": [c_void_p, c_char_p, c_char_p, c_int32, POINTER(c_void_p)],
    "sparsestore_list": [c_void_p, POINTER(ListOptions), POINTER(c_void_p)],
    "sparsestore_optimize": [c_void_p],
    "sparsestore_search": [c_void_p, POINTER(Rows), POINTER(SearchOptions), POINTER(c_void_p)],
    "sparsestore_get": [c_void_p, POINTER(Strings), c_int32, POINTER(c_void_p)],
    "sparsestore_stats": [c_void_p, POINTER(StatisticsRecord)],
    "sparsestore_backup": [c_void_p, c_char_p],
}

_PLAIN_CALLS: dict[str, tuple[list[Any], Any]] = {
    "sparsestore_interface_version": ([], c_int32),
    "sparsestore_close": ([c_void_p], None),
    "sparsestore_error_name": ([c_void_p], c_char_p),
    "sparsestore_error_problem": ([c_void_p], c_char_p),
    "sparsestore_error_remedy": ([c_void_p], c_char_p),
    "sparsestore_error_free": ([c_void_p], None),
    "sparsestore_result_queries": ([c_void_p], c_int64),
    "sparsestore_result_offsets": ([c_void_p], POINTER(c_int64)),
    "sparsestore_result_scores": ([c_void_p], POINTER(c_float)),
    "sparsestore_result_ids": ([c_void_p], Strings),
    "sparsestore_result_payloads": ([c_void_p], Strings),
    "sparsestore_result_tags": ([c_void_p], Strings),
    "sparsestore_result_tag_offsets": ([c_void_p], POINTER(c_int64)),
    "sparsestore_result_groups": ([c_void_p], Strings),
    "sparsestore_result_columns": ([c_void_p], c_int64),
    "sparsestore_result_column": ([c_void_p, c_int64], Column),
    "sparsestore_result_cursor": ([c_void_p], c_char_p),
    "sparsestore_result_generation": ([c_void_p], c_int64),
    "sparsestore_result_free": ([c_void_p], None),
}


def _load() -> ctypes.CDLL:
    path = os.environ.get("SPARSESTORE_LIBRARY") or str(Path(__file__).with_name("libsparsestore.so"))
    if not Path(path).exists():
        raise ImportError(
            f"the library {path} does not exist; install a wheel, or build it with 'make python' and name it in "
            "SPARSESTORE_LIBRARY"
        )
    library = ctypes.CDLL(path)
    for name, arguments in _STATUS_CALLS.items():
        function = getattr(library, name)
        function.argtypes = [*arguments, POINTER(c_void_p)]
        function.restype = c_int32
    for name, (arguments, result) in _PLAIN_CALLS.items():
        function = getattr(library, name)
        function.argtypes = arguments
        function.restype = result
    version = library.sparsestore_interface_version()
    if version != INTERFACE_VERSION:
        raise ImportError(
            f"{path} has interface version {version}, but this package needs {INTERFACE_VERSION}; "
            "install the package and the library from the same release"
        )
    return library


library = _load()


def call(name: str, *arguments: object) -> None:
    """Calls a function that returns a status, and raises its error."""
    error = c_void_p()
    if getattr(library, name)(*arguments, byref(error)) == 0:
        return
    try:
        texts = [
            getattr(library, f"sparsestore_error_{part}")(error) or b"" for part in ("name", "problem", "remedy")
        ]
    finally:
        library.sparsestore_error_free(error)
    raise SparseStoreError(*(text.decode("utf-8", "replace") for text in texts))
