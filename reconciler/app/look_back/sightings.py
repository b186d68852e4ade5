"""What a drift check saw, left in the ledger: so `history` tells when a console edit was first seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.app.deploy.locking import describe_ledger
from reconciler.app.deploy.origin import describe_origin
from reconciler.app.review.drift import MOVED, is_certain
from reconciler.app.workspace import Workspace
from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.model.paths import MISSING, FieldPath
from reconciler.model.plan import Change, Plan, Status, Update

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reconciler.ledger import Sighting, Store

Place = tuple[str, FieldPath]


def record_sightings(workspace: Workspace, plan: Plan) -> tuple[Diagnostic, ...]:
    """Leave in the ledger what is newly seen, and what is no longer; write nothing where all is as it was seen before.

    It is a journal like that of a run, so every store keeps it. A failure is a warning: what was seen was seen.
    """
    from reconciler.ledger import LedgerProblem, list_open_sightings

    if not is_certain(plan):
        return ()
    store = workspace.open_store()
    try:
        known = list_open_sightings(store.runs())
        seen = _list_seen(plan)
        new = [(update, change) for place, (update, change) in seen.items() if not _is_known(known.get(place), change)]
        gone = [place for place in known if place not in seen and place[0] in _list_read(plan)]
        if new or gone:
            _write(workspace, store, new, gone)
    except LedgerProblem as problem:
        found = describe_ledger(problem)
        return (
            Diagnostic(found.code, f"what was seen could not be kept: {found.message}", Severity.WARNING, found.advice),
        )
    return ()


def _list_seen(plan: Plan) -> Mapping[Place, tuple[Update, Change]]:
    return {
        (update.address, change.path): (update, change)
        for update in plan.updates
        for change in update.changes
        if change.cause in MOVED
    }


def _list_read(plan: Plan) -> frozenset[str]:
    """List what this check read: nothing else can be said to be gone."""
    return frozenset(one.address for one in plan.resources if one.status in {Status.IN_SYNC, Status.UPDATE})


def _is_known(sighting: Sighting | None, change: Change) -> bool:
    if sighting is None or change.before is MISSING:
        return False
    return change.secret or sighting.change.after == change.before


def _write(workspace: Workspace, store: Store, new: Sequence[tuple[Update, Change]], gone: Sequence[Place]) -> None:
    from reconciler.ledger import RunEnd, new_run_id

    run = new_run_id(workspace.context.now)
    journal = store.journal(run)
    try:
        journal.begin(describe_origin(workspace, command="drift"))
        for update, change in new:
            journal.see(update, change)
        for address, path in gone:
            journal.miss(address, path)
        journal.end(RunEnd())
    finally:
        journal.close()
    store.keep_journal(run)
