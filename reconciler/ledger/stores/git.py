"""The ledger in a git ref of the project's repository: shared by a team's CI with no server of its own.

    refs/reconciler/ledger    ledger/connectors.json, ledger.key, journal/<run>.jsonl and an index of these: `git log` of
                              it is the history
    refs/reconciler/lock      exists while an apply runs; the message of its commit says who holds it

A project that is not at the top of its repository has its files below `projects/<folder>/` of the same ref, and a lock
of its own at `refs/reconciler/locks/<folder>`; that of an environment ends in `@<name>`. While a run goes on, its journal
is a local file (a kill must not lose it); when it has ended it moves into the ref. The key of the fingerprints is in the
ref: see `fingerprints`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from reconciler.ledger.contention import ATTEMPTS, take_turns
from reconciler.ledger.encoding import (
    Loaded,
    Row,
    Sheets,
    build_ledger,
    check_overlap,
    name_safely,
    read_sheets,
    write_sheets,
)
from reconciler.ledger.errors import LedgerConflict, LedgerUnavailable
from reconciler.ledger.fingerprints import create_key, format_key, parse_key
from reconciler.ledger.journals.folder import JournalFolder
from reconciler.ledger.journals.history import RunRecord, read_run
from reconciler.ledger.journals.index import Digest, list_digests, merge_digests
from reconciler.ledger.journals.journal import name_journal
from reconciler.ledger.origin import current_author
from reconciler.ledger.state_files import STATE_FOLDER
from reconciler.ledger.stores.git_journals import CommitJournals
from reconciler.ledger.stores.git_lock import LockRef
from reconciler.ledger.stores.git_messages import describe_run, describe_save
from reconciler.ledger.stores.git_objects import Signature
from reconciler.ledger.stores.git_repository import Repository
from reconciler.ledger.stores.runs import RunKeeper
from reconciler.ledger.times import Clock, in_utc
from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.model.ledger import Applied, Ledger
from reconciler.model.project import Project

LEDGER_REF: Final = "refs/reconciler/ledger"


@dataclass(frozen=True, slots=True)
class Tip:
    """The commit to build on, and the shared ref's value to swap by; they differ where the shared ref was lost."""

    commit: str
    stored: str


