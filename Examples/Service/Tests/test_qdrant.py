"""Tests the service with Qdrant's official client, unchanged. Its answers are compared with brute force."""

import math
import random
import uuid

import pytest
from qdrant_client import models
from qdrant_client.http.exceptions import UnexpectedResponse

CITIES = ["Berlin", "London", "Moscow"]


def vector(components: dict) -> models.SparseVector:
    ordered = sorted(components.items())
    return models.SparseVector(indices=[index for index, _ in ordered], values=[value for _, value in ordered])


def draw(seed: int, count: int = 300) -> dict:
    """Returns the content of the points by id."""
    rng = random.Random(seed)
    points = {}
    for number in range(count):
        name = number if number % 3 else str(uuid.UUID(int=rng.getrandbits(128)))
        points[name] = {
            "text": {rng.randrange(40): round(rng.uniform(0.1, 3), 3) for _ in range(rng.randint(1, 8))},
            "title": {rng.randrange(10): round(rng.uniform(0.1, 3), 3) for _ in range(rng.randint(1, 3))},
            "payload": {
                "city": rng.choice(CITIES),
                "tags": rng.sample(["a", "b", "c", "d"], rng.randint(0, 3)),
                "price": round(rng.uniform(-5, 20), 2),
                "stock": rng.randrange(-3, 5),
                "open": rng.random() < 0.5,
                "day": f"2024-0{rng.randint(1, 9)}-15T12:00:00Z",
                "inner": {"level": rng.randrange(3)},
                "nothing": None,
            },
        }
        if number % 10 == 0:
            del points[name]["payload"]["city"]
    return points


POINTS = draw(7)


@pytest.fixture(scope="module")
def filled(service):
    client = service.client()
    client.create_collection("docs", vectors_config={}, sparse_vectors_config={
        "text": models.SparseVectorParams(), "title": models.SparseVectorParams(modifier=models.Modifier.IDF)})
    # Another collection with the same terms, which must not appear.
    client.create_collection("other", vectors_config={}, sparse_vectors_config={"text": models.SparseVectorParams()})
    client.upsert("other", [models.PointStruct(id=number, vector={"text": vector({1: 9, 2: 9})}, payload={"city": "Paris"})
                            for number in range(50)])
    items = list(POINTS.items())
    for start in range(0, len(items), 100):
        result = client.upsert("docs", [
            models.PointStruct(
                id=name, vector={"text": vector(point["text"]), "title": vector(point["title"])}, payload=point["payload"])
            for name, point in items[start:start + 100]])
        assert result.status == models.UpdateStatus.COMPLETED
    return client


def brute(query: dict, name: str = "text", keep=lambda point: True, weight=lambda index: 1.0):
    scored = []
    for key, point in POINTS.items():
        score = sum(weight(i) * value * point[name].get(i, 0) for i, value in query.items())
        if score > 0 and keep(point):
            scored.append((key, score))
    return sorted(scored, key=lambda item: -item[1])


def same(points, expected, limit):
    assert [point.score for point in points] == pytest.approx([score for _, score in expected[:limit]], rel=1e-5)
    scores = dict(expected)
    for point in points:
        assert point.score == pytest.approx(scores[point.id], rel=1e-5)


# Collections


def test_collections_are_made_listed_and_deleted(client):
    assert not client.collection_exists("made")
    assert client.create_collection("made", vectors_config={}, sparse_vectors_config={
        "text": models.SparseVectorParams(modifier=models.Modifier.IDF)})
    assert client.collection_exists("made")
    assert "made" in [one.name for one in client.get_collections().collections]
    info = client.get_collection("made")
    assert info.points_count == 0
    assert info.status == models.CollectionStatus.GREEN
    assert info.config.params.sparse_vectors["text"].modifier == models.Modifier.IDF
    client.upsert("made", [models.PointStruct(id=1, vector={"text": vector({1: 1})})])
    assert client.get_collection("made").points_count == 1
    assert client.delete_collection("made")
    assert not client.delete_collection("made")
    assert not client.collection_exists("made")
    # A new collection with the same name has nothing of the old one.
    client.create_collection("made", vectors_config={}, sparse_vectors_config={"text": models.SparseVectorParams()})
    assert client.count("made").count == 0
    assert client.query_points("made", vector({1: 1}), using="text").points == []
    client.delete_collection("made")


