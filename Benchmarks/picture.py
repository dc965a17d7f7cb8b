#!/usr/bin/env python3
"""Draws recall against latency from compare.py's JSON: picture.py RESULTS.json PICTURE.png. Needs matplotlib."""

import json
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

COLORS = {"SparseStore": "#0b6e4f", "Seismic": "#c44536", "SINDI": "#3066be"}


def frontier(points):
    """Returns the points that no faster point beats, fastest first."""
    best, kept = 0.0, []
    for point in sorted(points, key=lambda point: point["mean_us"]):
        if point["recall"] > best:
            best = point["recall"]
            kept.append(point)
    return kept


def main() -> None:
    with open(sys.argv[1]) as file:
        result = json.load(file)
    # Only draw figures of the alternating rounds, because the engines' sweeps did not run side by side.
    measured = result["measured"]
    keys = list(dict.fromkeys((point["set"], point["k"]) for point in measured))
    columns = min(2, len(keys))
    lines = (len(keys) + columns - 1) // columns
    figure, axes = plt.subplots(lines, columns, figsize=(5 * columns, 3.4 * lines), squeeze=False)
    for axis, (name, k) in zip(axes.flat, keys):
        for engine, color in COLORS.items():
            points = [point for point in measured if (point["set"], point["k"], point["engine"]) == (name, k, engine)]
            kept = frontier(points)
            axis.plot([point["recall"] for point in kept], [point["mean_us"] for point in kept], "o-", markersize=3,
                      linewidth=1.2, label=engine, color=color)
        axis.set_title(f"{name}, k = {k}", fontsize=10)
        axis.set_xlabel(f"recall@{k}", fontsize=8)
        axis.set_ylabel("mean us, one core", fontsize=8)
        axis.set_yscale("log")
        axis.grid(True, which="both", linewidth=0.3)
    axes[0][0].legend(fontsize=8)
    figure.suptitle(f"{result['documents']:,} documents: lower and further right is better", fontsize=10)
    figure.tight_layout()
    figure.savefig(sys.argv[2], dpi=110)


main()
