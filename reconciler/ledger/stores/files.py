"""The ledger as plain files in the project: for one person, or one runner that keeps its disk.

.reconciler/ledger/connectors.json       what was last applied, a file for each kind
.reconciler/ledger/@staging/numbers.json the same of the environment `staging`
.reconciler/ledger.key                   the key of the fingerprints, readable by its owner only
.reconciler/journal/<run>.jsonl          what each run did
.reconciler/journal-index.jsonl          what is unsettled, and the list of runs: made anew from the journals where it is missing
.reconciler/lock.json                    who applies right now; of the environment `staging` lock@staging.json
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from reconciler.ledger.atomic import make_state_folder, sync_folder, write_file
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
from reconciler.ledger.errors import LedgerUnavailable
from reconciler.ledger.fingerprints import create_key, format_key, parse_key
from reconciler.ledger.journals.folder import JournalFolder
from reconciler.ledger.journals.history import RunRecord
from reconciler.ledger.journals.index import Digest
from reconciler.ledger.lock_text import Stored
from reconciler.ledger.state_files import check_file, check_folder, list_files, read_file
from reconciler.ledger.stores.runs import RunKeeper
from reconciler.ledger.times import Clock, format_time, in_utc
from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.model.ledger import Applied, Ledger
from reconciler.model.project import Project

_GUARD_SECONDS: Final = 30.0


class FileStore(RunKeeper):
    """Keep ledger, journals and lock as files in one folder. See `store.Store`."""

    def __init__(self, project: Project, *, folder: Path, clock: Clock) -> None:
        super().__init__(project, state=folder, clock=clock)
        self._pages = folder / "ledger"
        if project.environment is not None:
            self._pages /= "@" + name_safely(project.environment)
        self._journals = JournalFolder(folder / "journal")
        self._start: dict[str, Row] | None = None
        self._key: bytes | None = None

    def load(self) -> Loaded:
        """Return what was last applied, with a note on whatever is not known."""
        try:
            files = self._read_files()
            key = self._read_key()
        except OSError as problem:
            return Loaded(Ledger(), (_note_unreadable(problem),))
        sheets = read_sheets(files)
        self._start = sheets.flatten()
        return build_ledger(sheets, accounts=self._project.accounts, key=key, version=digest_files(files))

    def save(self, entries: Iterable[Applied], *, run: str, removed: Iterable[str] = ()) -> None:
        """Merge entries into the stored files, each replaced whole; damaged ones are set aside."""
        applied, gone = tuple(entries), tuple(removed)
        if applied or gone:
            self._merge(applied, gone, run=run)
        self.keep_journal(run)

    def _merge(self, applied: Sequence[Applied], gone: Sequence[str], *, run: str) -> None:
        key = self.fingerprint_key()
        with _report_failure(self._state), _guard_folder(self._state):
            sheets = read_sheets(self._read_files())
            stored = sheets.flatten()
            if self._start is not None:
                check_overlap(self._start, stored, touched=[*(entry.address for entry in applied), *gone], run=run)
            content = write_sheets(sheets, entries=applied, removed=gone, accounts=self._project.accounts, key=key)
            if content:
                self._write_files(content, damaged=sheets.damaged.keys() & content.keys(), run=run)
                stored = read_sheets(self._read_files()).flatten()
            self._start = stored

    def keep_journal(self, run: str) -> None:  # noqa: ARG002 -- it is written where it is kept
        """Take what was written into the index, and let go what has expired."""
        self._journals.tidy(in_utc(self._clock()))

    def run(self, run: str) -> RunRecord | None:
        """Return all that a run did."""
        return self._journals.find_run(run)

    def fingerprint_key(self) -> bytes:
        """Return the key beside the ledger; raises LedgerUnavailable where none can be written."""
        if self._key is None:
            with _report_failure(self._state):
                self._key = self._read_key() or self._make_key()
        return self._key

    def _list_digests(self) -> list[Digest]:
        return self._journals.list_digests()

    @property
    def _lock_place(self) -> LockFile:
        return LockFile(self._state, self._project.environment)

    def _read_files(self) -> dict[str, bytes]:
        with contextlib.suppress(FileNotFoundError):
            return {path.name: read_file(path) for path in list_files(self._pages) if _is_sheet(path)}
        return {}

    def _write_files(self, content: dict[str, bytes], *, damaged: Iterable[str], run: str) -> None:
        check_folder(self._pages).mkdir(parents=True, exist_ok=True)
        for name in damaged:
            (self._pages / name).rename(self._pages / f"{name}.damaged-{name_safely(run)}")
        for name, text in content.items():
            write_file(self._pages / name, content=text)

    def _read_key(self) -> bytes | None:
        try:
            return parse_key(read_file(self._state / "ledger.key"))
        except FileNotFoundError:
            return None

    def _make_key(self) -> bytes:
        """Write a new key, unless another run was faster: fingerprints of a second one would compare with nothing."""
        with _guard_folder(self._state):
            key = self._read_key()
            if key is None:
                key = create_key()
                write_file(self._state / "ledger.key", content=format_key(key), mode=0o600)
        return key


class LockFile:
    """Keep an environment's lock in a file. The version is the text itself, which holds a token unlike any other."""

    def __init__(self, folder: Path, environment: str | None) -> None:
        self._folder = folder
        self._path = folder / (f"lock@{name_safely(environment)}.json" if environment is not None else "lock.json")

    def read(self) -> Stored | None:
        """Return the text of the lock file, and its age."""
        with _report_failure(self._folder):
            try:
                text = read_file(self._path).decode(errors="replace")
                when = datetime.fromtimestamp(self._path.stat().st_mtime, UTC)
            except FileNotFoundError:
                return None
        return Stored(text, text, format_time(when))

    def swap(self, text: str | None, *, expected: str | None) -> str | None:
        """Create, replace or remove the lock file while no other process can."""
        with _report_failure(self._folder), _guard_folder(self._folder):
            stored = self.read()
            if (stored.version if stored else None) != expected:
                return None
            self._put(text, create=stored is None)
        return text or ""

    def _put(self, text: str | None, *, create: bool) -> None:
        if text is None:
            self._path.unlink()
            sync_folder(self._folder)
        elif create:
            _create_file(self._path, text.encode())
        else:
            write_file(self._path, content=text.encode())


