"""Show drift as what moved: git says what stood before, the vendor what stands there now."""

from __future__ import annotations

from dataclasses import replace

from reconciler.model.paths import MISSING
from reconciler.model.plan import Change, Plan, Subject


def turn(plan: Plan) -> Plan:
    """Return drift with git's value before and the live one after; any other plan as it is.

    A saved drift is a plan that puts these fields back, so there it is the other way round.
    """
    if plan.subject is not Subject.DRIFT:
        return plan
    return replace(
        plan,
        updates=tuple(
            replace(update, changes=tuple(map(_turn_change, update.changes)), consequences=(), reach=None)
            for update in plan.updates
        ),
    )


def _turn_change(change: Change) -> Change:
    """Swap the sides; what cannot be read did not move, so far as anybody can tell."""
    if change.before is MISSING:
        return change
    return replace(
        change,
        before=change.after,
        after=change.before,
        owners=(change.owner_before,) if change.owner_before else (),
        owner_before=", ".join(change.owners),
    )
