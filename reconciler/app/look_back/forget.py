"""`forget`: take out of the ledger what git no longer declares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.app.deploy.locking import describe_ledger
from reconciler.app.deploy.origin import describe_origin
from reconciler.app.problem import Exit, Problem
from reconciler.app.workspace import Workspace
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.ledger import Applied

if TYPE_CHECKING:
    from reconciler.ledger import Store


@dataclass(frozen=True, slots=True)
class Forgetting:
    """Entries of the ledger that are about to be taken out. Nothing changes at a vendor."""

    workspace: Workspace
    store: Store
    run: str
    entries: tuple[Applied, ...]
    declared: tuple[str, ...]
    """Those that git still declares: their changes cannot be attributed until the next apply."""

    def carry_out(self) -> None:
        """Take them out, and leave in the history who did."""
        from reconciler.ledger import LedgerProblem, RunEnd

        journal = self.store.journal(self.run)
        try:
            journal.begin(describe_origin(self.workspace, command="forget"))
            for entry in self.entries:
                journal.forget(entry.address)
            journal.end(RunEnd())
            self.store.save((), run=self.run, removed=[entry.address for entry in self.entries])
            self.store.keep_journal(self.run)
        except LedgerProblem as error:
            raise Problem(describe_ledger(error, code="ledger-not-saved"), exit_code=Exit.FAILED) from error
        finally:
            journal.close()


def find_accounts(workspace: Workspace, addresses: Sequence[str]) -> frozenset[str]:
    """List the accounts of entries; raise Problem as `prepare_forgetting` does."""
    return frozenset(entry.account for entry in _find_entries(workspace.open_store(), addresses))


def prepare_forgetting(workspace: Workspace, addresses: Sequence[str], *, store: Store, run: str) -> Forgetting:
    """Find the entries of addresses; raise Problem for one that the ledger does not know, or cannot be asked about."""
    declared = {each.address for each in workspace.project.resources}
    entries = _find_entries(store, addresses)
    return Forgetting(
        workspace=workspace,
        store=store,
        run=run,
        entries=entries,
        declared=tuple(entry.address for entry in entries if entry.address in declared),
    )


def _find_entries(store: Store, addresses: Sequence[str]) -> tuple[Applied, ...]:
    loaded = store.load()
    unread = [note for note in loaded.notes if note.code == "ledger-unavailable"]
    if unread:
        raise Problem(*unread, exit_code=Exit.UNREADABLE)
    lost = [address for address in addresses if address not in loaded.ledger.entries]
    if lost:
        raise Problem(*(_describe_lost(name, list(loaded.ledger.entries)) for name in lost), exit_code=Exit.USAGE)
    return tuple(loaded.ledger.entries[address] for address in dict.fromkeys(addresses))


def _describe_lost(name: str, known: Sequence[str]) -> Diagnostic:
    from difflib import get_close_matches

    near = get_close_matches(name, known, n=1) or known[:5]
    advice = f"Did you mean {' or '.join(near)}?" if near else "The ledger is empty."
    return Diagnostic(code="unknown-target", message=f"the ledger knows no {name!r}", advice=advice)
