"""One ledger that several machines share, in each store: the same test for all of them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from obstore.store import MemoryStore

from reconciler.ledger import Store, open_store
from reconciler.ledger.stores.objects import ObjectStore
from reconciler.model.project import Account

from .samples import BASE_URL, Clock, make_project
from .storage import BUCKET
from .team import Team

KINDS: Final = ("files", "git", "memory", "s3")
"""Where a ledger can be: of object storage both what the library keeps in memory, and a server."""
ACCOUNTS: Final = ("a", "b", "c", "d")


@dataclass
class Shared:
    """A ledger of one kind. With files the machines are processes on one disk."""

    kind: str
    folder: Path
    clock: Clock = field(default_factory=Clock)
    memory: MemoryStore = field(default_factory=MemoryStore)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._team = Team(self.folder, clock=self.clock) if self.kind == "git" else None

    def open(self, machine: str = "one", **settings: Any) -> Store:
        """Open the ledger on a machine, anew as each command does."""
        root = self._find_root(machine)
        ledger = {"files": "files", "git": "git"}.get(self.kind, f"s3://{BUCKET}/{self.folder.name}")
        accounts = {name: Account(name, "polyai", BASE_URL, "POLYAI_API_KEY") for name in ("polyai", *ACCOUNTS)}
        project = make_project(root, **{"ledger": ledger, "accounts": accounts, **settings})
        if self.kind == "memory":
            return ObjectStore(project, clock=self.clock, environ={}, backend=self.memory)
        return open_store(project, clock=self.clock)

    def find_state(self, machine: str = "one") -> Path:
        """Return the folder of a machine in which journals are written."""
        return self._find_root(machine) / ".reconciler"

    def _find_root(self, machine: str) -> Path:
        if self._team is None:
            root = self.folder if self.kind == "files" else self.folder / machine
            root.mkdir(exist_ok=True)
            return root
        clone = self._team.folder / machine
        return clone if clone.exists() else self._team.clone(machine)


def race(count: int, work: Callable[[int], None]) -> None:
    """Let many threads do something at the same moment; raise what one of them raised."""
    gate = threading.Barrier(count)
    problems: list[BaseException] = []

    def start(number: int) -> None:
        gate.wait(60)
        try:
            work(number)
        except BaseException as problem:  # noqa: BLE001 -- told after the race
            problems.append(problem)

    threads = [threading.Thread(target=start, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    if problems:
        raise problems[0]
    assert not any(thread.is_alive() for thread in threads)


def list_owners(store: Store) -> Sequence[str]:
    """List who holds the lock."""
    return [holder.owner for holder in store.read_locks()]
