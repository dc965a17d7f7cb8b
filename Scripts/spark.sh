#!/usr/bin/env bash
# Builds shards on Spark's executors under faults, and compares their answers with those of one store.
#   Scripts/spark.sh [DOCUMENTS.jsonl QUERIES.jsonl]
set -euo pipefail
cd "$(dirname "$0")/.."

command -v java > /dev/null || { echo "spark: java was not found; install openjdk-17-jre-headless" >&2; exit 1; }
environment=$(mktemp -d)
trap 'rm -rf "$environment"' EXIT
python3 -m venv "$environment/venv"
"$environment/venv/bin/pip" install --quiet 'pyspark>=3.5,<4' xxhash
"$environment/venv/bin/python" Integrations/spark/check.py .build/release/sparsestore "$@"
