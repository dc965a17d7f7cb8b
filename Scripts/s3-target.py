#!/usr/bin/env python3
"""Publishes a store to S3 and follows it from there, with moto as a local substitute for S3.

    make s3                       creates a virtual environment with boto3 and moto, and runs this script
    Scripts/s3-target.py          runs with a Python that has both

Each publication must give the contents that the store had. Concurrent publishers, removal, the claim of a killed
publisher, a damaged object, a missing bucket and a stopped server must behave as the help texts say.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import boto3
from moto.server import ThreadedMotoServer

TOOL = os.environ.get("SPARSESTORE", ".build/release/sparsestore")
BUCKET, PREFIX = "backups", "wiki"
TARGET = f"s3://{BUCKET}/{PREFIX}"


class Wrong(Exception):
    pass


def run(*words, status: int = 0) -> str:
    done = subprocess.run([TOOL, *map(str, words)], capture_output=True, text=True, timeout=300)
    if done.returncode != status:
        raise Wrong(f"{' '.join(map(str, words))} ended with {done.returncode} instead of {status}: {done.stderr.strip()}")
    return done.stdout + done.stderr


def publish(store: Path, *options) -> dict:
    return json.loads(run("publish", store, TARGET, "--python", sys.executable, "--json", *options))


def follow(store: Path, *options) -> dict:
    return json.loads(run("follow", TARGET, store, "--python", sys.executable, "--once", "--json", *options))


def documents(path: Path, chance: random.Random, numbers):
    with path.open("w") as file:
        for number in numbers:
            vector = {f"t{chance.randrange(400)}": chance.randint(1, 64) / 8 for _ in range(20)}
            file.write(json.dumps({"id": f"d{number}", "vector": vector, "content": "x" * chance.randrange(300)}) + "\n")


def require(holds: bool, what: str):
    if not holds:
        raise Wrong(what)


def check(folder: Path, client, server) -> None:
    chance = random.Random(1)
    store, copy, lines = folder / "s.sparse", folder / "copy.sparse", folder / "d.jsonl"
    history = {}
    for round in range(5):
        documents(lines, chance, range(round * 100, round * 100 + 400))
        run("load", store, lines, "--quiet")
        history[publish(store)["generation"]] = run("export", store)
        require(publish(store)["objects"] == 0, "publishing again shipped something")
        follow(copy)
        require(run("export", copy) == run("export", store), f"round {round}: the copy differs")
    for generation, contents in history.items():
        follow(folder / f"{generation}.sparse", "--at", generation)
        require(run("export", folder / f"{generation}.sparse") == contents, f"generation {generation} differs")

    # Two publishers of one commit at the same time.
    run("remove", store, "d1", "d2")
    command = [TOOL, "publish", store, TARGET, "--python", sys.executable]
    both = [subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    for one in both:
        _, errors = one.communicate(timeout=300)
        require(one.returncode == 0, f"one of two publishers: {errors}")
    require(follow(copy)["new"], "the follower found nothing new after both")

    # The claim of a killed publisher blocks removals, but no publisher.
    claim = f"{PREFIX}/claims/publish-dead"
    client.put_object(Bucket=BUCKET, Key=claim, Body=b"")
    message = run("publications", TARGET, "--python", sys.executable, "--keep", 1, status=6)
    require("claims/publish-dead" in message, f"the claim is not named: {message}")
    publish(store)
    client.delete_object(Bucket=BUCKET, Key=claim)

    def keys() -> list[str]:
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=PREFIX + "/")
        return [item["Key"] for page in pages for item in page.get("Contents", [])]

    before = len(keys())
    result = publish(store, "--keep", 2)
    require(result["removed_objects"] > 0 and len(keys()) == before - result["removed_objects"], f"{result}")
    require(not [key for key in keys() if "/claims/" in key], "a claim is left")
    run("follow", TARGET, folder / "gone.sparse", "--python", sys.executable, "--once", "--at", min(history), status=2)
    follow(folder / "kept.sparse")
    require(run("export", folder / "kept.sparse") == run("export", store), "removal deleted too much")

    # Damage is refused, and the object is named.
    key = next(key for key in keys() if "/chunks/" in key)
    sound = client.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    client.put_object(Bucket=BUCKET, Key=key, Body=sound[:-1] + bytes([sound[-1] ^ 1]))
    names = {key.removeprefix(PREFIX + "/")}
    for generation in [json.loads(line)["generation"] for line in
                       run("publications", TARGET, "--python", sys.executable, "--json").splitlines()]:
        done = subprocess.run(
            [TOOL, "follow", TARGET, folder / f"damaged{generation}.sparse", "--python", sys.executable, "--once", "--at",
             str(generation)], capture_output=True, text=True, timeout=300)
        require(done.returncode in (0, 3), f"damage ends with {done.returncode}: {done.stderr}")
        if done.returncode == 3:
            require(any(name in done.stderr for name in names), f"the chunk is not named: {done.stderr}")
            names.add("seen")
    require("seen" in names, "no publication needs the chunk")
    client.put_object(Bucket=BUCKET, Key=key, Body=sound)

    # A target with other objects, another store, no bucket, no Python, no server.
    client.put_object(Bucket=BUCKET, Key="home/letter", Body=b"precious")
    run("publish", store, f"s3://{BUCKET}/home", "--python", sys.executable, status=2)
    documents(lines, chance, range(10))
    run("load", folder / "other.sparse", lines, "--quiet")
    run("publish", folder / "other.sparse", TARGET, "--python", sys.executable, status=2)
    run("publish", store, "s3://nowhere/x", "--python", sys.executable, status=2)
    run("publish", store, "s3://", status=1)
    run("publish", store, TARGET, "--python", "no-such-python", status=7)
    server.stop()
    os.environ["AWS_MAX_ATTEMPTS"] = "1"
    run("follow", TARGET, copy, "--python", sys.executable, "--once", status=7)


def main() -> int:
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    os.environ.update(
        AWS_ENDPOINT_URL=f"http://{host}:{port}", AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test",
        AWS_REGION="us-east-1", AWS_DEFAULT_REGION="us-east-1")
    client = boto3.client("s3")
    client.create_bucket(Bucket=BUCKET)
    try:
        with tempfile.TemporaryDirectory(prefix="s3-") as folder:
            check(Path(folder), client, server)
    except Wrong as wrong:
        print(f"s3-target: FAILED: {wrong}", file=sys.stderr)
        return 1
    print("s3-target: published, followed and restored, all well")
    return 0


if __name__ == "__main__":
    sys.exit(main())
