"""Reads and writes objects of an S3 bucket for `sparsestore publish` and `follow`. Requests come on standard input, and
answers go to standard output.

The command starts it with the bucket and the prefix as arguments. It needs boto3, which takes the account, the region
and the endpoint from the usual settings: the environment, ~/.aws, or the role of the machine.

A request is a line of words, then a line for each name, then bytes. An answer is `ok COUNT`, then COUNT lines, then
bytes, or `error KIND MESSAGE`.
"""

import signal
import sys
from concurrent.futures import ThreadPoolExecutor

try:
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError
except ImportError:
    sys.stdout.write("error missing boto3 is not installed for this Python; install it (pip install boto3)\n")
    sys.exit(1)

# The command decides what an interrupt means.
signal.signal(signal.SIGINT, signal.SIG_IGN)

BUCKET, PREFIX = sys.argv[1], sys.argv[2]
THREADS = 16
GONE = {"NoSuchKey", "404", "NotFound"}
TAKEN = {"PreconditionFailed", "412", "ConditionalRequestConflict", "409"}
DENIED = {"AccessDenied", "403", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken"}

# Newer versions add unsigned trailers by default, which some S3 servers do not support.
client = boto3.client(
    "s3", config=Config(
        max_pool_connections=THREADS, retries={"max_attempts": 8, "mode": "standard"},
        request_checksum_calculation="when_required", response_checksum_validation="when_required"))
pool = ThreadPoolExecutor(THREADS)
requests, answers = sys.stdin.buffer, sys.stdout.buffer


def line() -> list[str]:
    return requests.readline().decode().split()


def answer(lines: list[str], data: list[bytes] = []):
    answers.write("".join(f"{text}\n" for text in [f"ok {len(lines)}", *lines]).encode())
    for piece in data:
        answers.write(piece)


def names(folder: str) -> list[str]:
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=PREFIX + folder)
    return [item["Key"][len(PREFIX):] for page in pages for item in page.get("Contents", [])]


def read(name: str) -> bytes | None:
    try:
        return client.get_object(Bucket=BUCKET, Key=PREFIX + name)["Body"].read()
    except ClientError as error:
        if error.response["Error"]["Code"] in GONE:
            return None
        raise


def write(name: str, data: bytes):
    client.put_object(Bucket=BUCKET, Key=PREFIX + name, Body=data)


def create(name: str, data: bytes) -> bool:
    try:
        client.put_object(Bucket=BUCKET, Key=PREFIX + name, Body=data, IfNoneMatch="*")
        return True
    except ClientError as error:
        if error.response["Error"]["Code"] in TAKEN:
            return False
        raise


def remove(keys: list[str]):
    for start in range(0, len(keys), 1000):
        result = client.delete_objects(
            Bucket=BUCKET,
            Delete={"Objects": [{"Key": PREFIX + key} for key in keys[start:start + 1000]], "Quiet": True})
        for error in result.get("Errors", []):
            raise ClientError({"Error": error}, "DeleteObjects")


def serve(request: list[str]):
    match request:
        case ["list", folder]:
            answer(names(folder + "/"))
        case ["unused"]:
            page = client.list_objects_v2(Bucket=BUCKET, Prefix=PREFIX, MaxKeys=1000)
            known = ("target", "manifests/", "chunks/", "claims/")
            others = [item["Key"] for item in page.get("Contents", []) if not item["Key"][len(PREFIX):].startswith(known)]
            answer(["no" if others else "yes"])
        case ["read", count]:
            keys = [line()[0] for _ in range(int(count))]
            found = list(pool.map(read, keys))
            answer([str(-1 if data is None else len(data)) for data in found], [data for data in found if data])
        case ["write", count]:
            heads = [line() for _ in range(int(count))]
            objects = [(name, requests.read(int(size))) for name, size in heads]
            list(pool.map(lambda item: write(*item), objects))
            answer([])
        case ["create", name, size]:
            answer(["yes" if create(name, requests.read(int(size))) else "no"])
        case ["remove", count]:
            remove([line()[0] for _ in range(int(count))])
            answer([])


while request := line():
    try:
        serve(request)
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        kind = "denied" if code in DENIED else "missing" if code == "NoSuchBucket" else "io"
        answers.write(f"error {kind} {str(error)}\n".encode())
    except (BotoCoreError, OSError) as error:
        kind = "denied" if "redential" in str(error) else "io"
        answers.write(f"error {kind} {' '.join(str(error).split())}\n".encode())
    answers.flush()
