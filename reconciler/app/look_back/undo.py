"""`undo`: take a run back, field by field, as a normal plan of the reverse changes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from reconciler.app.deploy.approval import Allowances
from reconciler.app.deploy.deployment import Deployment, prepare
from reconciler.app.deploy.locking import open_store_locked
from reconciler.app.deploy.opening import narrow_lock
from reconciler.app.look_back.history import find_run
from reconciler.app.problem import Exit, Problem
from reconciler.app.review.notes import explain_sandbox
from reconciler.app.review.review import Review, read
from reconciler.app.workspace import Workspace
from reconciler.config.references.fill import holds_template
from reconciler.engine.plan import make_plan
from reconciler.engine.renames import follow_renames
from reconciler.engine.undo import Left, Reversal, reverse_changes
from reconciler.model.diagnostic import Diagnostic, Location, Severity
from reconciler.model.ledger import Ledger, Undone
from reconciler.model.live import LiveState, Present
from reconciler.model.outcome import SETTLED, Result
from reconciler.model.paths import MISSING, format_pointer
from reconciler.model.plan import Plan
from reconciler.model.project import Declared

if TYPE_CHECKING:
    from reconciler.ledger import Lock, RunRecord, Step, Store


@dataclass(frozen=True, slots=True)
class _Target:
    """A resource that a run changed, with the steps to take back."""

    declared: Declared
    step: Step


@contextmanager
def open_undo(
    workspace: Workspace,
    run: str,
    allowances: Allowances,
    *,
    targets: Collection[str] = (),
    on_notes: Callable[[Sequence[Diagnostic]], None] = lambda _: None,
) -> Iterator[Deployment]:
    """Yield the deployment that takes a run back, with the lock of the accounts held that the run changed.

    `latest` is found out before: a run that ends meanwhile is not taken back in its stead.
    """
    record = find_run(workspace.open_store(), run)
    accounts = frozenset(step.account for step in _narrow(record, targets).steps)
    with open_store_locked(workspace, accounts=accounts, on_notes=on_notes) as (store, lock, new_run):
        chosen = record.summary.run
        prepared = prepare_undo(workspace, chosen, allowances, targets=targets, store=store, lock=lock, new_run=new_run)
        narrow_lock(prepared)
        yield prepared


def prepare_undo(
    workspace: Workspace,
    run: str,
    allowances: Allowances,
    *,
    targets: Collection[str] = (),
    store: Store,
    lock: Lock,
    new_run: str,
) -> Deployment:
    """Return the deployment that takes a run back, whole or only for the targets (addresses or globs).

    What it leaves alone is named by the plan's diagnostics.
    """
    record = find_run(store, run)
    chosen, lost = _find_targets(workspace, _narrow(record, targets))
    loaded = store.load()
    live = read(workspace, [target.declared for target in chosen])
    declared = [target.declared for target in chosen]
    ledger = follow_renames(loaded.ledger, declared, readings=live.readings)
    reversed_ones = _reverse(workspace, chosen, live=live, ledger=ledger, accept_moved=allowances.accept_conflicts)
    resources = tuple(one.declared for one in reversed_ones)
    named = [*lost, *(_leave(one, left) for one in reversed_ones for left in one.left)]
    plan = make_plan(
        workspace.project,
        resources,
        catalog=workspace.catalog,
        live=live,
        ledger=ledger,
        created_at=workspace.context.now().isoformat(timespec="seconds"),
        binding=workspace.binding,
        diagnostics=(*_find_serious(loaded.notes), *named),
    )
    plan = explain_sandbox(plan) if workspace.context.sandbox else plan
    # The plan's causes compare with git, which an undo does not follow: a conflict there is what undo is for.
    granted = replace(allowances, accept_conflicts=True)
    prepared = prepare(
        Review(workspace, resources, live, plan, loaded.ledger), granted, store=store, lock=lock, run=new_run
    )
    undone = _collect_undone(plan, chosen, ledger=ledger, run=new_run)
    kept = {address: entry.fields for address, entry in ledger.entries.items()}
    left = sum(one.severity is Severity.WARNING for one in named)
    return replace(prepared, command="undo", undoes=record.summary.run, kept=kept, undone=undone, left=left)


def _find_serious(notes: Sequence[Diagnostic]) -> tuple[Diagnostic, ...]:
    return tuple(note for note in notes if note.severity is not Severity.NOTE)


def _narrow(record: RunRecord, targets: Collection[str]) -> RunRecord:
    """Keep the steps that targets name; raise Problem for a target that names none."""
    addresses = [step.address for step in record.steps]
    lost = [target for target in targets if not any(fnmatchcase(address, target) for address in addresses)]
    if lost:
        advice = f"`reconciler history {record.summary.run}` shows what it changed."
        found = [
            Diagnostic(
                code="unknown-target", message=f"run {record.summary.run} has nothing of {name!r}", advice=advice
            )
            for name in lost
        ]
        raise Problem(*found, exit_code=Exit.USAGE)
    steps = (step for step in record.steps if not targets or any(fnmatchcase(step.address, one) for one in targets))
    return replace(record, steps=tuple(steps))


def _collect_undone(
    plan: Plan, chosen: Sequence[_Target], *, ledger: Ledger, run: str
) -> Mapping[str, Mapping[str, Undone]]:
    """Note of each change that this undo makes which value it takes away, beside what earlier undos did."""
    taken = {
        target.declared.address: {change.path: change.after for change in target.step.changes} for target in chosen
    }
    undone = {address: dict(entry.undone) for address, entry in ledger.entries.items()}
    for update in plan.updates:
        for change in update.changes:
            after = taken.get(update.address, {}).get(change.path, MISSING)
            if after is not MISSING and not change.secret:
                undone.setdefault(update.address, {})[format_pointer(change.path)] = Undone(run, after)
    return undone


def _find_targets(workspace: Workspace, record: RunRecord) -> tuple[list[_Target], list[Diagnostic]]:
    """Find what the run changed for certain; whatever cannot be taken back is named."""
    targets, lost = [], []
    for step in record.steps:
        if step.result in SETTLED or step.result is Result.MISMATCH:
            declared = _declare(step, workspace)
            if declared is None:
                lost.append(_lose(step.address, "its account or kind is no longer configured"))
            else:
                targets.append(_Target(declared, step))
        elif step.is_in_doubt:
            lost.append(_lose(step.address, "it is in doubt whether the run changed it; plan shows what is live"))
    return targets, lost


def _declare(step: Step, workspace: Workspace) -> Declared | None:
    """Declare the very object that the run changed, under the name that git gives it now; None where nobody can."""
    account = workspace.project.accounts.get(step.account)
    found = next((each for each in workspace.project.resources if _is_same(each, step)), None)
    known = found or Declared(
        address=step.address,
        kind=step.kind,
        account=step.account,
        provider=step.provider,
        identity=step.identity,
        match={},
        spec={},
        location=Location("(ledger)"),
        generation=account.generation if account else "",
    )
    if account is None or workspace.catalog.find(known.provider, known.kind) is None:
        return None
    return replace(known, account=step.account, identity=step.identity, match={}, uses=(), sought=None)


def _is_same(declared: Declared, step: Step) -> bool:
    if (declared.account, declared.kind) != (step.account, step.kind):
        return False
    return declared.identity == step.identity if declared.identity else declared.address == step.address


@dataclass(frozen=True, slots=True)
class _Reversed:
    """A declaration of old values, and the fields that are left alone."""

    declared: Declared
    left: tuple[Left, ...] = ()


def _reverse(
    workspace: Workspace, targets: Sequence[_Target], *, live: LiveState, ledger: Ledger, accept_moved: bool
) -> tuple[_Reversed, ...]:
    reversed_ones = []
    for target in targets:
        declared, reading = target.declared, live.readings[target.declared.address]
        entry = ledger.entries.get(declared.address)
        last: Mapping[str, object] = entry.fields if entry else {}
        if not isinstance(reading, Present):
            reversed_ones.append(_Reversed(declared))
            continue
        changes = [Reversal(change.path, change.before, change.after) for change in target.step.changes]
        reversed_ones.append(
            _Reversed(
                *reverse_changes(
                    _with_companions(declared, last, workspace),
                    changes,
                    resource_type=workspace.catalog.of(declared),
                    live=reading.value,
                    last=last,
                    accept_moved=accept_moved,
                )
            )
        )
    return tuple(reversed_ones)


def _with_companions(declared: Declared, last: Mapping[str, object], workspace: Workspace) -> Declared:
    """Take the fields that the vendor demands from the ledger where the files no longer declare the resource."""
    resource_type = workspace.catalog.of(declared)
    known = {name: last[f"/{name}"] for name in resource_type.companions if f"/{name}" in last}
    told = {name: value for name, value in declared.spec.items() if not holds_template(value)}
    return replace(declared, spec={**known, **told})


def _leave(one: _Reversed, left: Left) -> Diagnostic:
    path = format_pointer(left.path)
    return Diagnostic(
        code="not-undone",
        message=f"{one.declared.address}{path.replace('/', '.')} is left alone: {left.reason}",
        severity=Severity.NOTE if left.done else Severity.WARNING,
        advice="--accept-conflicts takes it back all the same." if left.moved else "",
        address=one.declared.address,
        path=path,
    )


def _lose(address: str, reason: str) -> Diagnostic:
    message = f"{address} is left alone: {reason}"
    return Diagnostic(code="not-undone", message=message, severity=Severity.WARNING, address=address)
