"""A process killed at every boundary: the next plan is right, the journal tells the truth, the next apply converges."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from reconciler.app.workspace import open_workspace
from reconciler.model.plan import Cause
from tests.laws.stage import Documents, Stage
from tests.laws.worlds import Drawn, build_world, find_spec, holds

ROOT = Path(__file__).parents[2]
KINDS = ("GET /", "PATCH /", "POST /", "begin", "intend", "conclude", "end", "save")
"""Boundaries that there must be, lest the test pass by never killing anybody."""
TORN = frozenset({"after begin", "after intend", "after conclude", "after end"})


@dataclass(frozen=True)
class Grave:
    """What a killed run left: its folder, where it died, and the lines of its journal."""

    folder: Path
    died: str
    lines: tuple[dict[str, Any], ...]

    def list_addresses(self, event: str) -> list[str]:
        return [line["address"] for line in self.lines if line["event"] == event]


def dig_graves(root: Path) -> list[Grave]:
    """Kill an apply at every boundary; where it died on a line of the journal, also leave that line torn."""
    command = [sys.executable, "-m", "tests.laws.victim", str(root)]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    graves = [open_grave(root / f"{number:03d}") for number in range(int(told.stdout))]
    return [*graves, *(tear(grave) for grave in graves if grave.died in TORN)]


def open_grave(folder: Path) -> Grave:
    texts = [journal.read_text(encoding="utf-8") for journal in list_journals(folder)]
    whole = [line for text in texts for line in text.split("\n")[:-1]]
    return Grave(folder, (folder / "died.txt").read_text(encoding="utf-8"), tuple(map(json.loads, whole)))


def list_journals(folder: Path) -> list[Path]:
    return sorted((folder / ".reconciler" / "journal").glob("*.jsonl"))


def tear(grave: Grave) -> Grave:
    """Copy a grave whose last line of the journal only half reached the disk."""
    folder = grave.folder.with_name(f"{grave.folder.name}-torn")
    shutil.copytree(grave.folder, folder)
    (journal,) = list_journals(folder)
    content = journal.read_bytes()
    last = content.rstrip(b"\n").rpartition(b"\n")[2]
    journal.write_bytes(content[: -1 - len(last) // 2])
    (folder / "died.txt").write_text(f"{grave.died}, torn", encoding="utf-8")
    return open_grave(folder)


def rise(grave: Grave, drawn: Drawn) -> Stage:
    """Return to the project after the lock's time to live."""
    later = datetime.now(UTC) + timedelta(hours=1)
    return Stage(grave.folder, drawn.seed, drawn.declared, now=lambda: later)


def list_unmade(drawn: Drawn, live: Documents) -> set[str]:
    return {
        address
        for address, place in drawn.places.items()
        for name, wanted in find_spec(drawn, address).items()
        if not holds(live[place], name, wanted)
    }


def test_a_kill_at_any_boundary(tmp_path: Path) -> None:
    """One test, since every one of its parts needs all the graves."""
    drawn, graves = build_world(), dig_graves(tmp_path / "graves")
    met = {grave.died.partition(", ")[0] for grave in graves}
    for kind in KINDS:
        for side in ("before", "after"):
            assert any(died.startswith(f"{side} {kind}") for died in met), f"{side} {kind}"
    origin = Stage(tmp_path / "origin", drawn.seed, drawn.declared)
    before = origin.photograph()
    origin.close()
    check_lock(graves[len(graves) // 2], drawn)
    for grave in graves:
        stage = rise(grave, drawn)
        live = stage.photograph()
        changed = {address for address, place in drawn.places.items() if live[place] != before[place]}
        assert list_strange(drawn, before, live) == [], f"{grave.died}: a value that nobody wrote"
        check_journal(grave, stage, changed=changed, unmade=list_unmade(drawn, live))
        check_plan(grave, drawn, stage, live)
        check_recovery(grave, drawn, stage)
        stage.close()


def check_lock(grave: Grave, drawn: Drawn) -> None:
    """Find a lock whose process is gone: on this machine the next apply takes it over at once."""
    stage = Stage(grave.folder, drawn.seed, drawn.declared)
    (holder,) = open_workspace(stage.context).open_store().read_locks()
    assert not holder.has_expired(datetime.now(UTC))
    assert holder.is_local
    assert not holder.is_running(datetime.now(UTC))
    stage.close()


def check_journal(grave: Grave, stage: Stage, *, changed: set[str], unmade: set[str]) -> None:
    intended, concluded = set(grave.list_addresses("intend")), set(grave.list_addresses("outcome"))
    doubtful = {intention.address for intention in open_workspace(stage.context).open_store().unsettled()}
    assert changed <= intended, f"{grave.died}: sent without an intent"
    assert changed - concluded <= doubtful, f"{grave.died}: done, not concluded, and not in doubt"
    assert doubtful == intended - concluded, grave.died
    verified = {line["address"] for line in grave.lines if line.get("result") in {"verified", "accepted"}}
    assert not verified & unmade, f"{grave.died}: verified, but the world says otherwise"


def check_plan(grave: Grave, drawn: Drawn, stage: Stage, live: Documents) -> None:
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
    assert doubts == set(grave.list_addresses("intend")) - set(grave.list_addresses("outcome")), grave.died


def check_recovery(grave: Grave, drawn: Drawn, stage: Stage) -> None:
    """The next apply sends what its plan shows, makes everything so, and leaves no doubt."""
    stage.world.requests.clear()
    applied = stage.apply()
    assert applied.exit_code == 0, f"{grave.died}\n{applied.explain()}"
    assert list_unmade(drawn, stage.photograph()) == set(), grave.died
    shown = {update.request.batch or update.request.url for update in applied.plan.updates}
    assert len(stage.writes) == len(shown), grave.died
    assert stage.plan_exit() == 0, grave.died
    assert open_workspace(stage.context).open_store().unsettled() == (), grave.died
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
