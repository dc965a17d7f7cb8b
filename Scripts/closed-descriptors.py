#!/usr/bin/env python3
"""Runs random commands with some of the descriptors 0, 1 and 2 closed. No store may be damaged.

    Scripts/closed-descriptors.py --runs 1000 --seed 7
    Scripts/closed-descriptors.py --self-test

Output to a descriptor that was closed when the command started must not end up in a file. After each run the store is
verified completely, and searched for text that only messages contain.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

TOOL = os.environ.get("SPARSESTORE", ".build/release/sparsestore")
# Words of messages; none of them is in a document.
MESSAGES = [b"rejected line", b"rows were rejected", b"sparsestore:", b"segments left", b"check the ids"]


class Damage(Exception):
    pass


def documents(path: Path, chance: random.Random, first: int, count: int):
    """Writes JSON Lines, a few of which cannot be stored, so that commands print messages."""
    with path.open("w") as file:
        for number in range(first, first + count):
            if chance.random() < 0.05:
                file.write("not a document\n")
                continue
            vector = {f"t{chance.randrange(400)}": round(chance.random() + 0.1, 3) for _ in range(20)}
            file.write(json.dumps({"id": f"d{number}", "vector": vector, "content": "x" * chance.randrange(300)}) + "\n")


def run(words: list, closed: tuple[int, ...]) -> int:
    def close():
        for descriptor in closed:
            os.close(descriptor)

    with open(os.devnull, "r+b") as null:
        ended = subprocess.run(
            [TOOL, *map(str, words)], stdin=null, stdout=null, stderr=null, preexec_fn=close, timeout=300, check=False,
            env={**os.environ, "SWIFT_BACKTRACE": "enable=no"})
    return ended.returncode


def require_sound(store: Path, what: str):
    verified = subprocess.run(
        [TOOL, "verify", store, "--deep"], capture_output=True, text=True, check=False, timeout=300)
    if verified.returncode != 0:
        raise Damage(f"{what}: {verified.stdout.strip()} {verified.stderr.strip()}")
    for file in (store, Path(f"{store}-lock")):
        found = [word.decode() for word in MESSAGES if file.exists() and word in file.read_bytes()]
        if found:
            raise Damage(f"{what}: {file.name} holds the text of a message, {found}")


def command(chance: random.Random, folder: Path, store: Path, number: int) -> list:
    """Returns a command line. Some are wrong on purpose, because errors are messages too."""
    ids = [f"d{chance.randrange(3_000)}" for _ in range(3)]
    kind = chance.choice(
        ["load", "load", "load", "remove", "remove", "build", "compact", "tune", "search", "get", "export", "stats",
         "verify", "backup", "repair", "nonsense"])
    match kind:
        case "load":
            file = folder / "more.jsonl"
            documents(file, chance, chance.randrange(3_000), chance.randrange(1, 200))
            return ["load", store, file, "--batch", chance.randrange(1, 100)] + chance.choice([[], ["--no-build"]])
        case "remove" | "get":
            return [kind, store, *(ids if kind == "remove" else ids[:1])]
        case "search":
            return ["search", store, "--terms", json.dumps({f"t{chance.randrange(400)}": 1})]
        case "backup":
            return ["backup", store, folder / f"copy{number}"] + chance.choice([[], ["--plain"]])
        case "repair":
            return ["repair", store, "--to", folder / f"copy{number}"]
        case _:
            return [kind, store]


def check(runs: int, seed: int) -> str:
    """Runs the commands and returns a summary. Raises `Damage`."""
    chance = random.Random(seed)
    statuses: dict[int, int] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        store = folder / "store.sparse"
        for number in range(runs):
            if number % 100 == 0:
                for file in folder.iterdir():
                    file.unlink()
            words = command(chance, folder, store, number)
            closed = tuple(descriptor for descriptor in range(3) if chance.random() < 0.6)
            status = run(words, closed)
            what = f"run {number} of seed {seed}, {' '.join(map(str, words[:2]))} without {closed}"
            if status < 0 or status > 8:
                raise Damage(f"{what}: ended with {status}")
            statuses[status] = statuses.get(status, 0) + 1
            if store.exists():
                require_sound(store, what)
            copy = folder / f"copy{number}"
            if copy.exists():
                require_sound(copy, f"{what}, the copy")
                copy.unlink()
    return ", ".join(f"{count} ended with {status}" for status, count in sorted(statuses.items()))


def self_test():
    """Checks that a message in the file, and damage, are reported."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        store, file = folder / "store.sparse", folder / "some.jsonl"
        documents(file, random.Random(1), 0, 50)
        if run(["load", store, file], ()) != 0:
            sys.exit("closed-descriptors: cannot load")
        require_sound(store, "untouched")
        whole = store.read_bytes()
        for what, damaged in {
            "a message after the last page": whole + b"sparsestore: a message".ljust(4_096, b"\0"),
            "a message in the first pages": b"2 rows were rejected" + whole[20:],
            "a page of zeros": whole[:-8_192] + bytes(4_096) + whole[-4_096:],
        }.items():
            store.write_bytes(damaged)
            try:
                require_sound(store, what)
            except Damage:
                continue
            sys.exit(f"closed-descriptors: {what} was not noticed")
    print("closed-descriptors: every planted fault was noticed")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument("--self-test", action="store_true")
    arguments = parser.parse_args()
    if arguments.self_test:
        return self_test()
    try:
        done = check(arguments.runs, arguments.seed)
    except Damage as damage:
        sys.exit(f"FAILED: closed descriptors: {damage}")
    print(f"closed descriptors: {arguments.runs} runs with seed {arguments.seed}, no store damaged ({done})")


if __name__ == "__main__":
    main()
