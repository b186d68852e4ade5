"""A process killed at every boundary, over each store: the next plan is right, the journal tells the truth, the next apply converges."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from reconciler.app.workspace import open_workspace
from reconciler.ledger import Step, Store
from reconciler.model.outcome import SETTLED
from reconciler.model.plan import Cause
from tests.laws.doom import Doom
from tests.laws.places import find_settings
from tests.laws.stage import Documents, Stage
from tests.laws.victim import TELLING
from tests.laws.worlds import Drawn, build_world, find_spec, holds
from tests.ledger.storage import CLOUD, serve_storage

ROOT = Path(__file__).parents[2]
BOUNDARIES = {
    "files": [
        f"{side} {kind}"
        for side in ("before", "after")
        for kind in ("GET", "PATCH", "POST", "begin", "intend", "conclude", "end", "save")
    ],
    "git": [*TELLING, "before push", "after push", "after update-ref"],
    "objects": [
        *TELLING,
        "before PUT /ledgers/",
        *(f"after PUT /ledgers/graves-store-0{place}-after/{name}" for place, name in enumerate(
            ("lock.json", "ledger.key", "ledger/agents.json", "ledger/connectors.json", "ledger/numbers.json",
             "ledger/phone_connections.json", "journal/", "journal-index.jsonl", "lock.json")
        )),
    ],
}  # fmt: skip
"""Boundaries that there must be, lest the test pass by never killing anybody."""
TORN = frozenset({"after begin", "after intend", "after conclude", "after end"})


@dataclass(frozen=True)
class Grave:
    """What a killed run left: its folder, where it died, and in which kind of store its ledger is."""

    folder: Path
    died: str
    store: str


def dig_graves(root: Path, store: str, *, environ: dict[str, str]) -> list[Grave]:
    """Kill an apply at every boundary; where it died on a line of a journal that stays, also leave that line torn."""
    command = [sys.executable, "-m", "tests.laws.victim", str(root), store]
    told = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    graves = [open_grave(root / name, store) for name in told.stdout.split()]
    return [*graves, *(tear(grave) for grave in graves if grave.died in TORN and store == "files")]


def open_grave(folder: Path, store: str) -> Grave:
    return Grave(folder, (folder / "died.txt").read_text(encoding="utf-8").strip(), store)


def tear(grave: Grave) -> Grave:
    """Copy a grave whose last line of the journal only half reached the disk."""
    folder = grave.folder.with_name(f"{grave.folder.name}-torn")
    shutil.copytree(grave.folder, folder)
    (journal,) = (folder / ".reconciler" / "journal").glob("*.jsonl")
    content = journal.read_bytes()
    last = content.rstrip(b"\n").rpartition(b"\n")[2]
    journal.write_bytes(content[: -1 - len(last) // 2])
    (folder / "died.txt").write_text(f"{grave.died}, torn", encoding="utf-8")
    return open_grave(folder, grave.store)


def rise(grave: Grave, drawn: Drawn, *, later: timedelta = timedelta(hours=1)) -> Stage:
    """Return to the project, after the lock's time to live unless told otherwise."""
    now = datetime.now(UTC) + later
    settings = find_settings(grave.folder, grave.store)
    return Stage(grave.folder, drawn.seed, drawn.declared, settings=settings, now=lambda: now, environ=CLOUD)


def open_ledger(stage: Stage) -> Store:
    return open_workspace(stage.context).open_store()


def read_steps(store: Store) -> tuple[Step, ...]:
    """Return the steps of all runs, as whoever comes next reads them."""
    records = [store.run(run.run) for run in store.runs()]
    return tuple(step for record in records if record is not None for step in record.steps)


def list_unmade(drawn: Drawn, live: Documents) -> set[str]:
    return {
        address
        for address, place in drawn.places.items()
        for name, wanted in find_spec(drawn, address).items()
        if not holds(live[place], name, wanted)
    }


@pytest.fixture(params=BOUNDARIES)
def graves(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Grave]]:
    root = tmp_path / "graves"
    if request.param != "objects":
        yield dig_graves(root, request.param, environ=dict(os.environ))
        return
    with serve_storage() as (url, storage):
        for name, value in {**CLOUD, "AWS_ENDPOINT_URL": url}.items():
            monkeypatch.setenv(name, value)
        storage.on_write = Doom(root / "doom").see
        yield dig_graves(root, request.param, environ=dict(os.environ))


