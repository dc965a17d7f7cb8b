#!/usr/bin/env python3
"""Draws recall against latency from compare.py's JSON. Needs matplotlib.

    picture.py RESULTS.json PICTURE.png                                     all sets and k of one comparison
    picture.py MIX.json MIX5.json PICTURE.png --panel splade,10             one panel of each, side by side
"""

import argparse
import json

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

COLORS = {"SparseStore": "#0b6e4f", "Seismic": "#c44536", "SINDI": "#3066be", "kannolo": "#8f5db7",
          "Lucene": "#e09f1f", "ArcadeDB": "#6b7280"}


def frontier(points):
    """Returns the points that no faster point beats, fastest first."""
    best, kept = 0.0, []
    for point in sorted(points, key=lambda point: point["mean_us"]):
        if point["recall"] > best:
            best = point["recall"]
            kept.append(point)
    return kept


def draw(axis, measured, name: str, k: int, title: str) -> None:
    for engine in dict.fromkeys(point["engine"] for point in measured):
        kept = frontier(
            [point for point in measured if (point["set"], point["k"], point["engine"]) == (name, k, engine)])
        axis.plot([point["recall"] for point in kept], [point["mean_us"] for point in kept], "o-", markersize=3,
                  linewidth=1.2, label=engine, color=COLORS.get(engine))
    axis.set_title(title, fontsize=10)
    axis.set_xlabel(f"recall@{k}", fontsize=8)
    axis.set_ylabel("mean us, one core", fontsize=8)
    axis.set_yscale("log")
    axis.set_xlim(0.895, 1.002)
    axis.grid(True, which="both", linewidth=0.3)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", nargs="+", help="JSON of comparisons")
    parser.add_argument("picture", help="the picture to write, PNG or SVG")
    parser.add_argument("--panel", action="append", metavar="SET,K", help="only draw this; may be repeated")
    options = parser.parse_args()
    panels = []
    for path in options.results:
        with open(path) as file:
            result = json.load(file)
        # Only draw figures of the alternating rounds, because the engines' sweeps did not run side by side.
        measured = result["measured"]
        for name, k in dict.fromkeys((point["set"], point["k"]) for point in measured):
            if not options.panel or f"{name},{k}" in options.panel:
                panels.append((measured, name, k, f"{result['documents']:,} documents, {name}, k = {k}"))
    columns = min(2 if len(panels) <= 4 else 3, len(panels))
    lines = (len(panels) + columns - 1) // columns
    figure, axes = plt.subplots(lines, columns, figsize=(5 * columns, 3.4 * lines), squeeze=False)
    for axis in axes.flat[len(panels):]:
        axis.set_visible(False)
    for axis, panel in zip(axes.flat, panels):
        draw(axis, *panel)
    shown = {line.get_label(): line for axis in axes.flat for line in axis.get_lines()}
    axes[0][0].legend(shown.values(), shown.keys(), fontsize=7)
    figure.suptitle("Lower and further right is better", fontsize=10)
    figure.tight_layout()
    figure.savefig(options.picture, dpi=110)


main()
