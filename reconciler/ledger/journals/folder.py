"""A folder of journals, with an index beside it where somebody keeps one."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from reconciler.ledger.atomic import write_file
from reconciler.ledger.errors import LedgerUnavailable
from reconciler.ledger.journals.history import RunRecord, read_run
from reconciler.ledger.journals.index import INDEX_NAME, Digest, format_index, list_digests
from reconciler.ledger.journals.journal import SUFFIX, name_journal
from reconciler.ledger.journals.retention import choose_expired
from reconciler.ledger.state_files import check_file, list_files, read_file

_INDEX: Final = INDEX_NAME + SUFFIX


class JournalFolder:
    """A folder of journals. One that is there and cannot be read raises LedgerUnavailable: it is not an empty one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._index = folder.parent / _INDEX

    def list_sizes(self) -> dict[str, int]:
        """Return the size of each journal by file name; one that another run moves away meanwhile is left out."""
        try:
            paths = [path for path in list_files(self._folder) if path.name.endswith(SUFFIX)]
        except FileNotFoundError:
            return {}
        except OSError as problem:
            raise _report(self._folder, problem) from problem
        sizes = {path.name: _measure(path) for path in paths}
        return {name: size for name, size in sizes.items() if size is not None}

    def read_some(self, names: Sequence[str]) -> Mapping[str, bytes]:
        """Return some journals."""
        journals = {name: self.read(name) for name in names}
        return {name: content for name, content in journals.items() if content is not None}

    def read_index(self) -> bytes:
        """Return the index; one that cannot be read is as good as none."""
        with contextlib.suppress(OSError):
            return read_file(self._index)
        return b""

    def read(self, name: str) -> bytes | None:
        """Return a journal, or None where there is none."""
        try:
            return read_file(self._folder / name)
        except FileNotFoundError:
            return None
        except OSError as problem:
            raise _report(self._folder / name, problem) from problem

    def list_digests(self) -> list[Digest]:
        """Return what all journals say."""
        return list_digests(self)

    def find_run(self, run: str) -> RunRecord | None:
        """Return all that a run did."""
        content = self.read(name_journal(run))
        return read_run(name_journal(run), content) if content is not None else None

    def remove(self, name: str) -> None:
        """Remove a journal that is safely stored elsewhere, or has expired."""
        with contextlib.suppress(OSError):
            check_file(self._folder / name).unlink()

    def tidy(self, now: datetime) -> None:
        """Remove what has expired and bring the index up to date; where that fails, later commands are slower."""
        with contextlib.suppress(OSError, LedgerUnavailable):
            digests = self.list_digests()
            expired = choose_expired(digests, now=now)
            for name in expired:
                self.remove(name)
            content = format_index(digest for digest in digests if digest.name not in expired)
            if content != self.read_index():
                write_file(self._index, content=content)


def _measure(path: Path) -> int | None:
    try:
        return path.lstat().st_size
    except FileNotFoundError:
        return None
    except OSError as problem:
        raise _report(path, problem) from problem


def _report(path: Path, problem: OSError) -> LedgerUnavailable:
    message = f"the journal {path} cannot be read: {problem.strerror or problem}"
    return LedgerUnavailable(message, advice="Make it readable: what runs did is told by nothing else.")
