"""Bound what one list may take: a vendor that never stops answering ends as unknown, within these pages, octets and seconds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

MOST_PAGES: Final = 1_000
"""Ten thousand objects in pages of ten."""
MOST_OCTETS: Final = 128 * 2**20
LONGEST_SECONDS: Final = 900.0


@dataclass(slots=True)
class Allowance:
    """What is left of one list's allowance, on the clock of its reading."""

    clock: Callable[[], float]
    pages: int = 0
    octets: int = 0
    started: float = field(init=False)

    def __post_init__(self) -> None:
        self.started = self.clock()

    def take_page(self) -> str:
        """Count one more page that is asked for; return why it may not be, empty where it may."""
        if self.pages >= MOST_PAGES:
            return f"the list does not end within {MOST_PAGES:,} pages"
        if self.octets > MOST_OCTETS:
            return f"the list does not end within {MOST_OCTETS // 2**20} MiB"
        if self.clock() - self.started > LONGEST_SECONDS:
            return f"the list does not end within {LONGEST_SECONDS / 60:g} minutes"
        self.pages += 1
        return ""
