#!/usr/bin/env bash
# Runs Tests/C, which calls the C interface from C.
#
#   Scripts/c-tests.sh LIBRARY        against a shared library: without a sanitizer, and with leaks checked
#   Scripts/c-tests.sh thread         against a library that is built for it with the thread sanitizer in every module
#   Scripts/c-tests.sh address        the same with the address sanitizer
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

run() { # compiler and its options..., and the library last
    local library=${*: -1}
    "${@:1:$#-1}" -std=c11 -Wall -Wextra -Werror -g -ISources/CSparseStoreHeader/include Tests/C/interface.c "$library" \
        -Wl,-rpath,"$(dirname "$library")" -pthread -o "$work/test"
    rm -f "$work"/store*
    "$work/test" "$work/store"
}

case ${1:?a library, or the name of a sanitizer} in
thread | address)
    scratch=$PWD/.build/$1
    swift build --sanitize "$1" --product CSparseStore --scratch-path "$scratch"
    runtime=$(dirname "$(dirname "$(readlink -f "$(command -v swiftc)")")")/lib/swift/linux
    # Leaks are checked only in the library that ships. Here those of the runtime would be found as well.
    ASAN_OPTIONS=detect_leaks=0 run clang -fsanitize="$1" -L"$runtime" -Wl,-rpath,"$runtime" -Wl,--no-as-needed \
        -ldispatch -lBlocksRuntime "$scratch/debug/libCSparseStore.so"
    ;;
*)
    run gcc "$(realpath "$1")"
    run gcc -fsanitize=address "$(realpath "$1")"
    ;;
esac
