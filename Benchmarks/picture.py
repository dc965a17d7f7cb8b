#!/usr/bin/env python3
"""Draws recall against latency out of compare.py's JSON: picture.py RESULTS.json PICTURE.png. Needs matplotlib."""

import json
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

COLOURS = {"SparseStore": "#0b6e4f", "Seismic": "#c44536", "SINDI": "#3066be"}


def frontier(points):
    """The points that no faster point beats, fastest first."""
    best, kept = 0.0, []
    for point in sorted(points, key=lambda point: point["mean_us"]):
        if point["recall"] > best:
            best = point["recall"]
            kept.append(point)
    return kept


def main() -> None:
    with open(sys.argv[1]) as file:
        result = json.load(file)
    keys = list(result["points"])
    figure, axes = plt.subplots(1, len(keys), figsize=(4.2 * len(keys), 3.8), squeeze=False)
    for axis, key in zip(axes[0], keys):
        for engine, points in result["points"][key].items():
            kept = [point for point in frontier(points) if point["recall"] >= 0.8]
            axis.plot([point["recall"] for point in kept], [point["mean_us"] for point in kept], "o-", markersize=3,
                      linewidth=1.2, label=engine, color=COLOURS.get(engine))
        name, k = key.split("/")
        axis.set_title(f"{name}, k = {k}", fontsize=10)
        axis.set_xlabel(f"recall@{k}")
        axis.set_yscale("log")
        axis.grid(True, which="both", linewidth=0.3)
    axes[0][0].set_ylabel("mean latency, us (one core)")
    axes[0][0].legend(fontsize=8)
    figure.suptitle(f"{result['documents']:,} documents: lower and further right is better", fontsize=10)
    figure.tight_layout()
    figure.savefig(sys.argv[2], dpi=130)


main()