def test_a_collection_is_not_made_twice(filled):
    with pytest.raises(UnexpectedResponse) as failure:
        filled.create_collection("docs", vectors_config={}, sparse_vectors_config={"text": models.SparseVectorParams()})
    assert failure.value.status_code == 409


def test_what_is_not_supported_says_so(filled):
    with pytest.raises(UnexpectedResponse) as failure:
        filled.create_collection("dense", vectors_config=models.VectorParams(size=4, distance=models.Distance.DOT))
    assert failure.value.status_code == 400
    for condition in [
        models.FieldCondition(key="city", match=models.MatchText(text="Ber")),
        models.FieldCondition(key="city", values_count=models.ValuesCount(gt=1)),
    ]:
        with pytest.raises(UnexpectedResponse) as failure:
            filled.count("docs", count_filter=models.Filter(must=[condition]))
        assert failure.value.status_code == 400
        assert b"not supported" in failure.value.content


def test_a_missing_collection_is_not_found(client):
    for ask in [lambda: client.get_collection("absent"), lambda: client.count("absent"),
                lambda: client.upsert("absent", [models.PointStruct(id=1, vector={})])]:
        with pytest.raises(UnexpectedResponse) as failure:
            ask()
        assert failure.value.status_code == 404


# Queries


@pytest.mark.parametrize("seed", range(20))
def test_queries_answer_as_brute_force_does(filled, seed):
    rng = random.Random(seed)
    query = {rng.randrange(40): round(rng.uniform(0.1, 2), 3) for _ in range(rng.randint(1, 6))}
    points = filled.query_points("docs", vector(query), using="text", limit=25).points
    same(points, brute(query), 25)
    for point in points:
        assert point.payload == POINTS[point.id]["payload"]
        assert point.vector is None


def test_pages_join(filled):
    query = {1: 1.0, 2: 0.7, 3: 0.4}
    whole = filled.query_points("docs", vector(query), using="text", limit=60).points
    pages = [point for offset in range(0, 60, 20)
             for point in filled.query_points("docs", vector(query), using="text", limit=20, offset=offset).points]
    assert [point.id for point in pages] == [point.id for point in whole]


def test_vectors_and_parts_of_payloads_come_back(filled):
    points = filled.query_points("docs", vector({1: 1}), using="text", with_vectors=True, with_payload=["city"]).points
    assert points
    for point in points:
        expected = vector(POINTS[point.id]["text"])
        assert point.vector["text"].indices == expected.indices
        assert point.vector["text"].values == pytest.approx(expected.values)
        assert set(point.payload) <= {"city"}
    one = filled.query_points("docs", vector({1: 1}), using="text", limit=1, with_vectors=["title"], with_payload=False).points[0]
    assert set(one.vector) == {"title"}
    assert not one.payload
    less = filled.query_points(
        "docs", vector({1: 1}), using="text", limit=1,
        with_payload=models.PayloadSelectorExclude(exclude=["city", "tags"])).points[0]
    assert "price" in less.payload and "tags" not in less.payload


def test_a_score_threshold_cuts(filled):
    query = {1: 1.0, 2: 1.0}
    expected = [item for item in brute(query) if item[1] >= 2]
    points = filled.query_points("docs", vector(query), using="text", limit=200, score_threshold=2).points
    same(points, expected, 200)
    assert len(points) == len(expected)


