#!/bin/bash
# Runs a benchmark that uses internals of the engine: its inner loops, or the effect of each optimization.
#
#   DATA=FOLDER Benchmarks/inside.sh kernels|ablation [OPTION...]
#   DATA=FOLDER STORE=FILE Benchmarks/inside.sh kernels|ablation [OPTION...]
#
# FOLDER has docs.csr and queries.csr. The store is loaded from it into WORK, or is an existing one. The options of the
# benchmark are at the top of its Main.swift.
#
# The measured code is internal. These two benchmarks are therefore built with testable imports, in a separate folder,
# and all others with the engine that users build.
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