class GitStore(RunKeeper):
    """Keep ledger, journals and lock in refs that all clones share. See `store.Store`."""

    def __init__(self, project: Project, *, clock: Clock, environ: Mapping[str, str]) -> None:
        super().__init__(project, state=project.root / STATE_FOLDER, clock=clock)
        self._environ = environ
        self._repository = Repository(project.root, environ=environ)
        self._local = JournalFolder(self._state / "journal")
        self._start: dict[str, Row] | None = None
        self._commit: str | None = None
        """What this store has found or made last, "" for nothing; None before it has looked."""
        self._unreached: LedgerUnavailable | None = None
        """Why the shared ref could not be looked at, where it could not."""
        self._key: bytes | None = None

    def load(self) -> Loaded:
        """Return what was last applied; offline, what the local copy knows, with a note."""
        commit, notes = self._refresh()
        if notes and not commit:
            return Loaded(Ledger(), notes)  # what cannot be reached is not empty (law 5)
        try:
            sheets, key = self._read_sheets(commit), self._read_key(commit)
        except LedgerUnavailable as problem:
            return Loaded(Ledger(), (*notes, _note_copy(problem, known=False)))
        self._start = sheets.flatten()
        loaded = build_ledger(sheets, accounts=self._project.accounts, key=key, version=commit)
        return Loaded(loaded.ledger, (*notes, *loaded.notes))

    def save(self, entries: Iterable[Applied], *, run: str, removed: Iterable[str] = ()) -> None:
        """Merge entries into the ref in one commit, with the run's journal where that has ended."""
        applied, gone = tuple(entries), tuple(removed)
        touched = [*(entry.address for entry in applied), *gone]
        for _ in take_turns():
            tip = self._look()
            changes = self._merge(tip, applied, gone, touched, run=run)
            if not changes and self._read_ended(run) is None:
                return
            if commit := self._publish(tip, changes, run=run, touched=touched):
                self._start = self._read_sheets(commit).flatten()
                return
        raise _give_up()

    def keep_journal(self, run: str) -> None:
        """Move the journal of an ended run into the ref; one that has not ended stays where it is."""
        for _ in take_turns():
            if self._read_ended(run) is None or self._publish(self._look(), {}, run=run, touched=()):
                return
        raise _give_up()

    def run(self, run: str) -> RunRecord | None:
        """Return all that a run did."""
        name = name_journal(run)
        content = self._local.read(name)
        if content is None:
            kept = self._find_kept()
            content = kept.read_some([name])[name] if name in kept.list_sizes() else None
        return read_run(name, content) if content is not None else None

    def fingerprint_key(self) -> bytes:
        """Return the key in the ref; a new one is stored by the first save."""
        if self._key is None:
            commit = self._find_commit()
            with contextlib.suppress(LedgerUnavailable):
                self._key = self._read_key(commit)
            self._key = self._key or create_key()
        return self._key

    @property
    def _folder(self) -> str:
        name = self._repository.project
        return f"projects/{name}/" if name else ""

    @property
    def _sheet_folder(self) -> str:
        environment = self._project.environment
        return f"{self._folder}ledger/" + (f"@{name_safely(environment)}/" if environment is not None else "")

    @property
    def _lock_place(self) -> LockRef:
        return LockRef(self._repository, environment=self._project.environment, sign=self._sign)

    def _sign(self) -> Signature:
        return Signature(current_author(self._environ, root=self._project.root), self._clock())

    def _look(self) -> Tip:
        """Find the shared ref; where it was lost, what this clone still has of it is built upon."""
        stored = self._repository.read_shared(LEDGER_REF)
        self._repository.copy_local(LEDGER_REF, stored)
        self._commit = stored or self._repository.read_local(LEDGER_REF)
        return Tip(self._commit, stored)

    def _refresh(self) -> tuple[str, tuple[Diagnostic, ...]]:
        """Find the commit to read from, here where the shared ref cannot be reached, and say so."""
        try:
            tip = self._look()
        except LedgerUnavailable as problem:
            self._commit, self._unreached = self._read_copy(), problem
            return self._commit, (_note_copy(problem, known=bool(self._commit)),)
        return tip.commit, () if tip.stored == tip.commit else (_note_lost(),)

    def _find_commit(self) -> str:
        return self._refresh()[0] if self._commit is None else self._commit

    def _read_copy(self) -> str:
        with contextlib.suppress(LedgerUnavailable):
            return self._repository.read_local(LEDGER_REF)
        return ""

    def _read_sheets(self, commit: str) -> Sheets:
        return read_sheets(self._repository.objects.read_files(commit, folder=self._sheet_folder))

    def _read_key(self, commit: str) -> bytes | None:
        path = f"{self._folder}ledger.key"
        return parse_key(self._repository.objects.read_files(commit, folder=path).get(""))

    def _list_digests(self) -> list[Digest]:
        return merge_digests(list_digests(self._find_kept()), self._local.list_digests())

    def _find_kept(self) -> CommitJournals:
        commit = self._find_commit()
        if not commit and self._unreached is not None:
            raise self._unreached
        return CommitJournals(self._repository.objects, commit, self._folder)

    def _read_ended(self, run: str) -> bytes | None:
        content = self._local.read(name_journal(run))
        return content if content is not None and read_run(run, content).summary.ended else None

    def _merge(
        self, tip: Tip, applied: tuple[Applied, ...], gone: tuple[str, ...], touched: list[str], *, run: str
    ) -> dict[str, bytes]:
        sheets = self._read_sheets(tip.commit)
        if self._start is not None:
            check_overlap(self._start, sheets.flatten(), touched=touched, run=run)
        self._key = self._read_key(tip.commit) or self.fingerprint_key()
        content = write_sheets(sheets, entries=applied, removed=gone, accounts=self._project.accounts, key=self._key)
        return {self._sheet_folder + name: text for name, text in content.items()}

    def _publish(self, tip: Tip, changes: Mapping[str, bytes], *, run: str, touched: Sequence[str]) -> str:
        """Commit changes and the ended journal on the tip, and swap the ref; return the commit, "" if somebody was faster."""
        objects, journal = self._repository.objects, self._read_ended(run)
        stored = dict[str, bytes | None](changes)
        if journal is None:
            message, signature = describe_save(run, touched), self._sign()
        else:
            record = read_run(run, journal)
            message, signature = describe_run(record), Signature(record.summary.author, self._clock())
            kept = CommitJournals(objects, tip.commit, self._folder)
            stored |= kept.add(name_journal(run), journal, now=in_utc(self._clock()))
        if self._read_key(tip.commit) is None:
            stored[f"{self._folder}ledger.key"] = format_key(self.fingerprint_key())
        commit = objects.create_commit(stored, parent=tip.commit, message=message, signature=signature)
        if not self._repository.swap(LEDGER_REF, new=commit, old=tip.stored):
            return ""
        self._commit = commit
        self._repository.copy_local(LEDGER_REF, commit)
        if journal is not None:
            self._local.remove(name_journal(run))
        return commit


def _give_up() -> LedgerConflict:
    message = f"other runs stored the ledger {ATTEMPTS} times while this one tried to"
    return LedgerConflict(message, advice="Nothing was stored. Run `reconciler plan` to see what is live.")


def _note_copy(problem: LedgerUnavailable, *, known: bool) -> Diagnostic:
    basis = "the local copy of the ledger is used; it may be old" if known else "nothing is known of earlier applies"
    return Diagnostic("ledger-unavailable", f"{problem.message}; {basis}", Severity.WARNING, advice=problem.advice)


def _note_lost() -> Diagnostic:
    return Diagnostic(
        "ledger-unavailable",
        f"the remote has no {LEDGER_REF}; what this clone has of it is used",
        Severity.NOTE,
        advice="The next apply stores it there again.",
    )
