"""Say once what is true of many: findings that differ in their address only, and resources in the same trouble."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.model.plan import Plan, Planned, Status
from reconciler.report.phrases import list_troubles

APART: Final = 3
"""Up to so many alike are shown one by one, each with its place and its line."""
_NAMED: Final = 3


@dataclass(frozen=True, slots=True)
class Folded:
    """Findings that say the same; `first` is the first of them, in order of file and line."""

    alike: tuple[Diagnostic, ...]

    @property
    def first(self) -> Diagnostic:
        """Return the finding that stands for all."""
        return self.alike[0]

    @property
    def told(self) -> Diagnostic:
        """Return the first with the others named in its message."""
        rest = [_name(one) for one in self.alike[1:]]
        if not rest:
            return self.first
        message = f"{self.first.message.rstrip('.')} (the same for {name_many(rest)})"
        return replace(self.first, message=message)


def fold(diagnostics: Iterable[Diagnostic]) -> list[Folded]:
    """Return findings in order of file and line; more than `APART` of one code and message become one."""
    groups: dict[tuple[object, ...], list[Diagnostic]] = {}
    for one in sorted(diagnostics, key=lambda one: one.sort_key):
        groups.setdefault(_describe(one), []).append(one)
    parts = ([tuple(alike)] if len(alike) > APART else [(one,) for one in alike] for alike in groups.values())
    folded = [Folded(part) for group in parts for part in group]
    return sorted(folded, key=lambda one: one.first.sort_key)


def fold_by_weight(diagnostics: Iterable[Diagnostic]) -> list[Folded]:
    """Return folded findings, errors first, then warnings, then notes."""
    weights = list(Severity)
    return sorted(fold(dict.fromkeys(diagnostics)), key=lambda one: weights.index(one.first.severity))


def _describe(one: Diagnostic) -> tuple[object, ...]:
    """Say what a finding says of any resource."""
    texts: tuple[str, ...] = (one.message, one.advice)
    if one.address:
        texts = tuple(text.replace(one.address, "\0") for text in texts)
    return (one.severity, one.code, one.path, *texts)


def _name(one: Diagnostic) -> str:
    return one.address or (f"{one.location.file}:{one.location.line}" if one.location else "the project")


def name_many(names: Sequence[str]) -> str:
    """Write `97 more: a, b, c and 94 more`."""
    distinct = list(dict.fromkeys(names))
    rest = len(distinct) - _NAMED
    listed = ", ".join(distinct[:_NAMED]) + (f" and {rest:,} more" if rest > 0 else "")
    return f"{len(names):,} more: {listed}"


def group_troubles(plan: Plan) -> list[tuple[Planned, tuple[str, ...]]]:
    """Return resources in trouble, the weightiest first; many in the same become one with the addresses of the others."""
    groups: dict[tuple[Status, str, str], list[Planned]] = {}
    for planned in list_troubles(plan):
        groups.setdefault((planned.status, planned.account, planned.reason), []).append(planned)
    return [(alike[0], tuple(planned.address for planned in alike[1:])) for alike in groups.values()]
