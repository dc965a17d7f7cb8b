"""The package against NumPy: every answer is compared with a dense product."""

import threading

import numpy as np
import pytest
import scipy.sparse

import sparsestore


@pytest.fixture
def store(tmp_path):
    with sparsestore.open(tmp_path / "a.sparse", maintenance="manual") as store:
        yield store


def collection(rows, columns=200, seed=1, density=0.05):
    matrix = scipy.sparse.random(rows, columns, density, "csr", np.float32, np.random.default_rng(seed))
    matrix.data += 0.1
    # By default, a document has at least one term.
    for row in np.flatnonzero(np.diff(matrix.indptr) == 0):
        matrix[row, 0] = 1
    return matrix.tocsr()


def test_exact_search_equals_a_dense_product(store):
    documents, queries = collection(1_000), collection(50, seed=2)
    store.upsert([str(row) for row in range(1_000)], documents)
    ids, scores = store.search(queries, k=7, recall="exact", threads=2)
    products = (queries @ documents.T).toarray()
    best = -np.sort(-products, axis=1)[:, :7]
    assert ids.shape == (50, 7)
    assert scores.dtype == np.float32
    np.testing.assert_allclose(scores, best, rtol=1e-5)
    for query, (row, values) in enumerate(zip(ids, scores)):
        there = [int(id) for id in row if id is not None]
        np.testing.assert_allclose(products[query, there], values[: len(there)], rtol=1e-5)
        assert len(set(there)) == len(there)


def test_documents_without_a_vector_are_stored_on_request(store):
    vectors = [{"a": 1.0}, {}, {"a": 0.0}]
    with pytest.raises(sparsestore.SparseStoreError) as failure:
        store.upsert(["full", "bare", "zero"], vectors)
    assert "'bare'" in failure.value.problem and "empty_vectors" in failure.value.remedy
    store.upsert(["full", "bare", "zero"], vectors, attributes={"n": [1, 2, 3]}, empty_vectors=True)
    assert store.count() == 3
    assert store.count("n >= 2") == 2
    ids, scores = store.search([{"a": 2.0}], k=3, recall="exact")
    assert ids.tolist() == [["full", None, None]]
    assert scores.tolist() == [[2, 0, 0]]


@pytest.mark.parametrize("convert", [
    lambda m: m.tocsc(),
    lambda m: m.tocoo(),
    lambda m: m.astype(np.float64),
    lambda m: m.toarray(),
    lambda m: scipy.sparse.csr_array(m),
    lambda m: [{int(c): float(v) for c, v in zip(m[r].indices, m[r].data)} for r in range(m.shape[0])],
    lambda m: [list(zip(m[r].indices.tolist(), m[r].data.tolist())) for r in range(m.shape[0])],
])
def test_every_form_of_vectors_gives_the_same_answers(store, convert):
    documents = collection(100)
    store.upsert([f"a{row}" for row in range(100)], documents)
    expected = store.search(documents[:5], k=100, recall="exact")
    store.remove([f"a{row}" for row in range(100)])
    store.upsert([f"a{row}" for row in range(100)], convert(documents))
    found = store.search(convert(documents[:5]), k=100, recall="exact")
    np.testing.assert_array_equal(found.ids, expected.ids)
    np.testing.assert_array_equal(found.scores, expected.scores)


def test_a_matrix_of_unsorted_rows_is_left_as_it_is(store):
    matrix = scipy.sparse.csr_matrix(
        (np.array([1, 2, 3], np.float32), np.array([5, 1, 3]), np.array([0, 2, 3])), shape=(2, 9))
    before = matrix.indices.copy(), matrix.data.copy()
    store.upsert(["a", "b"], matrix)
    np.testing.assert_array_equal(matrix.indices, before[0])
    np.testing.assert_array_equal(matrix.data, before[1])
    assert store.search([{1: 1.0}], k=1, recall="exact").scores[0, 0] == 2


def test_missing_places_are_none_and_zero(store):
    store.upsert(["a"], [{"x": 2.0}])
    hits = store.search([{"x": 1.0}, {"y": 1.0}, {}], k=3)
    assert hits.ids.tolist() == [["a", None, None], [None] * 3, [None] * 3]
    assert hits.scores.tolist() == [[2, 0, 0], [0, 0, 0], [0, 0, 0]]


def test_names_of_columns_make_terms_of_strings(store):
    matrix = scipy.sparse.csr_matrix(np.array([[1, 0, 2], [0, 3, 0]], np.float32))
    store.upsert(["a", "b"], matrix, vocabulary=["swift", "bird", "engine"])
    assert store.search([{"bird": 1.0}], k=1).ids[0, 0] == "b"


def test_documents_bring_what_they_were_given(store):
    store.upsert(
        ["a", "b", "c"], [{"x": 1.0}, {"x": 2.0}, {"x": 3.0}],
        payloads=["text", b"\xff\x00", None], tags=[["de", "new"], [], ["de"]])
    assert store.get(["c", "missing", "a"]) == [
        sparsestore.Document("c", None, ["de"], {}), sparsestore.Document("a", b"text", ["de", "new"], {})]
    hits = store.search([{"x": 1.0}], k=3, recall="exact", fields=["payload", "tags"])
    assert hits.fields["payload"].tolist() == [[None, b"\xff\x00", b"text"]]
    assert hits.fields["tags"].tolist() == [[["de"], [], ["de", "new"]]]


