"""`apply` and `undo`: the last step after a plan, under the project's lock."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reconciler import __version__
from reconciler.app.problem import Exit, Problem
from reconciler.app.review import Review, judge_plan
from reconciler.app.workspace import Workspace
from reconciler.engine.encode import identity_after
from reconciler.engine.guard import check_guards, lift
from reconciler.engine.record import record_applied
from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.model.ledger import Applied
from reconciler.model.live import LiveState, Present
from reconciler.model.outcome import SETTLED, Outcome, Result
from reconciler.model.paths import Json
from reconciler.model.plan import Plan, Status
from reconciler.model.project import Declared

if TYPE_CHECKING:
    from reconciler.ledger import Journal, Lock, Store
    from reconciler.remote.client import TransportFactory
    from reconciler.remote.forecast import Forecast
    from reconciler.remote.run import Stop

LOCK_SECONDS = 300.0
"""How long a lock outlives a run that was killed; a living run renews it at a third of that."""


@dataclass(frozen=True, slots=True)
class Allowances:
    """What the person lifts for this one run."""

    max_updates: int | None = None
    protected: Collection[str] = ()
    accept_conflicts: bool = False


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

    @property
    def forecast(self) -> Forecast:
        """Tell how many requests this takes and about how long."""
        from reconciler.remote.forecast import forecast

        accounts = {account.name: account for account in self.workspace.accounts}
        return forecast(self.plan.updates, catalog=self.workspace.catalog, accounts=accounts)


@dataclass(frozen=True, slots=True)
class Deployed:
    """How a deployment ended."""

    run: str
    outcomes: tuple[Outcome, ...]
    diagnostics: tuple[Diagnostic, ...]
    exit_code: Exit
    longest_window: float = 0.0
    """Seconds between the last look at an object and the end of its write: no ETag guards that time."""


@contextmanager
def open_store_locked(workspace: Workspace) -> Iterator[tuple[Store, Lock, str]]:
    """Hold the project's lock and yield store, lock and the new run's id; raise Problem where it cannot be had."""
    from reconciler.ledger import LedgerProblem, LockedError, current_author, new_run_id

    store, run = workspace.open_store(), new_run_id(workspace.context.now)
    owner = current_author(workspace.context.environ)
    with contextlib.ExitStack() as stack:
        try:
            lock = stack.enter_context(store.lock(owner, ttl_seconds=LOCK_SECONDS, run=run))
        except LockedError as error:
            raise Problem(describe_ledger(error, code="ledger-locked"), exit_code=Exit.REFUSED) from error
        except LedgerProblem as error:
            raise Problem(describe_ledger(error), exit_code=Exit.FAILED) from error
        yield store, lock, run


def describe_ledger(error: Exception, *, code: str = "ledger-unavailable") -> Diagnostic:
    """Turn a problem with the ledger's store into a diagnostic."""
    return Diagnostic(code=code, message=str(error), advice=getattr(error, "advice", ""))


def find_stale(plan: Plan, workspace: Workspace) -> tuple[Diagnostic, ...]:
    """List why a saved plan no longer holds true for this project."""
    now, then = workspace.binding, plan.binding
    reasons = [
        ("the configuration changed since", then.configuration != now.configuration),
        ("the schemas are of another version", then.schemas != now.schemas),
        (f"it was made by reconciler {then.tool_version}", then.tool_version != now.tool_version),
        ("the accounts' hosts changed since", dict(then.hosts) != dict(now.hosts)),
        (f"it was made for environment {plan.environment}", plan.environment != workspace.project.environment),
    ]
    return tuple(
        Diagnostic(
            code="plan-stale", message=f"the saved plan is stale: {reason}", advice="Make and review a new plan."
        )
        for reason, holds in reasons
        if holds
    )


def find_forbidden(plan: Plan, workspace: Workspace, allowances: Allowances) -> tuple[Diagnostic, ...]:
    """List the guards and protections that stand against a plan."""
    return check_guards(
        plan,
        lift(workspace.project.guards, max_updates=allowances.max_updates),
        declared_kinds=[declared.kind for declared in workspace.project.resources],
        allow_protected=allowances.protected,
        accept_conflicts=allowances.accept_conflicts,
    )


