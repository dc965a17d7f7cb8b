#!/usr/bin/env bash
# Builds the reference documentation of the library's public modules into .build/docs, with the docc of the Swift
# toolchain: the package needs no plugin for it. Fails on a warning, such as a ``link`` to a symbol that is not there.
# (That every public declaration has a comment is checked by swift format.)
set -euo pipefail
cd "$(dirname "$0")/.."

modules=(SparseFormat SparseStore SparseInterchange SparseText)
docc=$(command -v docc || xcrun --find docc)
graphs=.build/docs/symbol-graphs
site=.build/docs/site
rm -rf .build/docs
mkdir -p "$graphs"

log=.build/docs/symbol-graph.log
if ! swift package dump-symbol-graph --minimum-access-level public --skip-synthesized-members >"$log" 2>&1; then
    cat "$log" >&2
    exit 1
fi
written=$(sed -n 's/^Files written to //p' "$log")
for module in "${modules[@]}"; do
    cp "$written/$module.symbols.json" "$graphs/"
    find "$written" -name "$module@*.symbols.json" -exec cp {} "$graphs/" \;
done

catalog=()
if [ -d Sources/SparseStore/SparseStore.docc ]; then catalog=(Sources/SparseStore/SparseStore.docc); fi
"$docc" convert ${catalog[@]+"${catalog[@]}"} --additional-symbol-graph-dir "$graphs" --output-dir "$site" \
    --fallback-display-name SparseStore --fallback-bundle-identifier SparseStore --warnings-as-errors
echo "docs: ${modules[*]} in $site, no warning; read them with: python3 -m http.server -d $site"
