"""What `doctor` found: one check each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """Say how a check went. A warning does not stop anything; what was skipped is not known."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at; `advice` says what to do. Neither text ever holds a key."""

    name: str
    verdict: Verdict
    message: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Examination:
    """The checks of one account, or of something that all accounts share."""

    subject: str
    checks: tuple[Check, ...]

    @property
    def well(self) -> bool:
        """Tell whether nothing failed."""
        return all(check.verdict is not Verdict.FAILED for check in self.checks)
