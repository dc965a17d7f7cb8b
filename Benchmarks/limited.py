#!/usr/bin/env python3
"""Compares searches with less memory than the size of the store with the same searches with enough. Needs root, for
cgroups.

    Benchmarks/limited.py --binary .build/release/sparsestore --store made.sparse --queries queries.csr --truth gt.bin

The page cache of the file is dropped. Then a process whose memory, including page cache, is limited to a share of the
file runs all queries twice. The first pass reads everything for the first time and checks it; the second reads again
what did not fit. Works with versions 1 and 2 of cgroups.
"""

import argparse
import json
import os
import subprocess
import sys
import uuid

from collection import evict

UNIFIED = "/sys/fs/cgroup"
LEGACY = "/sys/fs/cgroup/memory"


class Limit:
    """A memory cgroup, and a way to start a process inside it."""

    def __init__(self, size: int):
        legacy = os.path.exists(f"{LEGACY}/memory.limit_in_bytes")
        self.folder = os.path.join(LEGACY if legacy else UNIFIED, f"sparsestore-{uuid.uuid4().hex[:8]}")
        os.mkdir(self.folder)
        self.write("memory.limit_in_bytes" if legacy else "memory.max", str(size))

    def write(self, name: str, text: str) -> None:
        with open(os.path.join(self.folder, name), "w") as file:
            file.write(text)

    def enter(self) -> None:
        self.write("cgroup.procs", str(os.getpid()))

    def remove(self) -> None:
        os.rmdir(self.folder)


def evaluate(options, recall: str, warm: bool, limit: Limit | None) -> dict:
    line = ["taskset", "-c", options.core, options.binary, "eval", options.store, "--queries", options.queries,
            "--truth", options.truth, "--recall", recall, "--json"] + (["--warmup"] if warm else [])
    done = subprocess.run(line, capture_output=True, text=True, preexec_fn=limit.enter if limit else None)
    if done.returncode != 0:
        sys.exit(f"{' '.join(line)}: {done.stderr.strip() or f'exit code {done.returncode}'}")
    return json.loads(done.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("binary", "store", "queries", "truth"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--share", type=float, default=0.25, help="the memory limit as a share of the file's size")
    parser.add_argument("--recall", action="append", help="default: 0.95 and exact")
    parser.add_argument("--core", default="1")
    options = parser.parse_args()
    size = os.stat(options.store).st_size
    print("| requested recall | memory | pass | recall | mean us | p50 | p99 | p50 over warm |")
    print("|---|---|---|---|---|---|---|---|")
    for recall in options.recall or ["0.95", "exact"]:
        warm = None
        for name, share, passes in (("all", None, ["second"]), (f"{options.share:.0%} of the file", options.share,
                                                                ["first", "second"])):
            for number in passes:
                if share is not None:
                    evict(options.store)
                limit = Limit(int(size * share)) if share is not None else None
                report = evaluate(options, recall, number == "second", limit)
                if limit:
                    limit.remove()
                warm = warm or report["p50_us"]
                print(f"| {recall} | {name} | {number} | {report['recall']:.4f} | {report['mean_us']:.0f} "
                      f"| {report['p50_us']:.0f} | {report['p99_us']:.0f} | {report['p50_us'] / warm:.1f} |", flush=True)


if __name__ == "__main__":
    main()
