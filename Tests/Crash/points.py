"""One point: an operation, a fault in it, and what must be true afterward."""

import json
import os
import random
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from faults import STOPPED, KINDS, Fault
from model import State
from operations import Operation, copy_folder

SECONDS = 60  # a process that takes longer hangs


class Violation(Exception):
    """A promise that was not kept."""


def is_emptied(path: Path) -> bool:
    """Whether this is a folder whose file was moved to its place just before the stop, or before a call that failed.

    The record that is still in it lets the next command for that place remove the folder.
    """
    return path.is_dir() and {entry.name for entry in path.iterdir()} <= {"owner", "data-lock"}


def left_behind(folder: Path) -> set[str]:
    """The names of files that no operation is to leave."""
    expected = {name + suffix for name in ("store.sparse", "copy.sparse", "new.sparse") for suffix in ("", "-lock")}
    left = {path.name for path in folder.iterdir()} - expected - {"published"}
    return left | {f"published/{path.name}" for path in folder.glob("published/incoming/*")}


@dataclass(frozen=True)
class Ending:
    status: int
    acknowledged: int
    complaint: str


@dataclass(frozen=True)
class Bench:
    """What points are run with."""

    work: Path
    shim: Path
    driver: Path
    lies: bool = False  # the disk says that it has synced and has not
    loses: str | None = None  # a document that is lost on purpose

    def run(
        self, command: list[str], folder: Path, variables: dict[str, str] = {}, kill_after: float | None = None
    ) -> Ending:
        """Runs a command, with the shim if it gets variables, to its end or for so many seconds."""
        environment = os.environ | {"SWIFT_BACKTRACE": "enable=no"}
        if variables:
            environment |= {"LD_PRELOAD": str(self.shim), "FAULT_FOLDER": f"{folder}/"} | variables
            if self.lies:
                environment["FAULT_LIE"] = "1"
        process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            output, complaint = process.communicate(timeout=SECONDS if kill_after is None else kill_after)
            status = process.returncode
        except subprocess.TimeoutExpired:
            process.kill()
            output, complaint = process.communicate()
            if kill_after is None:
                raise Violation(f"{command[1]} hangs")
            status = STOPPED
        lines = output.splitlines()
        for line in lines:
            if line.startswith("problem "):
                raise Violation(line.removeprefix("problem "))
        acknowledged = sum(line.startswith("ok ") for line in lines)
        if status < 0 and status != STOPPED:
            raise Violation(f"{command[1]} is ended by signal {-status}: {complaint[-300:]}")
        return Ending(status, acknowledged, complaint.strip()[-300:])

    def calls(self, operation: Operation) -> tuple[list[str], float]:
        """The calls that an operation makes when nothing fails, and the seconds; it must end in its last state."""
        folder = self.work / "count"
        copy_folder(operation.base, folder)
        log = self.work / "calls"
        log.unlink(missing_ok=True)
        began = time.monotonic()
        ending = self.run(operation.arguments(operation.command, folder), folder, {"FAULT_LOG": str(log)})
        seconds = time.monotonic() - began
        if ending.status != 0:
            raise Violation(f"{operation.name} fails without a fault: {ending.complaint}")
        if self.target(operation, folder) != operation.states[-1]:
            raise Violation(f"{operation.name} without a fault does not end in the expected state")
        return log.read_text().split(), seconds

    def published(self, target: Path) -> State | None:
        """What the newest publication holds; every other must make a sound store too. Nil if there is none."""
        tool = self.driver.with_name("sparsestore")
        if not (target / "target").exists():
            return None
        listing = subprocess.run([tool, "publications", target, "--json"], capture_output=True, text=True, timeout=SECONDS)
        if listing.returncode != 0:
            raise Violation(f"the publications cannot be listed: {listing.stderr[-300:]}")
        state = None
        for line in listing.stdout.splitlines():
            generation = str(json.loads(line)["generation"])
            with tempfile.TemporaryDirectory(dir=self.work) as folder:
                copy = Path(folder) / "copy.sparse"
                follow = [tool, "follow", target, copy, "--once", "--at", generation]
                ending = subprocess.run(follow, capture_output=True, text=True, timeout=SECONDS)
                if ending.returncode != 0:
                    raise Violation(f"publication {generation} is not complete: {ending.stderr[-300:]}")
                state = self.seen(copy)
        return state

    def target(self, operation: Operation, folder: Path) -> State | None:
        """What the target of an operation holds; nil if it is not there."""
        path = folder / operation.target
        if operation.is_published:
            return self.published(path)
        if not operation.is_copy or not path.exists():
            return self.seen(path)
        with tempfile.TemporaryDirectory(dir=self.work) as elsewhere:
            return self.seen(Path(shutil.copy(path, elsewhere)))

    def seen(self, store: Path) -> State | None:
        """What a store holds, after a thorough check, which also writes to it; nil if it is not there."""
        if not store.exists():
            return None
        ending = subprocess.run(
            [self.driver, "check", store], capture_output=True, text=True, timeout=SECONDS,
            env=os.environ | {"SWIFT_BACKTRACE": "enable=no"})
        state = {}
        for line in ending.stdout.splitlines():
            kind, _, text = line.partition(" ")
            if kind == "problem":
                raise Violation(text)
            state[text.partition("\t")[0]] = text
        if ending.returncode != 0:
            raise Violation(f"the store does not open or is damaged ({ending.returncode}): {ending.stderr[-300:]}")
        return state


