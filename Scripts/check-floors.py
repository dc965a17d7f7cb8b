#!/usr/bin/env python3
"""Fails if code uses something from a higher floor. The map in ARCHITECTURE.md lists the floors.

1. A module imports only what the table MODULES allows.
2. Only the named modules mention MDB_ (liblmdb's names), ZSTD_ (libzstd's) or sb_stemmer (libstemmer's).
3. The folders of Sources/SparseStore are floors too. A lower folder does not name a type that a higher folder declares.

    Scripts/check-floors.py              checks this project
    Scripts/check-floors.py --self-test  breaks each rule in a temporary tree and expects that it is reported
"""

import re
import sys
from pathlib import Path

from swift_source import code_of, problems_in, report, swift_files

FOUNDATION = {"Foundation", "FoundationEssentials", "Dispatch", "Glibc", "Musl", "Darwin", "Synchronization", "CryptoKit"}

# Module -> what it may import in addition to FOUNDATION. A module that is missing here is an error; give it a floor.
MODULES = {
    "SparseFormat": {"CZstd", "CCrypto", "CKernels", "Platform"},
    "Platform": set(),
    "LMDB": {"CLMDB", "Platform", "SystemPackage"},
    "SparseStore": {
        "SparseFormat", "LMDB", "Platform", "CKernels", "Platform", "Logging", "CoreMetrics", "SystemPackage",
        # Behind package traits of the same names.
        "ServiceLifecycle", "Tracing", "Configuration"},
    "SparseInterchange": {"SparseStore", "Platform", "CZstd", "CZlib", "SystemPackage"},
    "SparseText": {
        "SparseFormat", "SparseStore", "SparseInterchange", "CStemmer",
        # Behind the package trait AsyncHTTPClient.
        "AsyncHTTPClient", "NIOCore", "NIOHTTP1"},
    "CSparseStore": {"CSparseStoreHeader", "SparseStore"},
    "SparseStoreTool": {
        "SparseStore", "SparseInterchange", "SparseText", "Platform", "ArgumentParser", "Logging", "SystemPackage"},
}

# Names of a C library -> the modules that may mention them.
C_NAMES = {
    re.compile(r"\b(?:MDB_|mdb_|CLMDB\b)"): {"LMDB"},
    re.compile(r"\b(?:ZSTD_|ZDICT_|CZstd\b)"): {"SparseFormat", "SparseInterchange"},
    re.compile(r"\b(?:EVP_|CCrypto\b)"): {"SparseFormat"},
    re.compile(r"\b(?:CZlib\b|z_stream\b|inflate(?:Init2_|Reset|End)\b)"): {"SparseInterchange"},
    re.compile(r"\b(?:sb_stemmer|sb_symbol|CStemmer\b)"): {"SparseText"},
}

# The engine's folders, top floor first. Folders in one row do not use each other's types.
ENGINE = "SparseStore"
ENGINE_FLOORS = [
    ["Sharding", "Publishing"], ["Store"], ["Stages"], ["Search"], ["Integrity"], ["Merging"], ["Index"], ["Blocks"], ["Windows"],
    ["Columns"], ["Tables"], ["Model"],
]

# (file under Sources/SparseStore, type): a lower folder that may name a higher folder's type, each with its reason.
EXCEPTIONS: set[tuple[str, str]] = set()

_IMPORT = re.compile(
    r"^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:(?:public|package|internal|fileprivate|private)\s+)?"
    r"import\s+(?:(?:struct|class|enum|protocol|func|var|let|typealias)\s+)?(\w+)",
    re.MULTILINE,
)
_TYPE = re.compile(
    r"^(?:@\w+(?:\([^)]*\))?\s+)*(?:(?:public|package|internal|final|indirect)\s+)*"
    r"(?:struct|class|enum|actor|protocol|typealias)\s+(\w+)",
    re.MULTILINE,
)


