#!/usr/bin/env python3
"""Fills up small real file systems while a command works: ext4 in a loop device, and tmpfs.

    Scripts/full-disk.py --points 12
    Scripts/full-disk.py --only merge --seed 7
    Scripts/full-disk.py --sample 4             runs 4 operations on each file system, with one amount of space each
    Scripts/full-disk.py --self-test

Each operation is tried with several amounts of free space. It must end with exit code 0 and be complete, or with exit
code 5, but only if there was less space than it needs. While the disk is still full, the store must be sound and answer
queries, with every earlier document and complete batches of new ones, and no other file may be left. Once there is
space, the same command must succeed.

Needs permission to mount. A file system that cannot be mounted here is skipped, and the script reports it.
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

TOOL = os.environ.get("SPARSESTORE", ".build/release/sparsestore")
SUCCESS, DISK_FULL, BUSY = 0, 5, 6
SIZE = 64 << 20


class CannotMount(Exception):
    pass


class Violation(Exception):
    pass


class Disk:
    """A small file system, mounted while the context lasts."""

    def __init__(self, kind: str, work: Path):
        self.kind = kind
        self.folder = work / kind
        self.image = work / f"{kind}.image"

    def __enter__(self):
        self.folder.mkdir()
        if self.kind == "tmpfs":
            mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "full-disk", self.folder]
        else:
            with self.image.open("wb") as image:
                image.truncate(SIZE)
            self._call(["mkfs.ext4", "-q", "-F", self.image])
            mount = ["mount", "-o", "loop", self.image, self.folder]
        self._call(mount)
        return self

    def __exit__(self, *_):
        if subprocess.run(["umount", self.folder], check=False).returncode != 0:
            subprocess.run(["umount", "-l", self.folder], check=False)

    def _call(self, words):
        try:
            done = subprocess.run(words, capture_output=True, text=True, check=False)
        except FileNotFoundError as missing:
            raise CannotMount(str(missing)) from None
        if done.returncode != 0:
            raise CannotMount(done.stderr.strip().split("\n")[0])

    def clear(self):
        for file in self.folder.iterdir():
            if file.is_file():
                file.unlink()
            elif file.name == "published":
                shutil.rmtree(file)

    def fill(self, left: int):
        """Fills the disk until about this many bytes are free."""
        volume = os.statvfs(self.folder)
        # Root may use the reserve of ext4, but not all of it, so check what was written.
        with (self.folder / "ballast").open("wb", buffering=0) as ballast:
            try:
                os.posix_fallocate(ballast.fileno(), 0, max(1, volume.f_bavail * volume.f_frsize - left))
            except OSError:
                pass
            if left == 0:
                piece = bytes(1 << 16)
                while piece:
                    try:
                        if ballast.write(piece) < len(piece):
                            piece = piece[: len(piece) // 2]
                    except OSError:
                        piece = piece[: len(piece) // 2]
                    ballast.seek(0, os.SEEK_END)
        os.sync()


    def used(self) -> int:
        volume = os.statvfs(self.folder)
        return (volume.f_blocks - volume.f_bfree) * volume.f_frsize


def run(*words) -> subprocess.CompletedProcess:
    return subprocess.run(
        [TOOL, *map(str, words)], capture_output=True, text=True, check=False, timeout=600,
        env={**os.environ, "SWIFT_BACKTRACE": "enable=no"})


def expect(statuses: tuple[int, ...], what: str, *words) -> int:
    ended = run(*words)
    if ended.returncode not in statuses:
        raise Violation(f"{what}: {words[0]} ended with {ended.returncode}: {ended.stderr.strip()[-300:]}")
    return ended.returncode


def documents(path: Path, chance: random.Random, first: int, count: int):
    with path.open("w") as file:
        for number in range(first, first + count):
            vector = {f"t{chance.randrange(2_000)}": round(chance.random() + 0.1, 3) for _ in range(40)}
            tokens = [[round(chance.gauss(0, 1), 3) for _ in range(16)] for _ in range(4)]
            file.write(json.dumps({"id": f"d{number}", "vector": vector, "multivector": tokens}) + "\n")


def export(store: Path, with_tokens: bool) -> dict[str, tuple]:
    """Returns the content of a store: the vector by id, and the token vectors if requested."""
    ended = run("export", store)
    if ended.returncode != SUCCESS:
        raise Violation(f"export of {store.name} ended with {ended.returncode}: {ended.stderr.strip()[-300:]}")
    lines = [json.loads(line) for line in ended.stdout.splitlines()]
    return {line["id"]: (line["vector"], line.get("multivector") if with_tokens else None) for line in lines}


def stats(store: Path) -> dict:
    ended = run("stats", store, "--json")
    if ended.returncode != SUCCESS:
        raise Violation(f"stats of {store.name} ended with {ended.returncode}: {ended.stderr.strip()[-300:]}")
    return json.loads(ended.stdout)


@dataclass(frozen=True)
class Operation:
    """A command, and the result that it must have if it succeeds."""

    # Takes the store or the new file on the full disk, and a folder elsewhere.
    words: Callable[[Path, Path], list]
    # The file that it writes, which begins as a copy of the base or does not exist.
    target: str = "store.sparse"
    # The file whose documents it loads, and the number of documents per commit.
    loads: str | None = None
    batch: int = 1 << 30
    removes: tuple[str, ...] = ()
    is_complete: Callable[[dict], bool] = lambda stats: True
    keeps_tokens: bool = True

    @property
    def begins_with_store(self) -> bool:
        return self.target == "store.sparse"


def is_merged(found: dict) -> bool:
    return len(found["segments"]) == 1


OPERATIONS = {
    "creation": Operation(
        lambda store, other: ["load", store, other / "more.jsonl", "--quiet", "--batch", "400"], target="new.sparse",
        loads="more", batch=400, is_complete=is_merged),
    "load": Operation(
        lambda store, other: ["load", store, other / "more.jsonl", "--quiet", "--batch", "400"], loads="more", batch=400,
        is_complete=is_merged),
    "load in one": Operation(
        lambda store, other: ["load", store, other / "more.jsonl", "--quiet", "--no-build", "--batch", "100000"],
        loads="more"),
    "merge": Operation(lambda store, other: ["build", store], is_complete=is_merged),
    "blocks": Operation(
        lambda store, other: ["build", store, "--blocks"],
        is_complete=lambda found: is_merged(found) and found["blocks"] is not None),
    "profile": Operation(
        lambda store, other: ["build", store, "--profile", "compact"],
        is_complete=lambda found: is_merged(found) and found["segments"][0]["profile"] == "compact"),
    "compact": Operation(
        lambda store, other: ["compact", store], is_complete=lambda found: found["free_bytes"] < found["live_bytes"] / 8),
    "backup": Operation(lambda store, other: ["backup", other / "base.sparse", store], target="copy.sparse"),
    "restore": Operation(lambda store, other: ["restore", other / "base.sparse", store], target="copy.sparse"),
    "repair": Operation(lambda store, other: ["repair", other / "base.sparse", "--to", store], target="copy.sparse"),
    "remove": Operation(lambda store, other: ["remove", store, "d1", "d2"], removes=("d1", "d2")),
    "encode": Operation(
        lambda store, other: ["load", store, other / "few.jsonl", "--quiet", "--codec", "int8"], loads="few",
        keeps_tokens=False,
        is_complete=lambda found: found["multivectors"]["codec"] == "int8" and found["multivectors"]["outdated"] == 0),
    "train": Operation(
        lambda store, other: ["load", store, other / "few.jsonl", "--quiet", "--codec", "pq32"], loads="few",
        keeps_tokens=False,
        is_complete=lambda found: found["multivectors"]["codec"] == "pq32" and found["multivectors"]["outdated"] == 0),
}


class Workshop:
    """The stores and files that operations begin with, and the space that each operation needs."""

    def __init__(self, other: Path, chance: random.Random):
        self.other = other
        documents(other / "base.jsonl", chance, 0, 2_000)
        documents(other / "more.jsonl", chance, 1_500, 2_000)
        documents(other / "few.jsonl", chance, 5_000, 20)
        for name in ("base", "more", "few"):
            expect((SUCCESS,), name, "load", other / f"{name}.sparse", other / f"{name}.jsonl", "--quiet", "--batch",
                   "150", "--no-build")
        self.documents = {
            tokens: {name: export(other / f"{name}.sparse", tokens) for name in ("base", "more", "few")}
            for tokens in (True, False)}
        self.needs: dict[tuple[str, str], int] = {}

    def begin(self, disk: Disk, operation: Operation) -> Path:
        disk.clear()
        target = disk.folder / operation.target
        if operation.begins_with_store:
            target.write_bytes((self.other / "base.sparse").read_bytes())
            expect((SUCCESS,), "the base", "stats", target)
        return target

    def need(self, disk: Disk, name: str) -> int:
        """Returns the maximum space that an operation takes, from one run with plenty of it."""
        if found := self.needs.get((disk.kind, name)):
            return found
        operation = OPERATIONS[name]
        target = self.begin(disk, operation)
        before = most = disk.used()
        is_done = threading.Event()

        def watch():
            nonlocal most
            while not is_done.wait(0.002):
                most = max(most, disk.used())

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            expect((SUCCESS,), f"{name} on {disk.kind} with space", *operation.words(target, self.other))
        finally:
            is_done.set()
            watcher.join()
        self.require_complete(name, target, f"{name} on {disk.kind} with space")
        self.needs[(disk.kind, name)] = max(most, disk.used()) - before
        return self.needs[(disk.kind, name)]

    def states(self, name: str) -> list[dict]:
        """Returns the contents that the target may have afterward. The last one is the complete result."""
        operation = OPERATIONS[name]
        known = self.documents[operation.keeps_tokens]
        before = dict(known["base"]) if operation.target != "new.sparse" else {}
        states = [before]
        if operation.loads:
            new = list(known[operation.loads].items())
            for end in range(operation.batch, len(new) + operation.batch, operation.batch):
                states.append({**before, **dict(new[:end])})
        if operation.removes:
            states.append({id: document for id, document in before.items() if id not in operation.removes})
        return states

    def require_complete(self, name: str, target: Path, what: str):
        operation = OPERATIONS[name]
        if export(target, operation.keeps_tokens) != self.states(name)[-1]:
            raise Violation(f"{what}: it succeeded, but documents are missing or wrong")
        if not operation.is_complete(found := stats(target)):
            raise Violation(f"{what}: it succeeded, but is not complete: {json.dumps(found)[:600]}")

    def require_state(self, name: str, target: Path, what: str):
        """Checks the content after a full disk: every earlier document, and complete batches of new ones."""
        operation = OPERATIONS[name]
        if operation.target == "copy.sparse":
            raise Violation(f"{what}: a partial copy was left")
        if export(target, operation.keeps_tokens) not in self.states(name):
            raise Violation(f"{what}: the documents are not those of complete batches")


MADE = {"store.sparse", "store.sparse-lock", "ballast", "lost+found", "new.sparse", "new.sparse-lock", "copy.sparse",
        "copy.sparse-lock"}
# The space that an operation needs differs from run to run, and the ballast is not exact either.
SLACK = 3 << 20


def try_operation(disk: Disk, name: str, left: int, workshop: Workshop) -> int:
    operation = OPERATIONS[name]
    what = f"{name} on {disk.kind} with {left} bytes left"
    need = workshop.need(disk, name)
    target = workshop.begin(disk, operation)
    disk.fill(left)
    words = operation.words(target, workshop.other)
    status = expect((SUCCESS, DISK_FULL), what, *words)
    if status == DISK_FULL and left > need * 5 // 4 + SLACK:
        raise Violation(f"{what}: it needs {need}, but reports that the disk is full")
    if found := {file.name for file in disk.folder.iterdir()} - MADE:
        raise Violation(f"{what}: left {', '.join(sorted(found))}")
    if target.exists():
        # There is no space for a lock file that was never created, which must not prevent reading.
        expect((SUCCESS,), what, "verify", target, "--deep")
        expect((SUCCESS,), what, "search", target, "--terms", '{"t1": 1}')
        if status == DISK_FULL:
            workshop.require_state(name, target, what)
    elif status == SUCCESS or operation.begins_with_store:
        raise Violation(f"{what}: ended with {status}, but there is no file")
    if status == SUCCESS:
        workshop.require_complete(name, target, what)
    (disk.folder / "ballast").unlink()
    if status == DISK_FULL:
        what = f"{what}, then freed"
        # Without a store there is no position to resume from.
        resumes = operation.loads and target.exists()
        expect((SUCCESS,), what, *words, *(["--resume"] if resumes else []))
        workshop.require_complete(name, target, what)
        expect((SUCCESS,), what, "verify", target, "--deep")
    return status


def try_without_lock_file(disk: Disk, other: Path):
    """Checks that a store without a lock file, and without space for one, can be read but not written."""
    disk.clear()
    store = disk.folder / "store.sparse"
    store.write_bytes((other / "base.sparse").read_bytes())
    disk.fill(0)
    what = f"without a lock file on a full {disk.kind}"
    copy, restored, repaired = (other / name for name in ("copy.sparse", "restored.sparse", "repaired.sparse"))
    for words in (["stats", store], ["search", store, "--terms", '{"t1": 1}'], ["verify", store, "--deep"],
                  ["get", store, "d3"], ["export", store], ["backup", store, copy], ["restore", store, restored],
                  ["repair", store, "--to", repaired]):
        Path(f"{store}-lock").unlink(missing_ok=True)
        expect((SUCCESS,), what, *words)
    for file in (copy, restored, repaired):
        expect((SUCCESS,), what, "verify", file)
        file.unlink()
    for words in (["remove", store, "d3"], ["build", store], ["load", store, other / "few.jsonl", "--quiet"],
                  ["compact", store]):
        Path(f"{store}-lock").unlink(missing_ok=True)
        expect((DISK_FULL,), what, *words)
    if found := {file.name for file in disk.folder.iterdir()} - MADE:
        raise Violation(f"without a lock file on a full {disk.kind}: left {', '.join(sorted(found))}")


def check(points: int, sample: int | None, seed: int, work: Path, only: str | None):
    other = work / "other"
    other.mkdir()
    chance = random.Random(seed)
    workshop = Workshop(other, chance)
    for kind in ("ext4", "tmpfs"):
        try:
            with Disk(kind, work) as disk:
                try_without_lock_file(disk, other)
                full = 0
                tried = 0
                names = [name for name in OPERATIONS if only in (None, name)]
                if sample is not None:
                    names = chance.sample(names, min(sample, len(names)))
                for name in names:
                    # Most amounts are too small, by a little or by a lot.
                    most = workshop.need(disk, name) * 5 // 4
                    amounts = [int(chance.random() * most) for _ in range(points - 1 if sample is None else 1)]
                    for left in amounts if sample is not None else [0, *amounts]:
                        full += try_operation(disk, name, left, workshop) == DISK_FULL
                        tried += 1
                print(f"full disk: {kind}: {tried} tries with seed {seed}, {full} of them without enough space; all as promised",
                      flush=True)
        except CannotMount as reason:
            print(f"full disk: {kind}: SKIPPED, it cannot be mounted here: {reason}", flush=True)


def self_test(work: Path):
    """Checks that leftover files, wrong exit codes, incomplete work and lost documents are reported."""
    try:
        with Disk("tmpfs", work) as disk:
            disk.fill(4_096)
            if os.statvfs(disk.folder).f_bavail * 4_096 > 1 << 16:
                sys.exit("full-disk: the disk was not filled")
            other = work / "other"
            other.mkdir()
            workshop = Workshop(other, random.Random(1))
            build = OPERATIONS["merge"]
            broken = {
                "a file that is left": Operation(
                    lambda store, other: ["backup", store, store.parent / "litter.sparse"]),
                "an exit code": Operation(lambda store, other: ["get", store, "absent"]),
                "half a work": Operation(lambda store, other: ["stats", store], is_complete=build.is_complete),
                "lost documents": Operation(lambda store, other: ["remove", store, "d7"]),
                "a missing batch": Operation(
                    lambda store, other: ["load", store, other / "few.jsonl", "--quiet"], loads="more", batch=400),
            }
            for name, operation in broken.items():
                OPERATIONS[name] = operation
                # Pretend that it was measured, because the measurement also checks.
                workshop.needs[(disk.kind, name)] = 1 << 20
                try:
                    try_operation(disk, name, 30 << 20, workshop)
                except Violation:
                    continue
                sys.exit(f"full-disk: {name} was not noticed")
            # A command that fails although there was space.
            workshop.needs[(disk.kind, "load")] = -SLACK
            try:
                try_operation(disk, "load", 1, workshop)
                sys.exit("full-disk: a full disk that was not full was not noticed")
            except Violation:
                pass
    except CannotMount as reason:
        print(f"full-disk: SKIPPED, tmpfs cannot be mounted here: {reason}")
    else:
        print("full-disk: every planted fault was noticed")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=3, help="amounts of space for each operation")
    parser.add_argument("--sample", type=int, help="the number of operations on each file system, with one amount of space each")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument("--only", choices=OPERATIONS)
    parser.add_argument("--self-test", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        if arguments.self_test:
            return self_test(Path(name))
        try:
            check(arguments.points, arguments.sample, arguments.seed, Path(name), arguments.only)
        except Violation as violation:
            sys.exit(f"FAILED: full disk, seed {arguments.seed}: {violation}")


if __name__ == "__main__":
    main()
