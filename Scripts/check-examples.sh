#!/usr/bin/env bash
# Type-checks the Swift examples of README.md, of the documentation's articles and of its tutorial against the debug
# build, so that they stay correct. An example that begins with `// Package.swift` is left out.
set -euo pipefail
cd "$(dirname "$0")/.."
catalog=Sources/SparseStore/SparseStore.docc

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for text in README.md "$catalog"/*.md "$catalog"/Articles/*.md; do
    awk -v file="$work/$(basename "$text" .md)" '
        /^```swift$/ { inside = 1; example = file "-" ++count ".swift"; next }
        /^```$/      { inside = 0 }
        inside       { print > example }' "$text"
done
cp "$catalog"/Resources/*.swift "$work"

swift build --target SparseText >/dev/null
products=$(swift build --show-bin-path)
flags=(-swift-version 6 -I "$products/Modules")
while IFS= read -r map; do
    flags+=(-Xcc "-fmodule-map-file=$map")
done < <(find Sources .build/checkouts/*/Sources "$products/CKernels.build" -name module.modulemap)
for flag in $(pkg-config --cflags-only-I lmdb libzstd); do flags+=(-Xcc "$flag"); done

checked=0
for example in "$work"/*.swift; do
    if [ "$(head -n 1 "$example")" = "// Package.swift" ]; then continue; fi
    if ! swiftc -typecheck "${flags[@]}" "$example"; then
        echo "check-examples: example $(basename "$example" .swift) does not compile" >&2
        exit 1
    fi
    checked=$((checked + 1))
done
[ "$checked" -ge 10 ] || { echo "check-examples: only $checked Swift examples were found" >&2 && exit 1; }
echo "check-examples: $checked Swift example(s) type-check"
