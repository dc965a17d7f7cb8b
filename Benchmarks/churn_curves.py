#!/usr/bin/env python3
"""Draws the curves of a churn run from its CSV, and compares its figures with the goals.

    Benchmarks/churn_curves.py churn.csv churn.png [--target 0.95]

Needs matplotlib. Round 0 is the store as it was built, and the last round is the store after all rounds. Both have no
commits, so any slowdown between them is due to the writer and the merger.
"""

import argparse
import csv
import statistics

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plot


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("csv")
    parser.add_argument("picture")
    parser.add_argument("--target", type=float, default=0.95, help="the requested recall")
    options = parser.parse_args()
    with open(options.csv) as file:
        rows = [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]
    column = lambda name: [row[name] for row in rows]
    rounds, built, after = column("round"), rows[0], rows[-1]
    churned = [row for row in rows if row["commits"]]

    figure, axes = plot.subplots(2, 2, figsize=(11, 7), layout="constrained", sharex=True)
    panels = [
        (axes[0][0], "search, ms (log)", [
            ("p50", [value / 1e3 for value in column("search_p50_us")]),
            ("p99", [value / 1e3 for value in column("search_p99_us")])],
            built["search_p99_us"] * 1.5 / 1e3, "1.5 x p99 as built"),
        (axes[0][1], "recall at 10", [("measured", column("recall"))], options.target, "requested"),
        (axes[1][0], "file bytes / live bytes", [("", column("file_over_live"))], 2, "goal"),
        (axes[1][1], "commit, ms", [
            ("p50", column("commit_p50_ms")), ("slowest", column("commit_max_ms"))], 250, "aim")]
    for axis, title, curves, aim, aim_name in panels:
        for name, values in curves:
            axis.plot(rounds, values, label=name or None, linewidth=1.2)
        axis.axhline(aim, color="gray", linestyle="--", linewidth=1, label=aim_name)
        axis.set_title(title)
        axis.grid(alpha=0.3)
        axis.legend(fontsize=8)
    axes[0][0].set_yscale("log")
    for axis in axes[1]:
        axis.set_xlabel("round")
    figure.savefig(options.picture, dpi=110)

    p99 = [row["search_p99_us"] / built["search_p99_us"] for row in churned]
    recalls = [row["recall"] for row in churned]
    print(f"""\
{len(churned)} rounds; {sum(row["commits"] for row in churned):,.0f} commits, \
{sum(row["searches"] for row in churned):,.0f} searches.

| goal | as built | afterward | median of rounds | worst round | last ten rounds | |---|---|---|---|---|---| | search
p99 over the built store's, at most 1.5 | {built["search_p99_us"]:,.0f} us | {after["search_p99_us"] /
built["search_p99_us"]:.2f} | {statistics.median(p99):.2f} \ | {max(p99):.2f} | {statistics.median(p99[-10:]):.2f} | |
recall at least {options.target} | {built["recall"]:.4f} | {after["recall"]:.4f} | {statistics.median(recalls):.4f} |
{min(recalls):.4f} \ | {statistics.median(recalls[-10:]):.4f} | | file over live bytes, at most 2 |
{built["file_over_live"]:.2f} | {after["file_over_live"]:.2f} \ | {statistics.median(row["file_over_live"] for row in
churned):.2f} \ | {max(row["file_over_live"] for row in churned):.2f} \ | {statistics.median(row["file_over_live"] for
row in churned[-10:]):.2f} | | slowest commit, at most 250 ms | - | - | {statistics.median(row["commit_max_ms"] for row
in churned):.0f} \ | {max(row["commit_max_ms"] for row in churned):.0f} \ | {max(row["commit_max_ms"] for row in
churned[-10:]):.0f} |""")


main()
