"""What stops a command: a problem with its exit code and what a person needs to know."""

from __future__ import annotations

from enum import IntEnum

from reconciler.model.diagnostic import Diagnostic


class Exit(IntEnum):
    """Exit codes; docs/exit-codes.md explains each."""

    DONE = 0
    FAILED = 1
    CHANGES = 2
    INVALID = 3
    PARTLY = 4
    REFUSED = 5
    UNREADABLE = 6
    USAGE = 64
    INTERRUPTED = 130


class Problem(Exception):  # noqa: N818 - it is what a person reads, not a programming error
    """Stop a command with diagnostics and an exit code."""

    def __init__(self, *diagnostics: Diagnostic, exit_code: Exit) -> None:
        super().__init__("; ".join(diagnostic.message for diagnostic in diagnostics))
        self.diagnostics = diagnostics
        self.exit_code = exit_code
