"""The store and its results."""

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
    """Statistics of a store.

    Attributes:
        documents: The number of documents.
        terms: The number of distinct terms in these documents.
        nonzeros: The total number of components of all documents.
        file_bytes: The size of the file.
        live_bytes: The bytes of the pages in use; later commits reuse the other pages.
        segments: The number of segments of the index.
        generation: The number of the newest commit.
    """

    documents: int
    terms: int
    nonzeros: int
    file_bytes: int
    live_bytes: int
    segments: int
    generation: int


class Hits(tuple):
    """The result of a search: the pair ``ids, scores`` of arrays of shape (queries, k), and the requested fields.

    Attributes:
        fields: An array of the shape of the ids for each requested field; with grouping also ``"group"``.
        generation: The number of the commit that was searched.
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
        """The ids of the documents, best first; None where fewer than k were found."""
        return self[0]

    @property
    def scores(self) -> np.ndarray:
        """The scores; 0 where fewer than k were found."""
        return self[1]


class Document(NamedTuple):
    """A stored document, as :meth:`Store.get` and :meth:`Store.list` return it.

    Attributes:
        id: The identifier of the document.
        payload: The bytes that were stored with it, in UTF-8 for a text; None if it has no payload.
        tags: Its tags, sorted.
        attributes: Its attributes by name. Dates are in UTC.
    """

    id: str
    payload: bytes | None
    tags: list[str]
    attributes: dict[str, Value]


class Page(list["Document"]):
    """One page of :meth:`Store.list`.

    Attributes:
        cursor: The cursor for the next page; None on the last page.
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
    """Opens the store at ``path``, or creates it.

    Args:
        path: The file of the store.
        read_only: Whether to open the store only for reading.
        create: Whether to create the store if it does not exist.
        durability: With ``"full"`` every commit survives a power cut. With ``"lazy"`` a power cut may lose the last
            commits.
        profile: The profile of a new store: ``"fast"``, or ``"compact"`` for a smaller index.
        maintenance: With ``"background"`` a thread merges in the background. With ``"manual"`` only
            :meth:`Store.optimize` merges.
        map_size: The address space to reserve, in bytes; 0 for the default.

    Raises:
        SparseStoreError: If the file does not exist, is not a store, is damaged, or is already open in this process.
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

    :func:`open` returns it. It is a context manager: ``with sparsestore.open(path) as store: ...``.
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
        """The number of documents in the store."""
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
        empty_vectors: bool = False,
    ) -> int:
        """Writes documents in one durable transaction. Documents with the same ids are replaced.

        Args:
            ids: One id for each vector.
            vectors: A SciPy matrix with one document per row (a ``csr_matrix`` of 32-bit floats is read without a
                copy); or a mapping of terms to weights or a list of (term, weight) pairs for each document; or a sparse
                torch tensor.
            payloads: Text or bytes to store with each document.
            tags: The tags of each document, for filters.
            attributes: The attributes by name, with one value for each document: an array, or a sequence of whole
                numbers, floats, Booleans, strings, dates, or lists of whole numbers or strings, with None for a missing
                value. ``numpy.datetime64`` and ``datetime`` are dates. An attribute has one type in all documents of a
                store.
            tokens: The token vectors of each document, as an array with one row per token, or None.
            vocabulary: The name of each column of a matrix, for a store whose terms are strings.
            empty_vectors: Whether to store a document whose vector has no weight above zero. It is found by its id and
                by filters, but by no search. By default, it is an error.

        Returns:
            The generation of the commit.

        Raises:
            SparseStoreError: If a document is not valid. The message names its row and id, and nothing is written.
        """
        names = StringArray([str(id) for id in ids])
        rows = RowArray(vectors, vocabulary)
        if names.count != rows.rows:
            raise ValueError(f"there are {names.count} ids and {rows.rows} vectors; pass one id for each vector")
        batch = lib.Batch(
            ids=ctypes.pointer(names.view), vectors=ctypes.pointer(rows.view), empty_vectors=bool(empty_vectors)
        )
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
        """Writes the rows of a Parquet file, in transactions of ``batch`` documents. Requires pyarrow.

        Args:
            path: The file.
            id: The column with the ids.
            vector: The column with the vectors: maps of terms to weights, lists of (term, weight) pairs, structs of
                ``indices`` and ``values``, or JSON text as pymilvus writes it.
            payload: A column with text or bytes to store with each document.
            tags: A column with lists of tags.
            attributes: Columns that become attributes of the same names.
            batch: The maximum number of documents in a transaction.

        Returns:
            The number of documents that were written. After an error, complete batches have been written.
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
            The number of documents that existed.
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
        """Changes tags and attributes of documents in one transaction. Vectors, payloads and token vectors do not
        change. This writes much less than :meth:`upsert`.

        Args:
            ids: The ids of the documents.
            tags: The new tags of each document, which replace the old ones.
            attributes: Attributes as in :meth:`upsert`. None removes an attribute. Other attributes do not change.

        Returns:
            The number of documents that existed.
        """
        names = StringArray([str(id) for id in ids])
        changes = lib.Changes(ids=ctypes.pointer(names.view))
        keep = (_set_tags(changes, tags, names.count), _set_attributes(changes, attributes, names.count))
        updated = ctypes.c_int64()
        lib.call("sparsestore_update", self._handle(), ctypes.byref(changes), ctypes.byref(updated))
        del keep
        return updated.value

    def remove_where(self, filter: str) -> int:
        """Removes all documents that match a filter, such as ``"year < 2020 AND NOT tag:keep"``, in one transaction.

        Returns:
            The number of documents that were removed.
        """
        removed = ctypes.c_int64()
        lib.call("sparsestore_remove_where", self._handle(), filter.encode(), ctypes.byref(removed))
        return removed.value

    def count(self, filter: str | None = None) -> int:
        """Counts the documents that match a filter, or all documents without one."""
        count = ctypes.c_int64()
        lib.call("sparsestore_count", self._handle(), _text(filter), ctypes.byref(count))
        return count.value

    def facets(self, attribute: str, filter: str | None = None, limit: int = 20) -> builtins.list[tuple[Value, int]]:
        """Counts the documents for each value of an attribute, most frequent first. Each distinct element of a list
        counts once per document.

        Args:
            attribute: The name of the attribute.
            filter: Only count documents that match this filter.
            limit: The maximum number of values.

        Returns:
            Pairs of a value and the number of documents that have it.
        """
        if limit < 1:
            raise ValueError(f"limit is {limit}; it must be at least 1")
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
        """Lists the documents that match a filter, page by page.

        Args:
            filter: Only list documents that match this filter.
            order: The attribute to sort by. By default documents are in the order in which they were written. Documents
                without the attribute come last.
            descending: Whether the largest value, or the newest document, comes first.
            limit: The maximum number of documents.
            after: The ``cursor`` of the previous page.
        """
        if limit < 1:
            raise ValueError(f"limit is {limit}; it must be at least 1")
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
            queries: Vectors in any form that :meth:`upsert` takes.
            k: The maximum number of hits for each query.
            recall: The share of the true best k to find on average; ``"exact"`` for all of them, ``"fast"`` for the
                cheapest plan.
            filter: A filter as text, such as ``"year >= 2020 AND lang IN (de, en) AND NOT tag:draft"``.
            threads: The number of threads that search; 0 for one per processor.
            idf: Whether to weight each query by the inverse document frequencies of the store.
            minimum_score: Leave out hits with a lower score.
            timeout: The maximum number of seconds for all queries together.
            fields: The fields to return, ``"payload"``, ``"tags"`` or ``"attributes"``. They are in
                ``hits.fields["payload"]`` and so on.
            tokens: The token vectors of each query. The best ``candidates`` documents are then reranked by MaxSim.
            candidates: The number of documents to rerank; by default ten times ``k``.
            group_by: The name of an attribute; or ``"id:"`` and a separator, such as ``"id:#"``, to group by the part of
                the ids before it. ``k`` then counts groups, and the arrays have ``k * group_size`` columns.
            group_size: The maximum number of hits per group.
            vocabulary: The name of each column of a matrix, for a store whose terms are strings.

        Returns:
            The pair ``ids, scores`` of arrays of shape (queries, k), with None and 0 where fewer were found. The pair
            also has the attributes ``fields`` and ``generation``.

        Raises:
            SparseStoreError: If a query or the filter is not valid, or the timeout has passed.
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
            raise ValueError(f"k is {k}; it must be at least 1")
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
        """Returns the documents with these ids, in the order of the ids. Ids that do not exist are left out."""
        names = StringArray([ids] if isinstance(ids, str) else ids)
        with _Result() as result:
            lib.call("sparsestore_get", self._handle(), ctypes.byref(names.view), _ALL_FIELDS, result.place)
            return result.documents()

    def optimize(self) -> None:
        """Merges the index into as few segments as possible, and measures the recall of each effort of the planner.
        Call it once after a large load."""
        lib.call("sparsestore_optimize", self._handle())

    def statistics(self) -> Statistics:
        """Returns the statistics of the store."""
        record = lib.StatisticsRecord()
        lib.call("sparsestore_stats", self._handle(), ctypes.byref(record))
        return Statistics(**{field[0]: getattr(record, field[0]) for field in lib.StatisticsRecord._fields_[1:]})

    def backup(self, path: str | os.PathLike[str]) -> None:
        """Copies the newest commit to a new file. Reads and writes continue meanwhile. The copy is itself a store."""
        lib.call("sparsestore_backup", self._handle(), os.fsencode(path))

    def _handle(self) -> ctypes.c_void_p:
        if self._pointer is None:
            raise ValueError(f"the store {self.path!r} is closed; open it again")
        return self._pointer


