#!/usr/bin/env python3
"""Runs one peer in a separate process, for compare.py. It builds or loads its indexes, then answers requests, one JSON
object per line. It runs in the virtual environment with the peers (README.md).

Requests: {"run": set, "k": 10, "setting": {...}} runs every query of the set twice and times the second pass, or only
so many, spread over the set, with "count"; {"floor": set} times a query of one rare term, which is the cost of a call
through Python; {"grid": k} lists the settings; {"release": true} unloads the indexes until the next request.
"""

import gc
import importlib.metadata
import json
import os
import sys
import time

for name in ("OMP_NUM_THREADS", "RAYON_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import numpy as np

from collection import CSR, Truth, bytes_of, latency, recall
from peers_java import ArcadeDB, Lucene
from peers_native import Kannolo, Seismic, SeismicDotVByte, Sindi


PEERS = {"seismic": Seismic, "seismic-dotvbyte": SeismicDotVByte, "sindi": Sindi, "kannolo": Kannolo,
         "lucene": Lucene, "arcadedb": ArcadeDB}
FLOOR = 1000  # calls that measure the cost of a call
WARM_SECONDS = 20


class Worker:
    def __init__(self, peer: str, options: dict):
        self.peer, self.options = PEERS[peer](), options
        self.documents = CSR(options["documents"], mapped=True)
        self.builds = self.peer.builds(self.documents.rows, options.get("builds"))
        self.sets, self.indexes, self.warmed = {}, {}, set()

    def base(self, build) -> str:
        name = "-".join(str(part) for part in build)
        return os.path.join(self.options["work"], f"{type(self.peer).__name__.lower()}-{name}")

    def make(self) -> list[dict]:
        """Builds missing indexes. The cost of a build is saved next to the index."""
        reports = []
        for build in self.builds:
            base, note = self.base(build), self.base(build) + ".json"
            if not os.path.exists(note):
                wall, processor = time.perf_counter(), time.process_time()
                self.peer.build(self.documents, build, base)
                report = {
                    "build": build, "seconds": time.perf_counter() - wall,
                    "cpu_seconds": time.process_time() - processor, "bytes": bytes_of(self.peer.file(base))}
                with open(note, "w") as file:
                    json.dump(report, file)
            with open(note) as file:
                reports.append(json.load(file) | {"file": self.peer.file(base)})
        return reports

    def open(self) -> None:
        for name, (queries, truth) in self.options["sets"].items():
            given = CSR(queries)
            prepared = [self.peer.prepare(number, *given.row(number)) for number in range(given.rows)]
            self.sets[name] = given, Truth(truth), prepared
        if not self.options.get("one"):
            for number in range(len(self.builds)):
                self.index(number)

    def index(self, number: int):
        """Returns an index, which it loads if necessary. Told to hold only one, it unloads the others first."""
        if number not in self.indexes:
            if self.options.get("one"):
                self.release()
            self.indexes[number] = self.peer.load(self.base(self.builds[number]), self.builds[number], self.documents)
        return self.indexes[number]

    def release(self) -> None:
        for index in self.indexes.values():
            getattr(self.peer, "close", lambda index: None)(index)
        self.indexes.clear()
        gc.collect()

    def grid(self, k: int) -> list[dict]:
        return [{"index": number} | setting for number, build in enumerate(self.builds)
                for setting in self.peer.grid(k, build)]

    def run(self, name: str, k: int, setting: dict, count=None) -> dict:
        queries, truth, prepared = self.sets[name]
        numbers = np.unique(np.linspace(0, queries.rows - 1, min(count or queries.rows, queries.rows)).astype(int))
        asked = [prepared[number] for number in numbers]
        call = self.peer.caller(self.index(setting["index"]), k, setting)
        self.warm(call, setting["index"], asked)
        answers = [self.peer.rows(call(query)) for query in asked]
        times, clock = [], time.perf_counter_ns
        gc.disable()
        used = time.thread_time_ns()
        for query in asked:
            before = clock()
            call(query)
            times.append(clock() - before)
        used = time.thread_time_ns() - used
        gc.enable()
        return latency(times) | {
            "cpu_us": used / 1e3 / len(times), "recall": recall(answers, queries, self.documents, truth, k, numbers)}

    def warm(self, call, number: int, asked) -> None:
        """Calls an index often enough, the first time, that a compiler at run time is done with it."""
        if number not in self.warmed:
            self.warmed.add(number)
            end = time.perf_counter() + WARM_SECONDS
            for at in range(getattr(self.peer, "warm", 0)):
                call(asked[at % len(asked)])
                if time.perf_counter() > end:
                    break

    def floor(self, name: str) -> dict:
        """Measures a call with almost no work: a query of one term that few documents have."""
        counts = np.zeros(self.documents.columns, np.int64)
        for first in range(0, len(self.documents.terms), 1 << 24):
            counts += np.bincount(self.documents.terms[first:first + (1 << 24)], minlength=len(counts))
        rare = int(np.argmin(np.where(counts > 0, counts, counts.max() + 1)))
        query = self.peer.prepare(0, np.array([rare], np.int32), np.array([1], np.float32))
        call = self.peer.caller(self.index(0), 10, self.peer.grid(10, self.builds[0])[0])
        for _ in range(getattr(self.peer, "warm", 0)):
            call(query)
        times = []
        for _ in range(FLOOR):
            before = time.perf_counter_ns()
            call(query)
            times.append(time.perf_counter_ns() - before)
        return latency(times)

    def cold(self, name: str, k: int, setting: dict) -> dict:
        """Measures the time from opening the index to the first answer, and the median of the next hundred. Call it in
        a new process."""
        given = CSR(self.options["sets"][name][0])
        prepared = [self.peer.prepare(number, *given.row(number)) for number in range(min(101, given.rows))]
        build = self.builds[setting["index"]]
        documents = self.documents
        begin = time.perf_counter()
        index = self.peer.load(self.base(build), build, documents)
        call = self.peer.caller(index, k, setting)
        call(prepared[0])
        first = time.perf_counter() - begin
        times = []
        for query in prepared[1:]:
            before = time.perf_counter_ns()
            call(query)
            times.append(time.perf_counter_ns() - before)
        return {"first_ms": first * 1e3, "next_p50_us": latency(times)["p50_us"]}


def main() -> None:
    # The libraries print to standard output, so it is redirected to standard error, and answers use the original.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    options = json.loads(sys.argv[2])
    worker = Worker(sys.argv[1], options)
    if "cold" in options:
        print(json.dumps(worker.cold(*options["cold"])), file=answers)
        return
    version = getattr(worker.peer, "version", None) or importlib.metadata.version(worker.peer.package)
    print(json.dumps({"version": version, "builds": worker.make()}), file=answers)
    if options.get("build_only"):
        return
    worker.open()
    print(json.dumps({"ready": True}), file=answers)
    for line in sys.stdin:
        request = json.loads(line)
        if "grid" in request:
            answer = worker.grid(request["grid"])
        elif "floor" in request:
            answer = worker.floor(request["floor"])
        elif "release" in request:
            answer = worker.release()
        else:
            answer = worker.run(request["run"], request["k"], request["setting"], request.get("count"))
        print(json.dumps(answer), file=answers)
    worker.release()
    os._exit(0)  # a virtual machine may wait for half a minute to shut down


main()
