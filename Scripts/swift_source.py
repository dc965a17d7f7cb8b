"""Functions that the checks share, for the project's files and for Swift code without comments and strings."""

import re
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

_TOKENS = re.compile(
    r"""
      //[^\n]*                                # a comment to the end of the line
    | /\*.*?\*/                               # a block comment
    | \"\"\".*?\"\"\"                         # a multi-line string
    | "(?:\\.|[^"\\\n])*"                     # a string
    """,
    re.VERBOSE | re.DOTALL,
)


def code_of(text: str) -> str:
    """Returns Swift source with comments and strings blanked out. Line numbers do not change."""
    return _TOKENS.sub(lambda match: "\n" * match.group().count("\n") or " ", text)


def swift_files(folder: Path) -> list[Path]:
    """Returns the Swift source files below a folder, without the code in documentation catalogs, which is not
    compiled."""
    return sorted(path for path in folder.rglob("*.swift") if not any(part.suffix == ".docc" for part in path.parents))


def project_files(root: Path) -> list[Path]:
    """Returns every file that is or would be committed: git's list, or all files outside dot folders if there is no
    git."""
    listing = subprocess.run(
        ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True,
    )
    if listing.returncode == 0:
        names = [name for name in listing.stdout.decode().split("\0") if name]
        return sorted(path for path in (root / name for name in set(names)) if path.is_file())
    hidden = lambda path: any(part.startswith(".") for part in path.relative_to(root).parts)
    return sorted(path for path in root.rglob("*") if path.is_file() and not hidden(path))


def problems_in(tree: dict[str, str], check: Callable[[Path], list[str]]) -> list[str]:
    """Returns what a check finds in a temporary folder that has these files."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in tree.items():
            file = Path(folder) / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        return check(Path(folder))


def report(check: str, problems: list[str], looked_at: str) -> int:
    """Prints the result and returns the exit status."""
    for problem in problems:
        print(problem)
    print(f"{check}: {looked_at}, {len(problems)} problem(s)" if problems else f"{check}: {looked_at}, all well")
    return 1 if problems else 0
