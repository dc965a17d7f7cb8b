#!/usr/bin/env python3
"""Ends the service under load repeatedly, and checks that it kept every acknowledged write.

    durability.py SERVICE [--rounds 6] [--seconds 2] [--self-test]

Writers send batches of points and record each acknowledged batch. The service is ended with SIGTERM and SIGKILL in
turn. When it runs again, every recorded point must exist, with the payload of its last acknowledged write or of one
that was in progress, and no batch may be partial.
"""

import argparse
import os
import random
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path

from conftest import Service
from qdrant_client import models

WRITERS, BATCH, POINTS = 4, 8, 200


def write(service, writer, noted, tried, stop):
    """Each batch has one number, in all of its points."""
    client = service.client()
    rng = random.Random(writer)
    number = max(tried.values(), default=0)
    while not stop.is_set():
        number += 1
        group = rng.randrange(POINTS)
        tried[group] = number
        first = (writer * POINTS + group) * BATCH
        try:
            client.upsert("docs", [
                models.PointStruct(
                    id=first + index, vector={"text": models.SparseVector(indices=[group], values=[1.0])},
                    payload={"number": number}) for index in range(BATCH)])
        except Exception:
            if stop.is_set():
                return
            time.sleep(0.01)
            continue
        noted[group] = number


def check(service, noted, tried):
    client = service.client()
    problems = 0
    for writer in range(WRITERS):
        for group, last in tried[writer].items():
            first = (writer * POINTS + group) * BATCH
            found = client.retrieve("docs", list(range(first, first + BATCH)))
            numbers = {record.payload["number"] for record in found}
            least = noted[writer].get(group, 0)
            if not found and least == 0:
                continue
            if len(numbers) != 1 or len(found) != BATCH or not least <= min(numbers) <= last:
                print(f"writer {writer}, batch {group}: acknowledged {least}, tried {last}, found {sorted(numbers)} "
                      f"in {len(found)} of {BATCH} points")
                problems += 1
    return problems


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("service")
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--self-test", action="store_true", help="lose a point on purpose, and expect that it is noticed")
    options = parser.parse_args()
    os.environ["SPARSE_SERVICE"] = options.service
    problems = 0
    noted = [{} for _ in range(WRITERS)]
    tried = [{} for _ in range(WRITERS)]
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "test.sparse"
        service = Service(store)
        service.client().create_collection(
            "docs", vectors_config={}, sparse_vectors_config={"text": models.SparseVectorParams()})
        for turn in range(options.rounds):
            stop = threading.Event()
            writers = [threading.Thread(target=write, args=(service, writer, noted[writer], tried[writer], stop))
                       for writer in range(WRITERS)]
            for thread in writers:
                thread.start()
            time.sleep(options.seconds)
            how = signal.SIGKILL if turn % 2 else signal.SIGTERM
            status = service.end(how)
            stop.set()
            for thread in writers:
                thread.join()
            if how == signal.SIGTERM and status != 0:
                print(f"SIGTERM: exit status {status}")
                problems += 1
            service = Service(store)
            problems += check(service, noted, tried)
        if options.self_test:
            writer = next(number for number, one in enumerate(noted) if one)
            lost = (writer * POINTS + next(iter(noted[writer]))) * BATCH
            service.client().delete("docs", [lost])
            found = check(service, noted, tried)
            service.end()
            print(f"durability --self-test: {'a lost point is found' if found == 1 else 'a lost point is NOT found'}")
            return 0 if found == 1 and not problems else 1
        service.end()
    writes = sum(len(one) for one in noted)
    print(f"durability: {options.rounds} ends under load, {writes} batches of points checked, {problems} problem(s)")
    return 1 if problems or not writes else 0


if __name__ == "__main__":
    sys.exit(main())