def test_idf_counts_the_points_of_the_collection(filled):
    frequency = {index: sum(index in point["title"] for point in POINTS.values()) for index in range(10)}
    count = len(POINTS)
    weight = lambda index: math.log(1 + (count - frequency[index] + 0.5) / (frequency[index] + 0.5))
    query = {0: 1.0, 3: 0.5}
    points = filled.query_points("docs", vector(query), using="title", limit=30).points
    same(points, brute(query, "title", weight=weight), 30)


def test_weights_below_zero_lower_scores(filled):
    query = {1: 2.0, 2: -1.0}
    same(filled.query_points("docs", vector(query), using="text", limit=20).points, brute(query), 20)


def test_a_point_asks_with_its_own_vector(filled):
    name = next(iter(POINTS))
    query = POINTS[name]["text"]
    points = filled.query_points("docs", name, using="text", limit=10).points
    same(points, [item for item in brute(query) if item[0] != name], 10)


def test_batches_of_queries(filled):
    requests = [models.QueryRequest(query=vector({index: 1.0}), using="text", limit=5) for index in range(4)]
    answers = filled.query_batch_points("docs", requests)
    for index, answer in enumerate(answers):
        same(answer.points, brute({index: 1.0}), 5)


# Filters


def field(key, **condition):
    return models.FieldCondition(key=key, **condition)


FILTERS = {
    "match of a string": (models.Filter(must=[field("city", match=models.MatchValue(value="London"))]),
                          lambda p: p.get("city") == "London"),
    "match in a list": (models.Filter(must=[field("tags", match=models.MatchValue(value="a"))]), lambda p: "a" in p["tags"]),
    "match of a number": (models.Filter(must=[field("stock", match=models.MatchValue(value=-2))]), lambda p: p["stock"] == -2),
    "match of a Boolean": (models.Filter(must=[field("open", match=models.MatchValue(value=True))]), lambda p: p["open"]),
    "any": (models.Filter(must=[field("city", match=models.MatchAny(any=["Berlin", "Moscow"]))]),
            lambda p: p.get("city") in ("Berlin", "Moscow")),
    "except": (models.Filter(must=[field("city", match=models.MatchExcept(**{"except": ["Berlin"]}))]),
               lambda p: p.get("city", "Berlin") != "Berlin"),
    "range of fractions": (models.Filter(must=[field("price", range=models.Range(gt=-1, lte=9.5))]), lambda p: -1 < p["price"] <= 9.5),
    "range of whole numbers": (models.Filter(must=[field("stock", range=models.Range(gte=-1, lt=3))]), lambda p: -1 <= p["stock"] < 3),
    "range of dates": (models.Filter(must=[field("day", range=models.DatetimeRange(
        gte="2024-03-01T00:00:00Z", lt="2024-07-01T00:00:00Z"))]), lambda p: "2024-03" <= p["day"] < "2024-07"),
    "inside of an object": (models.Filter(must=[field("inner.level", match=models.MatchValue(value=2))]), lambda p: p["inner"]["level"] == 2),
    "is empty": (models.Filter(must=[models.IsEmptyCondition(is_empty=models.PayloadField(key="city"))]), lambda p: "city" not in p),
    "an empty list is empty": (models.Filter(must=[models.IsEmptyCondition(is_empty=models.PayloadField(key="tags"))]), lambda p: not p["tags"]),
    "is null": (models.Filter(must=[models.IsNullCondition(is_null=models.PayloadField(key="nothing"))]), lambda p: True),
    "a key that no point has": (models.Filter(must=[field("absent", match=models.MatchValue(value=1))]), lambda p: False),
    "and, or, not": (models.Filter(
        must=[field("open", match=models.MatchValue(value=True))],
        should=[field("city", match=models.MatchValue(value="Berlin")), field("stock", range=models.Range(gt=2))],
        must_not=[field("tags", match=models.MatchValue(value="d"))]),
        lambda p: p["open"] and (p.get("city") == "Berlin" or p["stock"] > 2) and "d" not in p["tags"]),
    "nested": (models.Filter(must=[models.Filter(should=[
        field("stock", match=models.MatchValue(value=0)), models.Filter(must_not=[field("open", match=models.MatchValue(value=False))])])]),
        lambda p: p["stock"] == 0 or p["open"]),
}