def _create_file(path: Path, content: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    sync_folder(path.parent)


def _is_sheet(path: Path) -> bool:
    return path.name.endswith(SUFFIX) and not path.name.startswith(".")


@contextlib.contextmanager
def _guard_folder(folder: Path) -> Iterator[None]:
    """Keep other processes out of read-compare-write; the system ends this when the process dies."""
    from filelock import FileLock, Timeout

    make_state_folder(folder)
    try:
        with FileLock(check_file(folder / ".guard"), timeout=_GUARD_SECONDS):
            yield
    except Timeout as problem:
        message = f"another process has kept {folder} to itself for {_GUARD_SECONDS:.0f} seconds"
        raise LedgerUnavailable(message, advice="Find and end that process, then try again.") from problem
    except NotImplementedError as problem:
        message = f"the file system of {folder} cannot keep other processes out: {problem}"
        raise LedgerUnavailable(message, advice="Use a local disk, or `ledger: git`.") from problem


@contextlib.contextmanager
def _report_failure(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as problem:
        message = f"the ledger in {folder} cannot be used: {problem}"
        advice = "Make the folder readable and writable; apply needs it, plan does not."
        raise LedgerUnavailable(message, advice=advice) from problem


def _note_unreadable(problem: OSError) -> Diagnostic:
    return Diagnostic(
        "ledger-unavailable",
        f"the ledger cannot be read: {problem}; nothing is known of earlier applies",
        Severity.WARNING,
        advice="Make the folder readable.",
    )
