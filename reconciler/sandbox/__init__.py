"""Play the four vendors on this machine: no credentials, no network, no dead phone line.

The sandbox is a second reading of what is known about the vendors. It shares nothing with the rooms below, so that a
mistake there is not repeated here.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from reconciler.sandbox.trouble.switches import SWITCHES, Switch, SwitchError
from reconciler.sandbox.trouble.vices import VICES, ViceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from starlette.applications import Starlette
    from starlette.types import ASGIApp

    from reconciler.sandbox.state.rows import SeedError
    from reconciler.sandbox.state.scalars import read_scalar
    from reconciler.sandbox.state.seed import SANDBOX_KEYS, join_key
    from reconciler.sandbox.state.sowing import Described, find_missing, invent, sow, write_seed
    from reconciler.sandbox.state.world import Arrived, Danger, Served, World
    from reconciler.sandbox.transport import SandboxTransport
    from reconciler.sandbox.trouble.faults import Fault

__all__ = [
    "SANDBOX_KEYS",
    "SWITCHES",
    "VICES",
    "Arrived",
    "Danger",
    "Described",
    "Fault",
    "SandboxTransport",
    "SeedError",
    "Served",
    "Switch",
    "SwitchError",
    "ViceError",
    "World",
    "create_app",
    "find_missing",
    "invent",
    "join_key",
    "read_scalar",
    "serve",
    "sow",
    "write_seed",
]
_HOMES = {
    "SANDBOX_KEYS": "state.seed",
    "Arrived": "state.world",
    "Danger": "state.world",
    "Described": "state.sowing",
    "Fault": "trouble.faults",
    "SandboxTransport": "transport",
    "SeedError": "state.rows",
    "Served": "state.world",
    "World": "state.world",
    "join_key": "state.seed",
    "read_scalar": "state.scalars",
    "find_missing": "state.sowing",
    "invent": "state.sowing",
    "sow": "state.sowing",
    "write_seed": "state.sowing",
}


def create_app(
    *,
    database: Path | None,
    seed: Mapping[str, Any] | None,
    vices: Iterable[str] = (),
    switches: Mapping[str, object] | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Starlette:
    """Build the four vendors over one database; None keeps it in memory. See `reconciler.sandbox.app`."""
    from reconciler.sandbox import app

    return app.create_app(database=database, seed=seed, vices=vices, switches=switches, clock=clock)


def serve(
    app: ASGIApp, *, port: int, host: str = "127.0.0.1", on_listen: Callable[[int], None] = lambda _port: None
) -> None:
    """Serve an application on loopback until interrupted.

    `on_listen` hears which port was opened. Raises ValueError for another host, OSError where the port is taken.
    """
    from reconciler.sandbox import server

    with server.open_listener(port=port, host=host) as listener:
        on_listen(listener.getsockname()[1])
        server.serve(app, listener=listener)


def __getattr__(name: str) -> object:
    """Import what needs a web framework or a database only when it is asked for."""
    if name not in _HOMES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
