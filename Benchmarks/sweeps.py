"""Finds the settings to compare: asks every setting of every engine, and selects the cheapest for each target."""

import json
import os
import statistics
import sys
import time

from engines import EXACT, Ours

TARGETS = [0.90, 0.95, 0.97, 0.99, "exact"]
WITHIN = 1.3  # the second choice is over the builds whose bytes are at most this many times ours
FEW = 150  # queries of the first pass
MARGIN = 0.008  # how far the recall of the first pass may be from that of all queries


def log(text: str) -> None:
    print(time.strftime("%H:%M:%S ", time.gmtime()) + text, file=sys.stderr, flush=True)


def cost(result: dict) -> float:
    return result.get("cpu_us", result["p50_us"])


def reaches(engine, result: dict, target) -> bool:
    return engine.exact(result) if target == "exact" else result["recall"] >= target


def survivors(engine, points):
    """Leaves out the settings that the first pass shows not to be the cheapest for any target: those that clearly miss
    it, and those that clearly cost more than another one that reaches it, without a larger index."""
    def may_win(setting: dict, result: dict, target) -> bool:
        least, margin = (EXACT, 0.0) if target == "exact" else (target, MARGIN)
        if result["recall"] < least - max(margin, 0.0005):
            return False

        def cheapest(recall: float) -> float:
            return min((cost(other) for others_setting, other in points if other["recall"] >= recall
                        and engine.bytes(others_setting) <= 1.05 * engine.bytes(setting)), default=float("inf"))

        return cost(result) <= min(1.6 * cheapest(least), (1.25 if margin else 1.6) * cheapest(least + margin))

    return [point for point in points if any(may_win(*point, target) for target in TARGETS)]


def sweep_peer(engine, name: str, k: int):
    """Returns the points of all settings that may be the cheapest for a target. Every result is kept."""
    results, asked = engine.kept(name, k), 0

    def ask(part: str, settings, count) -> None:
        nonlocal asked
        for setting in sorted(settings, key=engine.place):
            if engine.identity(setting) not in results[part]:
                results[part][engine.identity(setting)] = engine.run(name, k, setting, count)
                asked += 1
                engine.keep(name, k, results)

    grid = engine.grid(k)
    ask("few", grid, FEW)
    left = [setting for setting, _ in survivors(
        engine, [(setting, results["few"][engine.identity(setting)]) for setting in grid])]
    ask("all", left, None)
    log(f"{name} k={k}: {engine.name} has {len(grid)} settings, {len(left)} may be cheapest, {asked} runs were made")
    return [(setting, results["all"][engine.identity(setting)]) for setting in left]


def sweep(engines, name: str, k: int, most_bytes: float) -> tuple[dict, dict]:
    """Returns for each engine and target the two cheapest settings, and the two cheapest within `most_bytes`; and the
    points of all settings."""
    chosen, all_points = {}, {}
    for engine in engines:
        if isinstance(engine, Ours):
            points = [(setting, engine.run(name, k, setting)) for setting in engine.grid(k)]
        else:
            points = sweep_peer(engine, name, k)
            if engine.options.one_at_a_time:
                engine.release()
        all_points[engine.name] = [{"setting": setting} | result for setting, result in points]
        for target in TARGETS:
            fit = [point for point in engine.distinct(points) if reaches(engine, point[1], target)]
            fit.sort(key=lambda point: cost(point[1]))
            within = [point for point in fit if engine.bytes(point[0]) <= most_bytes]
            best = [setting for setting, _ in fit[:2]]
            chosen[engine.name, target] = best + [setting for setting, _ in within[:2] if setting not in best]
    return chosen, all_points


def rounds(engines, name: str, k: int, chosen: dict, count: int, most_bytes: float, one_at_a_time: bool):
    """Returns the best results of each engine at each target, and everything that was measured for it. An engine has
    one row for a target, and a second if another of its settings is the best within `most_bytes`."""
    runs = {}
    # An engine that holds one index at a time takes its turn for all targets together, ordered by index.
    for number in range(count):
        for targets in [TARGETS] if one_at_a_time else [[target] for target in TARGETS]:
            for engine in engines:
                settings = [setting for target in targets for setting in chosen[engine.name, target]]
                for setting in sorted(settings, key=engine.place):
                    # A setting for two targets is measured once per round.
                    measured = runs.setdefault((engine.name, json.dumps(setting)), [])
                    if len(measured) <= number:
                        measured.append(engine.run(name, k, setting))
                if one_at_a_time:
                    engine.release()
        log(f"{name} k={k}: round {number + 1} of {count}, load {os.getloadavg()[0]:.1f}")
    rows, everything = [], []
    for target in TARGETS:
        for engine in engines:
            found = []
            for setting in chosen[engine.name, target]:
                measured = runs[engine.name, json.dumps(setting)]
                means = [run["mean_us"] for run in measured]
                found.append({field: statistics.median(run[field] for run in measured) for field in measured[0]} | {
                    "set": name, "k": k, "target": target, "engine": engine.name, "setting": engine.shown(setting),
                    "asked": setting, "spread": [min(means), max(means)], "bytes": engine.bytes(setting),
                    "within": engine.bytes(setting) <= most_bytes})
            everything += found
            found.sort(key=lambda row: row["mean_us"])
            rows += found[:1] or [{"set": name, "k": k, "target": target, "engine": engine.name, "setting": None}]
            if found and not found[0]["within"]:
                rows += [row for row in found if row["within"]][:1]
    return rows, everything
