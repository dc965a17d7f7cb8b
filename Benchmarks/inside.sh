#!/bin/bash
# Runs a benchmark that reaches into the engine: its inner loops, or what each of its ideas brings.
#
#   DATA=FOLDER Benchmarks/inside.sh kernels|ablation [OPTION...]
#   DATA=FOLDER STORE=FILE Benchmarks/inside.sh kernels|ablation [OPTION...]
#
# FOLDER holds docs.csr and queries.csr. The store is loaded from it into WORK, or is one that is there. The benchmark's
# own options are in the head of its Main.swift.
#
# What is measured is internal, and stays so: these two are built with testable imports, in a folder of their own, and
# all other benchmarks with the engine that users build.
set -euo pipefail
cd "$(dirname "$0")/.."

benchmark=${1:?kernels or ablation}
shift
: "${DATA:?DATA names a folder with docs.csr and queries.csr}"
WORK=${WORK:-Benchmarks/work}
mkdir -p "$WORK"
echo "load average: $(cut -d' ' -f1-3 /proc/loadavg 2>/dev/null || uptime)" >&2

if [ -z "${STORE:-}" ]; then
    STORE=$WORK/inside.sparse
    if [ ! -f "$STORE.loaded" ]; then
        swift build -c release --product sparsestore
        binary="$(swift build -c release --show-bin-path)/sparsestore"
        rm -f "$STORE" "$STORE-lock"
        "$binary" load "$STORE" "$DATA/docs.csr" --quiet
        "$binary" tune "$STORE" --queries "$DATA/queries.csr" --quiet
        touch "$STORE.loaded"
    fi
fi

build=(swift build -c release --package-path Benchmarks --scratch-path Benchmarks/.build-inside -Xswiftc -enable-testing)
"${build[@]}" --product "$benchmark" >&2
if [ "$benchmark" = ablation ]; then set -- --documents "$DATA/docs.csr" --work "$WORK" "$@"; fi
"$("${build[@]}" --show-bin-path)/$benchmark" "$STORE" --queries "$DATA/queries.csr" "$@" | tee "$WORK/$benchmark.md"
