"""The store."""

from __future__ import annotations

import builtins
import ctypes
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal, NamedTuple

import numpy as np

from . import _library as lib
from . import _parquet
from ._arrays import RowArray, StringArray, TokenArray, Vectors, strings
from ._columns import Attributes, ColumnArray, Value, values

Field = Literal["payload", "tags", "attributes"]

_FIELDS = {"payload": lib.FIELD_PAYLOAD, "tags": lib.FIELD_TAGS, "attributes": lib.FIELD_ATTRIBUTES}
_ALL_FIELDS = lib.FIELD_PAYLOAD | lib.FIELD_TAGS | lib.FIELD_ATTRIBUTES


@dataclass(frozen=True)
class Statistics:
    """What a store holds and what it costs.

    Attributes:
        documents: documents that can be found.
        terms: distinct terms that some document has.
        nonzeros: components of all documents together.
        file_bytes: size of the file.
        live_bytes: bytes of the pages in use; later commits use the others again.
        segments: segments of the index.
        generation: the newest commit.
    """

    documents: int
    terms: int
    nonzeros: int
    file_bytes: int
    live_bytes: int
    segments: int
    generation: int


class Hits(tuple):
    """What a search found: the pair ``ids, scores`` of arrays of shape (queries, k), which also has the fields.

    Attributes:
        fields: for each field that was asked for, an array of its values in the places of the ids; with grouping also
            ``"group"``.
        generation: the commit that was searched.
    """

    fields: dict[str, np.ndarray]
    generation: int

    def __new__(cls, ids: np.ndarray, scores: np.ndarray, fields: dict[str, np.ndarray], generation: int) -> Hits:
        hits = super().__new__(cls, (ids, scores))
        hits.fields = fields
        hits.generation = generation
        return hits

    @property
    def ids(self) -> np.ndarray:
        """The documents, best first; None where fewer than k were found."""
        return self[0]

    @property
    def scores(self) -> np.ndarray:
        """The scores; 0 where fewer than k were found."""
        return self[1]


class Document(NamedTuple):
    """A stored document, as :meth:`Store.get` and :meth:`Store.list` return it.

    Attributes:
        id: the name that the caller gave it.
        payload: the bytes that were stored with it, UTF-8 where a text was given; None where there are none.
        tags: its labels, ascending.
        attributes: its values by name; dates are moments in UTC.
    """

    id: str
    payload: bytes | None
    tags: list[str]
    attributes: dict[str, Value]


class Page(list["Document"]):
    """Some documents of :meth:`Store.list`, in its order.

    Attributes:
        cursor: asks for the page that follows; None on the last page.
    """

    cursor: str | None


def open(
    path: str | os.PathLike[str],
    *,
    read_only: bool = False,
    create: bool = True,
    durability: Literal["full", "lazy"] = "full",
    profile: Literal["fast", "compact"] = "fast",
    maintenance: Literal["background", "manual"] = "background",
    map_size: int = 0,
) -> Store:
    """Opens the store at ``path``, or makes it.

    Args:
        path: the file of the store.
        read_only: open without the right to write.
        create: make the store when it is not there.
        durability: ``"full"``: a commit survives a power cut. ``"lazy"``: a power cut may take the last commits.
        profile: of a new store: ``"fast"``, or ``"compact"`` for fewer bytes.
        maintenance: ``"background"``: a thread merges beside the writers. ``"manual"``: only :meth:`Store.optimize` does.
        map_size: address space to reserve in bytes; 0 for the default.

    Raises:
        SparseStoreError: the file is not there, is no store, is damaged, or is open in this process already.
    """
    options = lib.OpenOptions(
        is_read_only=read_only,
        must_exist=not create,
        is_lazy=_choice("durability", durability, full=False, lazy=True),
        is_compact=_choice("profile", profile, fast=False, compact=True),
        is_manual=_choice("maintenance", maintenance, background=False, manual=True),
        map_bytes=map_size,
    )
    pointer = ctypes.c_void_p()
    lib.call("sparsestore_open", os.fsencode(path), ctypes.byref(options), ctypes.byref(pointer))
    return Store(pointer, os.fspath(path))


