"""The two sides of compare.py: our store, through its command line, and a peer in a process of its own."""

import json
import os
import subprocess
import sys
import time

from collection import evict, has_build

ASKED = ["fast", "0.85", "0.9", "0.92", "0.94", "0.95", "0.96", "0.97", "0.98", "0.985", "0.99", "0.993", "0.996",
         "0.999", "exact"]
EXACT = 0.99995  # a peer counts as exact when its recall rounds to 1.0000
HERE = os.path.dirname(os.path.abspath(__file__))
# The name of a peer in the tables, its key in peers.py, and what a build of it is.
PEERS = {
    "Seismic": ("seismic", "n_postings, centroid_fraction, summary_energy, max_fraction, min_cluster_size"),
    "SINDI": ("sindi", "doc_prune_ratio, quantized, window_size"),
    "kannolo": ("kannolo", "storage (plain or packed), m, ef_construction"),
    "Lucene": ("lucene", "scale of the weights"),
    "ArcadeDB": ("arcadedb", "weight quantization (FP32, FP16 or INT8)"),
}


class Ours:
    name = "SparseStore"

    def __init__(self, options, sets):
        self.options, self.sets = options, sets
        self.store = os.path.join(options.work, "compare-blocks.sparse" if options.blocks else "compare.sparse")
        self.tuned, self.ladders = None, {}

    def command(self, *words: str) -> dict:
        line = ["taskset", "-c", str(self.options.core), self.options.binary, *words, "--json"]
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

    def bytes(self, setting: dict) -> int:
        return self.statistics["live_bytes"]

    def place(self, setting: dict) -> int:
        return 0

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

    def release(self) -> None:
        pass

    def stop(self) -> None:
        pass


class Peer:
    def __init__(self, name: str, options, sets):
        self.name, self.key, self.options, self.sets = name, PEERS[name][0], options, sets
        self.errors = os.path.join(options.work, self.key + ".log")
        builds = getattr(options, self.key)
        self.words = {
            "documents": options.documents, "work": options.work, "builds": builds, "one": options.one_at_a_time,
            "sets": {name: [files["queries"], files["truth"]] for name, files in sets.items()}}

    def spawn(self, **more):
        python = os.path.join(self.options.peers, "bin", "python")
        line = ["taskset", "-c", str(self.options.core), python, os.path.join(HERE, "peers.py"), self.key,
                json.dumps(self.words | more)]
        with open(self.errors, "w") as errors:
            return subprocess.Popen(
                line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True, bufsize=1)

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            with open(self.errors) as file:
                sys.exit(f"{self.name} stopped:\n" + "".join(file.readlines()[-20:]))
        return json.loads(line)

    def ask(self, **request):
        self.process.stdin.write(json.dumps(request) + "\n")
        return self.answer()

    def start(self) -> None:
        # Indexes are built by a process of their own, because a library may keep the memory of a build.
        self.process = self.spawn(build_only=True)
        self.answer()
        self.process.communicate()
        self.process = self.spawn()
        first = self.answer()
        self.version, self.builds = first["version"], first["builds"]
        self.answer()

    def grid(self, k: int) -> list[dict]:
        return self.ask(grid=k)

    def run(self, name: str, k: int, setting: dict, count=None) -> dict:
        """Asks all queries of the set, or so many, spread over it."""
        return self.ask(run=name, k=k, setting=setting, count=count)

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

    def bytes(self, setting: dict) -> int:
        return self.builds[setting["index"]]["bytes"]

    def place(self, setting: dict) -> int:
        return setting["index"]

    def sweep_file(self, name: str, k: int) -> str:
        return os.path.join(self.options.work, f"sweep-{self.key}-{name}-{self.sets[name]['count']}-{k}.json")

    def identity(self, setting: dict) -> str:
        """Names a build and a setting, whatever the other builds are."""
        build = self.builds[setting["index"]]["build"]
        return json.dumps([build, {key: value for key, value in setting.items() if key != "index"}])

    def kept(self, name: str, k: int) -> dict:
        """Returns the results of earlier sweeps with this version."""
        try:
            with open(self.sweep_file(name, k)) as file:
                kept = json.load(file)
        except OSError:
            kept = {}
        return kept if kept.get("version") == self.version else {"version": self.version, "few": {}, "all": {}}

    def keep(self, name: str, k: int, results: dict) -> None:
        path = self.sweep_file(name, k)
        with open(path + ".part", "w") as file:
            json.dump(results, file)
        os.replace(path + ".part", path)

    def cold(self, name: str, k: int, setting: dict, evicted: bool) -> dict:
        stayed = evict(self.builds[setting["index"]]["file"]) if evicted else None
        process = self.spawn(cold=[name, k, setting])
        output, _ = process.communicate()
        return json.loads(output.strip().split("\n")[-1]) | {"stayed": stayed}

    def release(self) -> None:
        """Unloads the indexes, until the next request."""
        self.ask(release=True)

    def stop(self) -> None:
        self.process.stdin.close()
        self.process.wait()
