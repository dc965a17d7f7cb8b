#!/usr/bin/env python3
"""Compares SparseStore with Seismic and SINDI at equal recall, on one core, in one run, alternating.

    Benchmarks/compare.py --binary .build/release/sparsestore --peers VENV --documents docs.csr \\
        --set splade=queries.csr,gt.bin --set idf=queries_idf.csr,gt_idf.bin --work FOLDER --out results

VENV is a virtual environment with numpy, pyseismic-lsr and pyvsag (and matplotlib for the picture). Writes OUT.json,
OUT.md and OUT.png. Stores and indexes in FOLDER are reused. A set without a truth, `--set idf=queries_idf.csr`, is
compared with the exact answers of our own store, each of which must be certified exact.

1. Ours is loaded, optimized (`build`) and tuned on every fifth query; all engines are measured on the other queries.
2. A sweep runs all these queries with every setting of every engine. For each recall target, it selects the two
   cheapest settings that reach it on the measured queries. Ours has one setting, the requested recall. A sweep of a peer
   is kept in FOLDER. It orders settings by processor time, so it may run on a busy machine (`--sweep Seismic`).
3. Rounds: engine A, B, C, A, B, C ..., each pinned to the same core. Every run asks all queries once untimed and once
   timed. A figure is the median over the rounds; the table has the faster of an engine's two settings.
4. Cold: files are dropped from the page cache, then a fresh process opens the index and asks.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time

from collection import CSR, Truth, evict, has_build, write_truth

TARGETS = [0.90, 0.95, 0.97, 0.99, "exact"]
ASKED = ["fast", "0.85", "0.9", "0.92", "0.94", "0.95", "0.96", "0.97", "0.98", "0.985", "0.99", "0.993", "0.996",
         "0.999", "exact"]
LIMITS = [10, 100]
EXACT = 0.99995  # a peer counts as exact when its recall rounds to 1.0000
HERE = os.path.dirname(os.path.abspath(__file__))


def log(text: str) -> None:
    print(time.strftime("%H:%M:%S ", time.gmtime()) + text, file=sys.stderr, flush=True)


class Ours:
    name = "SparseStore"

    def __init__(self, options, sets):
        self.options, self.sets = options, sets
        self.store = os.path.join(options.work, "compare-blocks.sparse" if options.blocks else "compare.sparse")
        self.tuned, self.ladders = None, {}

    def command(self, *words: str) -> dict:
        line = ["taskset", "-c", options_core(self.options), self.options.binary, *words, "--json"]
        done = subprocess.run(line, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"{' '.join(words)}: {done.stderr.strip()}")
        return json.loads(done.stdout) if done.stdout.strip() else {}

    def start(self) -> None:
        note = self.store + ".json"
        if not os.path.exists(note):
            for leftover in (self.store, self.store + "-lock"):
                if os.path.exists(leftover):
                    os.remove(leftover)
            begin, used = time.perf_counter(), os.times()
            self.command("load", self.store, self.options.documents, "--quiet")
            built = has_build(self.options.binary)
            if built:
                self.command("build", self.store, *(["--blocks"] if self.options.blocks else []))
            after = os.times()
            report = {
                "seconds": time.perf_counter() - begin, "built": built,
                "cpu_seconds": after.children_user + after.children_system - used.children_user - used.children_system}
            with open(note, "w") as file:
                json.dump(report, file)
        with open(note) as file:
            self.load = json.load(file)
        self.statistics = self.command("stats", self.store)
        self.version = subprocess.run(
            [self.options.binary, "--version"], capture_output=True, text=True).stdout.strip()

    def tune(self, name: str) -> None:
        if self.tuned != name:
            measured = self.command("tune", self.store, "--queries", self.sets[name]["tuning"], "--quiet")
            self.tuned, self.ladders[name] = name, measured.get("points", [])

    def grid(self, k: int) -> list[dict]:
        return [{"recall": asked} for asked in ASKED]

    def run(self, name: str, k: int, setting: dict) -> dict:
        self.tune(name)
        found = self.command(
            "eval", self.store, "--queries", self.sets[name]["queries"], "--truth", self.sets[name]["truth"], "--limit",
            str(k), "--recall", setting["recall"], "--warmup")
        return {key: found[key] for key in (
            "recall", "mean_us", "p50_us", "p99_us", "documents_scored", "postings", "exact", "queries")}

    def exact(self, result: dict) -> bool:
        return result["exact"] == result["queries"]

    def distinct(self, points):
        """Keeps the lowest of several requested recalls that lead to one plan."""
        seen = {}
        for setting, result in points:
            seen.setdefault((result["postings"], result["documents_scored"], result["exact"]), (setting, result))
        return list(seen.values())

    def shown(self, setting: dict) -> str:
        return f"--recall {setting['recall']}"

    def kept(self, name: str, k: int) -> None:
        return None  # an engine under development is always measured again

    def keep(self, name: str, k: int, points) -> None:
        pass

    def cold(self, name: str, k: int, setting: dict, evicted: bool) -> dict:
        """Measures one query from the start of the process to its exit, and then, with the cache dropped again, the
        median of 101 queries."""
        self.tune(name)
        ask = ("--limit", str(k), "--recall", setting["recall"])
        stayed = evict(self.store) if evicted else None
        begin = time.perf_counter()
        first = self.command("eval", self.store, "--queries", self.sets[name]["one"], *ask)
        process = time.perf_counter() - begin
        if evicted:
            evict(self.store)
        following = self.command("eval", self.store, "--queries", self.sets[name]["hundred"], *ask)
        return {
            "process_ms": process * 1e3, "first_query_ms": first["mean_us"] / 1e3,
            "next_p50_us": following["p50_us"], "stayed": stayed}

    def stop(self) -> None:
        pass


class Peer:
    def __init__(self, name: str, key: str, options, sets, builds):
        self.name, self.key, self.options, self.sets = name, key, options, sets
        self.words = {
            "documents": options.documents, "work": options.work, "builds": builds,
            "sets": {name: [files["queries"], files["truth"]] for name, files in sets.items()}}

    def spawn(self, **more):
        python = os.path.join(self.options.peers, "bin", "python")
        line = ["taskset", "-c", options_core(self.options), python, os.path.join(HERE, "peers.py"), self.key,
                json.dumps(self.words | more)]
        return subprocess.Popen(
            line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, bufsize=1)

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"{self.name} stopped; run Benchmarks/peers.py alone to see why")
        return json.loads(line)

    def ask(self, **request):
        self.process.stdin.write(json.dumps(request) + "\n")
        return self.answer()

    def start(self) -> None:
        self.process = self.spawn()
        first = self.answer()
        self.version, self.builds = first["version"], first["builds"]
        self.answer()

    def grid(self, k: int) -> list[dict]:
        return self.ask(grid=k)

    def run(self, name: str, k: int, setting: dict) -> dict:
        return self.ask(run=name, k=k, setting=setting)

    def exact(self, result: dict) -> bool:
        return result["recall"] >= EXACT

    def distinct(self, points):
        return points

    def shown(self, setting: dict) -> str:
        words = [f"{key} {value}" for key, value in setting.items() if key != "index"]
        if len(self.builds) > 1:
            words.insert(0, json.dumps(self.builds[setting["index"]]["build"]))
        return ", ".join(words)

    def floor(self, name: str) -> dict:
        return self.ask(floor=name)

    def sweep_file(self, name: str, k: int) -> str:
        return os.path.join(self.options.work, f"sweep-{self.key}-{name}-{self.sets[name]['count']}-{k}.json")

    def kept(self, name: str, k: int):
        """Returns the points of an earlier sweep with exactly these builds and settings."""
        try:
            with open(self.sweep_file(name, k)) as file:
                kept = json.load(file)
        except OSError:
            return None
        fits = kept["builds"] == [build["build"] for build in self.builds] and kept["version"] == self.version
        return kept["points"] if fits and [point[0] for point in kept["points"]] == self.grid(k) else None

    def keep(self, name: str, k: int, points) -> None:
        with open(self.sweep_file(name, k), "w") as file:
            builds = [build["build"] for build in self.builds]
            json.dump({"version": self.version, "builds": builds, "points": points}, file)

    def cold(self, name: str, k: int, setting: dict, evicted: bool) -> dict:
        stayed = evict(self.builds[setting["index"]]["file"]) if evicted else None
        process = self.spawn(cold=[name, k, setting])
        output, _ = process.communicate()
        return json.loads(output.strip().split("\n")[-1]) | {"stayed": stayed}

    def stop(self) -> None:
        self.process.stdin.close()
        self.process.wait()


def options_core(options) -> str:
    return str(options.core)


def split(options) -> dict:
    """Splits the queries, every fifth for tuning and the others for measuring, and writes the files for the cold
    runs."""
    sets = {}
    for given in options.set:
        name, files = given.split("=", 1)
        queries, _, truth = files.partition(",")
        base = os.path.join(options.work, name)
        sets[name] = {part: f"{base}-{part}" for part in ("tuning", "queries", "truth", "one", "hundred")}
        asked = CSR(queries)
        answers = Truth(truth or own_truth(options, base, asked))
        count = min(asked.rows, len(answers.rows), options.queries or asked.rows)
        measured = [number for number in range(count) if number % 5]
        asked.write_rows(range(0, count, 5), sets[name]["tuning"])
        asked.write_rows(measured, sets[name]["queries"])
        answers.write_rows(measured, sets[name]["truth"])
        asked.write_rows(measured[:1], sets[name]["one"])
        asked.write_rows(measured[:101], sets[name]["hundred"])
        sets[name]["count"] = len(measured)
        lengths = [len(asked.row(number)[0]) for number in measured]
        sets[name]["terms"] = sum(lengths) / len(lengths)
    return sets


def own_truth(options, base: str, asked: CSR) -> str:
    """Returns the path of our own store's exact answers to all these queries, which are kept like stores."""
    path = f"{base}-own-truth-{asked.rows}"
    if not os.path.exists(path):
        ours, queries, run = Ours(options, {}), base + "-own-queries", base + "-own-run"
        ours.start()
        asked.write_rows(range(asked.rows), queries)
        found = ours.command(
            "eval", ours.store, "--queries", queries, "--recall", "exact", "--limit", str(max(LIMITS)), "--run", run)
        if found["exact"] != asked.rows:
            sys.exit(f"{base}: {asked.rows - found['exact']} answers are not certified exact")
        write_truth(run, asked.rows, max(LIMITS), path)
        for leftover in (queries, run):
            os.remove(leftover)
    return path


