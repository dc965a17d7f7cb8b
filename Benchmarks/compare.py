#!/usr/bin/env python3
"""Compares SparseStore with its peers at equal recall, on one core, in one run, alternating.

    Benchmarks/compare.py --binary .build/release/sparsestore --peers VENV --documents docs.csr \\
        --set splade=queries.csr,gt.bin --set idf=queries_idf.csr,gt_idf.bin --work FOLDER --out results

VENV is a virtual environment with the peers (README.md). Writes OUT.json, OUT.md and OUT.png. Stores and indexes in
FOLDER are reused. Where the truth of a set is not as deep as the largest k, or is not given, it is computed by brute
force.

1. Ours is loaded, optimized (`build`) and tuned on every fifth query, or on those of `--tuning`; all engines are
   measured on the other queries.
2. A sweep asks some of these queries with every setting of every build of a peer, and all of them with the settings
   that may be the cheapest for a target. For each target, it selects the two cheapest settings, and the two cheapest
   among the builds within 1.3 x our bytes. Ours has one setting, the requested recall. The results of a peer are kept
   in FOLDER. They are ordered by processor time, so a sweep may run on a busy machine (`--sweep Seismic`).
3. Rounds: engine A, B, C, A, B, C ..., each pinned to the same core. Every run asks all queries once untimed and once
   timed. A figure is the median over the rounds; the table has the fastest of an engine's settings.
4. Cold: files are dropped from the page cache, then a fresh process opens the index and asks.
"""

import argparse
import json
import os
import statistics
import subprocess
import time

from collection import CSR
from engines import HERE, PEERS, Ours, Peer
from report import markdown
from sweeps import WITHIN, log, rounds, sweep, sweep_peer
from truth import split


