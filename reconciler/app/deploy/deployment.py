"""A plan about to be applied: made now or saved before, with what stands against it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from reconciler.app.deploy.approval import Allowances, find_forbidden, find_stale
from reconciler.app.problem import Exit, Problem
from reconciler.app.review.review import Review, read
from reconciler.app.workspace import Workspace
from reconciler.engine.check_saved import check_saved, find_moved_sources, list_unproved
from reconciler.engine.references import Resolution, list_sources, resolve
from reconciler.engine.sealed import fill_secrets
from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.model.ledger import Ledger, Undone
from reconciler.model.live import LiveState, Present
from reconciler.model.paths import Json
from reconciler.model.plan import Plan, Subject
from reconciler.model.project import Declared

if TYPE_CHECKING:
    from reconciler.ledger import Lock, Store
    from reconciler.remote.writing.forecast import Forecast


@dataclass(frozen=True, slots=True)
class Deployment:
    """A plan about to be applied, with the lock held."""

    workspace: Workspace
    plan: Plan
    live: LiveState
    resources: tuple[Declared, ...]
    store: Store
    lock: Lock
    run: str
    refusals: tuple[Diagnostic, ...]
    command: str = "apply"
    undoes: str = ""
    kept: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)
    """Address -> fields that stay recorded as they were: an undo declares only what it takes back."""
    undone: Mapping[str, Mapping[str, Undone]] = field(default_factory=dict)
    """Address -> what was taken back by field, and stays so."""
    left: int = 0
    """How many changes an undo leaves alone."""
    ledger: Ledger = field(default_factory=Ledger)
    """As it was stored when this was prepared."""

    @property
    def forecast(self) -> Forecast:
        """Tell how many requests this takes and about how long."""
        from reconciler.remote.writing.forecast import forecast

        accounts = {account.name: account for account in self.workspace.accounts}
        return forecast(self.plan.updates, catalog=self.workspace.catalog, accounts=accounts)


def prepare(review: Review, allowances: Allowances, *, store: Store, lock: Lock, run: str) -> Deployment:
    """Return what would be applied, with what stands against it.

    Raise Problem where the ledger is there and cannot be read: without it, an edit in conflict would pass as ours (law 5).
    """
    unread = tuple(
        found
        for found in review.plan.diagnostics
        if found.code == "ledger-unavailable" and found.severity is not Severity.NOTE
    )
    if unread:
        raise Problem(*unread, exit_code=Exit.UNREADABLE)
    return Deployment(
        workspace=review.workspace,
        plan=review.plan,
        live=review.live,
        resources=review.resources,
        store=store,
        lock=lock,
        run=run,
        ledger=review.ledger,
        refusals=find_forbidden(review.plan, review.workspace, allowances),
    )


def prepare_saved(
    plan: Plan, workspace: Workspace, allowances: Allowances, *, store: Store, lock: Lock, run: str
) -> Deployment:
    """Return what a saved plan would apply. Its conflicts were shown when it was reviewed, so they are accepted."""
    shown = Allowances(allowances.max_updates, allowances.protected, accept_conflicts=True)
    addresses = {planned.address for planned in plan.resources}
    plan = _fill(replace(plan, diagnostics=_keep_serious(plan), subject=Subject.PLAN), workspace)
    stale = find_stale(plan, workspace)
    declared = tuple(each for each in workspace.project.resources if each.address in addresses)
    sources = list_sources(declared, workspace.project.resources)
    wanted = {each.address: each for each in (*sources, *list_unproved(plan, workspace.project))}
    live = LiveState({}, {}) if stale else read(workspace, tuple(wanted.values()))
    involved = {each.address: each for each in (*declared, *sources)}
    resolution = resolve(tuple(involved.values()), catalog=workspace.catalog, readings=live.readings)
    return Deployment(
        workspace=workspace,
        plan=plan,
        live=live,
        resources=tuple(
            resolution.resources[each.address] for each in declared if each.address not in resolution.troubles
        ),
        store=store,
        ledger=store.load().ledger,
        lock=lock,
        run=run,
        refusals=(*(stale or _find_forged(plan, workspace, live, resolution)), *find_forbidden(plan, workspace, shown)),
    )


def _find_forged(plan: Plan, workspace: Workspace, live: LiveState, resolution: Resolution) -> tuple[Diagnostic, ...]:
    """Say what moved since the plan was saved among the values that it takes, else what planning cannot have made."""
    found = {address: reading.identity for address, reading in live.readings.items() if isinstance(reading, Present)}
    return find_moved_sources(plan, resolution) or check_saved(
        plan, workspace.project, resolved=resolution.resources, catalog=workspace.catalog, found=found
    )


def _keep_serious(plan: Plan) -> tuple[Diagnostic, ...]:
    """Leave out what was only worth a note when the plan was made."""
    return tuple(found for found in plan.diagnostics if found.severity is not Severity.NOTE)


def _fill(plan: Plan, workspace: Workspace) -> Plan:
    """Put the secrets back into a saved plan; an update whose resource is gone stays, and is refused as stale."""
    declared = {resource.address: resource for resource in workspace.project.resources}
    return replace(
        plan,
        updates=tuple(
            fill_secrets(update, declared[update.address], resource_type=workspace.catalog.of(declared[update.address]))
            if update.address in declared
            else update
            for update in plan.updates
        ),
    )
