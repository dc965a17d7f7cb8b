#!/usr/bin/env python3
"""Fails if a public call of a store that can block has no async twin.

A twin has the same name, labels and types, except `isCancelled`, because a task has its own cancellation.

    Scripts/check-async.py              checks this project
    Scripts/check-async.py --self-test  removes a twin in a temporary tree and expects that it is reported
"""

import re
import sys
import tempfile
from pathlib import Path

from swift_source import code_of, report, swift_files

MODULES = ["SparseStore", "SparseText"]

# Calls that need no twin, each with its reason.
EXEMPT = {
    "close()": "it ends within milliseconds, and must be callable from `defer` and `deinit`",
    "releaseMemory()": "it does not block",
    "hits(_:Query, options:SearchOptions)": "it gives an AsyncSequence, and waits for nothing itself",
    "documents(where:Filter?, order:ListOrder, pageSize:Int, after:Cursor?)":
        "it gives an AsyncSequence, and waits for nothing itself",
}

_TYPE = re.compile(r"^(?:public\s+)?(?:final\s+)?(?:extension|class)\s+(?:SparseStore\.)?Store\b[^{]*\{", re.MULTILINE)
_CALL = re.compile(r"^    public\s+(?:static\s+)?func\s+(\w+)(?:<[^>]*>)?\(", re.MULTILINE)


def end_of(code: str, start: int, opening: str, closing: str) -> int:
    """Returns the position after the bracket that closes the one before `start`."""
    depth, index = 1, start
    while depth and index < len(code):
        depth += {opening: 1, closing: -1}.get(code[index], 0)
        index += 1
    return index


def parameters(text: str) -> list[str]:
    """Returns the label and type of each parameter, without closures, which differ by @Sendable and @escaping."""
    parts, depth, start = [], 0, 0
    for index, character in enumerate(text + ","):
        depth += {"(": 1, "[": 1, "<": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(character, 0)
        if character == ">" and text[index - 1:index] != "-":
            depth -= 1
        if character == "," and depth == 0:
            parts.append(text[start:index])
            start = index + 1
    result = []
    for part in filter(str.strip, parts):
        names, _, kind = part.partition(":")
        label = names.split()[0]
        kind = re.sub(r"\s+", " ", kind.partition("=")[0]).strip()
        if label == "isCancelled":
            continue
        result.append(label + ":" + ("closure" if "->" in kind else kind))
    return result


def calls(code: str):
    """Yields the signature, whether it is async, and the offset of each public call of a store."""
    for body in _TYPE.finditer(code):
        end = end_of(code, body.end(), "{", "}")
        for match in _CALL.finditer(code, body.end(), end):
            close = end_of(code, match.end(), "(", ")")
            signature = f"{match[1]}({', '.join(parameters(code[match.end():close - 1]))})"
            effects = code[close:code.index("{", close)]
            yield signature, bool(re.match(r"\s*async\b", effects)), match.start(1)


def check(sources: Path) -> tuple[list[str], int]:
    waiting, twins = {}, set()
    for module in MODULES:
        for file in swift_files(sources / module):
            code = code_of(file.read_text())
            for signature, is_async, offset in calls(code):
                if is_async:
                    twins.add(signature)
                else:
                    waiting[signature] = f"{file}:{code.count(chr(10), 0, offset) + 1}"
    problems = [
        f"{place}: `{signature}` has no async twin; add one, or explain in Scripts/check-async.py why it cannot block"
        for signature, place in sorted(waiting.items())
        if signature not in twins and signature not in EXEMPT
    ]
    problems += [f"Scripts/check-async.py: exempts `{name}`, which does not exist" for name in EXEMPT if name not in waiting]
    return problems, len(waiting)


def self_test() -> int:
    sound = "public final class Store {\n    public func close() {\n    }\n}\n" \
        "extension Store {\n    public func releaseMemory() {\n    }\n" \
        "    public func hits(_ query: Query, options: SearchOptions) -> Hits {\n    }\n" \
        "    public func documents(\n        where filter: Filter?, order: ListOrder, pageSize: Int, after cursor: Cursor?\n" \
        "    ) -> Documents {\n    }\n" \
        "    public func count(_ a: String, isCancelled: () -> Bool = { false }) throws -> Int {\n    }\n%s}\n"
    twin = "    public func count(_ a: String) async throws -> Int {\n    }\n"
    other = twin.replace("String", "Int")
    failures = []
    for name, text, expected in [
        ("with its twin", sound % twin, 0), ("without a twin", sound % "", 1), ("with a twin of another type", sound % other, 1),
        ("with an exemption of nothing", (sound % twin).replace("releaseMemory", "drop"), 2),
    ]:
        with tempfile.TemporaryDirectory() as folder:
            for module in MODULES:
                (Path(folder) / module).mkdir()
            (Path(folder) / MODULES[0] / "Store.swift").write_text(text)
            problems = check(Path(folder))[0]
        if len(problems) != expected:
            failures.append(f"{name}: expected {expected} problem(s), got {problems}")
    return report("check-async --self-test", failures, "4 trees")


def main() -> int:
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    root = Path(__file__).resolve().parent.parent
    problems, count = check(root / "Sources")
    return report("check-async", [problem.replace(f"{root}/", "") for problem in problems], f"{count} calls that wait")


if __name__ == "__main__":
    sys.exit(main())