def test_filters_and_the_least_score_leave_documents_out(store):
    store.upsert(["a", "b", "c"], [{"x": 1.0}, {"x": 2.0}, {"x": 3.0}], tags=[["de"], ["de"], ["fr"]])
    assert store.search([{"x": 1.0}], k=3, filter="tag:de", minimum_score=1.5).ids.tolist() == [["b", None, None]]


def test_token_vectors_rerank(store):
    store.upsert(
        ["a", "b"], [{"x": 2.0}, {"x": 1.0}],
        tokens=[np.array([[0.0, 1.0]]), np.array([[1.0, 0.0], [0.6, 0.8]])])
    hits = store.search([{"x": 1.0}], k=2, tokens=[np.array([[1.0, 0.0]])])
    assert hits.ids.tolist() == [["b", "a"]]
    np.testing.assert_allclose(hits.scores, [[1, 0]], atol=1e-3)


def test_a_batch_that_fails_writes_nothing_and_names_the_row(store):
    with pytest.raises(sparsestore.SparseStoreError) as failure:
        store.upsert(["a", "b"], [{1: 1.0}, {1: -1.0}])
    assert failure.value.code == "invalidVector"
    assert "row 1" in failure.value.problem and "'b'" in failure.value.problem
    assert len(store) == 0


@pytest.mark.parametrize("call", [
    lambda store: store.upsert(["a"], [{1: 1.0}, {2: 1.0}]),
    lambda store: store.upsert(["a"], [[(1, 1.0), (1, 2.0)]]),
    lambda store: store.upsert(["a"], [{1: 1.0}], tags=[]),
    lambda store: store.search([{1: 1.0}], k=0),
    lambda store: store.search([{1: 1.0}], recall="best"),
    lambda store: store.search([{1: 1.0}], tokens=[]),
])
def test_misuse_is_a_value_error(store, call):
    with pytest.raises(ValueError):
        call(store)


@pytest.mark.parametrize("call", [
    lambda store: store.search([{1: float("nan")}]),
    lambda store: store.search([{1: 1.0}], recall=2.0),
    lambda store: store.search([{1: 1.0}], filter="tag:"),
    lambda store: store.upsert([""], [{1: 1.0}]),
    lambda store: store.upsert(["a"], [{}]),
    lambda store: store.upsert(["a"], [{"text": 1.0}]),
])
def test_what_the_store_refuses_is_its_error(store, call):
    store.upsert(["n"], [{1: 1.0}])
    with pytest.raises(sparsestore.SparseStoreError) as failure:
        call(store)
    assert failure.value.problem


def test_a_closed_store_is_named(tmp_path):
    store = sparsestore.open(tmp_path / "a.sparse")
    store.close()
    store.close()
    with pytest.raises(ValueError, match="closed"):
        store.statistics()


def test_what_was_written_is_there_after_opening_again_and_in_a_backup(tmp_path):
    with sparsestore.open(tmp_path / "a.sparse", profile="compact", durability="lazy") as store:
        generation = store.upsert(["a"], [{"x": 1.0}])
        store.backup(tmp_path / "b.sparse")
    for name in "ab":
        with sparsestore.open(tmp_path / f"{name}.sparse", read_only=True) as store:
            assert store.search([{"x": 1.0}], k=1).ids.tolist() == [["a"]]
            assert store.statistics().generation == generation
    with pytest.raises(sparsestore.SparseStoreError) as failure:
        sparsestore.open(tmp_path / "c.sparse", create=False)
    assert failure.value.code == "notFound"


def test_threads_search_while_one_writes(store):
    documents = collection(500)
    store.upsert([str(row) for row in range(500)], documents)
    expected = store.search(documents[:20], k=5, recall="exact", filter="NOT tag:new")
    failures = []

    def search():
        for _ in range(20):
            hits = store.search(documents[:20], k=5, recall="exact", filter="NOT tag:new")
            if not (hits.ids == expected.ids).all():
                failures.append(hits)

    threads = [threading.Thread(target=search) for _ in range(4)]
    for thread in threads:
        thread.start()
    for row in range(50):
        store.upsert([f"new{row}"], documents[row:row + 1], tags=[["new"]])
    for thread in threads:
        thread.join()
    assert not failures
    store.optimize()
    assert len(store) == 550


def test_runs_are_evaluated_by_ir_measures(store):
    ir_measures = pytest.importorskip("ir_measures")
    store.upsert(["a", "b"], [{"x": 1.0}, {"x": 2.0}])
    run = sparsestore.to_run(["q1", "q2"], store.search([{"x": 1.0}, {"y": 1.0}], k=2))
    assert run == {"q1": {"b": 2.0, "a": 1.0}, "q2": {}}
    measures = ir_measures.calc_aggregate([ir_measures.nDCG @ 10], {"q1": {"b": 1}}, run)
    assert list(measures.values()) == [1.0]


def test_tensors_are_read_as_sparse_encoders_give_them(store):
    class Tensor:
        """What the package uses of torch.Tensor, by the names that torch documents."""

        is_sparse = True

        def __init__(self, indices, values, shape):
            self._indices, self._values, self.shape = indices, values, shape

        def detach(self): return self
        def cpu(self): return self
        def coalesce(self): return self
        def dim(self): return len(self.shape)
        def indices(self): return Array(self._indices)
        def values(self): return Array(self._values)

    class Array:
        def __init__(self, content): self._content = np.array(content)
        def numpy(self): return self._content
        def float(self): return Array(self._content.astype(np.float32))

    store.upsert(["a", "b"], Tensor([[0, 0, 1], [1, 4, 2]], [0.5, 1.0, 2.0], (2, 9)))
    assert store.search(Tensor([[2]], [1.0], (9,)), k=1).ids.tolist() == [["b"]]
