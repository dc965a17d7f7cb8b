#!/bin/bash
# Runs the benchmarks. Those that need data or peers run only if these are named:
#
#   Benchmarks/run.sh                                          durable writes, MaxSim
#   DATA=FOLDER Benchmarks/run.sh                              also loading, ingest, and the time from commit to found
#   DATA=FOLDER EMBEDDED=VENV Benchmarks/run.sh                the same, with ingest of Qdrant Edge, zvec and Milvus Lite
#   DATA=FOLDER PEERS=VENV Benchmarks/run.sh                   also the comparison with Seismic, SINDI and others
#
# FOLDER has docs.csr, queries.csr and gt.bin, and optionally queries_idf.csr and gt_idf.bin. VENV is a virtual
# environment with the peers of README.md, or, for EMBEDDED, one with the embedded peers. Stores and results go to WORK.
# The words of COMPARE are passed to the comparison, such as COMPARE="--engines Seismic,SINDI --limits 10,100".
set -euo pipefail
cd "$(dirname "$0")/.."

WORK=${WORK:-Benchmarks/work}
mkdir -p "$WORK"
echo "load average: $(cut -d' ' -f1-3 /proc/loadavg 2>/dev/null || uptime)" >&2

swift build -c release --package-path Benchmarks --product durable-writes
"$(swift build -c release --package-path Benchmarks --show-bin-path)/durable-writes" "$WORK" | tee "$WORK/durable-writes.md"

swift build -c release --package-path Benchmarks --product maxsim-kernels
"$(swift build -c release --package-path Benchmarks --show-bin-path)/maxsim-kernels" | tee "$WORK/maxsim-kernels.txt"

if [ -z "${DATA:-}" ]; then
    echo "bench: DATA does not name a collection, so loading and searching were not measured" >&2
    exit 0
fi
swift build -c release --product sparsestore
binary="$(swift build -c release --show-bin-path)/sparsestore"
Benchmarks/loading.py --binary "$binary" --collection "collection=$DATA/docs.csr,$DATA/queries.csr" --work "$WORK" \
    --out "$WORK/loading.md"

for product in visible ingest; do swift build -c release --package-path Benchmarks --product "$product"; done
benchmarks="$(swift build -c release --package-path Benchmarks --show-bin-path)"
"$benchmarks/visible" "$WORK" --documents "$DATA/docs.csr" | tee "$WORK/visible.md"
Benchmarks/ingest.py --binary "$benchmarks/ingest" ${EMBEDDED:+--peers "$EMBEDDED"} --documents "$DATA/docs.csr" \
    --queries "$DATA/queries.csr" --work "$WORK" --out "$WORK/ingest"

if [ -z "${PEERS:-}" ]; then
    echo "bench: PEERS does not name a virtual environment, so nothing was compared" >&2
    exit 0
fi
sets=(--set "splade=$DATA/queries.csr,$DATA/gt.bin")
if [ -f "$DATA/gt_idf.bin" ]; then sets+=(--set "idf=$DATA/queries_idf.csr,$DATA/gt_idf.bin"); fi
Benchmarks/compare.py --binary "$binary" --peers "$PEERS" --documents "$DATA/docs.csr" "${sets[@]}" --work "$WORK" \
    --out "$WORK/compare" ${COMPARE:-}
