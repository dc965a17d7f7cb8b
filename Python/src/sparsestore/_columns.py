"""Converts attributes between Python values and the columns of the library."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta, timezone
from typing import Any, TypeAlias

import numpy as np

from . import _library as lib
from ._arrays import StringArray, pointer, strings

#: The value of an attribute: a whole number, a finite number, a Boolean, a string, a date, or a list of whole numbers
#: or of strings.
Value: TypeAlias = "int | float | bool | str | datetime | list[int] | list[str]"

#: The values of each attribute by name, one for each document: an array, or a sequence with None for a missing value.
Attributes: TypeAlias = Mapping[str, Any]

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MICROSECOND = timedelta(microseconds=1)


class ColumnArray:
    """The columns of some attributes. Arrays of 64-bit integers and floats are used without a copy."""

    def __init__(self, attributes: Attributes, rows: int) -> None:
        self._kept: list[Any] = []
        self.count = len(attributes)
        self.view = (lib.Column * self.count)()
        for column, (name, values) in zip(self.view, attributes.items()):
            if len(values) != rows:
                raise ValueError(
                    f"the attribute {name!r} has {len(values)} values for {rows} documents; pass one for each")
            column.name = name.encode()
            self._fill(column, name, values)

    def _fill(self, column: lib.Column, name: str, values: Any) -> None:
        if isinstance(values, np.ma.MaskedArray):
            self._keep(column, "present", ~np.ma.getmaskarray(values), np.uint8, ctypes.c_uint8)
            values = values.filled(values.dtype.type(0)) if values.dtype.kind in "iufb" else list(values.filled(None))
        elif hasattr(values, "to_numpy"):  # a pandas Series
            values = values.to_numpy()
        if isinstance(values, np.ndarray) and values.dtype.kind in "biufM":
            return self._fill_array(column, name, values)
        self._fill_list(column, name, list(values))

    def _fill_array(self, column: lib.Column, name: str, values: np.ndarray) -> None:
        if values.ndim != 1:
            raise ValueError(f"the attribute {name!r} is a {values.ndim}-dimensional array; use a 1-dimensional one")
        kind = values.dtype.kind
        if kind == "f":
            column.type = lib.TYPE_NUMBER
            return self._keep(column, "numbers", values, np.float64, ctypes.c_double)
        if kind == "M":
            missing = np.isnat(values)
            if missing.any():
                self._keep(column, "present", ~missing, np.uint8, ctypes.c_uint8)
            values = np.where(missing, np.datetime64(0, "us"), values).astype("datetime64[us]").view(np.int64)
        elif kind == "u" and values.size and int(values.max()) > np.iinfo(np.int64).max:
            raise ValueError(f"the attribute {name!r} has a number above 2^63 - 1")
        column.type = {"b": lib.TYPE_BOOLEAN, "M": lib.TYPE_DATE}.get(kind, lib.TYPE_INTEGER)
        self._keep(column, "integers", values, np.int64, ctypes.c_int64)

    def _fill_list(self, column: lib.Column, name: str, values: list[Any]) -> None:
        values = [value.item() if isinstance(value, np.generic) else value for value in values]
        present = [value is not None for value in values]
        if not all(present):
            self._keep(column, "present", present, np.uint8, ctypes.c_uint8)
        column.type = kind = _kind(name, [value for value in values if value is not None])
        if kind == lib.TYPE_NUMBER:
            self._keep(column, "numbers", [value or 0 for value in values], np.float64, ctypes.c_double)
        elif kind == lib.TYPE_STRING:
            self._keep_strings(column, [value or "" for value in values])
        elif kind in (lib.TYPE_INTEGERS, lib.TYPE_STRINGS):
            lists = [list(value or ()) for value in values]
            offsets = np.zeros(len(lists) + 1, np.int64)
            np.cumsum([len(elements) for elements in lists], out=offsets[1:])
            self._keep(column, "offsets", offsets, np.int64, ctypes.c_int64)
            elements = [element for elements in lists for element in elements]
            if kind == lib.TYPE_STRINGS:
                self._keep_strings(column, elements)
            else:
                self._keep(column, "integers", elements, np.int64, ctypes.c_int64)
        else:
            numbers = [_microseconds(value) if isinstance(value, date) else int(value or 0) for value in values]
            self._keep(column, "integers", numbers, np.int64, ctypes.c_int64)

    def _keep(self, column: lib.Column, field: str, values: Any, element: Any, kind: Any) -> None:
        array = np.ascontiguousarray(values, element)
        self._kept.append(array)
        setattr(column, field, pointer(array, kind))

    def _keep_strings(self, column: lib.Column, values: list[str]) -> None:
        texts = StringArray(values)
        self._kept.append(texts)
        column.strings = ctypes.pointer(texts.view)


def values(column: lib.Column, rows: int) -> list[Value | None]:
    """Returns a copy of the values of a result's column."""
    if rows == 0:
        return []
    kind = column.type

    def array(field: Any, count: int) -> list[Any]:
        return np.ctypeslib.as_array(field, (count,)).tolist() if count else []

    present = array(column.present, rows)
    if kind in (lib.TYPE_INTEGERS, lib.TYPE_STRINGS):
        offsets = array(column.offsets, rows + 1)
        elements = _texts(column) if kind == lib.TYPE_STRINGS else array(column.integers, offsets[-1])
        found: list[Any] = [elements[start:end] for start, end in zip(offsets, offsets[1:])]
    elif kind == lib.TYPE_NUMBER:
        found = array(column.numbers, rows)
    elif kind == lib.TYPE_STRING:
        found = _texts(column)
    else:
        found = array(column.integers, rows)
        if kind == lib.TYPE_BOOLEAN:
            found = [bool(value) for value in found]
        elif kind == lib.TYPE_DATE:
            found = [_EPOCH + timedelta(microseconds=value) for value in found]
    return [value if is_there else None for value, is_there in zip(found, present)]


