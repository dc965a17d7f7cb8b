#!/usr/bin/env python3
"""Loads the service with wrk on loopback: searches and upserts together.

    load.py SERVICE [--points 50000] [--seconds 20] [--connections 8] [--pause MILLISECONDS] [--real-time]

Prints the latency of whole requests, measured by wrk, and the time of searches and commits in the store, from its
metrics. Needs wrk. Each connection pauses before its next request; without a pause, the machine is fully busy, and
requests mostly wait for a processor. `--real-time` gives both processes real-time priority, so that other work on the
machine matters little. It needs root and a pause, because Linux stops real-time processes that take all the time.
"""

import argparse
import os
import random
import re
import subprocess
import tempfile
import urllib.request
from pathlib import Path

from conftest import Service
from qdrant_client import models

HERE = Path(__file__).parent


def times(service):
    text = urllib.request.urlopen(service.url + "/metrics").read().decode()
    found = {}
    for name in ["search", "commit"]:
        for part in ["sum", "count"]:
            match = re.search(rf"^sparsestore_{name}_time_{part}\{{[^}}]*\}} (\S+)$", text, re.MULTILINE)
            found[name, part] = float(match[1]) if match else 0.0
    return found


def fill(client, count):
    client.create_collection("docs", vectors_config={}, sparse_vectors_config={"text": models.SparseVectorParams()})
    rng = random.Random(1)
    for start in range(0, count, 2_000):
        points = []
        for number in range(start, min(count, start + 2_000)):
            terms = {int(20_000 ** rng.random()): round(0.1 + 2 * rng.random(), 3) for _ in range(60)}
            points.append(models.PointStruct(
                id=number + 1, vector={"text": models.SparseVector(indices=list(terms), values=list(terms.values()))},
                payload={"n": number % 10}))
        client.upsert("docs", points)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("service")
    parser.add_argument("--points", type=int, default=50_000)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--pause", type=int, default=0)
    parser.add_argument("--real-time", action="store_true")
    options = parser.parse_args()
    os.environ["SPARSE_SERVICE"] = options.service
    with tempfile.TemporaryDirectory() as folder:
        service = Service(Path(folder) / "load.sparse")
        fill(service.client(), options.points)
        priority = ["chrt", "-r", "10"] if options.real_time else []
        if options.real_time:
            subprocess.run(["chrt", "-a", "-r", "-p", "10", str(service.process.pid)], check=True)
        print(f"load average {os.getloadavg()[0]:.1f}")
        for share in ["0", "0.1", "1"]:
            before = times(service)
            result = subprocess.run(
                [*priority, "wrk", "-t2", f"-c{options.connections}", f"-d{options.seconds}s", "--latency", "-s", HERE / "load.lua",
                 service.url],
                env={**os.environ, "UPSERTS": share, "PAUSE": str(options.pause)}, capture_output=True, text=True, check=True)
            after = times(service)
            line = {"0": "searches", "0.1": "nine searches, one upsert", "1": "upserts"}[share]
            latency = dict(re.findall(r"^\s+(50%|99%)\s+(\S+)$", result.stdout, re.MULTILINE))
            rate = re.search(r"Requests/sec:\s+(\S+)", result.stdout)[1]
            bad = re.search(r"Non-2xx.*", result.stdout)
            print(f"{line}: {rate} requests/s, p50 {latency.get('50%')}, p99 {latency.get('99%')}"
                  + (f"; {bad[0]}" if bad else ""))
            for name in ["search", "commit"]:
                count = after[name, "count"] - before[name, "count"]
                if count:
                    mean = (after[name, "sum"] - before[name, "sum"]) / count
                    print(f"    the store: {count:.0f} {name} calls, {mean * 1000:.3f} ms each on average")
        service.end()


if __name__ == "__main__":
    main()
