#!/usr/bin/env python3
"""Compares searches of a folder of shards with those of one store that has the same documents.

    Benchmarks/shards.py SPARSESTORE STORE SHARDS --queries FILE --truth FILE [--rounds 5] [--real-time]

Make SHARDS with `sparsestore split`, and tune the store and each shard with the same queries, which are not those of FILE.
Runs alternate, and each figure is the median of the rounds. `--real-time` runs single threads on core 1 with real-time
priority, and two threads with it on all cores, so that other work on the machine matters little; it needs root.
"""
import argparse
import json
import os
import statistics
import subprocess


def run(command: list[str], prefix: list[str]) -> dict:
    return json.loads(subprocess.run([*prefix, *command], capture_output=True, text=True, check=True).stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tool")
    parser.add_argument("store")
    parser.add_argument("shards")
    parser.add_argument("--queries", required=True)
    parser.add_argument("--truth", required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--real-time", action="store_true")
    options = parser.parse_args()
    print(f"load average {os.getloadavg()[0]:.1f}\n")
    print("| recall asked | threads | | reached | mean us | p50 | p99 | queries/s | documents scored | postings |\n|" + "---|" * 10)
    for recall in ("0.95", "exact"):
        for threads in (1, 2):
            prefix = []
            if options.real_time:
                prefix = ["chrt", "-f", "10", *(["taskset", "-c", "1"] if threads == 1 else [])]
            rounds: dict[str, list[dict]] = {"one store": [], "shards": []}
            for _ in range(options.rounds):
                for name, path in (("one store", options.store), ("shards", options.shards)):
                    rounds[name].append(run([
                        options.tool, "eval", path, "--queries", options.queries, "--truth", options.truth, "--recall",
                        recall, "--threads", str(threads), "--warmup", "--json"], prefix))
            for name, found in rounds.items():
                middle = {key: statistics.median(one[key] for one in found) for key in (
                    "recall", "mean_us", "p50_us", "p99_us", "queries_per_second", "documents_scored", "postings")}
                print(f"| {recall} | {threads} | {name} | {middle['recall']:.4f} | {middle['mean_us']:.0f} | {middle['p50_us']:.0f} "
                      f"| {middle['p99_us']:.0f} | {middle['queries_per_second']:,.0f} | {middle['documents_scored']:.0f} "
                      f"| {middle['postings']:,.0f} |", flush=True)


if __name__ == "__main__":
    main()
