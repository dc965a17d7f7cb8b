#!/usr/bin/env python3
"""Runs random commands of several processes on one store, and kills, stops and interrupts them at random.

    Scripts/killed-processes.py --seconds 1800 --processes 3 --seed 7
    Scripts/killed-processes.py --self-test

Each process adds and removes documents of its own. Every few seconds all of them pause. Then the store must be sound, it
must hold each document whose load was acknowledged and none whose removal was, and a transaction that was killed must have
happened completely or not at all.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

TOOL = os.environ.get("SPARSESTORE", ".build/release/sparsestore")
# Done, busy, interrupted, killed, and ended by SIGTERM before the command handles it.
EXPECTED = {0, 6, 8, -signal.SIGKILL, -signal.SIGTERM}
ROUND = 10


class Broken(Exception):
    pass


def tool(*words, **options) -> subprocess.CompletedProcess:
    return subprocess.run([TOOL, *map(str, words)], capture_output=True, text=True, timeout=600, check=False, **options)


class Worker:
    """One process at a time on the store, and what it has been told about its documents."""

    def __init__(self, number: int, store: Path, seed: int):
        self.number, self.store = number, store
        self.chance = random.Random(seed * 1_000 + number)
        self.present: set[str] = set()
        # Documents that one transaction added or removed, unless it was killed before its end.
        self.doubtful: list[set[str]] = []
        self.added = 0
        self.endings: dict[int, int] = {}

    def input(self, count: int) -> tuple[set[str], str]:
        lines = {}
        for _ in range(count):
            identifier = f"w{self.number}-{self.added}"
            self.added += 1
            vector = {f"t{self.chance.randrange(300)}": round(self.chance.random() + 0.1, 3) for _ in range(20)}
            lines[identifier] = json.dumps({"id": identifier, "vector": vector, "content": "x" * 200})
        return set(lines), "\n".join(lines.values()) + "\n"

    def step(self):
        kind = self.chance.choice(["load"] * 6 + ["remove"] * 2 + ["build", "blocks", "compact", "search", "stats", "backup"])
        changed: set[str] = set()
        text = None
        match kind:
            case "load":
                changed, text = self.input(self.chance.randrange(1, 120))
                words = ["load", self.store, "-", "--batch", 1_000, *self.chance.choice([[], ["--no-build"]])]
            case "remove":
                changed = set(self.chance.sample(sorted(self.present), min(len(self.present), self.chance.randrange(1, 40))))
                if not changed:
                    return
                words = ["remove", self.store, *sorted(changed)]
            case "blocks":
                words = ["build", self.store, "--blocks"]
            case "search":
                words = ["search", self.store, "--terms", '{"t1": 1, "t2": 1}']
            case "backup":
                words = ["backup", self.store, self.store.parent / f"backup-{self.number}-{self.added}-{time.monotonic_ns()}"]
            case _:
                words = [kind, self.store]
        status = self.run([TOOL, *map(str, words)], text)
        self.endings[status] = self.endings.get(status, 0) + 1
        if changed and status == 0:
            self.present = self.present | changed if kind == "load" else self.present - changed
        elif changed:
            self.present -= changed
            self.doubtful.append(changed)

    def run(self, command: list[str], text: str | None) -> int:
        with tempfile.TemporaryFile("w+") as file, tempfile.TemporaryFile("w+") as complaint:
            file.write(text or "")
            file.seek(0)
            process = subprocess.Popen(command, stdin=file, stdout=subprocess.DEVNULL, stderr=complaint)
            fate = self.chance.random()
            if fate < 0.6:
                time.sleep(self.chance.random() ** 2 * 0.6)
                if fate < 0.3:
                    process.kill()
                elif fate < 0.4:
                    process.terminate()
                else:
                    process.send_signal(signal.SIGSTOP)
                    time.sleep(self.chance.random())
                    process.send_signal(signal.SIGKILL if fate < 0.45 else signal.SIGCONT)
            status = process.wait(timeout=600)
            if status not in EXPECTED:
                complaint.seek(0)
                raise Broken(f"{command[1]} ended with {status}: {complaint.read().strip()[-300:]}")
            return status


def check(store: Path, workers: list[Worker]):
    """Compares the store with what was acknowledged. What is in doubt is settled by what is there."""
    verified = tool("verify", store, "--deep")
    if verified.returncode != 0:
        raise Broken(f"verify: {verified.stdout.strip()[-500:]} {verified.stderr.strip()[-300:]}")
    exported = tool("export", store)
    if exported.returncode != 0:
        raise Broken(f"export: {exported.stderr.strip()}")
    stored = {json.loads(line)["id"] for line in exported.stdout.splitlines()}
    known = {"first"}
    for worker in workers:
        if lost := worker.present - stored:
            raise Broken(f"{len(lost)} acknowledged documents are gone, such as {min(lost)}")
        for changed in worker.doubtful:
            if changed & stored not in (set(), changed):
                raise Broken(f"a transaction of {len(changed)} documents left {len(changed & stored)} of them")
            worker.present |= changed & stored
        worker.doubtful = []
        known |= worker.present
    if stored - known:
        raise Broken(f"{len(stored - known)} documents are there that were removed, such as {min(stored - known)}")
    for file in store.parent.iterdir():
        if file.name.startswith("backup-") and not file.name.endswith("-lock"):
            if file.is_file() and tool("verify", file).returncode != 0:
                raise Broken(f"a backup is not sound: {file.name}")
            if file.is_file():
                file.unlink()


def work(worker: Worker, end: float, failures: list):
    try:
        while time.monotonic() < end and not failures:
            worker.step()
    except Exception as failure:
        failures.append(failure)


def run(seconds: int, processes: int, seed: int) -> str:
    with tempfile.TemporaryDirectory() as name:
        store = Path(name) / "shared.sparse"
        tool("load", store, "-", input='{"id": "first", "vector": {"first": 1}}\n')
        workers = [Worker(number, store, seed) for number in range(processes)]
        end = time.monotonic() + seconds
        rounds = 0
        while time.monotonic() < end:
            failures: list = []
            threads = [
                threading.Thread(target=work, args=(worker, min(end, time.monotonic() + ROUND), failures))
                for worker in workers]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            for failure in failures:
                raise failure
            check(store, workers)
            rounds += 1
        endings: dict[int, int] = {}
        for worker in workers:
            for status, count in worker.endings.items():
                endings[status] = endings.get(status, 0) + count
        present = sum(len(worker.present) for worker in workers)
    told = ", ".join(f"{count} ended with {status}" for status, count in sorted(endings.items()))
    return f"{rounds} checks, {present} documents at the end ({told})"


def self_test():
    """A lost document, a removed one that is back, and half a transaction must be noticed."""
    with tempfile.TemporaryDirectory() as name:
        store = Path(name) / "store.sparse"
        worker = Worker(0, store, 1)
        ids, text = worker.input(20)
        if tool("load", store, "-", input=text).returncode != 0:
            sys.exit("killed-processes: cannot load")
        worker.present = set(ids)
        check(store, [worker])
        for what, present, doubtful in [
            ("a lost document", ids | {"w0-99"}, []),
            ("a document that is back", ids - {"w0-3"}, []),
            ("half a transaction", ids - {"w0-3"}, [{"w0-3", "w0-98"}]),
        ]:
            worker.present, worker.doubtful = set(present), doubtful
            try:
                check(store, [worker])
            except Broken:
                continue
            sys.exit(f"killed-processes: {what} was not noticed")
    print("killed-processes: every planted fault was noticed")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--processes", type=int, default=3)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument("--self-test", action="store_true")
    arguments = parser.parse_args()
    if arguments.self_test:
        return self_test()
    try:
        done = run(arguments.seconds, arguments.processes, arguments.seed)
    except (Broken, subprocess.TimeoutExpired) as broken:
        sys.exit(f"FAILED: killed processes, seed {arguments.seed}: {broken}")
    print(f"killed processes: {arguments.seconds} s with seed {arguments.seed}, nothing lost: {done}")


if __name__ == "__main__":
    main()
