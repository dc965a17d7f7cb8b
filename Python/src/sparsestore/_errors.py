"""What calls raise when the library refuses or fails."""

from __future__ import annotations


class SparseStoreError(Exception):
    """A failure of the store, with what went wrong and what to do about it.

    Attributes:
        code: the kind of failure, such as ``"notFound"``, ``"invalidVector"`` or ``"busy"``.
        problem: what went wrong, with the row, document or path that it is about.
        remedy: what to do about it; may be empty.
    """

    def __init__(self, code: str, problem: str, remedy: str = "") -> None:
        super().__init__(f"{problem}; {remedy}" if remedy else problem)
        self.code = code
        self.problem = problem
        self.remedy = remedy