class Store:
    """An open store. Threads may share it; close it when all of them are done.

    Made by :func:`open`, and a context manager: ``with sparsestore.open(path) as store: ...``.
    """

    def __init__(self, pointer: ctypes.c_void_p, path: str) -> None:
        self._pointer: ctypes.c_void_p | None = pointer
        self.path = path

    def close(self) -> None:
        """Closes the store. Calling it again does nothing."""
        pointer, self._pointer = self._pointer, None
        if pointer is not None:
            lib.library.sparsestore_close(pointer)

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<sparsestore.Store {self.path!r}{' (closed)' if self._pointer is None else ''}>"

    def __len__(self) -> int:
        """How many documents the store has."""
        return self.statistics().documents

    def upsert(
        self,
        ids: Sequence[str],
        vectors: Vectors,
        *,
        payloads: Sequence[str | bytes | None] | None = None,
        tags: Sequence[Iterable[str]] | None = None,
        attributes: Attributes | None = None,
        tokens: Sequence[Any] | None = None,
        vocabulary: Sequence[str] | None = None,
    ) -> int:
        """Puts documents in, in place of those with the same ids, in one durable transaction.

        Args:
            ids: one for each vector.
            vectors: a SciPy matrix with a document a row (a ``csr_matrix`` of 32-bit floats is read where it lies); or for
                each document a mapping of terms to weights or a list of (term, weight) pairs; or a sparse tensor of torch.
            payloads: text or bytes that come back with a document.
            tags: the labels of each document, which filters know.
            attributes: for each name a value for each document, by which searches filter: an array, or a sequence of whole
                numbers, floats, Booleans, strings, dates, or lists of whole numbers or strings; None where there is none.
                ``numpy.datetime64`` and ``datetime`` are dates. A name has one type in all documents of a store.
            tokens: for each document its token vectors, an array with a row a token, or None.
            vocabulary: the name of each column of a matrix, for a store whose terms are strings.

        Returns:
            The generation of the commit.

        Raises:
            SparseStoreError: a document breaks a rule; the message names its row and id, and nothing is written.
        """
        names = StringArray([str(id) for id in ids])
        rows = RowArray(vectors, vocabulary)
        if names.count != rows.rows:
            raise ValueError(f"there are {names.count} ids and {rows.rows} vectors; give as many of each")
        batch = lib.Batch(ids=ctypes.pointer(names.view), vectors=ctypes.pointer(rows.view))
        keep: builtins.list[Any] = []
        if payloads is not None:
            keep.append(StringArray(payloads))
            batch.payloads = ctypes.pointer(keep[-1].view)
        keep.append(_set_tags(batch, tags, rows.rows))
        keep.append(_set_attributes(batch, attributes, rows.rows))
        if tokens is not None:
            keep.append(_tokens(tokens, rows.rows, "documents"))
            batch.tokens = ctypes.pointer(keep[-1].view)
        generation = ctypes.c_int64()
        lib.call("sparsestore_upsert", self._handle(), ctypes.byref(batch), ctypes.byref(generation))
        return generation.value

    def load_parquet(
        self,
        path: str | os.PathLike[str],
        *,
        id: str = "id",
        vector: str = "vector",
        payload: str | None = None,
        tags: str | None = None,
        attributes: Sequence[str] = (),
        batch: int = 10_000,
    ) -> int:
        """Puts the rows of a Parquet file in, in transactions of ``batch`` documents. It needs pyarrow.

        Args:
            path: the file.
            id: the column of the ids.
            vector: the column of the vectors: maps of terms to weights, lists of (term, weight) pairs, structs of
                ``indices`` and ``values``, or texts of JSON as pymilvus writes them.
            payload: a column of texts or bytes that come back with a document.
            tags: a column of lists of labels.
            attributes: columns that become attributes of the same names.
            batch: documents of a transaction at the most.

        Returns:
            How many documents were put in. What an error stops has written whole batches only.
        """
        columns = [id, vector, *attributes, *(name for name in (payload, tags) if name is not None)]
        count = 0
        for rows in _parquet.batches(path, columns, batch):
            self.upsert(
                rows[id],
                [_parquet.vector(value) for value in rows[vector]],
                payloads=None if payload is None else rows[payload],
                tags=None if tags is None else [labels or () for labels in rows[tags]],
                attributes={name: rows[name] for name in attributes},
            )
            count += len(rows[id])
        return count

    def remove(self, ids: str | Sequence[str]) -> int:
        """Removes documents in one transaction.

        Returns:
            How many of them were there.
        """
        names = StringArray([ids] if isinstance(ids, str) else ids)
        removed = ctypes.c_int64()
        lib.call("sparsestore_remove", self._handle(), ctypes.byref(names.view), ctypes.byref(removed))
        return removed.value

    def update(
        self,
        ids: Sequence[str],
        *,
        tags: Sequence[Iterable[str]] | None = None,
        attributes: Attributes | None = None,
    ) -> int:
        """Changes tags and attributes of documents in one transaction. Vectors, payloads and token vectors stay, and much
        less is written than by :meth:`upsert`.

        Args:
            ids: the documents.
            tags: for each document its new labels, in place of those it has.
            attributes: as in :meth:`upsert`; None takes an attribute away, and those that are not named stay.

        Returns:
            How many of the documents were there.
        """
        names = StringArray([str(id) for id in ids])
        changes = lib.Changes(ids=ctypes.pointer(names.view))
        keep = (_set_tags(changes, tags, names.count), _set_attributes(changes, attributes, names.count))
        updated = ctypes.c_int64()
        lib.call("sparsestore_update", self._handle(), ctypes.byref(changes), ctypes.byref(updated))
        del keep
        return updated.value

    def remove_where(self, filter: str) -> int:
        """Removes all documents that a filter lets through, in one transaction: ``"year < 2020 AND NOT tag:keep"``.

        Returns:
            How many they were.
        """
        removed = ctypes.c_int64()
        lib.call("sparsestore_remove_where", self._handle(), filter.encode(), ctypes.byref(removed))
        return removed.value

    def count(self, filter: str | None = None) -> int:
        """How many documents a filter lets through; all without one."""
        count = ctypes.c_int64()
        lib.call("sparsestore_count", self._handle(), _text(filter), ctypes.byref(count))
        return count.value

    def facets(self, attribute: str, filter: str | None = None, limit: int = 20) -> builtins.list[tuple[Value, int]]:
        """How many documents have each value of an attribute, the most frequent first. Of a list each element counts once
        for its document.

        Args:
            attribute: its name.
            filter: count only documents that it lets through.
            limit: how many values at the most.

        Returns:
            Pairs of a value and the number of documents that have it.
        """
        if limit < 1:
            raise ValueError(f"limit is {limit}; ask for at least 1 value")
        with _Result() as result:
            lib.call(
                "sparsestore_facets", self._handle(), attribute.encode(), _text(filter), limit, result.place)
            (_, found), (_, counts) = result.columns()
            pairs: Any = zip(found, counts)  # no value is missing here
            return [*pairs]

    def list(
        self,
        filter: str | None = None,
        *,
        order: str | None = None,
        descending: bool = False,
        limit: int = 20,
        after: str | None = None,
    ) -> Page:
        """Documents that a filter lets through, a page at a time.

        Args:
            filter: all documents without one.
            order: the attribute that orders them; by default they come in the order in which they were written. Documents
                without the attribute come last.
            descending: the largest value, or the newest document, comes first.
            limit: how many documents at the most.
            after: the ``cursor`` of the page before.
        """
        if limit < 1:
            raise ValueError(f"limit is {limit}; ask for at least 1 document")
        options = lib.ListOptions(
            filter=_text(filter), order=_text(order), is_descending=descending, limit=limit, after=_text(after),
            fields=_ALL_FIELDS)
        with _Result() as result:
            lib.call("sparsestore_list", self._handle(), ctypes.byref(options), result.place)
            page = Page(result.documents())
            page.cursor = result.cursor()
            return page

    def search(
        self,
        queries: Vectors,
        k: int = 10,
        *,
        recall: float | Literal["exact", "fast"] = 0.95,
        filter: str | None = None,
        threads: int = 0,
        idf: bool = False,
        minimum_score: float | None = None,
        timeout: float | None = None,
        fields: Iterable[Field] = (),
        tokens: Sequence[Any] | None = None,
        candidates: int | None = None,
        group_by: str | None = None,
        group_size: int = 1,
        vocabulary: Sequence[str] | None = None,
    ) -> Hits:
        """Finds the best documents for each query by inner product, all in one snapshot.

        Args:
            queries: vectors in any form that :meth:`upsert` takes.
            k: how many hits a query has at the most.
            recall: the share of the true best k to find on average; ``"exact"`` for all of them, ``"fast"`` for the
                cheapest plan.
            filter: a filter as text, such as ``"year >= 2020 AND lang IN (de, en) AND NOT tag:draft"``.
            threads: threads that search; 0 for one a processor.
            idf: weight each query by the corpus's inverse document frequencies.
            minimum_score: leave out hits that score less.
            timeout: seconds for all queries together.
            fields: what hits bring, ``"payload"``, ``"tags"`` or ``"attributes"``: ``hits.fields["payload"]``.
            tokens: token vectors of each query; the best ``candidates`` are then reranked by MaxSim.
            candidates: how many documents are reranked; ten times ``k`` by default.
            group_by: the name of an attribute, or ``"id:"`` and a separator, such as ``"id:#"``, to group by the part of the
                ids before it. ``k`` then counts groups, and the arrays have ``k * group_size`` columns.
            group_size: the maximum number of documents per group.
            vocabulary: the name of each column of a matrix, for a store whose terms are strings.

        Returns:
            The pair ``ids, scores``: arrays of shape (queries, k), None and 0 where fewer were found. The pair also has
            the attributes ``fields`` and ``generation``.

        Raises:
            SparseStoreError: a query or the filter breaks a rule, or the time is up.
        """
        rows = RowArray(queries, vocabulary)
        options = lib.SearchOptions(
            limit=k,
            threads=threads,
            uses_corpus_idf=idf,
            filter=_text(filter),
            group_by=_text(group_by),
            group_size=group_size,
            timeout=timeout or 0,
            has_minimum_score=minimum_score is not None,
            minimum_score=minimum_score or 0,
            candidates=candidates or 0,
        )
        if k < 1:
            raise ValueError(f"k is {k}; ask for at least 1 hit")
        if isinstance(recall, str):
            options.recall_kind = _choice("recall", recall, exact=lib.RECALL_EXACT, fast=lib.RECALL_FAST)
        else:
            options.recall = recall
        for field in fields:
            options.fields |= _choice("field", field, **_FIELDS)
        keep = None
        if tokens is not None:
            keep = _tokens(tokens, rows.rows, "queries")
            options.tokens = ctypes.pointer(keep.view)
        with _Result() as result:
            lib.call(
                "sparsestore_search", self._handle(), ctypes.byref(rows.view), ctypes.byref(options), result.place)
            return result.hits(k if group_by is None else k * group_size, options.fields)

    def get(self, ids: str | Sequence[str]) -> builtins.list[Document]:
        """The documents with these ids, in their order; those that are not there are left out."""
        names = StringArray([ids] if isinstance(ids, str) else ids)
        with _Result() as result:
            lib.call("sparsestore_get", self._handle(), ctypes.byref(names.view), _ALL_FIELDS, result.place)
            return result.documents()

    def optimize(self) -> None:
        """Merges the index into as few segments as hold it, and measures what recall each effort of the planner reaches.
        Worth doing once after a large load."""
        lib.call("sparsestore_optimize", self._handle())

    def statistics(self) -> Statistics:
        """What the store holds and what it costs."""
        record = lib.StatisticsRecord()
        lib.call("sparsestore_stats", self._handle(), ctypes.byref(record))
        return Statistics(**{field[0]: getattr(record, field[0]) for field in lib.StatisticsRecord._fields_[1:]})

    def backup(self, path: str | os.PathLike[str]) -> None:
        """Copies the newest commit to a new file while others read and write. The copy is a store like any other."""
        lib.call("sparsestore_backup", self._handle(), os.fsencode(path))

    def _handle(self) -> ctypes.c_void_p:
        if self._pointer is None:
            raise ValueError(f"the store {self.path!r} is closed; open it again")
        return self._pointer


