"""The ledger in object storage (S3, GCS, Azure): shared by pipelines that have no repository and no disk in common.

    <prefix>/ledger/connectors.json, ledger.key, journal/<run>.jsonl, journal-index.jsonl, lock.json

A prefix belongs to one project. Each file of the ledger is swapped by its ETag, so two runs that save at once merge. While
a run goes on, its journal is a local file (a kill must not lose it); when it has ended it is put beside the ledger. The
lock is created if absent; it is given back by swapping in an empty text, since not every storage deletes by version.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from reconciler.ledger.contention import ATTEMPTS, take_turns
from reconciler.ledger.encoding import (
    SUFFIX,
    Loaded,
    Row,
    build_ledger,
    check_overlap,
    digest_files,
    name_safely,
    read_sheets,
    write_sheets,
)
from reconciler.ledger.errors import LedgerConflict, LedgerUnavailable
from reconciler.ledger.fingerprints import create_key, format_key, parse_key
from reconciler.ledger.journals.folder import JournalFolder
from reconciler.ledger.journals.history import RunRecord, read_run
from reconciler.ledger.journals.index import (
    INDEX_NAME,
    Digest,
    format_index,
    list_digests,
    merge_digests,
)
from reconciler.ledger.journals.journal import SUFFIX as JOURNAL_SUFFIX
from reconciler.ledger.journals.journal import name_journal
from reconciler.ledger.journals.retention import choose_expired
from reconciler.ledger.lock_text import Stored
from reconciler.ledger.state_files import STATE_FOLDER
from reconciler.ledger.stores.bucket import Bucket
from reconciler.ledger.stores.runs import RunKeeper
from reconciler.ledger.times import Clock, in_utc
from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.model.ledger import Applied, Ledger
from reconciler.model.project import Project

_TIDY_ATTEMPTS: Final = 3

if TYPE_CHECKING:
    from obstore.store import ObjectStore as Backend


class ObjectStore(RunKeeper):
    """Keep ledger, journals and lock below one prefix of a bucket. See `store.Store`."""

    def __init__(
        self, project: Project, *, clock: Clock, environ: Mapping[str, str], backend: Backend | None = None
    ) -> None:
        super().__init__(project, state=project.root / STATE_FOLDER, clock=clock)
        self._bucket = Bucket(project.ledger, environ=environ, backend=backend)
        self._local = JournalFolder(self._state / "journal")
        self._kept = BucketJournals(self._bucket)
        self._start: dict[str, Row] | None = None
        self._key: bytes | None = None

    def load(self) -> Loaded:
        """Return what was last applied, with a note on whatever is not known."""
        try:
            files = {name: each.content for name, each in self._bucket.read_folder(self._pages).items()}
            key = self._read_key()
        except LedgerUnavailable as problem:
            return Loaded(Ledger(), (_note_unreadable(problem),))
        sheets = read_sheets(files)
        self._start = sheets.flatten()
        return build_ledger(sheets, accounts=self._project.accounts, key=key, version=digest_files(files))

    def save(self, entries: Iterable[Applied], *, run: str, removed: Iterable[str] = ()) -> None:
        """Merge entries file by file: a file that somebody swapped meanwhile is read and merged again."""
        applied, gone = tuple(entries), tuple(removed)
        touched = {*(entry.address for entry in applied), *gone}
        for _ in take_turns():
            if self._save_once(applied, gone, touched=touched, run=run):
                self.keep_journal(run)
                return
        message = f"other runs stored the ledger {ATTEMPTS} times while this one tried to"
        raise LedgerConflict(message, advice="Run `reconciler plan` to see what is live.")

    def keep_journal(self, run: str) -> None:
        """Put the journal of an ended run beside the ledger; one that has not ended stays where it is."""
        name = name_journal(run)
        content = self._local.read(name)
        if content is not None and read_run(run, content).summary.ended:
            self._bucket.put(f"journal/{name}", content)
            self._local.remove(name)
            self._kept.tidy(in_utc(self._clock()))

    def run(self, run: str) -> RunRecord | None:
        """Return all that a run did."""
        name = name_journal(run)
        content = self._local.read(name)
        if content is None:
            content = self._kept.read_some([name]).get(name)
        return read_run(name, content) if content is not None else None

    def fingerprint_key(self) -> bytes:
        """Return the key beside the ledger; the first of several machines to make one wins."""
        if self._key is None:
            self._key = self._read_key() or self._write_key()
        return self._key

    @property
    def _pages(self) -> str:
        environment = self._project.environment
        return "ledger" if environment is None else f"ledger/@{name_safely(environment)}"

    @property
    def _lock_place(self) -> LockObject:
        environment = self._project.environment
        name = "lock.json" if environment is None else f"lock@{name_safely(environment)}.json"
        return LockObject(self._bucket, name)

    def _save_once(self, applied: tuple[Applied, ...], gone: tuple[str, ...], *, touched: set[str], run: str) -> bool:
        """Merge into what is stored now; tell whether nobody was faster. What was swapped already stays: it is merged."""
        found = self._bucket.read_folder(self._pages)
        sheets = read_sheets({name: each.content for name, each in found.items() if name.endswith(SUFFIX)})
        if self._start is not None:
            check_overlap(self._start, sheets.flatten(), touched=touched, run=run)
        content = write_sheets(
            sheets, entries=applied, removed=gone, accounts=self._project.accounts, key=self.fingerprint_key()
        )
        for name, text in content.items():
            expected = found[name].version if name in found else None
            if self._bucket.swap(f"{self._pages}/{name}", text, expected=expected) is None:
                return False
            self._remember(name, text)
        return True

    def _remember(self, name: str, text: bytes) -> None:
        """Take what this run stored as its start, so that a second round does not hold it to be another's."""
        self._start = {**(self._start or {}), **read_sheets({name: text}).flatten()}

    def _list_digests(self) -> list[Digest]:
        return merge_digests(list_digests(self._kept), self._local.list_digests())

    def _read_key(self) -> bytes | None:
        stored = self._bucket.read("ledger.key")
        return parse_key(stored.content) if stored else None

    def _write_key(self) -> bytes:
        key = create_key()
        if self._bucket.swap("ledger.key", format_key(key), expected=None) is not None:
            return key
        stored = self._read_key()
        if stored is None:
            message = "the key of the ledger's fingerprints (ledger.key) is damaged"
            raise LedgerUnavailable(message, advice="Remove that object; secrets are then sent once more.")
        return stored


