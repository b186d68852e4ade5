"""What is wrong, where, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from reconciler.model.codes import CODES


class Severity(StrEnum):
    """Say how much a diagnostic weighs: an error stops, a warning does not, a note only tells."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A place in a file: its path relative to the project folder, line and column counted from 1."""

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding. `code` is stable and stands in `CODES`; `advice` says what to do; `excerpt` is the offending line."""

    code: str
    message: str
    severity: Severity = Severity.ERROR
    advice: str = ""
    location: Location | None = None
    excerpt: str = ""
    address: str | None = None
    path: str = ""
    """JSON pointer of the field within `spec`, where it is about one."""

    def __post_init__(self) -> None:
        if self.code not in CODES:
            message = f"diagnostic code {self.code!r} has no entry in reconciler/model/codes.py"
            raise ValueError(message)

    @property
    def sort_key(self) -> tuple[str, int, int, str, str]:
        """Order diagnostics by file, line and column; those without a place come first."""
        place = self.location or Location("", 0, 0)
        return (place.file, place.line, place.column, self.code, self.message)


def has_errors(diagnostics: tuple[Diagnostic, ...]) -> bool:
    """Tell whether any of the diagnostics is an error."""
    return any(diagnostic.severity is Severity.ERROR for diagnostic in diagnostics)
