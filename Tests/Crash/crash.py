#!/usr/bin/env python3
"""Makes each call that changes a disk fail, and looks whether anything is lost. README.md beside this says how.

    Tests/Crash/crash.py                     every point
    Tests/Crash/crash.py --points 300        a random sample of them (SEED is printed; --seed repeats it)
    Tests/Crash/crash.py --only commit       one operation
    Tests/Crash/crash.py --self-test         a disk that lies, and a lost document, must be found
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import media
from faults import faults_at
from operations import Workshop
from points import Bench, Point, Violation

ROOT = Path(__file__).resolve().parent.parent.parent
BUILT = Path(os.environ.get("BUILT", ROOT / ".build/release"))


def all_points(bench: Bench, workshop: Workshop, only: str | None, seeds: int) -> list[Point]:
    points = []
    for operation in workshop.operations():
        if only in (None, operation.name):
            calls, seconds = bench.calls(operation)
            points += [Point(operation, fault, len(calls), seconds) for fault in faults_at(calls, seeds)]
    return points


def stratum(point: Point) -> tuple[str, str]:
    return point.operation.name, point.fault.kind.name


def sample(points: list[Point], count: int, chance: random.Random) -> list[Point]:
    """Points at random, of each operation and kind in turn, so that those with few are not left out."""
    turns: Counter = Counter()

    def turn(point: Point) -> int:
        turns[stratum(point)] += 1
        return turns[stratum(point)]

    return sorted(sorted(chance.sample(points, len(points)), key=turn)[:count], key=stratum)


def attempt(point: Point, bench: Bench) -> tuple[str, str | None]:
    """The outcome, and what is wrong if something is."""
    try:
        return point.run(bench), None
    except Violation as violation:
        return "WRONG", str(violation)


def run(points: list[Point], bench: Bench, workers: int) -> list[str]:
    """Prints a table of outcomes; returns what was wrong."""
    table: dict[tuple[str, str], Counter] = {}
    wrong, done = [], 0
    with ThreadPoolExecutor(workers) as pool:
        for point, (outcome, problem) in zip(points, pool.map(lambda point: attempt(point, bench), points)):
            table.setdefault(stratum(point), Counter())[outcome] += 1
            if (done := done + 1) % 500 == 0:
                print(f"crash: {done} of {len(points)} points", file=sys.stderr, flush=True)
            if problem:
                wrong.append(f"{point}: {problem}")
                print(f"crash: WRONG: {wrong[-1]}", file=sys.stderr, flush=True)
    for (operation, kind), outcomes in table.items():
        words = "; ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items()))
        print(f"{operation:17} {kind:12} {outcomes.total():5}  {words}")
    return wrong


def self_test(bench: Bench, workshop: Workshop) -> list[str]:
    """What was not noticed."""
    points = all_points(bench, workshop, "commit", seeds=2)
    chance = random.Random(1)
    cases = {
        "a disk that says it has synced and has not": (replace(bench, lies=True), "power"),
        "a lost document": (replace(bench, loses="old1"), "after"),
    }
    missed = []
    for name, (liar, kind) in cases.items():
        sample = [point for point in points if point.fault.kind.name == kind and point.fault.at > 8]
        sample = chance.sample(sample, min(30, len(sample)))
        if not any(attempt(point, liar)[1] for point in sample):
            missed.append(f"{name}: not noticed at {len(sample)} points")
    return missed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, help="how many, at random; all by default")
    parser.add_argument("--power-seeds", type=int, default=6, help="power cuts at each call")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000)
    parser.add_argument("--only", help="one operation")
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--self-test", action="store_true")
    options = parser.parse_args()
    if sys.platform != "linux":
        print("crash: the shim is for Linux; nothing was tried")
        return 0
    began = time.monotonic()
    # The faults are made up, so the medium does not matter; in memory nobody waits for real syncs.
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(prefix="crash-", dir=memory if memory.is_dir() else None) as work:
        shim = Path(work) / "fault.so"
        subprocess.run(
            [os.environ.get("CC", "cc"), "-O1", "-Wall", "-shared", "-fPIC", "-o", shim,
             Path(__file__).with_name("fault.c"), "-ldl", "-lpthread"], check=True)
        bench = Bench(Path(work), shim, BUILT / "crash-driver")
        workshop = Workshop(Path(work), BUILT / "sparsestore", BUILT / "crash-driver")
        if options.self_test:
            wrong, what = self_test(bench, workshop), "the planted faults were noticed"
        else:
            points = all_points(bench, workshop, options.only, options.power_seeds)
            count = len(points)
            if options.points and options.points < count:
                points = sample(points, options.points, random.Random(options.seed))
            wrong = run(points, bench, options.workers)
            if options.only is None:
                wrong += media.run(bench, workshop)
            what = f"{len(points)} of {count} points, nothing lost (seed {options.seed})"
    if wrong:
        print("\n".join(["crash: FAILED", *wrong]), file=sys.stderr)
        return 1
    print(f"crash: {what}, {time.monotonic() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
