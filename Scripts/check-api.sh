#!/usr/bin/env bash
# Fails if the public Swift API lacks something that the last release has (`make api`).
#
# The baseline is the newest release tag, such as 1.2.0, with the major version of this code that is an ancestor of HEAD.
# If there is none, it is the commit that set the version to the first of this major version, such as 1.0.0. Without a
# baseline, as in a shallow clone, there is nothing to compare with, and the check succeeds.
#
# Both sides are built without package traits, so what a trait adds is not compared. BASELINE names another commit.
set -euo pipefail
cd "$(dirname "$0")/.."

file=Sources/SparseStoreTool/RootCommand.swift
major=$(Scripts/check-version.py --print)
major=${major%%.*}

if ! git rev-parse --quiet --verify HEAD >/dev/null 2>&1; then
    echo "check-api: no git repository, so there is no baseline"
    exit 0
fi
baseline=${BASELINE:-$(git tag --merged HEAD --list "$major.*" | grep -E '^[0-9]+\.[0-9]+\.[0-9]+$' | sort -V | tail -1 || true)}
if [ -z "$baseline" ] && [ "$(git rev-parse --is-shallow-repository)" = false ]; then
    baseline=$(git log -S"version: \"$major.0.0\"," --format=%H -- "$file" | tail -1)
fi
if [ -z "$baseline" ]; then
    echo "check-api: no tag of a version $major and no commit that set it, so there is no baseline"
    exit 0
fi
if git diff --quiet "$baseline" -- Sources Package.swift; then
    echo "check-api: no source has changed since the baseline, $baseline"
    exit 0
fi

allowed=()
if [ -f .api-allowlist ]; then allowed=(--breakage-allowlist-path .api-allowlist); fi
echo "check-api: comparing with $baseline"
# CSparseStore exports C functions, which the tests of the C header cover. The check finds declarations that
# were removed, renamed or changed. It misses those that became 'package'.
swift package diagnose-api-breaking-changes "$baseline" "${allowed[@]}" \
    --products SparseStore --products SparseInterchange --products SparseText
