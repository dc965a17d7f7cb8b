"""Builds shards of SparseStore with Apache Spark, and runs large batches of queries over them.

Every task runs the command `sparsestore` on the machine of its executor. All executors must reach the folder of the
shards under the same path, on a file system that supports stores, which excludes network file systems.

    from sparsestore_spark import build_shards, search_shards
    build_shards(sc.textFile("documents.jsonl"), "shards", count=4)
    search_shards(sc, "shards", queries, limit=100)     # {query id: [(document id, score), ...]}
"""

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

SEED = 0x5348415244


def shard_of(identifier, count):
    """The number of the shard that holds a document (FORMAT.md, "Shards")."""
    import xxhash

    return xxhash.xxh64_intdigest(identifier.encode("utf-8"), seed=SEED) % count


def run(arguments, **options):
    done = subprocess.run(arguments, capture_output=True, **options)
    if done.returncode != 0:
        raise RuntimeError(f"{arguments[:2]} ended with {done.returncode}: {done.stderr.decode()[-500:]}")
    return done.stdout


def build_shard(number, lines, folder, binary, load_options):
    """Fills one store under a temporary name, verifies it, and links it to its final name.

    A task that dies leaves a folder under `_attempts`, which is never used as a shard. If two attempts finish, the
    first one wins, because a link is not made if its name exists.
    """
    final = Path(folder) / f"{number}.sparse"
    if final.exists():
        return number
    attempts = Path(folder) / "_attempts"
    attempts.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f"{number}-", dir=attempts))
    try:
        store = work / "store.sparse"
        loading = subprocess.Popen(
            [binary, "load", str(store), "-", "--quiet", "--json", *load_options],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        sent = 0
        try:
            for line in lines:
                loading.stdin.write(line.encode("utf-8") + b"\n")
                sent += 1
            loading.stdin.close()
            loading.stdin = None
        except BrokenPipeError:
            loading.stdin = None
        out, errors = loading.communicate()
        if loading.returncode != 0:
            raise RuntimeError(f"load ended with {loading.returncode}: {errors.decode()[-500:]}")
        found = int(run([binary, "count", str(store)]))
        if found != sent:
            raise RuntimeError(f"shard {number} has {found} of {sent} documents; an id may appear twice")
        run([binary, "verify", str(store)])
        try:
            os.link(store, final)
            store.unlink()
        except FileExistsError:
            pass
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return number


def build_shards(lines, folder, count, binary="sparsestore", load_options=()):
    """Divides documents, given as one JSON object per line with a field "id", among `count` shards in `folder`.

    It can be called again after a failure; existing shards are kept.
    """
    load_options = list(load_options)
    Path(folder).mkdir(parents=True, exist_ok=True)
    pairs = lines.map(lambda line: (str(json.loads(line)["id"]), line))
    parts = pairs.partitionBy(count, lambda identifier: shard_of(identifier, count))

    def build(number, part):
        # The order of a shuffle differs from run to run; shards do not.
        documents = (line for _, line in sorted(part))
        yield build_shard(number, documents, folder, binary, load_options)

    built = parts.mapPartitionsWithIndex(build).collect()
    shutil.rmtree(Path(folder) / "_attempts", ignore_errors=True)
    missing = [number for number in range(count) if not (Path(folder) / f"{number}.sparse").exists()]
    if missing or sorted(set(built)) != list(range(count)):
        raise RuntimeError(f"shards {missing} are missing")


def search_shards(context, folder, queries, limit=10, binary="sparsestore", options=("--recall", "exact"), parts=4):
    """Returns the best documents of all shards for each query. Every query runs on every shard, and the answers are
    merged.

    The queries must have their final weights, because a weighting by document frequencies would use those of each shard
    alone.

    queries: Dictionaries {"id": string, "vector": {term: weight}}.
    """
    shards = sorted(Path(folder).glob("*.sparse"), key=lambda path: int(path.stem))
    size = max(1, (len(queries) + parts - 1) // parts)
    tasks = [(str(shard), queries[begin:begin + size]) for shard in shards for begin in range(0, len(queries), size)]
    options = list(options)

    def ask(task):
        shard, asked = task
        text = "\n".join(json.dumps(query) for query in asked)
        with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            out = run([
                binary, "search", shard, "--queries", file.name, "--all", "--json", "--threads", "1",
                "--limit", str(limit), *options])
        for line in out.splitlines():
            answer = json.loads(line)
            yield answer["id"], [(hit["id"], hit["score"]) for hit in answer["hits"]]

    def merged(a, b):
        return sorted(a + b, key=lambda hit: (-hit[1], hit[0].encode("utf-8")))[:limit]

    return dict(context.parallelize(tasks, max(1, len(tasks))).flatMap(ask).reduceByKey(merged).collect())