def prepare(review: Review, allowances: Allowances, *, store: Store, lock: Lock, run: str) -> Deployment:
    """Return what would be applied, with what stands against it."""
    return Deployment(
        workspace=review.workspace,
        plan=review.plan,
        live=review.live,
        resources=review.resources,
        store=store,
        lock=lock,
        run=run,
        refusals=find_forbidden(review.plan, review.workspace, allowances),
    )


def prepare_saved(
    plan: Plan, workspace: Workspace, allowances: Allowances, *, store: Store, lock: Lock, run: str
) -> Deployment:
    """Return what a saved plan would apply. Its conflicts were shown when it was reviewed, so they are accepted."""
    shown = Allowances(allowances.max_updates, allowances.protected, accept_conflicts=True)
    addresses = {planned.address for planned in plan.resources}
    return Deployment(
        workspace=workspace,
        plan=plan,
        live=LiveState(readings={}, options={}),
        resources=tuple(declared for declared in workspace.project.resources if declared.address in addresses),
        store=store,
        lock=lock,
        run=run,
        refusals=(*find_stale(plan, workspace), *find_forbidden(plan, workspace, shown)),
    )


@dataclass(slots=True)
class _Windows:
    longest: float = 0.0

    def note(self, _update: object, seconds: float) -> None:
        self.longest = max(self.longest, seconds)


def carry_out(deployment: Deployment, *, on_outcome: Callable[[Outcome], None]) -> Deployed:
    """Send the plan's updates, prove each, journal and record what was applied.

    The first interrupt lets the requests in flight finish; a second one ends at once, and the journal tells the rest.
    """
    from reconciler.ledger import LedgerProblem
    from reconciler.remote.run import Stop

    stop, windows = Stop(), _Windows()
    journal = deployment.store.journal(deployment.run)
    try:
        _begin(deployment, journal)
        outcomes = _send(deployment, journal, stop=stop, windows=windows, on_outcome=on_outcome)
        exit_code = judge_run(deployment.plan, outcomes, interrupted=stop.requested)
        _end(journal, exit_code, interrupted=stop.requested)
    except LedgerProblem as error:
        raise Problem(describe_ledger(error), exit_code=Exit.FAILED) from error
    finally:
        journal.close()
    unrecorded = _record(deployment, outcomes)
    return Deployed(
        run=deployment.run,
        outcomes=outcomes,
        diagnostics=unrecorded,
        exit_code=Exit.FAILED if unrecorded and exit_code is Exit.DONE else exit_code,
        longest_window=windows.longest,
    )


def _begin(deployment: Deployment, journal: Journal) -> None:
    from reconciler.ledger import RunHeader, current_author, current_commit

    workspace = deployment.workspace
    journal.begin(
        RunHeader(
            author=current_author(workspace.context.environ),
            commit=current_commit(workspace.project.root),
            command=deployment.command,
            environment=workspace.project.environment,
            tool_version=__version__,
            undoes=deployment.undoes,
        )
    )
    for intention in deployment.store.unsettled():
        if intention.run != deployment.run and intention.address in deployment.live.readings:
            journal.settle(intention.address, message="read again before this run")


def _end(journal: Journal, exit_code: Exit, *, interrupted: bool) -> None:
    from reconciler.ledger import RunEnd

    journal.end(RunEnd(interrupted=interrupted, exit_code=int(exit_code)))


def _send(
    deployment: Deployment,
    journal: Journal,
    *,
    stop: Stop,
    windows: _Windows,
    on_outcome: Callable[[Outcome], None],
) -> tuple[Outcome, ...]:
    if not deployment.plan.updates:
        return ()
    with deployment.workspace.open_transport() as transport:
        return asyncio.run(_send_all(deployment, journal, transport, stop=stop, windows=windows, on_outcome=on_outcome))


async def _send_all(
    deployment: Deployment,
    journal: Journal,
    transport: TransportFactory | None,
    *,
    stop: Stop,
    windows: _Windows,
    on_outcome: Callable[[Outcome], None],
) -> tuple[Outcome, ...]:
    from reconciler.remote.client import build_gates, open_readers, open_writers
    from reconciler.remote.execute import carry_out as execute

    workspace, context = deployment.workspace, deployment.workspace.context
    used = {update.account for update in deployment.plan.updates}
    accounts = {account.name: account for account in workspace.accounts if account.name in used}
    keys = workspace.find_keys()
    opening = {
        "catalog": workspace.catalog,
        "keys": keys,
        "transport": transport,
        "patience": context.patience,
        "gates": build_gates(accounts.values(), catalog=workspace.catalog),
        "environ": context.environ,
    }
    async with (
        open_readers(accounts.values(), **opening) as readers,  # type: ignore[arg-type]
        open_writers(accounts.values(), **opening) as writers,  # type: ignore[arg-type]
        _interruptible(stop),
        _heartbeat(deployment.lock),
    ):
        return await execute(
            deployment.plan.updates,
            catalog=workspace.catalog,
            accounts=accounts,
            readers=readers,
            writers=writers,
            state=deployment.live,
            journal=journal,
            stop=stop,
            on_outcome=on_outcome,
            on_window=windows.note,
            keys=keys,
        )


