"""Show drift as what moved: git says what stood before, the vendor what stands there now."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from reconciler.model.plan import Cause, Change, Plan, Subject, Update

_MOVED: Final = frozenset({Cause.DRIFT, Cause.CONFLICT})


def turn(plan: Plan) -> Plan:
    """Return drift with git's value before and the live one after, and with nothing but what moved; any other plan as it is.

    A saved drift is a plan that puts these fields back, so there it is the other way round, with what else applying would do.
    """
    if plan.subject is not Subject.DRIFT:
        return plan
    return replace(plan, updates=tuple(map(_turn_update, plan.updates)))


def _turn_update(update: Update) -> Update:
    return replace(
        update,
        changes=tuple(_turn_change(change) for change in update.changes if change.cause in _MOVED),
        request=replace(update.request, companions=()),
        risks=(),
        protected=False,
        consequences=(),
        reach=None,
    )


def _turn_change(change: Change) -> Change:
    return replace(
        change,
        risk="",
        before=change.after,
        after=change.before,
        owners=(change.owner_before,) if change.owner_before else (),
        owner_before=", ".join(change.owners),
    )
