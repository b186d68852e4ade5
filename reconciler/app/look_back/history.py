"""`history`: what earlier runs did, and which of them touched an address."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

from reconciler.app.context import Context
from reconciler.app.deploy.locking import describe_ledger
from reconciler.app.problem import Exit, Problem
from reconciler.app.workspace import Workspace, open_workspace
from reconciler.model.diagnostic import Diagnostic

if TYPE_CHECKING:
    from reconciler.ledger import RunRecord, RunSummary, Store

LATEST: Final = "latest"
"""Names the last run that changed something."""

_AGE: Final = re.compile(r"(\d{1,6})\s*([smhdw])")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


@contextmanager
def reading_history() -> Iterator[None]:
    """Let what cannot be read stop the command: a history that is not there is not an empty one (law 5)."""
    from reconciler.ledger import LedgerProblem

    try:
        yield
    except LedgerProblem as error:
        raise Problem(describe_ledger(error), exit_code=Exit.UNREADABLE) from error


@dataclass(frozen=True, slots=True)
class Past:
    """What is known of earlier runs. `notes` say why it may not be all: then the exit code is that of what is unread."""

    workspace: Workspace
    store: Store
    notes: tuple[Diagnostic, ...]

    def list_runs(self, *, since: str = "") -> tuple[RunSummary, ...]:
        """List the runs, newest first; with `since` (`24h`, `7d`, a date) those from then on."""
        return _list_since(self.store, find_start(since, now=self.workspace.context.now()))

    def read_run(self, run: str) -> RunRecord:
        """Return what one run did; raise Problem where there is no such run."""
        return find_run(self.store, run)

    def find_touching(self, address: str, *, since: str = "") -> tuple[RunRecord, ...]:
        """Return of each run that touched an address (or a glob of them) that part, newest first."""
        touching = [run for run in self.list_runs(since=since) if _touches(run, address)]
        if not touching:
            _check_known(self.workspace, address)
        with reading_history():
            records = [self.store.run(summary.run) for summary in touching]
        return tuple(_narrow(record, address) for record in records if record is not None)


def open_past(context: Context) -> Past:
    """Open what is kept of earlier runs, and find out whether it can be reached."""
    workspace = open_workspace(context)
    store = workspace.open_store()
    notes = tuple(note for note in store.load().notes if note.code == "ledger-unavailable")
    return Past(workspace, store, notes)


def _touches(run: RunSummary, address: str) -> bool:
    seen = (sighting.address for sighting in run.sightings)
    return any(fnmatchcase(one, address) for one in (*run.addresses, *run.forgotten, *seen))


def _list_since(store: Store, start: datetime | None) -> tuple[RunSummary, ...]:
    from reconciler.ledger import parse_time

    with reading_history():
        runs = store.runs()
    if start is None:
        return runs
    return tuple(run for run in runs if (when := parse_time(run.when)) is not None and when >= start)


def _check_known(workspace: Workspace, address: str) -> None:
    if not any(fnmatchcase(declared.address, address) for declared in workspace.project.resources):
        message = f"no run touched {address!r}, and git declares no such resource"
        advice = "`reconciler history` lists the runs with their addresses."
        raise Problem(Diagnostic(code="unknown-target", message=message, advice=advice), exit_code=Exit.USAGE)


def _narrow(record: RunRecord, address: str) -> RunRecord:
    sightings = tuple(seen for seen in record.summary.sightings if fnmatchcase(seen.address, address))
    return replace(
        record,
        summary=replace(record.summary, sightings=sightings),
        steps=tuple(step for step in record.steps if fnmatchcase(step.address, address)),
    )


def find_start(since: str, *, now: datetime) -> datetime | None:
    """Return the time from which on runs are wanted: an age such as `24h`, or a date; None for all."""
    from reconciler.ledger import parse_time

    if not since:
        return None
    age = _AGE.fullmatch(since.strip())
    if age:
        return now.astimezone(UTC) - timedelta(seconds=int(age[1]) * _SECONDS[age[2]])
    start = parse_time(since)
    if start is None:
        message = f"--since {since!r} is neither an age nor a date"
        advice = "Write 90m, 24h, 7d or 2w, or a date such as 2026-11-21 or 2026-11-21T08:30."
        raise Problem(Diagnostic(code="bad-since", message=message, advice=advice), exit_code=Exit.USAGE)
    return start


def find_run(store: Store, run: str) -> RunRecord:
    """Find a run by its id, an unambiguous beginning of it, or `latest`; raise Problem where it is not one."""
    with reading_history():
        runs = store.runs()
        fitting = _fit(runs, run)
        record = store.run(fitting[0]) if len(fitting) == 1 else None
    if record is not None:
        return record
    if len(fitting) == 1:
        message = f"run {fitting[0]!r} is known, and its journal is not where it should be"
        advice = "The journal was damaged or moved: restore it, or ask for another run of `reconciler history`."
        raise Problem(Diagnostic(code="ledger-unavailable", message=message, advice=advice), exit_code=Exit.UNREADABLE)
    message, advice = _explain_misfit(run, fitting), "`reconciler history` lists the runs."
    raise Problem(Diagnostic(code="unknown-run", message=message, advice=advice), exit_code=Exit.USAGE)


def _fit(runs: tuple[RunSummary, ...], run: str) -> tuple[str, ...]:
    if run == LATEST:
        return tuple(summary.run for summary in runs if summary.changed)[:1]
    names = dict.fromkeys(summary.run for summary in runs)
    return (run,) if run in names else tuple(name for name in names if name.startswith(run))


def _explain_misfit(run: str, fitting: tuple[str, ...]) -> str:
    if fitting:
        return f"{run!r} fits {len(fitting)} runs"
    return "no run has changed anything yet" if run == LATEST else f"no run is called {run!r}"
