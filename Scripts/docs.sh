#!/usr/bin/env bash
# Builds the documentation of the library's public modules, with the articles and the tutorial of
# Sources/SparseStore/SparseStore.docc, into .build/docs, with the docc of the Swift toolchain, so that the package
# needs no plugin. Fails on a warning, such as a ``link`` to a symbol that does not exist.
#
# The site consists of static files. If a host serves it below a path, set DOCS_BASE_PATH=that/path.
# (swift format checks that every public declaration has a comment.)
set -euo pipefail
cd "$(dirname "$0")/.."

modules=(SparseFormat SparseStore SparseInterchange SparseText)
docc=$(command -v docc || xcrun --find docc)
graphs=.build/docs/symbol-graphs
site=.build/docs/site
rm -rf .build/docs
mkdir -p "$graphs"

log=.build/docs/symbol-graph.log
# The dump covers every target, so the tests have to be built too, or it fails for their modules.
if ! swift build --build-tests >"$log" 2>&1 ||
    ! swift package dump-symbol-graph --minimum-access-level public --skip-synthesized-members >"$log" 2>&1; then
    cat "$log" >&2
    exit 1
fi
written=$(sed -n 's/^Files written to //p' "$log")
for module in "${modules[@]}"; do
    cp "$written/$module.symbols.json" "$graphs/"
    find "$written" -name "$module@*.symbols.json" -exec cp {} "$graphs/" \;
done

catalog=Sources/SparseStore/SparseStore.docc
"$docc" convert "$catalog" --additional-symbol-graph-dir "$graphs" --output-dir "$site" \
    --fallback-display-name SparseStore --fallback-bundle-identifier SparseStore --warnings-as-errors \
    --transform-for-static-hosting --hosting-base-path "${DOCS_BASE_PATH:-/}"
# The root of the site redirects to its landing page.
printf '<!doctype html><meta http-equiv="refresh" content="0; url=documentation/sparsestore/"><title>SparseStore</title>\n' \
    >"$site/index.html"
for page in index.html documentation/sparsestore/index.html documentation/sparsestore/gettingstarted/index.html \
    tutorials/tutorials/index.html; do
    [ -s "$site/$page" ] || { echo "docs: the site has no $page" >&2 && exit 1; }
done
echo "docs: ${modules[*]}, no warning; read them with: python3 -m http.server -d $site   at http://localhost:8000/"
