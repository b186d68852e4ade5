"""What all stores do alike: hold the lock, write the journal of a run, list what runs did and left in doubt."""

from __future__ import annotations

import contextlib
from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from reconciler.ledger.errors import LedgerUnavailable
from reconciler.ledger.holder import LockHolder
from reconciler.ledger.journals.history import Intention, RunSummary
from reconciler.ledger.journals.index import Digest, list_doubts, list_summaries
from reconciler.ledger.journals.journal import Journal, name_journal
from reconciler.ledger.lock import DEFAULT_TTL_SECONDS, Lock, LockPlace, break_lock, hold_lock, list_holders
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

    def lock(
        self, owner: str, *, ttl_seconds: float, run: str = "", accounts: Collection[str] | None = None
    ) -> AbstractContextManager[Lock]:
        """Hold the lock of some accounts; raises LockedError where another run holds one of them."""
        return hold_lock(
            self._lock_place, owner=owner, run=run, ttl_seconds=ttl_seconds, clock=self._clock, accounts=accounts
        )

    def read_locks(self) -> tuple[LockHolder, ...]:
        """Return who holds the lock."""
        return list_holders(self._lock_place, ttl_seconds=DEFAULT_TTL_SECONDS)

    def unlock(self, holder: LockHolder) -> bool:
        """Give the lock of somebody back."""
        return break_lock(self._lock_place, holder, ttl_seconds=DEFAULT_TTL_SECONDS)

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
        running = self._list_running() if doubts else frozenset()
        return tuple(doubt for doubt in doubts if doubt.run not in running)

    def _list_running(self) -> frozenset[str]:
        with contextlib.suppress(LedgerUnavailable):
            return frozenset(each.run for each in self.read_locks() if each.is_running(self._clock()))
        return frozenset()