def to_run(query_ids: Sequence[str], hits: Hits) -> dict[str, dict[str, float]]:
    """Hits as a dictionary of queries to dictionaries of documents to scores, as ir_measures and ranx take it."""
    ids, scores = hits
    if len(query_ids) != len(ids):
        raise ValueError(f"there are {len(query_ids)} query ids and answers to {len(ids)} queries; give as many of each")
    return {
        str(query): {id: float(score) for id, score in zip(row, values) if id is not None}
        for query, row, values in zip(query_ids, ids, scores)
    }


class _Result:
    """The answers of one call, freed at the end of the block."""

    def __init__(self) -> None:
        self._pointer = ctypes.c_void_p()
        self.place = ctypes.byref(self._pointer)

    def __enter__(self) -> _Result:
        return self

    def __exit__(self, *_: object) -> None:
        lib.library.sparsestore_result_free(self._pointer)

    def ids(self) -> list[str]:
        return [(id or b"").decode() for id in strings(lib.library.sparsestore_result_ids(self._pointer))]

    def documents(self) -> list[Document]:
        return [Document(*parts) for parts in zip(self.ids(), self.payloads(), self.tags(), self.attributes())]

    def columns(self) -> Iterator[tuple[str, list[Value | None]]]:
        rows = lib.library.sparsestore_result_ids(self._pointer).count
        for index in range(lib.library.sparsestore_result_columns(self._pointer)):
            column = lib.library.sparsestore_result_column(self._pointer, index)
            yield column.name.decode(), values(column, rows)

    def attributes(self) -> list[dict[str, Value]]:
        found: list[dict[str, Value]] = [{} for _ in range(lib.library.sparsestore_result_ids(self._pointer).count)]
        for name, column in self.columns():
            for attributes, value in zip(found, column):
                if value is not None:
                    attributes[name] = value
        return found

    def cursor(self) -> str | None:
        text = lib.library.sparsestore_result_cursor(self._pointer)
        return None if text is None else text.decode()

    def payloads(self) -> list[bytes | None]:
        return strings(lib.library.sparsestore_result_payloads(self._pointer))

    def tags(self) -> list[list[str]]:
        texts = [(tag or b"").decode() for tag in strings(lib.library.sparsestore_result_tags(self._pointer))]
        count = lib.library.sparsestore_result_ids(self._pointer).count
        offsets = np.ctypeslib.as_array(
            lib.library.sparsestore_result_tag_offsets(self._pointer), (count + 1,)).tolist()
        return [texts[start:end] for start, end in zip(offsets, offsets[1:])]

    def hits(self, k: int, fields: int) -> Hits:
        queries = lib.library.sparsestore_result_queries(self._pointer)
        offsets = np.ctypeslib.as_array(
            lib.library.sparsestore_result_offsets(self._pointer), (queries + 1,)).copy()
        total = int(offsets[-1])
        # Hit j of a query stands in column j: one pass for all arrays.
        rows = np.repeat(np.arange(queries), np.diff(offsets))
        places = (rows, np.arange(total) - offsets[rows]) if total else (rows, rows)

        def spread(values: Iterable[Any]) -> np.ndarray:
            column = np.empty(total, object)
            for index, value in enumerate(values):
                column[index] = value
            grid = np.full((queries, k), None, object)
            grid[places] = column
            return grid

        scores = np.zeros((queries, k), np.float32)
        if total:
            scores[places] = np.ctypeslib.as_array(
                lib.library.sparsestore_result_scores(self._pointer), (total,))
        brought: dict[str, np.ndarray] = {}
        if fields & lib.FIELD_PAYLOAD:
            brought["payload"] = spread(self.payloads())
        if fields & lib.FIELD_TAGS:
            brought["tags"] = spread(self.tags())
        if fields & lib.FIELD_ATTRIBUTES:
            brought["attributes"] = spread(self.attributes())
        groups = lib.library.sparsestore_result_groups(self._pointer)
        if groups.count:
            brought["group"] = spread(None if name is None else name.decode() for name in strings(groups))
        generation = lib.library.sparsestore_result_generation(self._pointer)
        return Hits(spread(self.ids()), scores, brought, generation)


