#!/usr/bin/env python3
"""Real file systems, small ones, that fill up while a command works: ext4 in a loop device, and tmpfs.

    Scripts/full-disk.py --points 12
    Scripts/full-disk.py --self-test

Each operation is tried with several amounts of space left. It must succeed, or end with exit code 5; the store must be
sound afterwards and answer, with the disk still full; and no other file may be left. Needs the right to mount: without it
the script says so and ends well.
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
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
        subprocess.run(["umount", self.folder], check=False)

    def _call(self, words):
        try:
            done = subprocess.run(words, capture_output=True, text=True, check=False)
        except FileNotFoundError as missing:
            raise CannotMount(str(missing)) from None
        if done.returncode != 0:
            raise CannotMount(done.stderr.strip())

    def clear(self):
        for file in self.folder.iterdir():
            if file.is_file():
                file.unlink()
            elif file.name == "published":
                shutil.rmtree(file)

    def fill(self, left: int):
        """Leaves about so many bytes."""
        volume = os.statvfs(self.folder)
        # Root may use the reserve of ext4, but not all of it: what is written tells.
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


# Each gets the store, a folder on the full disk and one elsewhere. The first argument says where the store lies.
OPERATIONS = {
    "creation": (False, lambda store, full, other: ["load", full / "new.sparse", other / "more.jsonl", "--quiet"]),
    "load": (True, lambda store, full, other: ["load", store, other / "more.jsonl", "--quiet", "--batch", "400"]),
    "load in one": (True, lambda store, full, other: ["load", store, other / "more.jsonl", "--quiet", "--no-build"]),
    "merge": (True, lambda store, full, other: ["build", store]),
    "blocks": (True, lambda store, full, other: ["build", store, "--blocks"]),
    "profile": (True, lambda store, full, other: ["build", store, "--profile", "compact"]),
    "compact": (True, lambda store, full, other: ["compact", store]),
    "backup": (False, lambda store, full, other: ["backup", other / "base.sparse", full / "copy.sparse"]),
    "restore": (False, lambda store, full, other: ["restore", other / "base.sparse", full / "copy.sparse"]),
    "repair": (False, lambda store, full, other: ["repair", other / "base.sparse", "--to", full / "copy.sparse"]),
    "publish": (False, lambda store, full, other: ["publish", other / "base.sparse", full / "published"]),
    "follow": (False, lambda store, full, other: ["follow", other / "published", full / "copy.sparse", "--once"]),
    "remove": (True, lambda store, full, other: ["remove", store, "d1", "d2"]),
    "encode": (True, lambda store, full, other: ["load", store, other / "few.jsonl", "--quiet", "--codec", "int8"]),
}
MADE = {"store.sparse", "store.sparse-lock", "ballast", "lost+found", "new.sparse", "new.sparse-lock", "copy.sparse",
        "copy.sparse-lock", "published"}


def try_operation(disk: Disk, name: str, left: int, other: Path) -> int:
    needs_store, words = OPERATIONS[name]
    what = f"{name} on {disk.kind} with {left} bytes left"
    disk.clear()
    store = disk.folder / "store.sparse"
    if needs_store:
        store.write_bytes((other / "base.sparse").read_bytes())
        expect((SUCCESS,), what, "stats", store)
    disk.fill(left)
    status = expect((SUCCESS, DISK_FULL), what, *words(store, disk.folder, other))
    if found := {file.name for file in disk.folder.iterdir()} - MADE:
        raise Violation(f"{what}: left {', '.join(sorted(found))}")
    made = [disk.folder / name for name in ("store.sparse", "new.sparse", "copy.sparse")]
    for file in filter(Path.exists, made):
        # A lock file that was never made finds no room, which must not stop reading.
        expect((SUCCESS,), what, "verify", file, "--deep")
        expect((SUCCESS,), what, "search", file, "--terms", '{"t1": 1}')
    (disk.folder / "ballast").unlink()
    if name == "publish":
        expect((SUCCESS,), f"{what}, then freed", *words(store, disk.folder, other))
        expect((SUCCESS,), what, "follow", disk.folder / "published", disk.folder / "copy.sparse", "--once")
        if any((disk.folder / "published/incoming").iterdir()):
            raise Violation(f"{what}: left files in 'incoming'")
    for file in filter(Path.exists, made):
        expect((SUCCESS,), f"{what}, then freed", "verify", file, "--deep")
    return status


def try_without_lock_file(disk: Disk, other: Path):
    """A store whose lock file is not there, and not a byte for one: it is read all the same, and not written."""
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


def check(points: int, seed: int, work: Path, only: str | None):
    other = work / "other"
    other.mkdir()
    chance = random.Random(seed)
    documents(other / "base.jsonl", chance, 0, 2_000)
    documents(other / "more.jsonl", chance, 1_500, 2_000)
    documents(other / "few.jsonl", chance, 5_000, 20)
    expect((SUCCESS,), "the base", "load", other / "base.sparse", other / "base.jsonl", "--quiet", "--batch", "150",
           "--no-build")
    expect((SUCCESS,), "the publication", "publish", other / "base.sparse", other / "published")
    for kind in ("ext4", "tmpfs"):
        try:
            with Disk(kind, work) as disk:
                try_without_lock_file(disk, other)
                full = 0
                tried = 0
                for name in [name for name in OPERATIONS if only in (None, name)]:
                    amounts = [0, *(int(chance.uniform(0, 1) ** 2 * (20 << 20)) for _ in range(points - 1))]
                    for left in amounts:
                        full += try_operation(disk, name, left, other) == DISK_FULL
                        tried += 1
                print(f"full disk: {kind}: {tried} tries with seed {seed}, {full} of them without room; all as promised")
        except CannotMount as reason:
            print(f"full disk: {kind}: not tried, nothing can be mounted here: {reason}")


def self_test(work: Path):
    """Files that are left, wrong exit codes and damage must be told."""
    try:
        with Disk("tmpfs", work) as disk:
            disk.fill(4_096)
            if os.statvfs(disk.folder).f_bavail * 4_096 > 1 << 16:
                sys.exit("full-disk: the disk was not filled")
            other = work / "other"
            other.mkdir()
            documents(other / "base.jsonl", random.Random(1), 0, 50)
            expect((SUCCESS,), "the base", "load", other / "base.sparse", other / "base.jsonl", "--quiet")
            OPERATIONS["litter"] = (True, lambda store, full, other: ["backup", store, full / "litter.sparse"])
            OPERATIONS["missing"] = (True, lambda store, full, other: ["get", store, "absent"])
            for name in ("litter", "missing"):
                try:
                    try_operation(disk, name, 30 << 20, other)
                except Violation:
                    continue
                sys.exit(f"full-disk: '{name}' was not noticed")
    except CannotMount as reason:
        print(f"full-disk: not tried, nothing can be mounted here: {reason}")
    else:
        print("full-disk: notices what it is to notice")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=3, help="amounts of space for each operation")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument("--only", choices=OPERATIONS)
    parser.add_argument("--self-test", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        if arguments.self_test:
            return self_test(Path(name))
        try:
            check(arguments.points, arguments.seed, Path(name), arguments.only)
        except Violation as violation:
            sys.exit(f"FAILED: full disk, seed {arguments.seed}: {violation}")


if __name__ == "__main__":
    main()
