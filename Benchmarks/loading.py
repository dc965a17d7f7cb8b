#!/usr/bin/env python3
"""Measures loading: documents per second, bytes on disk, memory, and the time from opening to the first answer.

    Benchmarks/loading.py --binary .build/release/sparsestore --collection NAME=docs.csr,queries.csr --work FOLDER

Each collection (the option may be repeated) is loaded into a new store with `load`, which merges at its end. If `build`
then still finds something to merge, that is a separate step. Memory is sampled every 20 ms from /proc: anonymous pages
(RssAnon, which the process needs), and file pages (RssFile, the mapped store, which the system can take back at any
time). Prints Markdown; --out also writes it.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time

from collection import CSR, evict, has_build


def memory(process: int) -> dict:
    """Returns RssAnon, RssFile and VmHWM in bytes; empty if the process has ended."""
    try:
        with open(f"/proc/{process}/status") as file:
            pairs = [line.split(":") for line in file]
    except OSError:
        return {}
    return {name: int(text.split()[0]) * 1024 for name, text in pairs if name in ("RssAnon", "RssFile", "VmHWM")}


class Measured:
    """Runs a command once. Returns wall and processor seconds, peaks of memory, and its JSON."""

    def __init__(self, line: list[str]):
        before = os.times()
        begin = time.perf_counter()
        process = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.peak = {}
        while process.poll() is None:
            for name, value in memory(process.pid).items():
                self.peak[name] = max(self.peak.get(name, 0), value)
            time.sleep(0.02)
        self.seconds = time.perf_counter() - begin
        after = os.times()
        self.cpu_seconds = (
            after.children_user + after.children_system - before.children_user - before.children_system)
        output, errors = process.communicate()
        if process.returncode != 0:
            sys.exit(f"{' '.join(line)}: {errors.strip()}")
        self.json = json.loads(output) if output.strip() else {}


def megabytes(count: int) -> str:
    return f"{count / 2**20:,.0f}"


def measure(options, name: str, documents: str, queries: str) -> tuple[list[str], list[str]]:
    store = os.path.join(options.work, name + ".sparse")
    for leftover in (store, store + "-lock"):
        if os.path.exists(leftover):
            os.remove(leftover)
    prefix = ["taskset", "-c", options.cores] if options.cores else []
    run = lambda *words: Measured([*prefix, options.binary, *words, "--json"])
    load = run("load", store, documents, "--quiet")
    loaded = run("stats", store).json
    steps = [("load", load, loaded)]
    if has_build(options.binary):
        built = run("build", store)
        after = run("stats", store).json
        if after["generation"] != loaded["generation"]:
            steps.append(("build", built, after))
    count, raw = loaded["documents"], os.path.getsize(documents)
    lines = []
    for step, measured, stats in steps:
        lines.append(
            f"| {name} | {step} | {count:,} | {measured.seconds:.1f} | {measured.cpu_seconds:.1f} "
            f"| {count / measured.seconds:,.0f} | {stats['live_bytes'] / count:.0f} | {stats['file_bytes'] / count:.0f} "
            f"| {raw / count:.0f} | {stats['live_bytes'] / raw:.2f} | {megabytes(measured.peak.get('RssAnon', 0))} "
            f"| {megabytes(measured.peak.get('RssFile', 0))} | {len(stats['segments'])} |")
    one = os.path.join(options.work, name + "-one")
    CSR(queries).write_rows([0], one)
    first = []
    for state in ("dropped", "warm"):
        times, searches = [], []
        for _ in range(options.opens):
            if state == "dropped":
                evict(store)
            answer = run("eval", store, "--queries", one, "--limit", "10")
            times.append(answer.seconds)
            searches.append(answer.json["mean_us"])
        first.append(
            f"| {name} | {state} | {statistics.median(times) * 1e3:.0f} | {statistics.median(searches) / 1e3:.1f} |")
    if not options.keep:
        os.remove(store)
    return lines, first


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True, help="sparsestore, built with -c release")
    parser.add_argument("--collection", action="append", required=True, help="NAME=DOCUMENTS,QUERIES (CSR)")
    parser.add_argument("--work", required=True, help="a folder for the stores")
    parser.add_argument("--cores", help="pin to these cores, in the syntax of taskset (default: no pinning)")
    parser.add_argument("--opens", type=int, default=5, help="processes opened for the first answer")
    parser.add_argument("--keep", action="store_true", help="keep the stores")
    parser.add_argument("--out", help="also write the tables to this file")
    options = parser.parse_args()
    os.makedirs(options.work, exist_ok=True)
    load = os.getloadavg()[0]
    lines = [
        "| collection | step | documents | seconds | CPU s | documents/s | live bytes a document | file bytes a document "
        "| raw CSR bytes a document | live / raw | peak anonymous MiB | peak mapped file MiB | segments |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|---|"]
    first = ["", "A process that answers one query, from start to end (median of "
             f"{options.opens}), and the query alone:", "",
             "| collection | page cache | process ms | query ms |", "|---|---|---|---|"]
    for given in options.collection:
        name, files = given.split("=", 1)
        rows, opened = measure(options, name, *files.split(","))
        lines += rows
        first += opened
    first += ["", f"Load average {load:.1f} at the beginning, {os.getloadavg()[0]:.1f} at the end."]
    text = "\n".join(lines + first) + "\n"
    print(text)
    if options.out:
        with open(options.out, "w") as file:
            file.write(text)


main()
