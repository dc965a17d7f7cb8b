"""Attributes: stored, filtered by, changed, counted and listed."""

from datetime import date, datetime, timezone

import numpy as np
import pytest

import sparsestore

NOON = datetime(2024, 2, 29, 12, tzinfo=timezone.utc)


@pytest.fixture
def store(tmp_path):
    with sparsestore.open(tmp_path / "a.sparse", maintenance="manual") as store:
        store.upsert(
            ["a", "b", "c", "d"], [{"x": 1.0}, {"x": 2.0}, {"x": 3.0}, {"x": 4.0}], tags=[["new"], [], [], []],
            attributes={
                "year": np.array([2019, 2020, 2021, 2022]),
                "price": [1.5, None, 2, 0.25],
                "open": [True, False, None, True],
                "lang": ["de", "en", None, "de"],
                "day": [NOON, None, date(2024, 3, 1), None],
                "authors": [["x", "y"], ["x"], [], None],
                "sizes": [[1, 2], None, [3], [1]],
            })
        yield store


def test_values_of_every_type_come_back(store):
    first, second, third, _ = store.get(["a", "b", "c", "d"])
    assert first.attributes == {
        "year": 2019, "price": 1.5, "open": True, "lang": "de", "day": NOON, "authors": ["x", "y"], "sizes": [1, 2]}
    assert second.attributes == {"year": 2020, "open": False, "lang": "en", "authors": ["x"]}
    assert third.attributes == {
        "year": 2021, "price": 2, "day": datetime(2024, 3, 1, tzinfo=timezone.utc), "sizes": [3]}
    hits = store.search([{"x": 1.0}], k=2, recall="exact", fields=["attributes"])
    assert [fields["year"] for fields in hits.fields["attributes"][0]] == [2022, 2021]


@pytest.mark.parametrize(("filter", "ids"), [
    ("year >= 2021", "dc"), ("price < 2", "da"), ("lang IN (de, en) AND NOT tag:new", "db"), ("open = true", "da"),
    ("year = 2019 OR authors = x", "ba"),
])
def test_searches_filter_by_attributes(store, filter, ids):
    found = store.search([{"x": 1.0}], k=4, recall="exact", filter=filter).ids[0]
    assert [id for id in found if id is not None] == list(ids)
    assert store.count(filter) == len(ids)


@pytest.mark.parametrize("values", [
    np.array([1, 2], np.int32), np.array([1, 2], np.uint8), np.array([0.5, 2.0], np.float32), np.array([True, False]),
    np.array(["2024-01-31T12:30:00.25", "1969-12-31"], "datetime64[ms]"), np.array(["a", "b"]), [np.int64(3), None],
    np.ma.masked_array([1, 2], [False, True]), [0.0, -0.5],
])
def test_arrays_are_read_by_their_type(store, values):
    store.upsert(["n", "m"], [{"x": 1.0}, {"x": 1.0}], attributes={"value": values})
    found = [document.attributes.get("value") for document in store.get(["n", "m"])]
    expected = values.tolist() if hasattr(values, "tolist") else values
    if isinstance(expected[0], datetime):
        expected = [moment.replace(tzinfo=timezone.utc) for moment in expected]
    assert found == expected


def test_missing_moments_are_no_values(store):
    store.upsert(["n"], [{"x": 1.0}], attributes={"moment": np.array(["NaT"], "datetime64[us]")})
    assert store.get("n")[0].attributes == {}


def test_updates_leave_the_rest_as_it_is(store):
    assert store.update(["a", "gone"], tags=[["sold"], []], attributes={"price": [None, 1.0], "stock": [0, 0]}) == 1
    changed = store.get("a")[0]
    assert changed.tags == ["sold"]
    assert "price" not in changed.attributes
    assert changed.attributes["stock"] == 0
    assert changed.attributes["year"] == 2019
    assert store.search([{"x": 1.0}], k=1, filter="stock = 0").scores[0, 0] == 1


def test_facets_count_each_value(store):
    assert store.facets("lang") == [("de", 2), ("en", 1)]
    assert store.facets("authors", filter="year <= 2019") == [("x", 1), ("y", 1)]
    assert store.facets("year", limit=1) == [(2019, 1)]


def test_lists_are_read_page_by_page(store):
    first = store.list(order="year", descending=True, limit=3)
    assert [document.id for document in first] == ["d", "c", "b"]
    second = store.list(order="year", descending=True, limit=3, after=first.cursor)
    assert [document.id for document in second] == ["a"]
    assert second[0].payload is None
    assert second.cursor is None
    assert [document.id for document in store.list("price > 1")] == ["a", "c"]


def test_documents_are_removed_by_a_filter(store):
    assert store.remove_where("year < 2021 AND NOT tag:new") == 1
    assert store.count() == 3


def test_hits_are_grouped_by_the_beginning_of_their_ids(store):
    store.upsert(["p#1", "p#2", "q#1"], [{"z": 3.0}, {"z": 2.0}, {"z": 1.0}])
    hits = store.search([{"z": 1.0}], k=2, recall="exact", group_by="id:#")
    assert hits.ids.tolist() == [["p#1", "q#1"]]
    assert hits.fields["group"].tolist() == [["p", "q"]]
    assert store.search([{"z": 1.0}], k=2, recall="exact", group_by="id:#", group_size=2).ids.shape == (1, 4)


def test_hits_are_grouped_by_an_attribute(store):
    rows = [{"z": 4.0}, {"z": 3.0}, {"z": 2.0}, {"z": 1.0}]
    store.upsert(["g1", "g2", "g3", "g4"], rows, attributes={"parent": ["a", "a", "b", None]})
    hits = store.search([{"z": 1.0}], k=3, recall="exact", group_by="parent")
    assert hits.ids.tolist() == [["g1", "g3", "g4"]]
    assert hits.fields["group"].tolist() == [["a", "b", None]]


def test_a_group_key_without_a_separator_is_refused(store):
    with pytest.raises(sparsestore.SparseStoreError, match="'id:'"):
        store.search([{"z": 1.0}], group_by="id:")


@pytest.mark.parametrize("attributes", [{"v": [1, "a"]}, {"v": [object()]}, {"v": [{"a": 1}]}, {"v": [[1, "a"]]}])
def test_values_of_no_type_are_a_type_error(store, attributes):
    rows = len(attributes["v"])
    with pytest.raises(TypeError, match="'v'"):
        store.upsert([str(row) for row in range(rows)], [{"x": 1.0}] * rows, attributes=attributes)


@pytest.mark.parametrize("call", [
    lambda store: store.upsert(["n"], [{"x": 1.0}], attributes={"year": ["text"]}),
    lambda store: store.upsert(["n"], [{"x": 1.0}], attributes={"price": [float("nan")]}),
    lambda store: store.count("nothing = 1"),
    lambda store: store.facets("nothing"),
    lambda store: store.remove_where("year >"),
    lambda store: store.list(after="x"),
])
def test_what_the_store_refuses_is_its_error(store, call):
    with pytest.raises(sparsestore.SparseStoreError) as failure:
        call(store)
    assert failure.value.problem
    assert len(store) == 4


def test_attributes_of_another_number_than_the_documents_are_a_value_error(store):
    with pytest.raises(ValueError, match="'year' has 1 values for 2"):
        store.upsert(["n", "m"], [{"x": 1.0}] * 2, attributes={"year": [1]})