def reaches(engine, result: dict, target) -> bool:
    return engine.exact(result) if target == "exact" else result["recall"] >= target


def sweep(engines, name: str, k: int) -> tuple[dict, dict]:
    """Returns the two cheapest settings of each engine for each target, and the points of all settings."""
    chosen, all_points = {}, {}
    for engine in engines:
        kept = engine.kept(name, k)
        points = kept or [(setting, engine.run(name, k, setting)) for setting in engine.grid(k)]
        engine.keep(name, k, points)
        all_points[engine.name] = [{"setting": setting} | result for setting, result in points]
        for target in TARGETS:
            fit = [point for point in engine.distinct(points) if reaches(engine, point[1], target)]
            fit.sort(key=lambda point: point[1].get("cpu_us", point[1]["p50_us"]))
            chosen[engine.name, target] = [setting for setting, _ in fit[:2]]
        log(f"{name} k={k}: {'kept' if kept else 'swept'} {len(points)} settings of {engine.name}")
    return chosen, all_points


def rounds(engines, name: str, k: int, chosen: dict, count: int) -> tuple[list[dict], list[dict]]:
    """Returns the best result of each engine at each target, and everything that was measured for it."""
    runs = {}
    for number in range(count):
        for target in TARGETS:
            for engine in engines:
                for setting in chosen[engine.name, target]:
                    key = (engine.name, json.dumps(setting))
                    # A setting for two targets is measured once per round.
                    if len(runs.setdefault(key, [])) <= number:
                        runs[key].append(engine.run(name, k, setting))
        log(f"{name} k={k}: round {number + 1} of {count}, load {os.getloadavg()[0]:.1f}")
    rows, everything = [], []
    for target in TARGETS:
        for engine in engines:
            best = None
            for setting in chosen[engine.name, target]:
                measured = runs[engine.name, json.dumps(setting)]
                row = {field: statistics.median(run[field] for run in measured) for field in measured[0]}
                row |= {"set": name, "k": k, "target": target, "engine": engine.name, "setting": engine.shown(setting),
                        "asked": setting,
                        "spread": [min(run["mean_us"] for run in measured), max(run["mean_us"] for run in measured)]}
                everything.append(row)
                if best is None or row["mean_us"] < best["mean_us"]:
                    best = row
            rows.append(best or {"set": name, "k": k, "target": target, "engine": engine.name, "setting": None})
    return rows, everything


