#!/usr/bin/env bash
# Type-checks the Swift examples of README.md against the debug build, so that they cannot rot.
# An example that begins with `// Package.swift` is left out.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
awk -v folder="$work" '
    /^```swift$/ { inside = 1; file = folder "/example" ++count ".swift"; next }
    /^```$/      { inside = 0 }
    inside       { print > file }' README.md

swift build --target SparseStore >/dev/null
products=$(swift build --show-bin-path)
flags=(-swift-version 6 -I "$products/Modules")
while IFS= read -r map; do
    flags+=(-Xcc "-fmodule-map-file=$map")
done < <(find Sources .build/checkouts/*/Sources "$products/CKernels.build" -name module.modulemap)
for flag in $(pkg-config --cflags-only-I lmdb libzstd); do flags+=(-Xcc "$flag"); done

checked=0
for example in "$work"/example*.swift; do
    if [ "$(head -n 1 "$example")" = "// Package.swift" ]; then continue; fi
    swiftc -typecheck "${flags[@]}" "$example"
    checked=$((checked + 1))
done
if [ "$checked" -eq 0 ]; then
    echo "check-examples: README.md has no Swift example to check" >&2
    exit 1
fi
echo "check-examples: $checked Swift example(s) of README.md type-check"
