"""A folder of journals, and what can be told from any set of them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path

from reconciler.ledger.errors import LedgerUnavailable
from reconciler.ledger.journals.history import Intention, RunRecord, RunSummary, find_unsettled, read_run
from reconciler.ledger.journals.journal import SUFFIX, name_journal
from reconciler.ledger.state_files import check_file, list_files, read_file

_RECENT = 200
"""How many runs back a doubt is looked for."""


def list_summaries(journals: Mapping[str, bytes], *, environment: str | None) -> tuple[RunSummary, ...]:
    """Summarise the journals of an environment by file name, the newest first."""
    runs = [record.summary for record in _read_records(journals, environment)]
    return tuple(sorted(runs, key=lambda run: run.run, reverse=True))


def list_doubts(journals: Mapping[str, bytes], *, environment: str | None, running: str) -> tuple[Intention, ...]:
    """Return what all journals of an environment but that of the running run left in doubt."""
    recent = list(islice(_read_records(journals, environment), _RECENT))
    doubts = find_unsettled(reversed(recent))
    return tuple(doubt for doubt in doubts if not running or doubt.run != running)


def _read_records(journals: Mapping[str, bytes], environment: str | None) -> Iterator[RunRecord]:
    """Yield the runs of an environment, or of all where none is chosen, the newest first.

    A run whose beginning is lost may be of any.
    """
    for name in sorted(journals, reverse=True):
        record = read_run(name, journals[name])
        if environment in {None, record.summary.environment} or not record.summary.command:
            yield record


class JournalFolder:
    """A folder of journals. One that is there and cannot be read raises LedgerUnavailable: it is not an empty one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read_all(self) -> dict[str, bytes]:
        """Return the journals by file name."""
        try:
            names = [path.name for path in list_files(self._folder) if path.name.endswith(SUFFIX)]
        except FileNotFoundError:
            return {}
        except OSError as problem:
            raise _report(self._folder, problem) from problem
        journals = {name: self.read(name) for name in names}
        return {name: content for name, content in journals.items() if content is not None}

    def read(self, name: str) -> bytes | None:
        """Return a journal, or None where there is none."""
        try:
            return read_file(self._folder / name)
        except FileNotFoundError:
            return None
        except OSError as problem:
            raise _report(self._folder / name, problem) from problem

    def remove(self, name: str) -> None:
        """Remove a journal that is safely stored elsewhere."""
        with contextlib.suppress(OSError):
            check_file(self._folder / name).unlink()

    def list_runs(self, environment: str | None) -> tuple[RunSummary, ...]:
        """List the runs of an environment, newest first."""
        return list_summaries(self.read_all(), environment=environment)

    def find_run(self, run: str) -> RunRecord | None:
        """Return all that a run did."""
        content = self.read(name_journal(run))
        return read_run(name_journal(run), content) if content is not None else None

    def list_unsettled(self, environment: str | None, *, running: str) -> tuple[Intention, ...]:
        """List what all runs of an environment but the running one left in doubt."""
        return list_doubts(self.read_all(), environment=environment, running=running)


def _report(path: Path, problem: OSError) -> LedgerUnavailable:
    message = f"the journal {path} cannot be read: {problem.strerror or problem}"
    return LedgerUnavailable(message, advice="Make it readable: what runs did is told by nothing else.")