def _texts(column: lib.Column) -> list[str]:
    return [(text or b"").decode() for text in strings(column.strings.contents)]


def _microseconds(moment: date) -> int:
    """Converts a date or a time. A date means its first moment in UTC; a time without a zone is in UTC, as in
    numpy.datetime64."""
    if not isinstance(moment, datetime):
        moment = datetime(moment.year, moment.month, moment.day)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    return (moment - _EPOCH) // _MICROSECOND


def _kind(name: str, values: Sequence[Any]) -> int:
    """Returns the common type of the values, none of which is None."""
    kinds = {_kind_of(name, value) for value in values} or {lib.TYPE_INTEGER}
    if kinds == {lib.TYPE_INTEGER, lib.TYPE_NUMBER}:
        return lib.TYPE_NUMBER
    if kinds - {0} and 0 in kinds:
        kinds -= {0}  # an empty list is of either type, and no value
    if len(kinds) > 1:
        raise TypeError(f"the attribute {name!r} has values of several types; use one type")
    return kinds.pop() or lib.TYPE_STRINGS


def _kind_of(name: str, value: Any) -> int:
    if isinstance(value, bool):
        return lib.TYPE_BOOLEAN
    if isinstance(value, int):
        return lib.TYPE_INTEGER
    if isinstance(value, float):
        return lib.TYPE_NUMBER
    if isinstance(value, str):
        return lib.TYPE_STRING
    if isinstance(value, date):
        return lib.TYPE_DATE
    if isinstance(value, (list, tuple, set, frozenset, np.ndarray)):
        elements = list(value)
        if all(isinstance(element, str) for element in elements):
            return lib.TYPE_STRINGS if elements else 0
        if all(isinstance(element, (int, np.integer)) and not isinstance(element, bool) for element in elements):
            return lib.TYPE_INTEGERS
    raise TypeError(
        f"the attribute {name!r} has a value of the type {type(value).__name__}; use a number, a Boolean, a string, a "
        "date, or a list of whole numbers or of strings"
    )
