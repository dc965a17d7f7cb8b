#!/usr/bin/env python3
"""Writes the tables of Sources/SparseText/Resources from the Unicode Character Database (Debian: unicode-data).

    Scripts/make-text-tables.py FOLDER    FOLDER has UnicodeData.txt, emoji/ and auxiliary/, as unicode.org ships them

- word-break.txt: the property Word_Break, or Extended_Pictographic for scalars without it (UAX #29, WB3c).
- decompositions.txt: the canonical decompositions, with a mark on those that composition excludes (UAX #15).
"""

import re
import sys
from pathlib import Path

RESOURCES = Path(__file__).resolve().parent.parent / "Sources" / "SparseText" / "Resources"
TERMS = "Copyright Unicode, Inc.; licensed under the Unicode License V3, https://www.unicode.org/license.txt"


def ranges(file: Path):
    """(first, last, property) of each line of a UCD file."""
    for line in file.read_text().splitlines():
        if match := re.match(r"([0-9A-F]+)(?:\.\.([0-9A-F]+))?\s*;\s*(\w+)", line):
            yield int(match[1], 16), int(match[2] or match[1], 16), match[3]


def write(name: str, title: str, lines: list[str]):
    (RESOURCES / name).write_text("\n".join([f"# {title}", f"# {TERMS}"] + lines) + "\n")


def word_breaks(data: Path, version: str):
    classes: dict[int, str] = {}
    for first, last, value in ranges(data / "auxiliary" / "WordBreakProperty.txt"):
        classes |= {code: value for code in range(first, last + 1)}
    for first, last, value in ranges(data / "emoji" / "emoji-data.txt"):
        if value == "Extended_Pictographic":
            for code in range(first, last + 1):
                # The letters among them (the information sign, for one) keep their class and are pictographic, too.
                classes[code] = value if code not in classes else f"{classes[code]}+{value}"
    lines, codes = [], sorted(classes)
    start = previous = codes[0]
    for code in codes[1:] + [None]:
        if code != previous + 1 or classes[code] != classes[start]:
            lines.append(f"{start:X} {previous:X} {classes[start]}")
            start = code
        previous = code
    write("word-break.txt", f"Word_Break of Unicode {version}: first, last, class.", lines)


def decompositions(data: Path, version: str):
    excluded = {
        code
        for first, last, value in ranges(data / "DerivedNormalizationProps.txt")
        if value == "Full_Composition_Exclusion"
        for code in range(first, last + 1)
    }
    lines = []
    for row in (data / "UnicodeData.txt").read_text().splitlines():
        fields = row.split(";")
        if fields[5] and not fields[5].startswith("<"):
            mark = " !" if int(fields[0], 16) in excluded else ""
            lines.append(f"{fields[0]} {fields[5]}{mark}")
    write("decompositions.txt", f"Canonical decompositions of Unicode {version}; ! is never composed.", lines)


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 1
    data = Path(sys.argv[1])
    first = (data / "auxiliary" / "WordBreakProperty.txt").read_text().splitlines()[0]
    version = re.search(r"-([\d.]+)\.txt", first)[1]
    RESOURCES.mkdir(parents=True, exist_ok=True)
    word_breaks(data, version)
    decompositions(data, version)
    return 0


if __name__ == "__main__":
    sys.exit(main())
