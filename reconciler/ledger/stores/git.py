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
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from reconciler.ledger.contention import ATTEMPTS, take_turns
from reconciler.ledger.encoding import Loaded, Row, build_ledger, check_overlap, name_safely, read_sheets, write_sheets
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
    """The commit to read from, and the shared ref's value to swap by; they differ where the shared ref was lost."""

    commit: str = ""
    stored: str = ""


class GitStore(RunKeeper):
    """Keep ledger, journals and lock in refs that all clones share. See `store.Store`."""

    def __init__(self, project: Project, *, clock: Clock, environ: Mapping[str, str]) -> None:
        super().__init__(project, state=project.root / STATE_FOLDER, clock=clock)
        self._environ = environ
        self._repository = Repository(project.root, environ=environ)
        self._local = JournalFolder(self._state / "journal")
        self._start: dict[str, Row] | None = None
        self._tip: Tip | None = None
        self._unreached: LedgerUnavailable | None = None
        """Why the shared ref could not be looked at, where it could not."""
        self._key: bytes | None = None

    def load(self) -> Loaded:
        """Return what was last applied; offline, what the local copy knows, with a note."""
        notes = self._refresh()
        tip = self._tip or Tip()
        if notes and not tip.commit:
            return Loaded(Ledger(), notes)  # what cannot be reached is not empty (law 5)
        try:
            files = self._read_files(tip.commit, self._sheet_folder) if tip.commit else {}
        except LedgerUnavailable as problem:
            return Loaded(Ledger(), (*notes, _note_copy(problem, known=False)))
        sheets = read_sheets(files)
        self._start = sheets.flatten()
        key = self._read_key(tip.commit)
        loaded = build_ledger(sheets, accounts=self._project.accounts, key=key, version=tip.commit)
        return Loaded(loaded.ledger, (*notes, *loaded.notes))

    def save(self, entries: Iterable[Applied], *, run: str, removed: Iterable[str] = ()) -> None:
        """Merge entries into the ref in one commit, with the run's journal where that has ended."""
        applied, gone = tuple(entries), tuple(removed)
        touched = [*(entry.address for entry in applied), *gone]
        message = describe_save(run, touched)
        for _ in take_turns():
            self._tip = self._look()
            changes = self._merge(applied, gone, touched, run=run, commit=self._tip.commit)
            if not changes and self._read_ended(run) is None:
                return
            if self._publish(changes, run=run, message=message):
                self._start = read_sheets(self._read_files(self._tip.commit, self._sheet_folder)).flatten()
                return
        raise _give_up()

    def keep_journal(self, run: str) -> None:
        """Move the journal of an ended run into the ref; one that has not ended stays where it is."""
        for _ in take_turns():
            if self._read_ended(run) is None:
                return
            self._tip = self._look()
            if self._publish({}, run=run, message=""):
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
            if self._tip is None:
                self._refresh()
            self._key = self._read_key(self._tip.commit if self._tip else "") or create_key()
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
        return Tip(stored or self._repository.read_local(LEDGER_REF), stored)

    def _refresh(self) -> tuple[Diagnostic, ...]:
        try:
            self._tip = self._look()
        except LedgerUnavailable as problem:
            self._tip, self._unreached = Tip(self._read_copy()), problem
            return (_note_copy(problem, known=bool(self._tip.commit)),)
        return () if self._tip.stored == self._tip.commit else (_note_lost(),)

    def _read_copy(self) -> str:
        with contextlib.suppress(LedgerUnavailable):
            return self._repository.read_local(LEDGER_REF)
        return ""

    def _read_files(self, commit: str, folder: str) -> dict[str, bytes]:
        """Return the files right in a folder of a commit; raises LedgerUnavailable."""
        files = self._repository.objects.read_files(commit, folder=folder)
        return {name: content for name, content in files.items() if "/" not in name}

    def _read_key(self, commit: str) -> bytes | None:
        path = f"{self._folder}ledger.key" if commit else ""
        with contextlib.suppress(LedgerUnavailable):
            return parse_key(self._repository.objects.read_files(commit, folder=path).get(""))
        return None

    def _list_digests(self) -> list[Digest]:
        return merge_digests(list_digests(self._find_kept()), self._local.list_digests())

    def _find_kept(self) -> CommitJournals:
        if self._tip is None:
            self._refresh()
        commit = self._tip.commit if self._tip else ""
        if not commit and self._unreached is not None:
            raise self._unreached
        return CommitJournals(self._repository.objects, commit, self._folder if commit else "")

    def _read_ended(self, run: str) -> bytes | None:
        content = self._local.read(name_journal(run))
        return content if content is not None and read_run(run, content).summary.ended else None

    def _merge(
        self, applied: tuple[Applied, ...], gone: tuple[str, ...], touched: list[str], *, run: str, commit: str
    ) -> dict[str, bytes]:
        files = self._repository.objects.read_files(commit, folder=self._sheet_folder)
        sheets = read_sheets({name: content for name, content in files.items() if "/" not in name})
        if self._start is not None:
            check_overlap(self._start, sheets.flatten(), touched=touched, run=run)
        self._key = self._read_key(commit) or self.fingerprint_key()
        content = write_sheets(sheets, entries=applied, removed=gone, accounts=self._project.accounts, key=self._key)
        return {self._sheet_folder + name: text for name, text in content.items()}

    def _publish(self, changes: dict[str, bytes], *, run: str, message: str) -> bool:
        """Commit changes and the ended journal on the tip, and swap the ref; tell whether nobody was faster."""
        tip, journal = self._tip or Tip(), self._read_ended(run)
        stored: dict[str, bytes | None] = {**changes}
        record = read_run(run, journal) if journal is not None else None
        if journal is not None:
            kept = CommitJournals(self._repository.objects, tip.commit, self._folder)
            stored |= kept.add(name_journal(run), journal, now=in_utc(self._clock()))
        if self._read_key(tip.commit) is None:
            stored[f"{self._folder}ledger.key"] = format_key(self.fingerprint_key())
        commit = self._repository.objects.create_commit(
            stored,
            parent=tip.commit,
            message=describe_run(record) if record else message,
            signature=Signature(record.summary.author, self._clock()) if record else self._sign(),
        )
        if not self._repository.swap(LEDGER_REF, new=commit, old=tip.stored):
            return False
        self._adopt(commit)
        if journal is not None:
            self._local.remove(name_journal(run))
        return True

    def _adopt(self, commit: str) -> None:
        self._tip = Tip(commit, commit)
        self._repository.copy_local(LEDGER_REF, commit)


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