def test_a_kill_at_any_boundary(graves: list[Grave], tmp_path: Path) -> None:
    """One test, since every one of its parts needs all the graves."""
    drawn, (store,) = build_world(), {grave.store for grave in graves}
    met = {grave.died.partition(", ")[0] for grave in graves}
    for boundary in BOUNDARIES[store]:
        assert any(died.startswith(boundary) for died in met), boundary
    origin = Stage(tmp_path / "origin", drawn.seed, drawn.declared)
    before = origin.photograph()
    origin.close()
    check_lock(next(grave for grave in graves if grave.died == "before save"), drawn)
    for grave in graves:
        stage = rise(grave, drawn)
        live = stage.photograph()
        changed = {address for address, place in drawn.places.items() if live[place] != before[place]}
        assert list_strange(drawn, before, live) == [], f"{grave.died}: a value that nobody wrote"
        steps = read_steps(open_ledger(stage))
        check_journal(grave, stage, steps, changed=changed, unmade=list_unmade(drawn, live))
        check_plan(grave, drawn, stage, steps, live)
        check_recovery(grave, drawn, stage)
        stage.close()


def check_lock(grave: Grave, drawn: Drawn) -> None:
    """Find a lock whose process is gone: on this machine the next apply takes it over at once."""
    stage = rise(grave, drawn, later=timedelta())
    (holder,) = open_ledger(stage).read_locks()
    assert not holder.has_expired(datetime.now(UTC))
    assert holder.is_local
    assert not holder.is_running(datetime.now(UTC))
    stage.close()


def list_intended(steps: tuple[Step, ...]) -> set[str]:
    return {step.address for step in steps if step.sent_at}


def list_open(steps: tuple[Step, ...]) -> set[str]:
    return {step.address for step in steps if step.sent_at and step.result is None}


def check_journal(grave: Grave, stage: Stage, steps: tuple[Step, ...], *, changed: set[str], unmade: set[str]) -> None:
    concluded = {step.address for step in steps if step.result is not None}
    doubtful = {intention.address for intention in open_ledger(stage).unsettled()}
    assert changed <= list_intended(steps), f"{grave.died}: sent without an intent"
    assert changed - concluded <= doubtful, f"{grave.died}: done, not concluded, and not in doubt"
    assert doubtful == list_open(steps), grave.died
    verified = {step.address for step in steps if step.result in SETTLED}
    assert not verified & unmade, f"{grave.died}: verified, but the world says otherwise"


def check_plan(grave: Grave, drawn: Drawn, stage: Stage, steps: tuple[Step, ...], live: Documents) -> None:
    plan = stage.plan()
    seen = {
        update.address
        for update in plan.updates
        if any(change.cause is not Cause.UNVERIFIABLE for change in update.changes)
    }
    unmade = {
        address
        for address in list_unmade(drawn, live)
        if drawn.places[address][0] != "opencopilot"
        or live[drawn.places[address]]["name"] != find_spec(drawn, address)["name"]
    }
    assert seen == unmade, grave.died
    blind = {update.address for update in plan.updates} - seen
    assert all(drawn.places[address][0] == "opencopilot" for address in blind), grave.died
    doubts = {note.address for note in plan.diagnostics if note.code == "in-doubt"}
    assert doubts == list_open(steps), grave.died


def check_recovery(grave: Grave, drawn: Drawn, stage: Stage) -> None:
    """The next apply sends what its plan shows, makes everything so, and leaves no doubt."""
    stage.world.requests.clear()
    applied = stage.apply()
    assert applied.exit_code == 0, f"{grave.died}\n{applied.explain()}"
    assert list_unmade(drawn, stage.photograph()) == set(), grave.died
    shown = {update.request.batch or update.request.url for update in applied.plan.updates}
    assert len(stage.writes) == len(shown), grave.died
    assert stage.plan_exit() == 0, grave.died
    store = open_ledger(stage)
    assert (store.unsettled(), store.read_locks()) == ((), ()), grave.died
    assert set(store.load().ledger.entries) == set(drawn.places), grave.died
    assert stage.world.dangers == []


def list_strange(drawn: Drawn, before: Documents, live: Documents) -> list[str]:
    """List the fields that are neither as they were nor as declared."""
    return [
        f"{address}.{name}: {live[place].get(name)!r}"
        for address, place in drawn.places.items()
        for name in live[place]
        if live[place][name] != before[place].get(name)
        and not (name in find_spec(drawn, address) and holds(live[place], name, find_spec(drawn, address)[name]))
    ]
