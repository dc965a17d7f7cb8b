"""Tests the features of the service that Qdrant's API does not have."""

import http.server
import json
import shutil
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import pytest
from openapi_spec_validator import validate
from qdrant_client import models

from conftest import Service


def ask(url: str, body: dict | None = None, headers: dict | None = None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json", **(headers or {})})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.read().decode()


def fill(client, count=20):
    client.create_collection("docs", vectors_config={}, sparse_vectors_config={"text": models.SparseVectorParams()})
    client.upsert("docs", [
        models.PointStruct(id=number, vector={"text": models.SparseVector(indices=[1, 2], values=[number, 1])},
                           payload={"text": "x" * number}) for number in range(1, count + 1)])


@pytest.fixture(scope="module")
def filled(service):
    fill(service.client())
    return service


def test_the_description_is_valid_openapi(filled):
    validate(json.loads(ask(filled.url + "/openapi.json")))


def test_every_described_path_is_there(filled):
    described = json.loads(ask(filled.url + "/openapi.json"))["paths"]
    for path, item in described.items():
        for method in {"get", "put", "post"} & item.keys():
            url = filled.url + path.replace("{collection}", "docs").replace("{id}", "1")
            data = None if method == "get" else b"{}"
            request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method.upper())
            try:
                urllib.request.urlopen(request, timeout=30)
            except urllib.error.HTTPError as error:
                # An empty body may be refused; an unknown path has no details.
                assert "details" in json.loads(error.read()), f"{method} {path}"
                assert error.code != 405


def test_browsers_get_the_page(filled):
    assert "<h1>sparse-service</h1>" in ask(filled.url + "/", headers={"Accept": "text/html"})


BROWSER = shutil.which("chromium") or shutil.which("google-chrome")


@pytest.mark.skipif(not BROWSER, reason="no Chromium")
def test_the_page_searches_and_explains_in_a_browser(filled, tmp_path):
    asked = urllib.parse.urlencode({"collection": "docs", "terms": json.dumps({"1": 0.5, "2": 2})})
    page = subprocess.run(
        [BROWSER, "--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}",
         "--virtual-time-budget=10000", "--dump-dom", f"{filled.url}/?{asked}"],
        capture_output=True, text=True, timeout=120, check=True).stdout
    assert "10 hits; the store took" in page
    # The best hit: its id and score, and what each term contributes to it.
    assert "<strong>20</strong>" in page and "12.0000" in page
    assert "0.500 x 20.000 = 10.000" in page and "2.000 x 1.000 = 2.000" in page


def test_an_explanation_adds_up(filled):
    body = {"query": {"indices": [1, 2], "values": [0.5, 2]}, "limit": 3}
    result = json.loads(ask(filled.url + "/collections/docs/points/explain", body))["result"]
    assert [point["id"] for point in result["points"]] == [20, 19, 18]
    for point in result["points"]:
        assert sum(part["product"] for part in point["contributions"]) == pytest.approx(point["score"], rel=1e-5)
    assert result["store_ms"] > 0
    assert result["plan"]


def test_errors_are_json_with_a_remedy(filled):
    with pytest.raises(urllib.error.HTTPError) as failure:
        ask(filled.url + "/collections/docs/points/query", {"query": {"indices": [1], "values": [1]}, "limit": 0})
    body = json.loads(failure.value.read())
    assert failure.value.code == 400
    assert body["details"]["code"] == "invalidArgument"
    assert body["details"]["remedy"]
    with pytest.raises(urllib.error.HTTPError) as failure:
        ask(filled.url + "/collections/docs/points/query", {"limit": "many"})
    assert "limit" in json.loads(failure.value.read())["status"]["error"]


def test_metrics_are_those_of_the_store(filled):
    ask(filled.url + "/collections/docs/points/query", {"query": {"indices": [1], "values": [1]}})
    text = ask(filled.url + "/metrics")
    assert 'sparsestore_searches{store="test.sparse"}' in text
    assert 'sparsestore_commit_time_count{store="test.sparse"}' in text


def test_a_request_is_traced_down_to_the_store(tmp_path):
    trace = tmp_path / "trace.jsonl"
    service = Service(tmp_path / "t.sparse", "--trace", str(trace))
    fill(service.client())
    ask(service.url + "/collections/docs/points/query", {"query": {"indices": [1], "values": [1]}})
    assert service.end() == 0
    spans = [json.loads(line) for line in trace.read_text().splitlines()]
    search = [span for span in spans if span["name"] == "sparsestore.search"][-1]
    parent = [span for span in spans if span["span"] == search["parent"]]
    assert parent and parent[0]["trace"] == search["trace"]
    assert search["sparsestore.hits"] == "10"


def test_copies_are_made_and_the_oldest_deleted(tmp_path):
    folder = tmp_path / "copies"
    service = Service(tmp_path / "t.sparse", "--backups", str(folder), "--backup-every", "1", "--backups-kept", "2")
    fill(service.client())
    seen = set()
    end = time.monotonic() + 60
    while len(seen) < 4 and time.monotonic() < end:
        seen |= {path.name for path in folder.glob("*.sparse")}
        time.sleep(0.1)
    assert len(seen) >= 4
    service.end()
    copies = sorted(folder.glob("*.sparse"))
    assert len(copies) <= 3
    restored = Service(copies[-1])
    assert restored.client().count("docs").count == 20
    restored.end()


class Model(http.server.BaseHTTPRequestHandler):
    """A cross-encoder that prefers short texts, with the interface of text-embeddings-inference."""

    delay = 0.0

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        time.sleep(self.delay)
        scores = [{"index": index, "score": -float(len(text))} for index, text in enumerate(body["texts"])]
        answer = json.dumps(scores).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


def test_a_model_has_the_last_word_unless_it_is_late(tmp_path):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Model)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    service = Service(tmp_path / "t.sparse", "--reranker", f"http://127.0.0.1:{server.server_port}")
    fill(service.client())
    body = {"query": {"indices": [1], "values": [1]}, "limit": 3, "with_payload": True,
            "rerank": {"text": "anything", "field": "text", "candidates": 10, "deadline_ms": 20_000}}
    url = service.url + "/collections/docs/points/query"
    result = json.loads(ask(url, body))["result"]
    assert [point["id"] for point in result["points"]] == [11, 12, 13]
    assert result["points"][0]["payload"] == {"text": "x" * 11}
    assert "fallback" not in result
    Model.delay = 5
    body["rerank"]["deadline_ms"] = 100
    result = json.loads(ask(url, body))["result"]
    assert [point["id"] for point in result["points"]] == [20, 19, 18]
    assert "deadlinePassed" in result["fallback"]
    service.end()
    server.shutdown()


def test_the_environment_configures_the_store(tmp_path):
    service = Service(tmp_path / "t.sparse", environment={"SPARSESTORE_PROFILE": "compact"})
    fill(service.client())
    assert service.client().count("docs").count == 20
    assert service.end() == 0
    with pytest.raises(AssertionError):
        Service(tmp_path / "u.sparse", environment={"SPARSESTORE_PROFILE": "slow"})
