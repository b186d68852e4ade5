"""Order updates by their references: what a value is taken from is written first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reconciler.model.plan import Update


def find_levels(updates: Sequence[Update]) -> Mapping[str, int]:
    """Return how many other updates must be settled one after the other before each one; 0 for most.

    `follows` names all that an update depends on, however far away, so those with fewer of them come first.
    """
    levels: dict[str, int] = {}
    planned = {update.address for update in updates}
    ahead = {update.address: [one for one in update.follows if one in planned] for update in updates}
    for address in sorted(ahead, key=lambda each: len(ahead[each])):
        levels[address] = max((levels[one] + 1 for one in ahead[address] if one in levels), default=0)
    return levels
