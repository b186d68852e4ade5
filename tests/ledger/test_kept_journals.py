"""What a store lets go of: old journals beyond the newest thousand, and never one that an open question needs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

import obstore
import pytest

from reconciler.ledger import RunEnd, RunHeader, Store, list_open_sightings
from reconciler.ledger.journals.journal import name_journal
from reconciler.ledger.journals.retention import KEPT_DAYS, KEPT_RUNS
from reconciler.ledger.stores.git import LEDGER_REF
from reconciler.model.plan import Cause, Change

from .samples import import_commit, make_entry, make_outcome, make_update, run_git
from .shared import Shared, race

Row = dict[str, object]
STORES = ("files", "git", "memory")


@pytest.fixture(params=STORES)
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Shared:
    return Shared(request.param, tmp_path / "shared")


def name_run(number: int) -> str:
    return f"20260101-{number:06d}-aaaa"


def write_journal(run: str, when: datetime, events: Iterable[Row], *, environment: str | None = None) -> bytes:
    """Write the journal of a run as it was written when it ended."""
    begin: Row = {"event": "begin", "author": "alice", "command": "apply", "environment": environment, "run": run}
    rows = [begin, *events, {"event": "end", "interrupted": False, "exit_code": 0}]
    stamp = f"{when:%Y-%m-%dT%H:%M:%SZ}"
    return b"".join(json.dumps({**row, "when": stamp}).encode() + b"\n" for row in rows)


def intend(name: str) -> Row:
    return {"event": "intend", "address": f"connectors.{name}", "request": {"method": "PATCH"}}


def conclude(name: str) -> Row:
    return {"event": "outcome", "address": f"connectors.{name}", "result": "verified"}


def see(name: str, **more: object) -> Row:
    return {"event": "saw", "address": f"connectors.{name}", "path": "/label", "cause": "drift", "after": "x", **more}


OLD: Mapping[str, tuple[Row, ...]] = {
    "plain": (intend("four"), conclude("four")),
    "open doubt": (intend("one"),),
    "settled doubt": (intend("two"),),
    "its answer": ({"event": "settle", "address": "connectors.two"},),
    "open sighting": (see("three"),),
    "old sighting": (see("five"),),
    "its end": (see("five", gone=True),),
    "two questions": (intend("one"), intend("six")),
    "an answer that must stay": (intend("six"), conclude("six")),
}
"""What was done long ago, oldest first."""
GONE = frozenset({"plain", "settled doubt", "its answer", "old sighting", "its end"})


def make_past(clock: datetime) -> dict[str, bytes]:
    """Return journals by run: those of long ago, a thousand that follow, and one of another environment."""
    long_ago = clock - timedelta(days=KEPT_DAYS + 1)
    past = {name_run(place): write_journal(name_run(place), long_ago, OLD[name]) for place, name in enumerate(OLD)}
    for place in range(100, 100 + KEPT_RUNS - 2):
        past[name_run(place)] = write_journal(name_run(place), long_ago, (intend("seven"), conclude("seven")))
    staging = name_run(50)
    past[staging] = write_journal(staging, long_ago, (intend("four"), conclude("four")), environment="staging")
    return past


def plant(shared: Shared, past: Mapping[str, bytes]) -> None:
    """Put journals where the store keeps them."""
    files = {f"journal/{name_journal(run)}": content for run, content in past.items()}
    if shared.kind == "memory":
        for name, content in files.items():
            obstore.put(shared.memory, name, content)
    elif shared.kind == "files":
        (shared.find_state() / "journal").mkdir(parents=True)
        for name, content in files.items():
            (shared.find_state() / name).write_bytes(content)
    else:
        import_commit(shared.folder / "remote.git", LEDGER_REF, files)


def end_run(store: Store, run: str, name: str) -> None:
    journal = store.journal(run)
    journal.begin(RunHeader("bob"))
    update = make_update(name, changes=(Change(("label",), "a", "b", Cause.CONFIG),))
    journal.intend(update)
    journal.conclude(make_outcome(update))
    journal.end(RunEnd())
    journal.close()
    store.save([make_entry(name, run=run)], run=run)
    store.keep_journal(run)


def test_a_store_lets_go_of_what_is_old_and_of_no_open_question(kept: Shared) -> None:
    past = make_past(kept.clock())
    plant(kept, past)
    before = kept.open()
    doubts, sightings = before.unsettled(), list_open_sightings(before.runs())
    assert [doubt.address for doubt in doubts] == ["connectors.one"]
    assert {address for address, _ in sightings} == {"connectors.three"}
    machines = [kept.open("one"), kept.open("two")]
    race(2, lambda place: end_run(machines[place], f"20261121-00000{place}-bbbb", ("eight", "nine")[place]))
    after = kept.open()
    left = {run.run for run in after.runs()}
    gone = {name for place, name in enumerate(OLD) if name_run(place) not in left}
    assert gone == GONE
    assert past.keys() - left == {name_run(place) for place, name in enumerate(OLD) if name in GONE}
    assert left - past.keys() == {"20261121-000000-bbbb", "20261121-000001-bbbb"}
    assert after.unsettled() == doubts
    assert list_open_sightings(after.runs()) == sightings
    assert name_run(50) in {run.run for run in kept.open(environment="staging").runs()}
    assert after.run(name_run(0)) is None
    if kept.kind == "git":
        log = run_git(kept.folder / "remote.git", "log", "--format=%H", LEDGER_REF, "--", "journal")
        first = f"{log.split()[-1]}:journal/{name_journal(name_run(0))}"
        assert '"connectors.four"' in run_git(kept.folder / "remote.git", "show", first), "`git log` has it still"


def test_what_is_young_stays_however_much_follows(tmp_path: Path) -> None:
    """Beyond the newest thousand, too, for as many days as are told."""
    kept = Shared("memory", tmp_path / "shared")
    young = kept.clock() - timedelta(days=KEPT_DAYS - 1)
    past = {name_run(place): write_journal(name_run(place), young, ()) for place in range(KEPT_RUNS + 3)}
    plant(kept, past)
    end_run(kept.open(), "20261121-000000-bbbb", "one")
    assert past.keys() < {run.run for run in kept.open().runs()}


def test_what_is_told_is_what_is_done() -> None:
    told = (Path(__file__).parents[2] / "docs/ledger.md").read_text("utf-8")
    assert f"Journals are kept for {KEPT_DAYS} days, and the newest {KEPT_RUNS:,} of each environment for ever." in told
