#!/usr/bin/env bash
# Checks that the build's requirements are installed: Swift, liblmdb, libzstd, zlib, libcrypto, libstemmer, pkg-config.
# Installs missing packages with apt-get and prints the command. Does nothing if none is missing.
#
#   Scripts/setup.sh          the requirements of `make demo`
#   Scripts/setup.sh checks   also the requirements of `make test` and the checks: python3, zstd (the command), and on
#                             Linux the two modules of Tests/Reader for the system's Python, which may not be 'python3'
set -euo pipefail

missing=()

need_library() { # pkg-config name, Debian package
    if ! command -v pkg-config >/dev/null || ! pkg-config --exists "$1"; then missing+=("$2"); fi
}

need_header() { # header, Debian package: for a library without a pkg-config file
    if ! echo "#include <$1>" | "${CC:-cc}" -E - >/dev/null 2>&1; then missing+=("$2"); fi
}

need_command() { # command, Debian package
    if ! command -v "$1" >/dev/null; then missing+=("$2"); fi
}

need_reader() { # the modules that the second reader of the format imports
    local python
    for python in /usr/bin/python3 python3; do
        if "$python" -c 'import lmdb, zstandard' 2>/dev/null; then return; fi
    done
    missing+=(python3-lmdb python3-zstandard)
}

check_swift() {
    if ! command -v swift >/dev/null; then
        echo "setup: Swift 6.1 or newer is needed and 'swift' is not on the PATH: see https://www.swift.org/install" >&2
        exit 1
    fi
}

install_missing() {
    echo "setup: not installed: ${missing[*]}"
    if [ "$(uname)" = Darwin ]; then
        echo "setup: install them with: brew install lmdb zstd snowball pkg-config python3" >&2
        exit 1
    fi
    if ! command -v apt-get >/dev/null; then
        echo "setup: there is no apt-get; install these Debian packages or their equivalents with your package manager" >&2
        exit 1
    fi
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        if ! command -v sudo >/dev/null; then
            echo "setup: not root, and there is no sudo; run as root: apt-get install ${missing[*]}" >&2
            exit 1
        fi
        as_root=(sudo)
    fi
    echo "setup: apt-get install ${missing[*]}"
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
    echo "setup: installed ${missing[*]}"
}

check_swift
need_command pkg-config pkg-config
need_library lmdb liblmdb-dev
need_library libzstd libzstd-dev
need_library zlib zlib1g-dev
if [ "$(uname)" = Linux ]; then need_library libcrypto libssl-dev; fi
need_header libstemmer.h libstemmer-dev
if [ "${1:-}" = checks ]; then
    need_command python3 python3
    need_command zstd zstd
    if [ "$(uname)" = Linux ]; then need_reader; fi
fi
if [ "${#missing[@]}" -gt 0 ]; then install_missing; fi
