"""What can go wrong with a ledger while it is written or locked. Reading it never raises: see `Loaded.notes`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reconciler.ledger.holder import LockHolder


class LedgerProblem(Exception):  # noqa: N818 -- the subclasses are named for what happened, as the interface says
    """Say why the ledger cannot be written or locked, and what to do about it; `code` stands in `model.codes`."""

    code = "ledger-unavailable"

    def __init__(self, message: str, *, advice: str) -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice


class LedgerUnavailable(LedgerProblem):
    """The store cannot be written: no rights, no network, no repository, no space."""


class CommitUnknown(LedgerProblem):
    """This clone has no such commit."""

    code = "commit-unknown"


class LedgerConflict(LedgerProblem):
    """Another run stored the same addresses since this one loaded the ledger. Nothing was stored."""

    code = "ledger-conflict"

    def __init__(self, message: str, *, addresses: tuple[str, ...] = (), advice: str) -> None:
        super().__init__(message, advice=advice)
        self.addresses = addresses


class LockedError(LedgerProblem):
    """Others hold the lock of accounts that this run may write to."""

    code = "ledger-locked"

    def __init__(self, message: str, *, holders: tuple[LockHolder, ...], advice: str) -> None:
        super().__init__(message, advice=advice)
        self.holders = holders


class LockLost(LedgerProblem):
    """The lock ended while it was thought to be held: it expired and was taken over, or was removed by force."""

    code = "ledger-locked"