class BucketJournals:
    """The journals below the prefix, with their index. See `journals.index.JournalSource`."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        self._index = INDEX_NAME + JOURNAL_SUFFIX
        self._version: str | None = None

    def list_sizes(self) -> Mapping[str, int]:
        """Return the size of each journal by name: one request for a thousand."""
        return self._bucket.list_sizes("journal")

    def read_some(self, names: Sequence[str]) -> Mapping[str, bytes]:
        """Return some journals."""
        found = {name: self._bucket.read(f"journal/{name}") for name in names}
        return {name: each.content for name, each in found.items() if each is not None}

    def read_index(self) -> bytes:
        """Return the index, empty where there is none."""
        found = self._bucket.read(self._index)
        self._version = found.version if found else None
        return found.content if found else b""

    def tidy(self, now: datetime) -> None:
        """Remove what has expired and bring the index up to date; where that fails, later commands are slower."""
        with contextlib.suppress(LedgerUnavailable):
            for _ in take_turns(_TIDY_ATTEMPTS):
                if self._tidy_once(now):
                    return

    def _tidy_once(self, now: datetime) -> bool:
        """Tell whether nobody wrote the index meanwhile, who may know of journals that were not there yet."""
        digests = list_digests(self)
        expired = choose_expired(digests, now=now)
        for name in expired:
            self._bucket.remove(f"journal/{name}")
        content = format_index(one for one in digests if one.name not in expired)
        return self._bucket.swap(self._index, content, expected=self._version) is not None


class LockObject:
    """Keep the lock in one object; an empty one is a lock that nobody holds. The version is the ETag."""

    def __init__(self, bucket: Bucket, name: str) -> None:
        self._bucket = bucket
        self._name = name
        self._vacant: str | None = None

    def read(self) -> Stored | None:
        """Return the text of the lock, and when it was put there."""
        found = self._bucket.read(self._name)
        self._vacant = found.version if found and not found.content else None
        if found is None or not found.content:
            return None
        return Stored(found.content.decode(errors="replace"), found.version, found.when)

    def swap(self, text: str | None, *, expected: str | None) -> str | None:
        """Create, replace or give back the lock."""
        version = self._bucket.swap(
            self._name, (text or "").encode(), expected=self._vacant if expected is None else expected
        )
        return "" if version is not None and text is None else version


def _note_unreadable(problem: LedgerUnavailable) -> Diagnostic:
    message = f"{problem.message}; nothing is known of earlier applies"
    return Diagnostic("ledger-unavailable", message, Severity.WARNING, advice=problem.advice)
