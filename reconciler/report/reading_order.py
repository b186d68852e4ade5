"""The order in which a reader meets updates, the same in every report: what deserves the first look stands first.

Plans and requests keep the order in which they are carried out; a report is read from its top, by somebody who may stop early.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from reconciler.model.plan import Cause, Update
from reconciler.report.phrases import is_risky

_CALM: Final = 2
"""The weight of what may wait."""


def weigh(update: Update) -> int:
    """Return how early an update is looked at: high risk before drift and conflicts, and these before all others."""
    if is_risky(update):
        return 0
    return 1 if update.causes & {Cause.DRIFT, Cause.CONFLICT} else _CALM


def is_grave(update: Update) -> bool:
    """Tell whether an update deserves the first look: high risk, drift or a conflict."""
    return weigh(update) < _CALM


def group_updates(updates: Iterable[Update]) -> list[tuple[Update, ...]]:
    """Return updates by kind and account: the groups with the weightiest first, then large ones, and so within each."""
    groups: dict[tuple[str, str, str], list[Update]] = {}
    for update in updates:
        groups.setdefault((update.kind, update.account, update.provider), []).append(update)
    ordered = sorted(groups.values(), key=lambda group: (min(map(weigh, group)), -len(group)))
    return [tuple(sorted(group, key=weigh)) for group in ordered]


def sort_updates(updates: Iterable[Update]) -> tuple[Update, ...]:
    """Return updates in the order of their groups."""
    return tuple(update for group in group_updates(updates) for update in group)
