#!/usr/bin/env python3
"""Fails if text breaks a rule of CONTRIBUTING.md, 'Style'.

- Swift source is ASCII; a file over 400 lines is reported, one over 500 fails.
- Sources/ has no `try!` and no `fatalError(`; errors are thrown.
- No file names a path of one machine.
- In Markdown every relative link, every #heading, every `path/in/this/project` and every `test` in a column 'Test' of a
  table exists.

    Scripts/check-text.py              checks this project
    Scripts/check-text.py --self-test  breaks each rule in a temporary tree and expects that it is reported
"""

import re
import sys
from pathlib import Path

from swift_source import code_of, problems_in, project_files, report

LONG, TOO_LONG = 400, 500

# Folders of machines, not of projects. Tests may use the temporary folder.
MACHINE_PATH = re.compile(r"(?<![\w.)}~/-])/(?:work|root|home|Users|private|opt|mnt|tmp)/[\w.]")
TEST_PATH = re.compile(r"(?<![\w.)}~/-])/(?:work|root|home|Users|private|opt|mnt)/[\w.]")

FORBIDDEN = {"try!": re.compile(r"\btry!"), "fatalError(": re.compile(r"\bfatalError\s*\(")}

FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+\s+(.*?)\s*$", re.MULTILINE)
NAME = re.compile(r"`([^`]+)`")
OWN_PATH = re.compile(r"`((?:Sources|Tests|Scripts|Examples|Benchmarks|Fuzz)/[\w./+-]*)`")


def lines_with(pattern: re.Pattern, text: str):
    for number, line in enumerate(text.split("\n"), 1):
        if match := pattern.search(line):
            yield number, match[0]


def check_swift(name: str, text: str) -> list[str]:
    problems = [f"{name}:{number}: not ASCII: {found!r}" for number, found in lines_with(re.compile(r"[^\x00-\x7f]"), text)]
    length = text.count("\n")
    if length > TOO_LONG:
        problems.append(f"{name}: {length} lines; split it ({TOO_LONG} is the most)")
    elif length > LONG:
        print(f"note: {name}: {length} lines, over {LONG}")
    if name.startswith("Sources/"):
        for word, pattern in FORBIDDEN.items():
            problems += [f"{name}:{number}: {word} in Sources" for number, _ in lines_with(pattern, code_of(text))]
    return problems


def anchors_of(text: str) -> set[str]:
    """Returns the anchors that GitHub gives to the headings of a document."""
    plain = [re.sub(r"[`*_]|\[|\]\([^)]*\)", "", title).lower() for title in HEADING.findall(FENCE.sub("", text))]
    return {re.sub(r"[^\w\- ]", "", title).replace(" ", "-") for title in plain}


def check_markdown(root: Path, file: Path, name: str, text: str) -> list[str]:
    problems = []
    text = FENCE.sub(lambda match: "\n" * match[0].count("\n"), text)
    for number, line in enumerate(text.split("\n"), 1):
        for target in LINK.findall(line):
            if re.match(r"[a-z]+:", target):
                continue
            path, _, anchor = target.partition("#")
            linked = file.parent / path if path else file
            if not linked.exists():
                problems.append(f"{name}:{number}: link to {target}, which does not exist")
            elif anchor and linked.suffix == ".md" and anchor not in anchors_of(linked.read_text()):
                problems.append(f"{name}:{number}: link to {target}, which has no such heading")
        for path in OWN_PATH.findall(line):
            if not (root / path).exists():
                problems.append(f"{name}:{number}: names {path}, which does not exist")
    return problems


def check_test_column(name: str, text: str, tests: str) -> list[str]:
    """Checks that tables with a column 'Test' name functions and suites of Tests/."""
    problems, column = [], None
    for number, line in enumerate(text.split("\n"), 1):
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")] if line.startswith("|") else []
        if not cells:
            column = None
        elif "Test" in cells:
            column = cells.index("Test")
        elif column is not None and column < len(cells):
            for test in NAME.findall(cells[column]):
                if not re.search(rf"\b(?:func|struct|class)\s+(?:{re.escape(test)}\b|`{re.escape(test)}`)", tests):
                    problems.append(f"{name}:{number}: names the test {test}, which does not exist")
    return problems


def check(root: Path) -> tuple[list[str], int]:
    problems = []
    tests = "\n".join(file.read_text() for file in sorted((root / "Tests").rglob("*.swift")))
    files = project_files(root)
    for file in files:
        name = str(file.relative_to(root))
        try:
            text = file.read_text()
        except UnicodeDecodeError:
            continue  # data, not text
        pattern = TEST_PATH if name.startswith("Tests/") else MACHINE_PATH
        problems += [f"{name}:{number}: names a path of one machine: {path}" for number, path in lines_with(pattern, text)]
        if file.suffix == ".swift":
            problems += check_swift(name, text)
        if file.suffix == ".md":
            problems += check_markdown(root, file, name, text) + check_test_column(name, text, tests)
    return problems, len(files)


def self_test() -> int:
    place = "/" + "tmp/store"  # in two parts, or this file would break the rule it tests
    sound = {
        "Sources/A/A.swift": "// no try! here\nlet text = \"fatalError(\"\n" + "\n" * 390,
        "Tests/A/A.swift": f'let place = "{place}"\nlet value = try! f()',
        "README.md": "# The house\n[a](#the-house) [b](More.md#some-code-and-more) [c](https://example.org/x) `Sources/A`",
        "More.md": "## Some `code`, and more\n```\n[x](nowhere.md)\n```",
        "Tests/A/T.swift": "struct T { @Test func holds() {}\n@Test func `is a sentence`() {} }",
        "Table.md": "| a | Test |\n|---|---|\n| `b` | `holds`, `is a sentence`, `T` |\n\n| a | other |\n|---|---|\n| b | `c` |",
    }
    broken = {
        "a letter outside ASCII": ("Tests/A/B.swift", "let dash = \"\u2013\"", "not ASCII"),
        "a file too long": ("Sources/A/B.swift", "\n" * 501, "501 lines"),
        "a forced try": ("Sources/A/B.swift", "let value = try! f()", "try! in Sources"),
        "a fatal error": ("Sources/A/B.swift", "fatalError(\"no\")", "fatalError( in Sources"),
        "a machine's path": ("Scripts/b.sh", f"cd {place}", "path of one machine"),
        "a machine's path in a test": ("Tests/A/B.swift", "// /" + "home/me", "path of one machine"),
        "a dead link": ("B.md", "[x](nowhere.md)", "nowhere.md, which does not exist"),
        "a dead heading": ("B.md", "[x](README.md#nowhere)", "no such heading"),
        "a dead test": ("B.md", "| a | Test |\n|---|---|\n| b | `fails` |", "names the test fails"),
        "a dead path": ("B.md", "`Sources/B`", "names Sources/B"),
    }
    failures = [] if not found_in(sound) else ["the sound tree is reported: " + "; ".join(found_in(sound))]
    for name, (file, text, expected) in broken.items():
        problems = found_in(sound | {file: text})
        if len(problems) != 1 or expected not in problems[0]:
            failures.append(f"{name}: expected one problem with '{expected}', got {problems}")
    return report("check-text --self-test", failures, f"{len(broken)} planted violations")


def found_in(tree: dict[str, str]) -> list[str]:
    return problems_in(tree, lambda root: check(root)[0])


def main() -> int:
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    problems, files = check(Path(__file__).resolve().parent.parent)
    return report("check-text", problems, f"{files} files")


if __name__ == "__main__":
    sys.exit(main())
