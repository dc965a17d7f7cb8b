#!/usr/bin/env python3
"""Builds shards on real executors (local-cluster mode) under faults, and compares their answers with those of one
store.

    python3 check.py BINARY [DOCUMENTS.jsonl QUERIES.jsonl] [--executors 2] [--faults none,raise,kill,slow]
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import sparsestore_spark as spark_store

COUNT = 4


def made(folder):
    """Random documents and queries. Their weights are multiples of 1/128, so that sums are exact."""
    generator = random.Random(7)

    def vector(size):
        return {
            f"t{int(generator.random() ** 3 * 3000)}": generator.randint(1, 512) / 128 for _ in range(size)}

    documents, queries = folder / "documents.jsonl", folder / "queries.jsonl"
    with open(documents, "w", encoding="utf-8") as file:
        for number in range(4000):
            file.write(json.dumps({"id": f"d{number}", "content": f"text {number}", "vector": vector(20)}) + "\n")
    with open(queries, "w", encoding="utf-8") as file:
        for number in range(100):
            file.write(json.dumps({"id": f"q{number}", "vector": vector(8)}) + "\n")
    return documents, queries


def session(executors, **settings):
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master(f"local-cluster[{executors},1,1024]").appName("sparsestore")
    for key, value in {
        "spark.ui.enabled": "false", "spark.task.maxFailures": "6", "spark.executorEnv.PYTHONPATH": os.environ["PYTHONPATH"],
        "spark.excludeOnFailure.enabled": "false", **settings,
    }.items():
        builder = builder.config(key, value)
    built = builder.getOrCreate()
    built.sparkContext.setLogLevel("ERROR")
    return built


def faulty(lines, folder, fault):
    """Documents for which the first reading of shard 1 or 2 fails."""
    def read(number, part):
        for place, line in enumerate(part):
            mark = Path(folder) / f"fault-{fault}-{number}"
            if place == 50 and number in (1, 2) and not mark.exists():
                mark.touch()
                if fault == "raise":
                    raise RuntimeError("a planned failure")
                if fault == "kill":
                    # The parents of a worker are its daemon and the executor.
                    with open(f"/proc/{os.getppid()}/stat", encoding="ascii") as stat:
                        executor = int(stat.read().rsplit(")", 1)[1].split()[1])
                    os.kill(executor, signal.SIGKILL)
                    time.sleep(30)
                if fault == "slow":
                    time.sleep(25)
            yield line
    return lines.mapPartitionsWithIndex(read)


def check(condition, what):
    if not condition:
        sys.exit(f"FAILED: {what}")
    print(f"ok: {what}", flush=True)


SPECULATION = {
    "spark.speculation": "true", "spark.speculation.multiplier": "1.2", "spark.speculation.quantile": "0.5",
    "spark.speculation.interval": "200ms"}


def options():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary", type=Path)
    parser.add_argument("files", type=Path, nargs="*")
    parser.add_argument("--executors", type=int, default=2)
    parser.add_argument("--faults", default="none,raise,kill,slow")
    return parser.parse_args()


def main():
    chosen = options()
    binary = str(chosen.binary.resolve())
    folder = Path(tempfile.mkdtemp(prefix="sparsestore-spark-"))
    here = str(Path(__file__).parent.resolve())
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [here, os.environ.get("PYTHONPATH")]))
    os.environ["PYSPARK_PYTHON"] = sys.executable
    documents, queries = chosen.files or made(folder)
    asked = [json.loads(line) for line in open(queries, encoding="utf-8")]
    wanted = sum(1 for _ in open(documents, encoding="utf-8"))
    one = folder / "one.sparse"
    begin = time.time()
    subprocess.run([binary, "load", str(one), str(documents), "--quiet"], check=True, stdout=subprocess.DEVNULL)
    print(f"one process: {time.time() - begin:.1f} s, {one.stat().st_size} bytes")
    expected = {}
    out = spark_store.run([
        binary, "search", str(one), "--queries", str(queries), "--all", "--json", "--recall", "exact", "--limit", "20"])
    for line in out.splitlines():
        answer = json.loads(line)
        expected[answer["id"]] = [(hit["id"], hit["score"]) for hit in answer["hits"]]

    for fault in chosen.faults.split(","):
        spark = session(chosen.executors, **(SPECULATION if fault == "slow" else {}))
        shards = folder / f"shards-{fault}"
        begin = time.time()
        lines = spark.sparkContext.textFile(str(documents), 4)
        spark_store.build_shards(faulty(lines, folder, fault), str(shards), COUNT, binary)
        seconds = time.time() - begin
        stores = sorted(shards.glob("*.sparse"))
        size = sum(path.stat().st_size for path in stores)
        print(f"{fault}: {seconds:.1f} s, {size} bytes")
        check([path.name for path in stores] == [f"{n}.sparse" for n in range(COUNT)], f"{fault}: each shard exists once")
        check(not (shards / "_attempts").exists(), f"{fault}: no partial shard is left")
        check(int(spark_store.run([binary, "count", str(shards)])) == wanted, f"{fault}: every document exists")
        spark_store.run([binary, "verify", str(shards), "--deep"])
        check(True, f"{fault}: the shards are sound and have no id in common")
        begin = time.time()
        found = spark_store.search_shards(spark.sparkContext, str(shards), asked, limit=20, binary=binary)
        print(f"{fault}: {len(asked)} queries on {COUNT} shards: {time.time() - begin:.1f} s")
        check(found == expected, f"{fault}: the answers of the shards are those of one store")
        spark.stop()


if __name__ == "__main__":
    main()