def _tokens(tokens: Sequence[Any], rows: int, name: str) -> TokenArray:
    if len(tokens) != rows:
        raise ValueError(f"there are token vectors for {len(tokens)} {name} of {rows}; give None where there are none")
    return TokenArray(tokens)


def _text(text: str | None) -> bytes | None:
    return None if text is None else text.encode()


def _set_tags(target: lib.Batch | lib.Changes, tags: Sequence[Iterable[str]] | None, rows: int) -> Any:
    """What must stay alive as long as ``target`` shows the tags."""
    if tags is None:
        return None
    lists = [list(labels) for labels in tags]
    if len(lists) != rows:
        raise ValueError(f"there are tags for {len(lists)} documents of {rows}; give as many of each")
    offsets = np.zeros(len(lists) + 1, np.int64)
    np.cumsum([len(labels) for labels in lists], out=offsets[1:])
    labels = StringArray(label for labels in lists for label in labels)
    target.tags = ctypes.pointer(labels.view)
    target.tag_offsets = offsets.ctypes.data_as(ctypes.POINTER(ctypes.c_int64))
    return labels, offsets


def _set_attributes(target: lib.Batch | lib.Changes, attributes: Attributes | None, rows: int) -> Any:
    """What must stay alive as long as ``target`` shows the attributes."""
    if not attributes:
        return None
    columns = ColumnArray(attributes, rows)
    target.columns, target.column_count = columns.view, columns.count
    return columns


def _choice(name: str, value: str, **choices: Any) -> Any:
    if value not in choices:
        raise ValueError(f"{name} is {value!r}; give one of {', '.join(map(repr, choices))}")
    return choices[value]
