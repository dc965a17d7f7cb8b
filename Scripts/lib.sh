# Functions that the scripts for the command line share. Source this file; do not run it.
# shellcheck shell=bash

sparsestore=${SPARSESTORE:-.build/release/sparsestore}

fail() {
    echo "FAILED: $*" >&2
    exit 1
}

need_sparsestore() {
    if [ ! -x "$sparsestore" ]; then
        echo "$sparsestore does not exist: run 'make build' first, or set SPARSESTORE" >&2
        exit 1
    fi
}

field() { # prints one field of the JSON object on standard input
    python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"
}