def line_of(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1


def check_modules(sources: Path) -> list[str]:
    problems = []
    for folder in sorted(path for path in sources.iterdir() if path.is_dir()):
        files = swift_files(folder)
        if files and folder.name not in MODULES:
            problems.append(f"{folder}: a module without a floor; add it to MODULES in Scripts/check-floors.py")
            continue
        for file in files:
            code = code_of(file.read_text())
            for match in _IMPORT.finditer(code):
                if match[1] not in MODULES[folder.name] | FOUNDATION:
                    problems.append(
                        f"{file}:{line_of(code, match.start(1))}: {folder.name} must not import {match[1]}")
            for names, allowed in C_NAMES.items():
                match = names.search(code)
                if match and folder.name not in allowed:
                    problems.append(
                        f"{file}:{line_of(code, match.start())}: {match[0]} is for {' and '.join(sorted(allowed))} only")
    return problems


def declared_types(folder: Path) -> dict[str, str]:
    """Returns the top-level types of a folder and where they are. `private` ones cannot be named elsewhere and are left
    out."""
    return {name: str(file) for file in swift_files(folder) for name in _TYPE.findall(code_of(file.read_text()))}


def check_engine(engine: Path) -> list[str]:
    known = {folder for row in ENGINE_FLOORS for folder in row}
    problems = [
        f"{path}: no floor for this; the engine's folders are {', '.join(sorted(known))}"
        for path in sorted(engine.iterdir())
        if (path.is_dir() and swift_files(path) and path.name not in known) or path.suffix == ".swift"
    ]
    for level, row in enumerate(ENGINE_FLOORS):
        for folder in row:
            above = [name for higher in ENGINE_FLOORS[:level] for name in higher] + [n for n in row if n != folder]
            forbidden = {}
            for name in above:
                forbidden |= declared_types(engine / name)
            if forbidden:
                problems += mentions(engine, folder, forbidden)
    return problems


def mentions(engine: Path, folder: str, forbidden: dict[str, str]) -> list[str]:
    # `\bName\b` not after a dot, because `.Name` is a member and not the type.
    pattern = re.compile(r"(?<![\w.])(?:" + "|".join(map(re.escape, sorted(forbidden))) + r")\b")
    problems = []
    for file in swift_files(engine / folder):
        code = code_of(file.read_text())
        place = str(file.relative_to(engine))
        for name, offset in {match[0]: match.start() for match in reversed(list(pattern.finditer(code)))}.items():
            if (place, name) not in EXCEPTIONS:
                problems.append(f"{file}:{line_of(code, offset)}: {folder}/ names {name} of {forbidden[name]}")
    return problems


def check(root: Path) -> list[str]:
    sources = root / "Sources"
    engine = sources / ENGINE
    return check_modules(sources) + (check_engine(engine) if engine.is_dir() else [])


def self_test() -> int:
    sound = {
        "LMDB/A.swift": "import CLMDB\n// import SparseStore, says a comment\npublic struct Table {}",
        "SparseFormat/B.swift": "internal import CZstd\nlet text = \"MDB_ in a string\"",
        "SparseStore/Store/Facade.swift": "public import LMDB\npublic final class Facade { let scan: Scan }",
        "SparseStore/Search/Scan.swift": "struct Scan { let rows: Rows }",
        "SparseStore/Tables/Rows.swift": "struct Rows {}",
        "SparseStoreTool/Main.swift": "import ArgumentParser\nimport struct SparseStore.Facade",
    }
    broken = {  # what is added to the sound tree -> what must be reported
        "an import that goes up": ("LMDB/Bad.swift", "import SparseStore", "must not import SparseStore"),
        "the same, public": ("SparseFormat/Bad.swift", "public import LMDB", "must not import LMDB"),
        "the same, of one type": ("SparseFormat/Bad.swift", "import struct LMDB.Table", "must not import LMDB"),
        "the same, testable": ("LMDB/Bad.swift", "@testable import SparseFormat", "must not import SparseFormat"),
        "a library of the command": ("SparseStore/Store/Bad.swift", "import ArgumentParser", "must not import"),
        "a C name of LMDB": ("SparseStore/Tables/Bad.swift", "let flag = MDB_NOTLS", "is for LMDB only"),
        "a C call of LMDB": ("SparseStore/Tables/Bad.swift", "func f() { mdb_env_sync(e, 1) }", "is for LMDB only"),
        "a C name of zstd": ("SparseStoreTool/Bad.swift", "let size = ZSTD_compressBound(1)", "is for SparseFormat"),
        "a module without a floor": ("Extra/Bad.swift", "struct Extra {}", "without a floor"),
        "a folder without a floor": ("SparseStore/Misc/Bad.swift", "struct Misc {}", "no floor for this"),
        "a file outside the folders": ("SparseStore/Bad.swift", "struct Misc {}", "no floor for this"),
        "a type of a higher folder": ("SparseStore/Tables/Bad.swift", "func f(_: Scan) {}", "names Scan"),
        "the same, two floors up": ("SparseStore/Index/Bad.swift", "extension Facade {}", "names Facade"),
    }
    failures = [] if not found_in(sound) else ["the sound tree is reported: " + "; ".join(found_in(sound))]
    for name, (file, text, expected) in broken.items():
        problems = found_in(sound | {file: text})
        if len(problems) != 1 or expected not in problems[0]:
            failures.append(f"{name}: expected one problem with '{expected}', got {problems}")
    return report("check-floors --self-test", failures, f"{len(broken)} planted violations")


def found_in(tree: dict[str, str]) -> list[str]:
    return problems_in({f"Sources/{name}": text for name, text in tree.items()}, check)


def main() -> int:
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    root = Path(__file__).resolve().parent.parent
    problems = [problem.replace(f"{root}/", "") for problem in check(root)]
    return report("check-floors", problems, f"{len(swift_files(root / 'Sources'))} source files")


if __name__ == "__main__":
    sys.exit(main())
