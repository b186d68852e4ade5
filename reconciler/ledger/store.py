"""What a store of the ledger can do, and which one a project uses."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from reconciler.ledger.encoding import Loaded
from reconciler.ledger.holder import LockHolder
from reconciler.ledger.journals.history import Intention, RunRecord, RunSummary
from reconciler.ledger.journals.journal import Journal
from reconciler.ledger.lock import Lock
from reconciler.ledger.state_files import STATE_FOLDER
from reconciler.ledger.times import Clock
from reconciler.model.ledger import Applied
from reconciler.model.project import Project


class Store(Protocol):
    """Where the ledger, the journals and the lock of a project are kept.

    Loading never raises: its notes say what is not known. Reading journals raises LedgerUnavailable where they cannot be
    read: a history that is not there is not an empty one.
    """

    def load(self) -> Loaded:
        """Return what was last applied, with a note on whatever is not known."""

    def save(self, entries: Iterable[Applied], *, run: str, removed: Iterable[str] = ...) -> None:
        """Merge entries into the stored ledger, all or nothing for each kind; forget the removed addresses.

        Call it after the run's journal has ended. Raises LedgerConflict where another run stored one of the addresses
        since `load`, LedgerUnavailable where nothing can be stored.
        """

    def lock(
        self, owner: str, *, ttl_seconds: float, run: str = ..., accounts: Collection[str] | None = ...
    ) -> AbstractContextManager[Lock]:
        """Hold the lock of some accounts, of all where none are given.

        Entering raises LockedError while another run holds one of them, or LedgerUnavailable.
        """

    def read_locks(self) -> tuple[LockHolder, ...]:
        """Return who holds the lock now, expired or not, each over accounts of its own; raises LedgerUnavailable."""

    def unlock(self, holder: LockHolder) -> bool:
        """Take a holder out of the lock by force; tell whether it was still in it. Raises LedgerUnavailable."""

    def journal(self, run: str) -> Journal:
        """Return the journal to write for a run; nothing is written before its first line."""

    def keep_journal(self, run: str) -> None:
        """Put the journal of an ended run where it is kept; nothing to do where that has happened already."""

    def runs(self) -> tuple[RunSummary, ...]:
        """List the runs, newest first."""

    def run(self, run: str) -> RunRecord | None:
        """Return all that a run did, or None where no such run is known."""

    def unsettled(self) -> tuple[Intention, ...]:
        """List what earlier runs left in doubt; runs that hold the lock right now are not earlier ones."""

    def fingerprint_key(self) -> bytes:
        """Return the key of the fingerprints that stand for secrets; made on first use."""


def open_store(
    project: Project, *, clock: Clock, environ: Mapping[str, str] = os.environ, folder: Path | None = None
) -> Store:
    """Return the store that the project's `ledger` setting names; with a folder, files in that one.

    Nothing is read or written yet.
    """
    from reconciler.ledger.stores.files import FileStore

    if folder is None and project.ledger == "git":
        from reconciler.ledger.stores.git import GitStore

        return GitStore(project, clock=clock, environ=environ)
    if folder is None and project.ledger != "files":
        from reconciler.ledger.stores.objects import ObjectStore

        return ObjectStore(project, clock=clock, environ=environ)
    return FileStore(project, folder=folder or project.root / STATE_FOLDER, clock=clock)