@pytest.mark.parametrize("name", FILTERS)
def test_filters_answer_as_brute_force_does(filled, name):
    condition, keep = FILTERS[name]
    expected = {key for key, point in POINTS.items() if keep(point["payload"])}
    assert filled.count("docs", count_filter=condition, exact=True).count == len(expected)
    found, _ = filled.scroll("docs", scroll_filter=condition, limit=1_000)
    assert {record.id for record in found} == expected
    query = {1: 1.0, 2: 0.5, 3: 0.5}
    points = filled.query_points("docs", vector(query), using="text", query_filter=condition, limit=20).points
    same(points, brute(query, keep=lambda point: keep(point["payload"])), 20)


def test_ids_filter(filled):
    names = list(POINTS)[:7]
    condition = models.Filter(must=[models.HasIdCondition(has_id=names)])
    assert {record.id for record in filled.scroll("docs", scroll_filter=condition, limit=100)[0]} == set(names)


# Lists


def test_scrolling_shows_each_point_once_in_order(filled):
    seen, offset = [], None
    while True:
        page, offset = filled.scroll("docs", limit=37, offset=offset, with_payload=False)
        seen += [record.id for record in page]
        if offset is None:
            break
    numbers = sorted(name for name in POINTS if isinstance(name, int))
    texts = sorted(name for name in POINTS if isinstance(name, str))
    assert seen == numbers + texts


def test_large_numbers_scroll_in_order(client):
    client.create_collection("large", vectors_config={}, sparse_vectors_config={"text": models.SparseVectorParams()})
    numbers = [2**64 - 1, 2**63, 2**63 - 1, 0, 17]
    client.upsert("large", [models.PointStruct(id=number, vector={"text": vector({1: 1})}) for number in numbers])
    assert [record.id for record in client.scroll("large")[0]] == sorted(numbers)
    client.delete_collection("large")


def test_points_are_read_by_ids(filled):
    names = list(POINTS)[5:10]
    records = filled.retrieve("docs", [*names, 999_999], with_vectors=True)
    assert [record.id for record in records] == names
    for record in records:
        assert record.payload == POINTS[record.id]["payload"]
        assert record.vector["title"].indices == vector(POINTS[record.id]["title"]).indices


def test_facets_count_values(filled):
    for key in ["city", "stock", "open", "tags"]:
        counts = {}
        for point in POINTS.values():
            values = point["payload"].get(key, [])
            for value in values if isinstance(values, list) else [values]:
                counts[value] = counts.get(value, 0) + 1
        hits = filled.facet("docs", key, limit=50).hits
        assert {hit.value: hit.count for hit in hits} == counts
        assert [hit.count for hit in hits] == sorted(counts.values(), reverse=True)
    condition = FILTERS["match of a Boolean"][0]
    hits = filled.facet("docs", "city", facet_filter=condition).hits
    assert sum(hit.count for hit in hits) == sum(p["payload"]["open"] and "city" in p["payload"] for p in POINTS.values())


# Changes, on a separate collection


@pytest.fixture
def changing(client):
    client.create_collection("changing", vectors_config={}, sparse_vectors_config={"text": models.SparseVectorParams()})
    client.upsert("changing", [
        models.PointStruct(id=number, vector={"text": vector({number % 3: 1.0})}, payload={"n": number, "keep": "yes"})
        for number in range(1, 10)])
    yield client
    client.delete_collection("changing")


def payloads(client):
    return {record.id: record.payload for record in client.scroll("changing", limit=100)[0]}


def test_an_upsert_replaces_a_point(changing):
    changing.upsert("changing", [models.PointStruct(id=1, vector={"text": vector({7: 2.0})}, payload={"new": 1})])
    assert changing.count("changing").count == 9
    assert payloads(changing)[1] == {"new": 1}
    assert [point.id for point in changing.query_points("changing", vector({7: 1}), using="text").points] == [1]
    assert changing.count("changing", count_filter=models.Filter(must=[field("n", match=models.MatchValue(value=1))])).count == 0


