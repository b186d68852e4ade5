"""Collect diagnostics, so that all errors of a project are reported together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reconciler.config.text.source import Place, Source
from reconciler.model.diagnostic import Diagnostic, Severity

LIMIT: Final = 200
"""How many errors of a project are kept, and how many of all else; the others are only counted."""


class Findings:
    """What was found so far. A file of mistakes is answered with the first of them and a count."""

    __slots__ = ("_found", "errors", "others")

    def __init__(self) -> None:
        self._found: list[Diagnostic] = []
        self.errors = 0
        self.others = 0

    def add(self, diagnostic: Diagnostic) -> None:
        """Keep one diagnostic, or count it."""
        if not self.count_only(diagnostic.severity):
            self._found.append(diagnostic)
            self._count(diagnostic.severity)

    def count_only(self, severity: Severity = Severity.ERROR) -> bool:
        """Count one more finding where so many are kept that nobody would read it; tell whether that was done."""
        full = (self.errors if severity is Severity.ERROR else self.others) >= LIMIT
        if full:
            self._count(severity)
        return full

    def _count(self, severity: Severity) -> None:
        self.errors += severity is Severity.ERROR
        self.others += severity is not Severity.ERROR

    def report(
        self,
        code: str,
        message: str,
        *,
        source: Source,
        place: Place,
        advice: str = "",
        address: str | None = None,
        path: str = "",
        severity: Severity = Severity.ERROR,
        excerpt: str | None = None,
    ) -> None:
        """Keep a finding about a place in a file; `excerpt` replaces the line where that must not be shown."""
        if self.count_only(severity):
            return
        shown = source.excerpt(place) if excerpt is None else excerpt
        self.add(
            Diagnostic(
                code,
                message,
                severity=severity,
                advice=advice,
                location=source.locate(place),
                excerpt=shown,
                address=address,
                path=path,
            )
        )

    def blames(self, address: str) -> bool:
        """Tell whether a resource has an error of its own."""
        return any(found.address == address and found.severity is Severity.ERROR for found in self._found)

    def list_blamed(self) -> frozenset[str] | None:
        """Return the addresses that errors are about; None where one is about more than a resource, or was only counted."""
        blamed = [found.address for found in self._found if found.severity is Severity.ERROR]
        addresses = frozenset(address for address in blamed if address is not None)
        return addresses if len(blamed) == self.errors and None not in blamed else None

    def sort(self) -> tuple[Diagnostic, ...]:
        """Return what was found, by file, line and column, and a count of what was not kept."""
        ordered = sorted(self._found, key=lambda diagnostic: diagnostic.sort_key)
        return (*ordered, *_tell_rest(self.errors, "mistakes"), *_tell_rest(self.others, "remarks"))


def _tell_rest(count: int, noun: str) -> Iterator[Diagnostic]:
    if count > LIMIT:
        message = f"the first {LIMIT} {noun} are shown, and {count - LIMIT:,} more counted"
        yield Diagnostic("many-findings", message, Severity.NOTE, advice="Mend these, and look again.")
