#!/usr/bin/env bash
# Type-checks the Swift examples of README.md against the debug build, so that they cannot rot.
# An example that begins with `// Package.swift` is left out.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
count=$(awk -v folder="$work" '
    /^```swift$/ { inside = 1; file = folder "/example" ++count ".swift"; next }
    /^```$/      { inside = 0 }
    inside       { print > file }
    END          { print count + 0 }' README.md)

swift build --target SparseStore >/dev/null
modules=$(swift build --show-bin-path)/Modules
checked=0
for example in "$work"/example*.swift; do
    if [ "$(head -n 1 "$example")" = "// Package.swift" ]; then continue; fi
    # shellcheck disable=SC2046 # pkg-config prints several words
    swiftc -typecheck -swift-version 6 -I "$modules" \
        -Xcc -fmodule-map-file=Sources/CLMDB/module.modulemap -Xcc -fmodule-map-file=Sources/CZstd/module.modulemap \
        $(pkg-config --cflags-only-I lmdb libzstd | sed 's/-I/-Xcc -I/g') "$example"
    checked=$((checked + 1))
done
if [ "$checked" -eq 0 ]; then
    echo "check-examples: README.md has no Swift example to check" >&2
    exit 1
fi
echo "check-examples: $checked of $count Swift examples of README.md type-check"