def cold(engines, sets, rows, count: int) -> list[dict]:
    """Measures first answers with an evicted and a warm page cache, at k = 10 and 0.95, with the first set."""
    name, found = next(iter(sets)), []
    for engine in engines:
        row = next((row for row in rows if row["set"] == name and row["engine"] == engine.name and row["k"] == 10
                    and row["target"] == 0.95 and row["setting"] is not None), None)
        if row:
            found.append((engine, row["asked"]))
    runs = {}
    for _ in range(count):
        for engine, setting in found:
            for evicted in (True, False):
                runs.setdefault((engine.name, evicted), []).append(engine.cold(name, 10, setting, evicted))
    results = []
    for (engine, evicted), measured in runs.items():
        fields = {field for run in measured for field in run if run[field] is not None}
        results.append({"engine": engine, "evicted": evicted} | {
            field: statistics.median(run[field] for run in measured) for field in fields})
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True, help="sparsestore, built with -c release")
    parser.add_argument("--peers", required=True, help="the virtual environment of the peers")
    parser.add_argument("--documents", required=True, help="the collection, CSR")
    parser.add_argument("--set", action="append", required=True, help="NAME=QUERIES[,TRUTH]; may be repeated")
    parser.add_argument("--work", required=True, help="a folder for stores and indexes, which are reused")
    parser.add_argument("--out", required=True, help="the prefix of the results: OUT.json, OUT.md, OUT.png")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--cold-rounds", type=int, default=5)
    parser.add_argument("--limits", type=lambda text: [int(part) for part in text.split(",")], default=[10, 100, 1000],
                        help="the values of k (default: 10,100,1000)")
    parser.add_argument("--tuning", action="append", default=[], metavar="NAME=QUERIES",
                        help="tune ours for this set with other queries than every fifth; may be repeated")
    parser.add_argument("--queries", type=int, help="only use this many queries of each set, spread over the file")
    parser.add_argument("--core", type=int, default=1, help="the core all engines are pinned to")
    parser.add_argument("--engines", type=lambda text: text.split(","), default=list(PEERS),
                        help=f"the peers, without spaces (default: {','.join(PEERS)})")
    for key, build in PEERS.values():
        parser.add_argument(f"--{key}", action="append", type=json.loads, metavar="[...]", help=f"a build: {build}")
    parser.add_argument("--blocks", action="store_true", help="build ours with a block index")
    parser.add_argument("--one-at-a-time", action="store_true", help="hold only one index of one peer in memory")
    parser.add_argument("--sweep", action="append", choices=[*PEERS, "all"], help="only sweep this peer, for a later run")
    options = parser.parse_args()
    os.makedirs(options.work, exist_ok=True)
    sets = split(options.set, options.documents, options.work, max(options.limits), options.queries)
    for argument in options.tuning:
        name, _, file = argument.partition("=")
        if name not in sets:
            parser.error(f"--tuning {argument}: there is no set '{name}'; the sets are {', '.join(sets)}")
        sets[name]["tuning"] = file
    if options.sweep:
        for name in options.engines if "all" in options.sweep else options.sweep:
            engine = Peer(name, options, sets)
            engine.start()
            for set_name in sets:
                for k in options.limits:
                    sweep_peer(engine, set_name, k)
            engine.stop()
        return
    engines = [Ours(options, sets)] + [Peer(name, options, sets) for name in options.engines]
    load = [os.getloadavg()[0]]
    for engine in engines:
        engine.start()
        log(f"{engine.name} is ready")
    documents = CSR(options.documents, mapped=True)
    result = {
        "limits": options.limits, "documents": documents.rows, "nonzeros": len(documents.terms), "rounds": options.rounds,
        "cold_rounds": options.cold_rounds, "rows": [], "measured": [], "points": {}, "cold": [],
        "sets": {name: {"count": files["count"], "terms": files["terms"]} for name, files in sets.items()},
        "engines": [], "floors": [], "started": time.strftime("%F %H:%M UTC", time.gmtime())}
    ours = engines[0]
    most_bytes = WITHIN * ours.statistics["live_bytes"]
    result["statistics"] = ours.statistics
    result["engines"].append({
        "engine": ours.name, "version": ours.version, "cpu_seconds": ours.load["cpu_seconds"],
        "build": ("load, then build" if ours.load["built"] else "load") + (" --blocks" if options.blocks else ""),
        "bytes": ours.statistics["live_bytes"], "file_bytes": ours.statistics["file_bytes"]})
    for engine in engines[1:]:
        result["engines"] += [
            {"engine": engine.name, "version": engine.version, "build": json.dumps(build["build"]),
             "cpu_seconds": build["cpu_seconds"], "bytes": build["bytes"]} for build in engine.builds]
        if engine.name != "kannolo":  # a graph visits documents whatever the query, so no call has almost no work
            result["floors"].append({"engine": engine.name} | engine.floor(next(iter(sets))))
        if options.one_at_a_time:
            engine.release()

    def write() -> None:
        result["load"] = [load[0], os.getloadavg()[0]]
        with open(options.out + ".json", "w") as file:
            json.dump(result, file, indent=1)
        with open(options.out + ".md", "w") as file:
            file.write(markdown(result))

    for name in sets:
        for k in options.limits:
            chosen, points = sweep(engines, name, k, most_bytes)
            result["points"][f"{name}/{k}"] = points
            rows, everything = rounds(engines, name, k, chosen, options.rounds, most_bytes, options.one_at_a_time)
            result["rows"] += rows
            result["measured"] += everything
            result["ladder"] = ours.ladders
            write()
    for engine in engines:
        engine.stop()
    if options.cold_rounds:
        result["cold"] = cold(engines, sets, result["rows"], options.cold_rounds)
    write()
    python = os.path.join(options.peers, "bin", "python")
    drawn = subprocess.run([python, os.path.join(HERE, "picture.py"), options.out + ".json", options.out + ".png"],
                           capture_output=True, text=True)
    if drawn.returncode != 0:
        log("no picture: " + (drawn.stderr.strip().split("\n") or [""])[-1])
    print(markdown(result))


main()
