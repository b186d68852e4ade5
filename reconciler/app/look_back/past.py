"""`history`, `undo`, `unlock`: what earlier runs did, and the way back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reconciler.app.context import Context
from reconciler.app.deploy.approval import Allowances
from reconciler.app.deploy.deployment import Deployment, prepare
from reconciler.app.deploy.locking import describe_ledger
from reconciler.app.problem import Exit, Problem
from reconciler.app.review.review import Review, read
from reconciler.app.workspace import Workspace, open_workspace
from reconciler.config.references.fill import holds_template
from reconciler.engine.plan import make_plan
from reconciler.engine.undo import Reversal, reverse_changes
from reconciler.model.diagnostic import Diagnostic, Location, Severity
from reconciler.model.ledger import Ledger
from reconciler.model.live import LiveState, Present
from reconciler.model.outcome import SETTLED, Result
from reconciler.model.paths import format_pointer
from reconciler.model.project import Declared

if TYPE_CHECKING:
    from reconciler.ledger import Lock, RunRecord, RunSummary, Step, Store

LATEST = "latest"


def list_runs(context: Context) -> tuple[RunSummary, ...]:
    """List all runs, newest first."""
    return open_workspace(context).open_store().runs()


def read_run(context: Context, run: str) -> RunRecord:
    """Return what one run did; raise Problem where there is no such run."""
    return find_run(open_workspace(context).open_store(), run)


def remove_lock(context: Context) -> str:
    """Remove the project's lock by force; return who held it, or ""."""
    from reconciler.ledger import LedgerProblem

    try:
        holder = open_workspace(context).open_store().unlock()
    except LedgerProblem as error:
        raise Problem(describe_ledger(error), exit_code=Exit.FAILED) from error
    return holder.describe() if holder else ""


def find_run(store: Store, run: str) -> RunRecord:
    """Find a run by its id, an unambiguous beginning of it, or `latest`; raise Problem where it is not one."""
    known = [summary.run for summary in store.runs()]
    fitting = known[:1] if run == LATEST else [name for name in known if name == run or name.startswith(run)]
    record = store.run(fitting[0]) if len(set(fitting)) == 1 else None
    if record is None:
        message = f"no run is called {run!r}" if not fitting else f"{run!r} fits {len(fitting)} runs"
        diagnostic = Diagnostic(code="unknown-run", message=message, advice="`reconciler history` lists the runs.")
        raise Problem(diagnostic, exit_code=Exit.USAGE)
    return record


@dataclass(frozen=True, slots=True)
class _Target:
    """A resource that a run changed, with the steps to take back."""

    declared: Declared
    step: Step


def prepare_undo(
    workspace: Workspace, run: str, allowances: Allowances, *, store: Store, lock: Lock, new_run: str
) -> Deployment:
    """Return the deployment that takes a run back: a normal plan of the reverse changes."""
    record = find_run(store, run)
    targets, lost = _find_targets(workspace, record)
    ledger = store.load().ledger
    live = read(workspace, [target.declared for target in targets])
    resources, left = _reverse(workspace, targets, live=live, ledger=ledger)
    plan = make_plan(
        workspace.project,
        resources,
        catalog=workspace.catalog,
        live=live,
        ledger=ledger,
        created_at=workspace.context.now().isoformat(timespec="seconds"),
        binding=workspace.binding,
        diagnostics=(*lost, *left),
    )
    review = Review(workspace, resources, live, plan)
    # The plan's causes compare with git, which an undo does not follow: a conflict there is what undo is for.
    granted = replace(allowances, accept_conflicts=True)
    prepared = prepare(review, granted, store=store, lock=lock, run=new_run)
    kept = {address: entry.fields for address, entry in ledger.entries.items()}
    return replace(prepared, command="undo", undoes=record.summary.run, kept=kept)


def _find_targets(workspace: Workspace, record: RunRecord) -> tuple[list[_Target], list[Diagnostic]]:
    """Find what the run changed for certain; whatever cannot be taken back is named."""
    declared = {resource.address: resource for resource in workspace.project.resources}
    targets, lost = [], []
    for step in record.steps:
        if step.result in SETTLED or step.result is Result.MISMATCH:
            resource_type = workspace.catalog.find(step.provider, step.kind)
            if resource_type is None or step.account not in workspace.project.accounts:
                lost.append(_leave(step.address, "", "its account or kind is no longer configured"))
                continue
            targets.append(_Target(_declare(step, declared.get(step.address)), step))
        elif step.is_in_doubt:
            lost.append(_leave(step.address, "", "it is in doubt whether the run changed it; plan shows what is live"))
    return targets, lost


def _declare(step: Step, declared: Declared | None) -> Declared:
    """Declare the very object that the run changed, wherever the files point now."""
    known = declared or Declared(
        address=step.address,
        kind=step.kind,
        account=step.account,
        provider=step.provider,
        identity=step.identity,
        match={},
        spec={},
        location=Location("(ledger)"),
    )
    return replace(known, account=step.account, identity=step.identity, match={}, uses=(), sought=None)


def _reverse(
    workspace: Workspace, targets: list[_Target], *, live: LiveState, ledger: Ledger
) -> tuple[tuple[Declared, ...], list[Diagnostic]]:
    resources, diagnostics = [], []
    for target in targets:
        declared, reading = target.declared, live.readings[target.declared.address]
        entry = ledger.entries.get(declared.address)
        last: Mapping[str, object] = entry.fields if entry else {}
        if not isinstance(reading, Present):
            resources.append(declared)
            continue
        reversed_declared, left = reverse_changes(
            _with_companions(declared, last, workspace),
            [Reversal(change.path, change.before, change.after) for change in target.step.changes],
            resource_type=workspace.catalog.of(declared),
            live=reading.value,
            last=last,
        )
        resources.append(reversed_declared)
        diagnostics += [_leave(declared.address, format_pointer(one.path), one.reason) for one in left]
    return tuple(resources), diagnostics


def _with_companions(declared: Declared, last: Mapping[str, object], workspace: Workspace) -> Declared:
    """Take the fields that the vendor demands from the ledger where the files no longer declare the resource."""
    resource_type = workspace.catalog.of(declared)
    known = {name: last[f"/{name}"] for name in resource_type.companions if f"/{name}" in last}
    told = {name: value for name, value in declared.spec.items() if not holds_template(value)}
    return replace(declared, spec={**known, **told})


def _leave(address: str, path: str, reason: str) -> Diagnostic:
    return Diagnostic(
        code="not-undone",
        message=f"{address}{path.replace('/', '.')} is left alone: {reason}",
        severity=Severity.WARNING,
        address=address,
        path=path,
    )