def to_run(query_ids: Sequence[str], hits: Hits) -> dict[str, dict[str, float]]:
    """Converts hits to a dictionary of scores by query and document, the form that ir_measures and ranx read."""
    ids, scores = hits
    if len(query_ids) != len(ids):
        raise ValueError(f"there are {len(query_ids)} query ids and answers to {len(ids)} queries; pass an id for each")
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
        # Hit j of a query is in column j, so one pass fills all arrays.
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
        raise ValueError(f"there are token vectors for {len(tokens)} of {rows} {name}; pass None for those without")
    return TokenArray(tokens)


def _text(text: str | None) -> bytes | None:
    return None if text is None else text.encode()


def _set_tags(target: lib.Batch | lib.Changes, tags: Sequence[Iterable[str]] | None, rows: int) -> Any:
    """Sets the tags of ``target``. Returns the objects that must stay alive as long as ``target`` refers to them."""
    if tags is None:
        return None
    lists = [list(labels) for labels in tags]
    if len(lists) != rows:
        raise ValueError(f"there are tags for {len(lists)} of {rows} documents; pass a list for each")
    offsets = np.zeros(len(lists) + 1, np.int64)
    np.cumsum([len(labels) for labels in lists], out=offsets[1:])
    labels = StringArray(label for labels in lists for label in labels)
    target.tags = ctypes.pointer(labels.view)
    target.tag_offsets = offsets.ctypes.data_as(ctypes.POINTER(ctypes.c_int64))
    return labels, offsets


def _set_attributes(target: lib.Batch | lib.Changes, attributes: Attributes | None, rows: int) -> Any:
    """Sets the attributes of ``target``. Returns the objects that must stay alive as long as ``target`` refers to
    them."""
    if not attributes:
        return None
    columns = ColumnArray(attributes, rows)
    target.columns, target.column_count = columns.view, columns.count
    return columns


def _choice(name: str, value: str, **choices: Any) -> Any:
    if value not in choices:
        raise ValueError(f"{name} is {value!r}; use one of {', '.join(map(repr, choices))}")
    return choices[value]
