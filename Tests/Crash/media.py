"""Real media: a disk that is full, and one that cannot be written. Both need the right to mount."""

import subprocess
from contextlib import contextmanager
from pathlib import Path

from faults import DISK_FULL, IO
from model import Document, after
from operations import Workshop, copy_folder
from points import Bench, Violation


class CannotMount(Exception):
    pass


@contextmanager
def mounted(folder: Path, *steps: list[str]):
    """A folder with something mounted on it by these `mount` commands."""
    folder.mkdir(exist_ok=True)
    done = 0
    try:
        for step in steps:
            try:
                mount = subprocess.run(["mount", *step, str(folder)], capture_output=True, text=True)
            except FileNotFoundError as missing:
                raise CannotMount(str(missing))
            if mount.returncode != 0:
                raise CannotMount(mount.stderr.strip())
            done = 1
        yield folder
    finally:
        if done:
            subprocess.run(["umount", str(folder)], check=True)


def expect(status: int, bench: Bench, *command: str | Path) -> int:
    """Runs a command that is to end so; returns how many commits it acknowledged."""
    ending = bench.run([str(word) for word in command], bench.work)
    if ending.status != status:
        raise Violation(f"{command[1]} ends with {ending.status} instead of {status}: {ending.complaint}")
    return ending.acknowledged


def full_disk(bench: Bench, workshop: Workshop):
    """What was acknowledged stays; removing works on a full disk and makes room; a copy leaves nothing behind."""
    documents = [Document(f"large{number}", 3, 60_000) for number in range(60)]
    file, tool = workshop.file("filling", documents), workshop.sparsestore
    with mounted(bench.work / "full", ["-t", "tmpfs", "-o", "size=2m", "crash"]) as folder:
        store = folder / "store.sparse"
        count = expect(DISK_FULL, bench, bench.driver, "write", store, file, "0", "60")
        if not 0 < count < 60:
            raise Violation(f"{count} documents fill the disk")
        before = {path.name for path in folder.iterdir()}
        expect(DISK_FULL, bench, tool, "backup", store, folder / "copy.sparse")
        if left := {path.name for path in folder.iterdir()} - before:
            raise Violation(f"a copy that found no room leaves {', '.join(sorted(left))}")
        removed = [document.id for document in documents[: count // 2]]
        expect(0, bench, tool, "remove", store, *removed)
        state = after({}, documents[:count], removed)
        if bench.seen(store) != state:
            raise Violation("the disk was full, and the store is not what was acknowledged")
        expect(0, bench, bench.driver, "write", store, file, "0", "1")
        if bench.seen(store) != after(state, documents[:1]):
            raise Violation("a write after making room is not what is seen")


def read_only(bench: Bench, workshop: Workshop):
    """Reading works, writing is refused, and not a byte changes."""
    base, _ = workshop.base("read-only", [Document(f"old{number}", 1) for number in range(20)])
    folder = bench.work / "read-only"
    copy_folder(base, folder)
    store, tool = folder / "store.sparse", workshop.sparsestore
    bytes_before = store.read_bytes()
    with mounted(folder, ["--bind", str(folder)], ["-o", "remount,ro,bind"]):
        expect(0, bench, tool, "search", store, "--terms", '{"term1": 1}', "--recall", "exact")
        expect(0, bench, tool, "get", store, "old3")
        expect(0, bench, tool, "verify", store, "--deep")
        expect(IO, bench, tool, "remove", store, "old3")
        expect(IO, bench, tool, "build", store)
        expect(IO, bench, tool, "backup", store, folder / "copy.sparse")
        expect(0, bench, tool, "backup", store, bench.work / "elsewhere.sparse")
    if store.read_bytes() != bytes_before:
        raise Violation("a store on a read-only medium has changed")


def run(bench: Bench, workshop: Workshop) -> list[str]:
    """What was wrong."""
    wrong = []
    for name, scenario in {"full disk": full_disk, "read-only medium": read_only}.items():
        try:
            scenario(bench, workshop)
            print(f"{name}: as promised")
        except CannotMount as reason:
            print(f"{name}: not tried, nothing can be mounted here: {reason}")
        except Violation as violation:
            wrong.append(f"{name}: {violation}")
    return wrong
