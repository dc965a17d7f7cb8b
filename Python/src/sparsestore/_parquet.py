"""Reads documents from Parquet files with pyarrow."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from typing import Any


def batches(path: str | os.PathLike[str], columns: Sequence[str], size: int) -> Iterator[dict[str, list[Any]]]:
    """Yields the values of some columns, a number of rows at a time.

    Raises:
        ImportError: If pyarrow is not installed.
        KeyError: If the file does not have one of the columns.
    """
    try:
        import pyarrow.parquet
    except ImportError as missing:
        raise ImportError("reading Parquet files needs pyarrow; install it with: pip install pyarrow") from missing
    with pyarrow.parquet.ParquetFile(os.fspath(path)) as file:
        known = file.schema_arrow.names
        for name in columns:
            if name not in known:
                raise KeyError(f"{os.fspath(path)} has no column {name!r}; it has {', '.join(known)}")
        for batch in file.iter_batches(batch_size=size, columns=list(columns)):
            yield batch.to_pydict()


def vector(value: Any) -> Any:
    """Converts a vector from a map, a list of pairs, a struct of ``indices`` and ``values``, or JSON text as pymilvus
    writes it."""
    if isinstance(value, str):
        value = json.loads(value)
    if isinstance(value, dict):
        if set(value) == {"indices", "values"}:
            return list(zip(value["indices"], value["values"]))
        return value
    pairs = value or ()
    return [tuple(pair.values()) if isinstance(pair, dict) else tuple(pair) for pair in pairs]