@asynccontextmanager
async def _interruptible(stop: Stop) -> AsyncIterator[None]:
    """Let the first interrupt ask for an end and the second one force it."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()

    def interrupt() -> None:
        if stop.requested and task is not None:
            task.cancel()
        stop.requested = True

    installed = []
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError, ValueError, RuntimeError):
            loop.add_signal_handler(number, interrupt)
            installed.append(number)
    try:
        yield
    finally:
        for number in installed:
            loop.remove_signal_handler(number)


@asynccontextmanager
async def _heartbeat(lock: Lock) -> AsyncIterator[None]:
    """Renew the lock while the run is alive. Losing it stops nothing in flight; saving the ledger then says so."""

    async def beat() -> None:
        while True:
            await asyncio.sleep(LOCK_SECONDS / 3)
            with contextlib.suppress(Exception):
                await asyncio.to_thread(lock.refresh)

    task = asyncio.create_task(beat())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def _record(deployment: Deployment, outcomes: Sequence[Outcome]) -> tuple[Diagnostic, ...]:
    """Save what was settled to the ledger; a failure costs attribution only, and is said (law 10)."""
    from reconciler.ledger import LedgerProblem

    try:
        deployment.store.save(list(_collect_applied(deployment, outcomes)), run=deployment.run)
    except LedgerProblem as error:
        return (describe_ledger(error, code="ledger-not-saved"),)
    return ()


def _collect_applied(deployment: Deployment, outcomes: Sequence[Outcome]) -> Iterator[Applied]:
    from reconciler.ledger import current_commit

    workspace = deployment.workspace
    when, commit = workspace.context.now().isoformat(timespec="seconds"), current_commit(workspace.project.root)
    settled = {outcome.update.address: outcome.update for outcome in outcomes if outcome.result in SETTLED}
    in_sync = {planned.address for planned in deployment.plan.resources if planned.status is Status.IN_SYNC}
    for declared in deployment.resources:
        resource_type = workspace.catalog.resource_types[declared.provider, declared.kind]
        if declared.address in settled:
            identity = identity_after(resource_type, settled[declared.address])
        elif declared.address in in_sync:
            reading = deployment.live.readings.get(declared.address)
            found = reading.identity if isinstance(reading, Present) else declared.identity
            if found is None:
                continue
            identity = found
        else:
            continue
        yield record_applied(
            declared,
            identity,
            resource_type=resource_type,
            when=when,
            commit=commit,
            run=deployment.run,
            kept=deployment.kept.get(declared.address, {}),
        )


def judge_run(plan: Plan, outcomes: Sequence[Outcome], *, interrupted: bool) -> Exit:
    """Return the exit code of a run: interrupted, then failures, then refusals, then what could not be read."""
    results = {outcome.result for outcome in outcomes}
    if interrupted:
        return Exit.INTERRUPTED
    failed = results & {Result.REJECTED, Result.MISMATCH, Result.IN_DOUBT, Result.NOT_ATTEMPTED}
    if failed:
        return Exit.PARTLY if results & SETTLED else Exit.FAILED
    if results & {Result.STALE, Result.REFUSED}:
        return Exit.REFUSED
    return judge_plan(plan, detailed=False)


def note_lifted(allowances: Allowances) -> tuple[Diagnostic, ...]:
    """Say visibly which guards were lifted for this run."""
    lifted = [f"--allow-protected {address}" for address in allowances.protected]
    lifted += [f"--max-updates {allowances.max_updates}"] if allowances.max_updates is not None else []
    lifted += ["--accept-conflicts"] if allowances.accept_conflicts else []
    return tuple(
        Diagnostic(code="guard-lifted", message=f"lifted for this run: {option}", severity=Severity.WARNING)
        for option in lifted
    )
