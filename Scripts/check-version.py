#!/usr/bin/env python3
"""Fails if the places that name the version of SparseStore differ.

The version of the command line is the reference. The Python package, the newest heading of CHANGELOG.md that has a
version, and the lines of README.md and of the articles that add the package to a project must name the same one. Before
the first release, version 1.0.0, CHANGELOG.md has a heading without a version, and these lines name the branch.

    Scripts/check-version.py              checks this project
    Scripts/check-version.py --self-test  changes each place in a temporary tree and expects that it is reported
    Scripts/check-version.py --print      prints the version
"""

import re
import sys
from pathlib import Path

from swift_source import problems_in, project_files, report

NUMBER = r"(\d+\.\d+\.\d+)"
REFERENCE = "Sources/SparseStoreTool/RootCommand.swift", re.compile(rf'^        version: "{NUMBER}",$', re.MULTILINE)
# The first match in each file counts.
COPIES = [
    ("Python/src/sparsestore/_version.py", re.compile(rf'^__version__ = "{NUMBER}"$', re.MULTILINE)),
    ("CHANGELOG.md", re.compile(rf"^## {NUMBER} - \d{{4}}-\d\d-\d\d$", re.MULTILINE)),
]
# A line that adds this package, whose address is not known here, to a project.
REQUIREMENT = re.compile(r'\.package\(url: "\.\.\.", ([^,)]*)')


def version_in(root: Path, name: str, pattern: re.Pattern) -> str | None:
    file = root / name
    match = pattern.search(file.read_text()) if file.is_file() else None
    return match[1] if match else None


def check(root: Path) -> tuple[list[str], str]:
    name, pattern = REFERENCE
    version = version_in(root, name, pattern)
    if version is None:
        return [f"{name}: has no version"], "no version"
    problems = []
    is_released = not version.startswith("0.")
    expected = f'from: "{version}"' if is_released else 'branch: "main"'
    for name, pattern in COPIES if is_released else COPIES[:1]:
        if (found := version_in(root, name, pattern)) != version:
            problems.append(f"{name}: has {found or 'no version'}, but the command line has {version}")
    for file in (file for file in project_files(root) if file.suffix == ".md"):
        for number, line in enumerate(file.read_text().split("\n"), 1):
            for requirement in REQUIREMENT.findall(line):
                if requirement != expected:
                    problems.append(f"{file.relative_to(root)}:{number}: requires {requirement}, not {expected}")
    return problems, f"version {version}"


def self_test() -> int:
    sound = {
        "Sources/SparseStoreTool/RootCommand.swift": '    init(\n        version: "2.3.4",\n',
        "Python/src/sparsestore/_version.py": '__version__ = "2.3.4"\n',
        "CHANGELOG.md": "# Changelog\n\n## Unreleased\n\n## 2.3.4 - 2026-01-02\n\n## 2.3.3 - 2026-01-01\n",
        "README.md": '.package(url: "...", from: "2.3.4", traits: ["Tracing"])\n.package(url: "https://x", from: "1.0.0")\n',
    }
    broken = {
        "another version of the command line": ("Sources/SparseStoreTool/RootCommand.swift", "2.3.4", "2.3.5", 3),
        "no version of the command line": ("Sources/SparseStoreTool/RootCommand.swift", "2.3.4", "next", 1),
        "another version of the Python package": ("Python/src/sparsestore/_version.py", "2.3.4", "2.3.3", 1),
        "no version of the Python package": ("Python/src/sparsestore/_version.py", "2.3.4", "", 1),
        "no section of the changelog": ("CHANGELOG.md", "## 2.3.4 - 2026-01-02\n", "", 1),
        "a section without a date": ("CHANGELOG.md", "2.3.4 - 2026-01-02", "2.3.4", 1),
        "a branch": ("README.md", 'from: "2.3.4"', 'branch: "main"', 1),
    }
    early = {
        "Sources/SparseStoreTool/RootCommand.swift": '    init(\n        version: "0.9.0",\n',
        "Python/src/sparsestore/_version.py": '__version__ = "0.9.0"\n',
        "CHANGELOG.md": "# Changelog\n\n## Unreleased\n",
        "README.md": '.package(url: "...", branch: "main")\n',
    }
    failures = [f"a sound tree is reported: {'; '.join(found_in(tree))}" for tree in (sound, early) if found_in(tree)]
    if len(found_in(early | {"README.md": '.package(url: "...", from: "0.9.0")\n'})) != 1:
        failures.append("a version in README.md before the first release is not reported")
    for name, (file, old, new, count) in broken.items():
        problems = found_in(sound | {file: sound[file].replace(old, new)})
        if len(problems) != count:
            failures.append(f"{name}: expected {count} problem(s), got {problems}")
    return report("check-version --self-test", failures, f"{len(broken)} planted differences")


def found_in(tree: dict[str, str]) -> list[str]:
    return problems_in(tree, lambda root: check(root)[0])


def main() -> int:
    root = Path(__file__).resolve().parent.parent
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    if sys.argv[1:] == ["--print"]:
        print(version_in(root, *REFERENCE))
        return 0
    return report("check-version", *check(root))


if __name__ == "__main__":
    sys.exit(main())
