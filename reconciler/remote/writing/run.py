"""Hold what the writes of one account share during one apply."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from reconciler.model.live import Reading
from reconciler.model.outcome import Outcome
from reconciler.model.plan import Request, Update
from reconciler.model.project import Account
from reconciler.model.resource_type import Catalog, Identity, ResourceType
from reconciler.remote.reading.read import read_identities
from reconciler.remote.wire.client import Patience, ReadClient, WriteClient

SILENT_LIMIT = 20
"""Requests in a row without a usable answer after which an account is left alone for the rest of the run.

More than are in flight at once, so that a hiccup does not end a run.
"""


_QUEUE_SHARE = 0.6
"""Of the time for which a reading is fresh: the rest is for the queue of its wave, which is two seconds at most where it is paced."""


class Journal(Protocol):
    """Record the run as it happens: an intent before each request, an outcome after.

    An intent is on the disk when `intend` returns; an outcome may go there with the next. An OSError stops all further writes.
    """

    async def intend(self, updates: Sequence[Update], request: Request) -> None:
        """Record that a request carrying some updates is about to be sent."""

    def conclude(self, outcome: Outcome) -> None:
        """Record what became of an update."""


class Stop:
    """Carry the wish to end: requests in flight finish and are verified, nothing new is sent."""

    __slots__ = ("reason",)

    def __init__(self) -> None:
        self.reason = ""
        """Why nothing new is sent; empty while it is."""

    def request(self, reason: str) -> None:
        """Ask for an end; the first reason stays."""
        self.reason = self.reason or reason


@dataclass(slots=True)
class Lane:
    """What is learned about one account while writing to it."""

    halted: str = ""
    """Why nothing more is sent to this account; empty while all is well."""
    silent: int = 0
    """Requests in a row without a usable answer."""
    resume_at: float = 0.0
    """Until when the vendor asked us to wait (429), on the run's clock."""
    intended: set[str] = field(default_factory=set)
    """Addresses of updates whose request may have been sent."""
    filled: set[str] = field(default_factory=set)
    """Resource types whose updates the vendor accepts only with the documented-required fields."""


@dataclass(frozen=True, slots=True)
class Run:
    """One account's part of an apply, and what bounds it so that a fresh reading does not age in a queue."""

    account: Account
    catalog: Catalog
    reader: ReadClient
    writer: WriteClient
    journal: Journal
    stop: Stop
    clock: Callable[[], float]
    fresh_seconds: float
    patience: Patience
    turns: asyncio.Semaphore
    """Of the waves that are looked at or sent; those that are read back have none."""
    slots: asyncio.Semaphore
    """Of the writes that are made ready or in flight: some wait for the disk to take their intents while others are on the wire."""
    on_window: Callable[[Update, float], None]
    lane: Lane = field(default_factory=Lane)

    @property
    def blocked(self) -> str:
        """Say why nothing new may be sent; empty while it may."""
        return self.stop.reason or self.lane.halted

    def type_of(self, update: Update) -> ResourceType:
        """Return the resource type of an update."""
        return self.catalog.of(update)

    async def read(self, resource_type: ResourceType, identities: tuple[Identity, ...]) -> Mapping[Identity, Reading]:
        """Read live objects again, in the fewest requests."""
        return await read_identities(resource_type, identities, reader=self.reader, clock=self.clock)

    async def rest(self) -> None:
        """Wait as long as the vendor asked us to."""
        seconds = self.lane.resume_at - self.clock()
        if seconds > 0:
            await self.patience.sleep(seconds)

    def is_fresh(self, read_at: float) -> bool:
        """Tell whether a reading is young enough to write by."""
        return self.clock() - read_at < self.fresh_seconds

    def will_last(self, read_at: float) -> bool:
        """Tell whether a reading will still be fresh when a wave that starts now has been written."""
        return self.clock() - read_at < self.fresh_seconds * _QUEUE_SHARE
