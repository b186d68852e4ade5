"""Guards: bounds on what one apply may change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace

from reconciler.model.diagnostic import Diagnostic
from reconciler.model.plan import Cause, Plan, Update
from reconciler.model.project import Guards

SMALL_KIND = 10
"""Below this many resources of a kind, a share of it says nothing and `max_percent` does not count."""


def check_guards(
    plan: Plan,
    guards: Guards,
    *,
    declared_kinds: Sequence[str],
    allow_protected: Collection[str] = (),
    accept_conflicts: bool = False,
) -> tuple[Diagnostic, ...]:
    """List what forbids applying a plan; empty where nothing does. `declared_kinds` has one entry a resource."""
    return (
        *_check_count(plan, guards),
        *_check_share(plan, guards, Counter(declared_kinds)),
        *(_protect(update) for update in plan.updates if update.protected and update.address not in allow_protected),
        *(() if accept_conflicts else map(_conflict, _conflicting(plan))),
    )


def lift(guards: Guards, *, max_updates: int | None) -> Guards:
    """Return the guards with the number of updates lifted for one run; the share is then lifted with it."""
    return guards if max_updates is None else replace(guards, max_updates=max_updates, max_percent=100)


def _check_count(plan: Plan, guards: Guards) -> tuple[Diagnostic, ...]:
    if guards.max_updates is None or len(plan.updates) <= guards.max_updates:
        return ()
    return (
        Diagnostic(
            code="guard-tripped",
            message=f"{len(plan.updates)} updates, and the guard max_updates allows {guards.max_updates}",
            advice=f"Look again; where it is meant, lift the guard for one run with --max-updates {len(plan.updates)}.",
        ),
    )


def _check_share(plan: Plan, guards: Guards, declared: Counter[str]) -> tuple[Diagnostic, ...]:
    touched = Counter(update.kind for update in plan.updates)
    return tuple(
        Diagnostic(
            code="guard-tripped",
            message=f"{count} of {declared[kind]} {kind} would change ({100 * count // declared[kind]} percent), "
            f"and the guard max_percent allows {guards.max_percent}",
            advice=f"Look again; where it is meant, lift the guard for one run with --max-updates {len(plan.updates)}.",
        )
        for kind, count in touched.items()
        if declared[kind] >= SMALL_KIND and 100 * count > guards.max_percent * declared[kind]
    )


def _protect(update: Update) -> Diagnostic:
    return Diagnostic(
        code="protected",
        message=f"{update.address} is protected",
        advice=f"Where it is meant, allow it for one run with --allow-protected {update.address}.",
        location=update.location,
        address=update.address,
    )


def _conflicting(plan: Plan) -> list[Update]:
    return [update for update in plan.updates if Cause.CONFLICT in update.causes]


def _conflict(update: Update) -> Diagnostic:
    fields = ", ".join(change.path[0] for change in update.changes if change.cause is Cause.CONFLICT)
    return Diagnostic(
        code="conflict",
        message=f"{update.address}: {fields} changed in git and outside git since the last apply",
        advice="Decide which is right and declare it; --accept-conflicts lets git win.",
        location=update.location,
        address=update.address,
    )
