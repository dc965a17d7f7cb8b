"""Starts the service for the tests. SPARSE_SERVICE names the executable."""

import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest
from qdrant_client import QdrantClient


class Service:
    """A running service over one file."""

    def __init__(self, store: Path, *options: str, environment: dict | None = None):
        self.store = store
        command = [os.environ["SPARSE_SERVICE"], "--store", str(store), "--port", "0", *options]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env={**os.environ, **(environment or {})})
        line = self.process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:(\d+)", line)
        assert found, f"the service did not print its address: {line!r}"
        self.port = int(found[1])
        self.url = f"http://127.0.0.1:{self.port}"

    def client(self) -> QdrantClient:
        return QdrantClient(host="127.0.0.1", port=self.port, prefer_grpc=False, timeout=30)

    def end(self, how: int = signal.SIGTERM) -> int:
        self.process.send_signal(how)
        return self.process.wait(timeout=30)


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    running = Service(tmp_path_factory.mktemp("service") / "test.sparse")
    yield running
    assert running.end() == 0


@pytest.fixture
def client(service):
    return service.client()
