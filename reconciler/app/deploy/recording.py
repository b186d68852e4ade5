"""What of a deployment goes into the ledger: what was settled, and what is in sync and not recorded so yet."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from reconciler.app.deploy.deployment import Deployment
from reconciler.app.workspace import Workspace
from reconciler.engine.encode import identity_after
from reconciler.engine.exempt import keep_exempt
from reconciler.engine.record import is_recorded, record_applied
from reconciler.model.ledger import Applied, Ledger
from reconciler.model.live import Present
from reconciler.model.outcome import SETTLED, Outcome
from reconciler.model.paths import Json
from reconciler.model.plan import Plan, Status, Update
from reconciler.model.project import Declared
from reconciler.model.resource_type import Identity


def collect_applied(deployment: Deployment, outcomes: Sequence[Outcome], *, commit: str) -> tuple[Applied, ...]:
    """Return the entries that a run adds to the ledger: those that say something else than what was stored before it.

    So an apply with nothing to do adds nothing. Of accounts whose lock is not held nothing is added: another run may be
    writing there.
    """
    when = deployment.workspace.context.now().isoformat(timespec="seconds")
    settled = {outcome.update.address: outcome.update for outcome in outcomes if outcome.result in SETTLED}
    entries = (
        record_applied(
            declared,
            identity,
            resource_type=deployment.workspace.catalog.of(declared),
            when=when,
            commit=commit,
            run=deployment.run,
            kept=_list_kept(deployment, declared),
            undone=deployment.undone.get(declared.address, {}),
        )
        for declared, identity in _list_known(deployment, settled)
    )
    stored = deployment.ledger.entries
    return tuple(entry for entry in entries if not is_recorded(entry, stored.get(entry.address)))


def list_written(deployment: Deployment) -> frozenset[str]:
    """List the accounts that a deployment is going to write to, at the vendor or in the ledger."""
    updated = (update.account for update in deployment.plan.updates)
    return frozenset([*updated, *(entry.account for entry in collect_applied(deployment, (), commit=""))])


def list_saved(workspace: Workspace, saved: Plan, *, ledger: Ledger) -> frozenset[str]:
    """List the accounts that a saved plan is going to write to: where it changes something, or the ledger lacks something.

    It goes by what git declares: what a plan file says of accounts is not believed.
    """
    updated = {update.address for update in saved.updates}
    in_sync = {planned.address for planned in saved.resources if planned.status is Status.IN_SYNC}
    return frozenset(
        declared.account
        for declared in workspace.project.resources
        if declared.address in updated
        or (declared.address in in_sync and _may_be_news(workspace, declared, ledger.entries.get(declared.address)))
    )


def _may_be_news(workspace: Workspace, declared: Declared, stored: Applied | None) -> bool:
    """Tell whether a resource in sync may not be recorded so; what it takes from others is not known without a look."""
    if declared.identity is None:
        return False
    if stored is None or declared.open:
        return True
    entry = record_applied(
        declared,
        declared.identity,
        resource_type=workspace.catalog.of(declared),
        when="",
        commit="",
        run="",
        kept=keep_exempt(declared, stored),
    )
    return not is_recorded(entry, stored)


def _list_known(deployment: Deployment, settled: Mapping[str, Update]) -> Iterator[tuple[Declared, Identity]]:
    """Yield what is as declared now, with its live object; what nobody can tell the object of is left out."""
    in_sync = {planned.address for planned in deployment.plan.resources if planned.status is Status.IN_SYNC}
    for declared in deployment.resources:
        if not deployment.lock.holder.meets((declared.account,)):
            continue
        identity = _find_identity(deployment, declared, settled, in_sync)
        if identity is not None:
            yield declared, identity


def _find_identity(
    deployment: Deployment, declared: Declared, settled: Mapping[str, Update], in_sync: Collection[str]
) -> Identity | None:
    if declared.address in settled:
        return identity_after(deployment.workspace.catalog.of(declared), settled[declared.address])
    if declared.address not in in_sync:
        return None
    reading = deployment.live.readings.get(declared.address)
    return reading.identity if isinstance(reading, Present) else declared.identity


def _list_kept(deployment: Deployment, declared: Declared) -> dict[str, Json]:
    exempt = keep_exempt(declared, deployment.ledger.entries.get(declared.address)) if declared.exemptions else {}
    return {**exempt, **deployment.kept.get(declared.address, {})}
