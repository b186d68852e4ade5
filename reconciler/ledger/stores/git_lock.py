"""The lock in a git ref: there while an apply runs, and the message of its commit says who holds it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from reconciler.ledger.encoding import name_safely
from reconciler.ledger.lock_text import Stored
from reconciler.ledger.stores.git_objects import Signature
from reconciler.ledger.stores.git_repository import Repository

LOCK_REF: Final = "refs/reconciler/lock"


class LockRef:
    """Keep the lock of an environment in a ref. The version is its commit."""

    def __init__(self, repository: Repository, *, environment: str | None, sign: Callable[[], Signature]) -> None:
        self._repository = repository
        self._environment = environment
        self._sign = sign

    @property
    def _ref(self) -> str:
        world = f"@{name_safely(self._environment)}" if self._environment is not None else ""
        name = self._repository.project + world
        return f"{LOCK_REF}s/{name}" if name else LOCK_REF

    def read(self) -> Stored | None:
        """Return the message of the lock's commit."""
        commit = self._repository.read_shared(self._ref)
        if not commit:
            return None
        text, when = self._repository.objects.read_message(commit)
        return Stored(text, commit, when)

    def swap(self, text: str | None, *, expected: str | None) -> str | None:
        """Create, replace or remove the lock ref."""
        commit = self._build(text) if text is not None else ""
        return commit if self._repository.swap(self._ref, new=commit, old=expected or "") else None

    def _build(self, text: str) -> str:
        message = f"Lock of a running apply\n\n{text}"
        return self._repository.objects.create_commit({}, parent="", message=message, signature=self._sign())
