#!/usr/bin/env python3
"""Measures sustained ingest while one thread searches all the time: SparseStore and embedded peers on the same
documents.

    Benchmarks/ingest.py --binary .../ingest --peers VENV --documents docs.csr --queries queries.csr --work FOLDER

In each round the engines take turns (the order rotates by one), each in a new process with a new store that already has
the first 20,000 documents. The process then commits the following documents, singly or by the thousand, for some
seconds. A commit is over when the engine has synced it, if it can. Only the commits are timed, not making an engine's
objects from the rows. Searches are exact, k = 10, without a pause, from the same process. Peers are called through
Python, ours from Swift; the peers' own threads are unchanged. Figures are medians over rounds. Prints Markdown; --out
writes it and the JSON of all runs.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys

PEERS = ["qdrant", "zvec", "milvus"]


def percentile(values, share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-int(share * 1e6) * len(ordered) // 10**6) - 1))] if ordered else 0.0


def run(options, engine: str, batch: int) -> dict | None:
    here = os.path.dirname(os.path.abspath(__file__))
    command = [options.binary] if engine == "ours" else [
        os.path.join(options.peers, "bin", "python"), os.path.join(here, "ingest_peers.py"), engine]
    command += [
        options.work, "--documents", options.documents, "--queries", options.queries, "--batch", str(batch),
        "--seconds", str(options.seconds), "--already", str(options.already)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        print(f"ingest: {engine}: {done.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
        return None
    result = json.loads(done.stdout.strip().splitlines()[-1])
    commits, searches = result.pop("commits"), result.pop("searches")
    milliseconds = lambda values: {
        "p50": percentile(values, 0.5) * 1e3, "p99": percentile(values, 0.99) * 1e3, "max": max(values, default=0) * 1e3}
    return result | {
        "batch": batch, "rate": result["documents"] / sum(commits), "commit_ms": milliseconds(commits),
        "search_ms": milliseconds(searches), "searches": len(searches)}


def number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def table(runs: list[dict], batch: int) -> list[str]:
    lines = [
        "", f"**{'One document per commit' if batch == 1 else f'{batch:,} documents per commit'}**", "",
        "| engine | version | durable | documents/s: median (least, most) | ours over it | commit ms p50 / p99 / max "
        "| search ms p50 / p99 | searches/s |", "|---|---|---|---|---|---|---|---|"]
    groups: dict[str, list[dict]] = {}
    for item in runs:
        if item["batch"] == batch:
            groups.setdefault(item["engine"], []).append(item)
    rate = lambda items: statistics.median(item["rate"] for item in items)
    ours = rate(groups["SparseStore"]) if "SparseStore" in groups else 0
    for engine, items in sorted(groups.items(), key=lambda pair: -rate(pair[1])):
        middle = lambda field, share: number(statistics.median(item[field][share] for item in items))
        rates = [item["rate"] for item in items]
        lines.append(
            f"| {engine} | {items[0]['version']} | {'yes' if items[0]['durable'] else 'no'} "
            f"| {number(rate(items))} ({number(min(rates))}, {number(max(rates))}) "
            f"| {'' if engine == 'SparseStore' else f'{ours / rate(items):.1f}'} "
            f"| {middle('commit_ms', 'p50')} / {middle('commit_ms', 'p99')} "
            f"/ {number(max(item['commit_ms']['max'] for item in items))} "
            f"| {middle('search_ms', 'p50')} / {middle('search_ms', 'p99')} "
            f"| {number(statistics.median(item['searches'] / item['elapsed'] for item in items))} |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True, help="`ingest` of this package, built with -c release")
    parser.add_argument("--peers", help="virtual environment with the peers (default: none)")
    parser.add_argument("--documents", required=True)
    parser.add_argument("--queries", required=True)
    parser.add_argument("--work", required=True, help="a folder for the stores, on the disk to measure")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=5, help="seconds of ingest for each engine, round and kind of commit")
    parser.add_argument("--already", type=int, default=20_000)
    parser.add_argument("--batches", type=int, nargs="*", default=[1, 1_000], help="documents per commit")
    parser.add_argument("--out", help="also write OUT.md and OUT.json")
    options = parser.parse_args()
    os.makedirs(options.work, exist_ok=True)
    here = os.path.dirname(os.path.abspath(__file__))
    revision = subprocess.run(
        ["git", "-C", here, "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
    engines = ["ours"] + (PEERS if options.peers else [])
    load = os.getloadavg()[0]
    runs: list[dict] = []
    for round_number in range(options.rounds):
        for place in range(len(engines)):
            engine = engines[(place + round_number) % len(engines)]
            for batch in options.batches:
                result = run(options, engine, batch)
                if result is not None:
                    runs.append(result | {"round": round_number, "version": result["version"] or revision})
                    print(f"{round_number} {engine} {batch}: {number(result['rate'])}/s", file=sys.stderr)
    lines = [
        f"{options.rounds} rounds of {options.seconds} s; each store had {options.already:,} documents before. Load average "
        f"{load:.1f} at the beginning, {os.getloadavg()[0]:.1f} at the end."]
    for batch in options.batches:
        lines += table(runs, batch)
    text = "\n".join(lines) + "\n"
    print(text)
    if options.out:
        with open(options.out + ".md", "w") as file:
            file.write(text)
        with open(options.out + ".json", "w") as file:
            json.dump(runs, file, indent=1)


main()
