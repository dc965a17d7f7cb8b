"""The kinds of fault that fault.c knows, and which calls each makes sense at."""

from dataclasses import dataclass
from signal import SIGKILL

WRITES, SYNCS = {"write"}, {"fsync", "fdatasync"}
STOPPED = -SIGKILL  # how a process that was stopped ends
DISK_FULL, IO = 5, 7  # `sparsestore --help`


@dataclass(frozen=True)
class Kind:
    name: str
    stops: bool  # the process ends there; otherwise the call fails and the process goes on
    calls: frozenset[str] | None = None  # None: at any
    statuses: tuple[int, ...] = ()  # how a process may end that gives up
    is_random: bool = False  # other seeds are other points


KINDS = [
    Kind("before", True),
    Kind("after", True),
    Kind("torn", True, frozenset(WRITES)),
    Kind("power", True, is_random=True),
    # SIGKILL at a random moment, without the shim.
    Kind("kill", True, frozenset(), is_random=True),
    Kind("eio", False, statuses=(IO,)),
    Kind("eio-ever", False, statuses=(IO,)),
    Kind("enospc", False, statuses=(DISK_FULL,)),
    Kind("enospc-ever", False, statuses=(DISK_FULL,)),
    # A short write does not say why: with space left on the disk it counts as an input/output error.
    Kind("short", False, frozenset(WRITES), (DISK_FULL, IO)),
    Kind("gate", False, frozenset(SYNCS), (IO,)),
]


@dataclass(frozen=True)
class Fault:
    kind: Kind
    at: int
    seed: int = 1

    def environment(self) -> dict[str, str]:
        return {"FAULT_KIND": self.kind.name, "FAULT_AT": str(self.at), "FAULT_SEED": str(self.seed)}

    @property
    def is_kill(self) -> bool:
        return self.kind.name == "kill"

    def __str__(self) -> str:
        return f"{self.kind.name} at {self.at}" + (f" seed {self.seed}" if self.kind.is_random else "")


def faults_at(calls: list[str], seeds: int) -> list[Fault]:
    """All faults of an operation that makes these calls: `seeds` power cuts at each, and a kill for each in all."""
    kill = next(kind for kind in KINDS if kind.name == "kill")
    return [Fault(kill, 0, seed) for seed in range(1, len(calls) + 1)] + [
        Fault(kind, at, seed)
        for kind in KINDS
        for at, call in enumerate(calls, 1)
        if kind.calls is None or call in kind.calls
        for seed in range(1, (seeds if kind.is_random else 1) + 1)
    ]
