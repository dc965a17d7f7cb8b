"""Parquet files, as pyarrow and pymilvus write them."""

import json

import pytest

import sparsestore

pyarrow = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")


@pytest.mark.parametrize(("vectors", "kind", "query"), [
    ([[("x", 1.0), ("y", 2.0)], [("y", 1.0)]], "map", {"y": 1.0}),
    ([{"indices": [1, 7], "values": [1.0, 2.0]}, {"indices": [7], "values": [1.0]}], None, {7: 1.0}),
    ([[{"term": "x", "weight": 1.0}, {"term": "y", "weight": 2.0}], [{"term": "y", "weight": 1.0}]], None, {"y": 1.0}),
    ([json.dumps({"3": 1.0, "17": 2.0}), json.dumps({"17": 1.0})], None, {"17": 1.0}),
])
def test_vectors_are_read_in_every_form(tmp_path, vectors, kind, query):
    kind = pyarrow.map_(pyarrow.string(), pyarrow.float32()) if kind == "map" else None
    table = pyarrow.table({
        "key": pyarrow.array([7, 8]), "embedding": pyarrow.array(vectors, kind), "text": ["seven", None],
        "labels": [["de"], []], "year": [2019, 2024]})
    parquet.write_table(table, tmp_path / "a.parquet")
    with sparsestore.open(tmp_path / "a.sparse") as store:
        assert store.load_parquet(
            tmp_path / "a.parquet", id="key", vector="embedding", payload="text", tags="labels", attributes=["year"],
            batch=1) == 2
        hits = store.search([query], k=2, recall="exact")
        assert hits.ids.tolist() == [["7", "8"]]
        assert hits.scores.tolist() == [[2.0, 1.0]]
        assert store.get("7") == [sparsestore.Document("7", b"seven", ["de"], {"year": 2019})]


def test_a_missing_column_is_named_with_those_that_are_there(tmp_path):
    parquet.write_table(pyarrow.table({"id": ["a"]}), tmp_path / "a.parquet")
    with sparsestore.open(tmp_path / "a.sparse") as store:
        with pytest.raises(KeyError, match="'vector'.*id"):
            store.load_parquet(tmp_path / "a.parquet")