def cold(engines, sets, rows, count: int) -> list[dict]:
    """Measures first answers with an evicted and a warm page cache, at k = 10 and 0.95, with the first set."""
    name, found = next(iter(sets)), []
    for engine in engines:
        row = next((row for row in rows if row["set"] == name and row["engine"] == engine.name and row["k"] == 10
                    and row["target"] == 0.95 and row["setting"]), None)
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


def markdown(result: dict) -> str:
    lines = [
        f"{result['documents']} documents, {result['nonzeros'] / result['documents']:.0f} non-zeros each. "
        f"{result['rounds']} rounds; load average {result['load'][0]:.1f} at the beginning and {result['load'][1]:.1f} "
        "at the end of the run (the run itself is 1).", "",
        "| engine | version | built with | build CPU s | bytes on disk | bytes a document |", "|---|---|---|---|---|---|"]
    for row in result["engines"]:
        lines.append(
            f"| {row['engine']} | {row['version']} | {row['build']} | {row['cpu_seconds']:.1f} | {row['bytes']:,} "
            f"| {row['bytes'] / result['documents']:.0f} |")
    for name, files in result["sets"].items():
        for k in LIMITS:
            rows = [row for row in result["rows"] if row["set"] == name and row["k"] == k]
            if not rows:
                continue
            lines += ["", f"**{name}**: {files['count']} queries of {files['terms']:.0f} terms, k = {k}", "",
                      "| recall at least | engine | setting | reached | mean us | p50 | p99 | mean, p99 over the "
                      "fastest peer's | documents scored | postings |", "|---|---|---|---|---|---|---|---|---|---|"]
            for target in TARGETS:
                group = [row for row in rows if row["target"] == target]
                peers = [row for row in group if row["setting"] and row["engine"] != Ours.name]
                fastest = min(peers, key=lambda row: row["mean_us"], default=None)
                for row in group:
                    label = target if target == "exact" else f"{target:.2f}"
                    if not row["setting"]:
                        lines.append(f"| {label} | {row['engine']} | not reached | - | - | - | - | - | - | - |")
                        continue
                    ratio = "-"
                    if fastest:
                        ratio = ", ".join(f"{row[field] / fastest[field]:.2f}" for field in ("mean_us", "p99_us"))
                    scored = f"{row['documents_scored']:.0f}" if "documents_scored" in row else "-"
                    postings = f"{row['postings']:,.0f}" if "postings" in row else "-"
                    lines.append(
                        f"| {label} | {row['engine']} | {row['setting']} | {row['recall']:.4f} "
                        f"| {row['mean_us']:.0f} | {row['p50_us']:.0f} | {row['p99_us']:.0f} | {ratio} | {scored} | {postings} |")
    floors = ", ".join(f"{row['engine']} {row['mean_us']:.1f} us" for row in result["floors"])
    lines += ["", f"A call through Python with almost no work (one rare term) takes: {floors}."]
    lines += ["", "**Requested and reached recall**, on queries that the tuner has not seen.", "",
              "| requested | " + " | ".join(f"{name}, k = {k}" for name in result["sets"] for k in LIMITS) + " |",
              "|---|" + "---|" * (len(result["sets"]) * len(LIMITS))]
    for asked in ASKED:
        cells = []
        for name in result["sets"]:
            for k in LIMITS:
                points = result["points"].get(f"{name}/{k}", {}).get(Ours.name, [])
                point = next((point for point in points if point["setting"]["recall"] == asked), None)
                cells.append(f"{point['recall']:.4f}" if point else "-")
        lines.append(f"| {asked} | " + " | ".join(cells) + " |")
    if any(result["ladder"].values()):
        lines += ["", "**The ladder**: what `tune` measured for each effort, on the queries it was given.", "",
                  "| queries | k | effort | recall | mean us | documents scored |", "|---|---|---|---|---|---|"]
        for name, points in result["ladder"].items():
            lines += [
                f"| {name} | {point['limit']} | {point['effort']} | {point['recall']:.4f} | {point['mean_us']:,.0f} "
                f"| {point['documents_scored']:.0f} |" for point in points]
    if result["cold"]:
        lines += ["", "**Time to the first answer**, k = 10 at 0.95: medians of "
                  f"{result['cold_rounds']} fresh processes.", "",
                  "| engine | page cache | first answer ms | p50 of the next 100 us | share of the file that stayed cached |",
                  "|---|---|---|---|---|"]
        for row in result["cold"]:
            first = row.get("process_ms", row.get("first_ms"))
            stayed = f"{row['stayed'] * 100:.1f} %" if "stayed" in row else "all"
            lines.append(f"| {row['engine']} | {'dropped' if row['evicted'] else 'warm'} | {first:.1f} "
                         f"| {row['next_p50_us']:.0f} | {stayed} |")
        lines += ["", "SparseStore is measured from the start of the process to its end, including reading the query file; its "
                  "p50 includes the first query. The peers are measured from opening the index in a running process, "
                  "without starting Python and importing the library."]
    return "\n".join(lines) + "\n"


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
    parser.add_argument("--queries", type=int, help="only use this many queries of each set, from the first")
    parser.add_argument("--core", type=int, default=1, help="the core all engines are pinned to")
    parser.add_argument("--seismic", action="append", type=json.loads, metavar="[800,0.1,0.4,6,2]",
                        help="n_postings, centroid_fraction, summary_energy, max_fraction, min_cluster_size")
    parser.add_argument("--sindi", action="append", type=json.loads, metavar="[0.2,1,50000]",
                        help="doc_prune_ratio, quantized, window_size")
    parser.add_argument("--blocks", action="store_true", help="build ours with a block index")
    parser.add_argument("--sweep", choices=["Seismic", "SINDI"], help="only sweep this peer, for a later run")
    options = parser.parse_args()
    os.makedirs(options.work, exist_ok=True)
    sets = split(options)
    engines = [Ours(options, sets), Peer("Seismic", "seismic", options, sets, options.seismic),
               Peer("SINDI", "sindi", options, sets, options.sindi)]
    if options.sweep:
        engine = next(engine for engine in engines if engine.name == options.sweep)
        engine.start()
        for name in sets:
            for k in LIMITS:
                sweep([engine], name, k)
        return engine.stop()
    load = [os.getloadavg()[0]]
    for engine in engines:
        engine.start()
        log(f"{engine.name} is ready")
    documents = CSR(options.documents, mapped=True)
    result = {
        "documents": documents.rows, "nonzeros": len(documents.terms), "rounds": options.rounds,
        "cold_rounds": options.cold_rounds, "rows": [], "measured": [], "points": {}, "cold": [],
        "sets": {name: {"count": files["count"], "terms": files["terms"]} for name, files in sets.items()},
        "engines": [], "floors": [], "started": time.strftime("%F %H:%M UTC", time.gmtime())}
    ours = engines[0]
    result["statistics"] = ours.statistics
    result["engines"].append({
        "engine": ours.name, "version": ours.version, "cpu_seconds": ours.load["cpu_seconds"],
        "build": ("load, then build" if ours.load["built"] else "load") + (" --blocks" if options.blocks else ""),
        "bytes": ours.statistics["live_bytes"], "file_bytes": ours.statistics["file_bytes"]})
    for engine in engines[1:]:
        result["engines"] += [
            {"engine": engine.name, "version": engine.version, "build": json.dumps(build["build"]),
             "cpu_seconds": build["cpu_seconds"], "bytes": build["bytes"]} for build in engine.builds]
        result["floors"].append({"engine": engine.name} | engine.floor(next(iter(sets))))

    def write() -> None:
        result["load"] = [load[0], os.getloadavg()[0]]
        with open(options.out + ".json", "w") as file:
            json.dump(result, file, indent=1)
        with open(options.out + ".md", "w") as file:
            file.write(markdown(result))

    for name in sets:
        for k in LIMITS:
            chosen, points = sweep(engines, name, k)
            result["points"][f"{name}/{k}"] = points
            rows, everything = rounds(engines, name, k, chosen, options.rounds)
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