def test_a_batch_is_an_upsert_too(changing):
    changing.upsert("changing", models.Batch(
        ids=[20, 21], vectors={"text": [vector({1: 1}), vector({2: 1})]}, payloads=[{"n": 20}, {}]))
    assert payloads(changing)[20] == {"n": 20}
    assert changing.count("changing").count == 11


def test_points_without_a_vector_are_kept(changing):
    changing.upsert("changing", [models.PointStruct(id=30, vector={}, payload={"n": 30})])
    record = changing.retrieve("changing", [30], with_vectors=True)[0]
    assert record.payload == {"n": 30} and record.vector == {}
    assert changing.count("changing", count_filter=models.Filter(must=[field("n", match=models.MatchValue(value=30))])).count == 1
    found = changing.query_points("changing", vector({0: 1, 1: 1, 2: 1}), using="text", limit=100).points
    assert len(found) == 9 and 30 not in [point.id for point in found]
    changing.delete("changing", [30])
    assert changing.count("changing").count == 9


def test_payloads_are_set_replaced_and_cleared(changing):
    changing.set_payload("changing", {"keep": "no", "more": [1, 2]}, points=[1, 2])
    assert payloads(changing)[1] == {"n": 1, "keep": "no", "more": [1, 2]}
    assert changing.count("changing", count_filter=models.Filter(must=[field("more", match=models.MatchValue(value=2))])).count == 2
    changing.set_payload("changing", {"late": True}, points=models.Filter(must=[field("n", range=models.Range(gte=8))]))
    assert [name for name, payload in payloads(changing).items() if "late" in payload] == [8, 9]
    changing.overwrite_payload("changing", {"only": 1}, points=[3])
    assert payloads(changing)[3] == {"only": 1}
    changing.delete_payload("changing", ["keep"], points=[4])
    assert payloads(changing)[4] == {"n": 4}
    changing.clear_payload("changing", [5])
    assert not payloads(changing)[5]
    # The vectors have not changed.
    assert changing.retrieve("changing", [5], with_vectors=True)[0].vector["text"].indices == [5 % 3]


def test_points_are_deleted_by_ids_and_by_a_filter(changing):
    changing.delete("changing", [1, 2, 77])
    assert sorted(payloads(changing)) == [3, 4, 5, 6, 7, 8, 9]
    changing.delete("changing", models.Filter(must=[field("n", range=models.Range(lt=6))]))
    assert sorted(payloads(changing)) == [6, 7, 8, 9]
    assert {point.id for point in changing.query_points("changing", vector({0: 1, 1: 1, 2: 1}), using="text").points} == {6, 7, 8, 9}


@pytest.mark.parametrize("bad, words", [
    (dict(indices=[1, 1], values=[1.0, 2.0]), ["point", "twice"]),
    (dict(indices=[1], values=[-1.0]), ["weight"]),
    (dict(indices=[1, 2], values=[1.0]), ["indices"]),
])
def test_a_bad_vector_is_refused_whole(changing, bad, words):
    before = payloads(changing)
    with pytest.raises(UnexpectedResponse) as failure:
        changing.upsert("changing", [
            models.PointStruct(id=50, vector={"text": vector({1: 1})}),
            models.PointStruct(id=51, vector={"text": models.SparseVector.model_construct(**bad)})])
    assert failure.value.status_code == 400
    if words[0] != "point":
        assert words[-1].encode() in failure.value.content
    assert payloads(changing) == before


def test_an_unknown_vector_is_refused(changing):
    with pytest.raises(UnexpectedResponse) as failure:
        changing.upsert("changing", [models.PointStruct(id=50, vector={"nope": vector({1: 1})})])
    assert failure.value.status_code == 400
