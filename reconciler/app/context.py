"""What a command is told from outside: where, which environment, what the time is, how to reach the vendors."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reconciler.remote.wire.client import Patience, TransportFactory


def tell_time() -> datetime:
    """Return the time now, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Context:
    """The outside world of one command. Tests hand in their own transport, clock and environment variables."""

    folder: Path = field(default_factory=Path)
    environment: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    sandbox: bool = False
    vices: tuple[str, ...] = ()
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    now: Callable[[], datetime] = tell_time
    transport: TransportFactory | None = None
    patience: Patience | None = None
    on_request: Callable[[], None] | None = None
