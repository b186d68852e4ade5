"""`drift`: what moved outside git since the last apply, as far as the ledger can tell."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from reconciler.app.problem import Exit
from reconciler.app.review.review import judge_plan
from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.model.plan import Cause, Plan, Subject

MOVED: Final = frozenset({Cause.DRIFT, Cause.CONFLICT})
_GAPS: Final = frozenset({"ledger-unavailable", "ledger-foreign"})
_UNKNOWN: Final = "drift-unknown"


def keep_drift(plan: Plan) -> Plan:
    """Keep of a plan the updates in which something moved outside git since the last apply.

    Without a whole ledger nobody can tell what did, and the plan says so (law 5).
    """
    updates = tuple(update for update in plan.updates if update.causes & MOVED)
    moved = {update.address for update in updates}
    nodes = tuple(replace(node, touched=node.address in moved) for node in plan.calls.nodes)
    return replace(
        plan,
        updates=updates,
        diagnostics=(*plan.diagnostics, *_note_gap(plan)),
        calls=replace(plan.calls, nodes=nodes),
        subject=Subject.DRIFT,
    )


def is_certain(plan: Plan) -> bool:
    """Tell whether a plan that `keep_drift` returned holds all that moved."""
    return not any(found.code == _UNKNOWN for found in plan.diagnostics)


def judge_drift(plan: Plan) -> Exit:
    """Return the exit code of `drift`: 6 where it cannot be told, 2 when something moved outside git."""
    verdict = judge_plan(plan, detailed=False) if is_certain(plan) else Exit.UNREADABLE
    return Exit.CHANGES if plan.updates and verdict is not Exit.UNREADABLE else verdict


def _note_gap(plan: Plan) -> tuple[Diagnostic, ...]:
    gap = next((found for found in plan.diagnostics if _is_gap(found)), None)
    if gap is None or not plan.resources or not is_certain(plan):
        return ()
    if gap.code == "ledger-absent":
        advice = (
            "Apply once, from where the ledger is kept. On runners that keep no disk: `ledger: git` (docs/ledger.md)."
        )
        return (_describe_gap("nothing was ever applied from here", advice),)
    return (
        _describe_gap(
            "the ledger could not be read as a whole", "Mend what the other message names, and run it again."
        ),
    )


def _is_gap(found: Diagnostic) -> bool:
    return found.code == "ledger-absent" or (found.code in _GAPS and found.severity is Severity.WARNING)


def _describe_gap(why: str, advice: str) -> Diagnostic:
    message = f"what moved outside git cannot be told: {why}"
    return Diagnostic(_UNKNOWN, message, Severity.WARNING, advice=advice)
