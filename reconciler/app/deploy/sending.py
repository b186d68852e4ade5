"""Send a deployment's updates: clients, interrupts and the lock's heartbeat around one call of `remote`."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.app.deploy.locking import LOCK_SECONDS
from reconciler.app.running import run_to_end
from reconciler.model.outcome import Outcome

if TYPE_CHECKING:
    from reconciler.app.deploy.deployment import Deployment
    from reconciler.ledger import Journal, Lock
    from reconciler.remote.wire.client import Patience, TransportFactory, Wires
    from reconciler.remote.writing.run import Stop


@dataclass(frozen=True, slots=True)
class Watch:
    """Who wants to know what happens while updates are sent."""

    on_outcome: Callable[[Outcome], None] = lambda _: None
    on_interrupt: Callable[[], None] = lambda: None
    """Called at each interrupt: the first lets requests in flight finish, the second ends at once."""


@dataclass(slots=True)
class Windows:
    """How long an object went unwatched before its write ended, at most, in seconds: no ETag guards that time."""

    longest: float = 0.0

    def note(self, _update: object, seconds: float) -> None:
        """Take in one write's window."""
        self.longest = max(self.longest, seconds)


def send_updates(
    deployment: Deployment,
    journal: Journal,
    *,
    stop: Stop,
    windows: Windows,
    watch: Watch,
) -> tuple[Outcome, ...]:
    """Carry out the plan's updates over one connection pool an account; return the outcomes in plan order.

    The first interrupt lets the requests in flight finish; a second one ends at once, and the journal tells the rest.
    """
    if not deployment.plan.updates:
        return ()
    with deployment.workspace.open_transport() as transport:
        try:
            return run_to_end(
                lambda: _send_all(deployment, journal, transport, stop=stop, windows=windows, watch=watch)
            )
        except asyncio.CancelledError as error:
            raise KeyboardInterrupt from error


async def _send_all(
    deployment: Deployment,
    journal: Journal,
    transport: TransportFactory | None,
    *,
    stop: Stop,
    windows: Windows,
    watch: Watch,
) -> tuple[Outcome, ...]:
    from reconciler.remote.wire.client import build_gates, open_readers, open_writers
    from reconciler.remote.writing.execute import SETTLE_PATIENCE, WRITE_PATIENCE
    from reconciler.remote.writing.execute import carry_out as execute

    workspace, context = deployment.workspace, deployment.workspace.context
    used = {update.account for update in deployment.plan.updates}
    accounts = {account.name: account for account in workspace.accounts if account.name in used}
    keys = workspace.find_keys()
    gates = build_gates(accounts.values(), catalog=workspace.catalog)

    def wire(patience: Patience | None) -> Wires:
        return {
            "catalog": workspace.catalog,
            "keys": keys,
            "transport": transport,
            "patience": patience,
            "gates": gates,
            "environ": context.environ,
        }

    async with (
        open_readers(accounts.values(), **wire(context.patience)) as readers,
        # A write is repeated by `execute` alone, which looks at the live object again first.
        open_writers(accounts.values(), **wire(WRITE_PATIENCE)) as writers,
        _interruptible(stop, watch.on_interrupt),
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
            on_outcome=watch.on_outcome,
            on_window=windows.note,
            patience=context.patience or SETTLE_PATIENCE,
        )


@asynccontextmanager
async def _interruptible(stop: Stop, on_interrupt: Callable[[], None]) -> AsyncIterator[None]:
    """Let the first interrupt ask for an end and the second one force it."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()

    def interrupt() -> None:
        if stop.requested and task is not None:
            task.cancel()
        stop.requested = True
        on_interrupt()

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
