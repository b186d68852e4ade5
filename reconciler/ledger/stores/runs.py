"""What all stores do alike: hold the lock, write the journal of a run, list what runs did and left in doubt."""

from __future__ import annotations

import contextlib
from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from reconciler.ledger.errors import LedgerUnavailable
from reconciler.ledger.holder import LockHolder
from reconciler.ledger.journals.history import Intention, RunSummary
from reconciler.ledger.journals.index import Digest, list_doubts, list_summaries
from reconciler.ledger.journals.journal import Journal, name_journal
from reconciler.ledger.lock import DEFAULT_TTL_SECONDS, Lock, LockPlace, break_lock, hold_lock, read_holder
from reconciler.ledger.times import Clock
from reconciler.model.project import Project


class RunKeeper(ABC):
    """Keep runs and the lock of one environment of a project. `state` is the local folder that journals are written in."""

    def __init__(self, project: Project, *, state: Path, clock: Clock) -> None:
        self._project = project
        self._state = state
        self._clock = clock

    @property
    @abstractmethod
    def _lock_place(self) -> LockPlace:
        """Return where this store keeps its lock."""

    @abstractmethod
    def _list_digests(self) -> Sequence[Digest]:
        """Return what all journals that this store can see say."""

    @abstractmethod
    def fingerprint_key(self) -> bytes:
        """Return the key of the fingerprints; raises LedgerUnavailable where there is none to be had."""

    def lock(self, owner: str, *, ttl_seconds: float, run: str = "") -> AbstractContextManager[Lock]:
        """Hold the lock; raises LockedError where another run holds it."""
        return hold_lock(self._lock_place, owner=owner, run=run, ttl_seconds=ttl_seconds, clock=self._clock)

    def read_lock(self) -> LockHolder | None:
        """Return who holds the lock."""
        return read_holder(self._lock_place, ttl_seconds=DEFAULT_TTL_SECONDS)

    def unlock(self) -> LockHolder | None:
        """Give the lock back, whoever's it is."""
        return break_lock(self._lock_place, ttl_seconds=DEFAULT_TTL_SECONDS)

    def journal(self, run: str) -> Journal:
        """Return the journal to write for a run: a local file, which a kill does not lose."""
        return Journal(
            self._state / "journal" / name_journal(run), run=run, clock=self._clock, key=self.fingerprint_key
        )

    def runs(self) -> tuple[RunSummary, ...]:
        """List the runs, newest first."""
        return list_summaries(self._list_digests(), environment=self._project.environment)

    def unsettled(self) -> tuple[Intention, ...]:
        """List what earlier runs left in doubt; the lock is asked who runs now only where there is any."""
        doubts = list_doubts(self._list_digests(), environment=self._project.environment)
        running = self._name_running() if doubts else ""
        return tuple(doubt for doubt in doubts if not running or doubt.run != running)

    def _name_running(self) -> str:
        with contextlib.suppress(LedgerUnavailable):
            holder = self.read_lock()
            if holder and holder.is_running(self._clock()):
                return holder.run
        return ""
