"""The error that calls raise."""

from __future__ import annotations


class SparseStoreError(Exception):
    """A failure of the store, with the problem and the remedy.

    Attributes:
        code: The kind of failure, such as ``"notFound"``, ``"invalidVector"`` or ``"busy"``.
        problem: What went wrong, with the row, document or path concerned.
        remedy: What to do about it; may be empty.
    """

    def __init__(self, code: str, problem: str, remedy: str = "") -> None:
        super().__init__(f"{problem}; {remedy}" if remedy else problem)
        self.code = code
        self.problem = problem
        self.remedy = remedy
