"""Send a deployment's updates: clients, interrupts and the lock's heartbeat around one call of `remote`."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reconciler.app.deploy.interrupts import Interrupts
from reconciler.app.deploy.locking import LOCK_SECONDS
from reconciler.app.running import run_to_end
from reconciler.model.outcome import Outcome
from reconciler.model.plan import Request, Update

if TYPE_CHECKING:
    from reconciler.app.deploy.deployment import Deployment
    from reconciler.ledger import Journal, LedgerProblem, Lock
    from reconciler.remote.wire.client import Patience, TransportFactory, Wires
    from reconciler.remote.writing.run import Stop


@dataclass(frozen=True, slots=True)
class Watch:
    """Who wants to know what happens while updates are sent."""

    on_send: Callable[[str], str] = lambda _: ""
    """Told the address of each update right before it is sent."""
    on_outcome: Callable[[Outcome], str] = lambda _: ""
    """Shows an outcome. Both return why nobody can be told any more, "" while somebody can."""
    on_interrupt: Callable[[], None] = lambda: None
    """Called at the first interrupt, which lets requests in flight finish; the second ends at once."""


@dataclass(slots=True)
class Sent:
    """What is known of a run while it goes on, and also where it is ended by force."""

    stop: Stop
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    """By address, as they were concluded."""
    longest_window: float = 0.0
    """Seconds that an object went unwatched before its write ended, at most: no ETag guards that time."""
    unwritten: LedgerProblem | None = None
    """The first line that the journal could not take."""
    unshown: Exception | None = None
    """Our own failure to show something: it is raised when the run is over."""

    def note_window(self, _update: object, seconds: float) -> None:
        """Take in one write's window."""
        self.longest_window = max(self.longest_window, seconds)

    def show(self, act: Callable[[], str | None]) -> None:
        """Show something; where that fails, ask for an end and nothing else (law 11)."""
        try:
            lost = act()
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not end the run
            self.unshown = self.unshown or error
            lost = str(error) or type(error).__name__
        if lost:
            self.stop.request(f"nobody can be told what becomes of it: {lost}")


class ShownJournal:
    """Write the journal and show what is sent. What cannot be written is an OSError, which stops all further writes."""

    def __init__(self, journal: Journal, *, sent: Sent, watch: Watch) -> None:
        from reconciler.ledger.journals.flush import SharedFlush

        self._journal = journal
        self._sent = sent
        self._watch = watch
        self._flush = SharedFlush(journal.flush)

    async def intend(self, updates: Sequence[Update], request: Request) -> None:
        """Write that a request is about to be sent, see it on the disk, then show it."""
        with self._name_failure(cuts=False):
            for update in updates:
                self._journal.intend(update, request)
            await self._flush.wait()
        for update in updates:
            self._show(update.address)

    def _show(self, address: str) -> None:
        self._sent.show(lambda: self._watch.on_send(address))

    def conclude(self, outcome: Outcome) -> None:
        """Write what became of an update."""
        with self._name_failure(cuts=True):
            self._journal.conclude(outcome)

    @contextlib.contextmanager
    def _name_failure(self, *, cuts: bool) -> Iterator[None]:
        """Stop where a line cannot be written, and where it could but the disk is full.

        An intent that found no room leaves no hole in the journal: nothing was sent. An outcome does.
        """
        from reconciler.ledger import LedgerProblem

        try:
            yield
        except LedgerProblem as problem:
            if cuts or self._journal.filled is None:
                self._sent.unwritten = self._sent.unwritten or problem
            raise OSError(problem.message) from problem
        finally:
            if self._journal.filled is not None:
                self._sent.stop.request(self._journal.filled.message)


def send_updates(
    deployment: Deployment, journal: Journal, *, sent: Sent, watch: Watch, interrupts: Interrupts
) -> tuple[Outcome, ...]:
    """Carry out the plan's updates over one connection pool an account; return the outcomes in plan order.

    The first interrupt lets the requests in flight finish; a second one ends at once: then `sent` and the journal tell
    how far it came.
    """
    if not deployment.plan.updates:
        return ()
    with deployment.workspace.open_transport() as transport:
        try:
            return run_to_end(
                lambda: _send_all(deployment, journal, transport, sent=sent, watch=watch, interrupts=interrupts)
            )
        except asyncio.CancelledError as error:
            raise KeyboardInterrupt from error


async def _send_all(
    deployment: Deployment,
    journal: Journal,
    transport: TransportFactory | None,
    *,
    sent: Sent,
    watch: Watch,
    interrupts: Interrupts,
) -> tuple[Outcome, ...]:
    from reconciler.remote.wire.client import build_gates, open_readers, open_writers
    from reconciler.remote.writing.execute import SETTLE_PATIENCE, WRITE_PATIENCE
    from reconciler.remote.writing.execute import carry_out as execute

    workspace, context = deployment.workspace, deployment.workspace.context
    updates = deployment.plan.updates
    used = {update.account for update in updates} | {taken.account for update in updates for taken in update.taken}
    accounts = {account.name: account for account in workspace.accounts if account.name in used}
    keys, secrets = workspace.find_keys(), workspace.find_secrets()
    gates = build_gates(accounts.values(), catalog=workspace.catalog)

    def wire(patience: Patience | None) -> Wires:
        return {
            "catalog": workspace.catalog,
            "keys": keys,
            "secrets": secrets,
            "transport": transport,
            "patience": patience,
            "gates": gates,
            "environ": context.environ,
        }

    def record(outcome: Outcome) -> None:
        sent.outcomes[outcome.update.address] = outcome
        sent.show(lambda: watch.on_outcome(outcome))

    async with (
        open_readers(accounts.values(), **wire(context.patience)) as readers,
        # A write is repeated by `execute` alone, which looks at the live object again first.
        open_writers(accounts.values(), **wire(WRITE_PATIENCE)) as writers,
        _heartbeat(deployment.lock),
    ):
        with interrupts.cancelling():
            return await execute(
                deployment.plan.updates,
                catalog=workspace.catalog,
                accounts=accounts,
                readers=readers,
                writers=writers,
                state=deployment.live,
                journal=ShownJournal(journal, sent=sent, watch=watch),
                stop=sent.stop,
                on_outcome=record,
                on_window=sent.note_window,
                patience=context.patience or SETTLE_PATIENCE,
            )


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
