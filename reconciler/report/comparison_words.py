"""The words in which every report compares two environments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.model.comparison import Comparison, Difference, Pair
from reconciler.model.paths import MISSING
from reconciler.report.phrases import count_noun, show_value


def sum_up(comparison: Comparison) -> str:
    """Say in one sentence how two environments differ."""
    left, right = comparison.environments
    intended, other = comparison.count(intended=True), comparison.count(intended=False)
    compared = f"{left} and {right}: {count_noun(len(comparison.pairs), 'resource')}"
    unread = sum(any(place.unknown for place in pair.places) for pair in comparison.pairs)
    astray = f" ({comparison.astray:,} of them not live as git says)" if comparison.astray else ""
    parts = [f"{count_noun(intended, 'difference')} intended{astray}", f"{other:,} not"]
    parts += [f"{unread:,} could not be read"] if unread else []
    return f"{compared}, {', '.join(parts)}"


def list_shown(comparison: Comparison) -> list[Pair]:
    """List the resources that there is something to say of."""
    return [pair for pair in comparison.pairs if pair.differs]


def name_places(pair: Pair, environments: Sequence[str]) -> str:
    """Name which object a resource is in each environment."""
    sides = zip(environments, (pair.left, pair.right), strict=True)
    return " · ".join(f"{name}: {place.identity or 'not found'}" for name, place in sides if place)


def list_notes(pair: Pair, environments: Sequence[str]) -> Iterator[str]:
    """Say what stands against comparing a resource, or that only one environment has it."""
    for name, place in zip(environments, (pair.left, pair.right), strict=True):
        if place is None:
            yield f"not in {name}, as its file says"
        elif place.trouble:
            yield f"{name}: {place.trouble}"


def tell_difference(difference: Difference, environments: Sequence[str]) -> tuple[str, ...]:
    """Say what git declares and what is live, each in both environments, as far as it adds anything."""
    sides = (difference.left, difference.right)
    declared = [side.declared for side in sides]
    live = [side.live for side in sides]
    lines = []
    if difference.intended or any(value is not MISSING for value in declared):
        lines.append(f"git   {_tell_sides(declared, environments, difference, absent='not declared')}")
    if not difference.intended or difference.astray:
        lines.append(f"live  {_tell_sides(live, environments, difference, absent='not known')}")
    return tuple(lines)


def name_verdict(difference: Difference) -> str:
    """Say whether git makes a difference, and whether what is live is what git says."""
    if not difference.intended:
        return "not intended"
    return "intended, but live is not as git says" if difference.astray else "intended"


def _tell_sides(values: Sequence[object], environments: Sequence[str], difference: Difference, *, absent: str) -> str:
    shown = [absent if value is MISSING else show_value(value, secret=difference.secret) for value in values]
    if shown[0] == shown[1] and not difference.secret:
        return f"{shown[0]} in both"
    return " · ".join(f"{name} {text}" for name, text in zip(environments, shown, strict=True))