@dataclass(frozen=True)
class Point:
    operation: Operation
    fault: Fault
    calls: int
    seconds: float  # that the operation takes

    def run(self, bench: Bench) -> str:
        """Runs the fault, then checks, finishes the operation and checks again. Returns the outcome in a few words."""
        folder = bench.work / f"point-{os.getpid()}-{id(self)}"
        copy_folder(self.operation.base, folder)
        try:
            if self.fault.is_kill:
                ending = bench.run(self.command(folder), folder, kill_after=self.seconds * self.chance.random())
            else:
                ending = bench.run(self.command(folder), folder, self.fault.environment())
            outcome = self.judge(ending)
            if bench.loses:
                tool = str(bench.driver.with_name("sparsestore"))
                bench.run([tool, "remove", f"{folder}/store.sparse", bench.loses], folder)
            reached = self.check(bench, folder, *self.bounds(ending))
            self.finish(bench, folder, reached)
            return outcome + self.place(reached, ending)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    @property
    def chance(self) -> random.Random:
        """The same for the same point."""
        return random.Random(f"{self}")

    def command(self, folder: Path, again: bool = False) -> list[str]:
        words = self.operation.retry if again and self.operation.retry else self.operation.command
        return self.operation.arguments(words, folder)

    def judge(self, ending: Ending) -> str:
        kind = self.fault.kind
        if ending.status == 0:
            return "done"
        if kind.stops and ending.status == STOPPED:
            return "stopped"
        if ending.status in kind.statuses:
            return f"exit {ending.status}"
        raise Violation(f"{kind.name} ends with {ending.status}: {ending.complaint}")

    def bounds(self, ending: Ending) -> tuple[int, int]:
        """The first and the last state that may be seen."""
        operation, last = self.operation, len(self.operation.states) - 1
        if not operation.acknowledges:
            return (last if ending.status == 0 else 0), last
        may_lose = operation.is_weak and self.fault.kind.name in ("power", "gate")
        return 0 if may_lose else ending.acknowledged, min(ending.acknowledged + 1, last)

    def place(self, reached: int, ending: Ending) -> str:
        """How the state that is seen lies to what was acknowledged."""
        if reached < 0:
            return ", none yet"
        if not self.operation.acknowledges:
            return ""
        lead = reached - ending.acknowledged
        return f", {-lead} fewer" if lead < 0 else ", one more" if lead else ", as acknowledged"

    def check(self, bench: Bench, folder: Path, first: int, last: int) -> int:
        """The state that is seen, -1 for no store."""
        operation = self.operation
        if operation.source and bench.seen(folder / operation.source) != operation.states[0]:
            raise Violation("the store that was only read has changed")
        seen = bench.target(operation, folder)
        if seen is None:
            if operation.is_new and first == 0:
                return -1
            raise Violation("the store is gone")
        # States may be equal: the latest that is allowed counts.
        if seen in operation.states[first : last + 1]:
            return max(number for number in range(first, last + 1) if operation.states[number] == seen)
        if seen in operation.states:
            raise Violation(f"state {operation.states.index(seen)} is seen, but {first} to {last} were promised")
        raise Violation(f"{len(seen)} documents are seen, which no state has; {first} to {last} were promised")

    def finish(self, bench: Bench, folder: Path, reached: int):
        """Tries again without a fault, at times with another stop in between."""
        operation, last = self.operation, len(self.operation.states) - 1
        chance = self.chance
        if reached < last and chance.random() < 0.25:
            kind = chance.choice([kind for kind in KINDS if kind.name in ("before", "power")])
            again = Fault(kind, chance.randint(1, self.calls), chance.randint(1, 1 << 30))
            ending = bench.run(self.command(folder, again=True), folder, again.environment())
            if ending.status not in (0, STOPPED):
                raise Violation(f"a second stop ({again}) ends with {ending.status}: {ending.complaint}")
            is_loser = operation.is_weak and kind.name == "power"
            reached = self.check(bench, folder, 0 if is_loser else max(0, reached), last)
        is_in_place = operation.is_new and operation.source and reached == last
        is_repeated = (reached < last or last == 0) and not is_in_place
        if is_repeated:
            ending = bench.run(self.command(folder, again=True), folder)
            if ending.status != 0:
                raise Violation(f"trying again ends with {ending.status}: {ending.complaint}")
        self.check(bench, folder, last, last)
        left = left_behind(folder)
        if not is_repeated or operation.is_copy:
            left = {name for name in left if not is_emptied(folder / name)}
        if left:
            raise Violation(f"left behind: {', '.join(sorted(left))}")

    def __str__(self) -> str:
        return f"{self.operation.name}: {self.fault}"
