"""Collect diagnostics, so that all errors of a project are reported together."""

from __future__ import annotations

from reconciler.config.text.source import Place, Source
from reconciler.model.diagnostic import Diagnostic, Severity


class Findings:
    """What was found so far."""

    __slots__ = ("_found", "errors")

    def __init__(self) -> None:
        self._found: list[Diagnostic] = []
        self.errors = 0

    def add(self, diagnostic: Diagnostic) -> None:
        """Keep one diagnostic."""
        self._found.append(diagnostic)
        self.errors += diagnostic.severity is Severity.ERROR

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

    def sort(self) -> tuple[Diagnostic, ...]:
        """Return what was found, by file, line and column."""
        return tuple(sorted(self._found, key=lambda diagnostic: diagnostic.sort_key))
