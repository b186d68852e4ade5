"""The third door: whatever saved plans, events, ledgers and journals hold, no traceback, no wrong word, no other request."""

from __future__ import annotations

import atexit
import json
import shutil
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.cli.formats import PLAN_FORMATS
from reconciler.model.plan_document import compute_digest
from tests.cli.stage import Stage, lines
from tests.hostile.answers.test_fuzz import VALUES
from tests.hostile.scene import Scene
from tests.hostile.soundness import check_told
from tests.hostile.texts import COMMANDS, MARKUP

GENTLY = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
PLACES = st.integers(0, 10_000)
ODD = VALUES | st.sampled_from([
    "PATCH", "DELETE", "https://elsewhere.invalid/", "pc_1", 10**40, -1, float("nan"), {"secret": True}, {"unknown": True},
    *COMMANDS[:4], *MARKUP[:3],
])  # fmt: skip
OBJECTS = {"/phoneConnections/pc_0", "/phoneConnections/pc_1"}
STATE = (
    ("plan", "--format", "markdown"),
    ("history",),
    ("history", "--format", "json"),
    ("history", "latest"),
    ("history", "phone_connections.line-0"),
    ("drift",),
    ("drift", "--record"),
    ("unlock", "20261121-083000-4f3a1c1c", "--auto-approve"),
)


def list_places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if at:
        yield at
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in inner:
        yield from list_places(part, (*at, key))


def mutate(data: st.DataObject, document: Any) -> Any:
    """Change, drop or add something at one or two places."""
    for _ in range(data.draw(st.integers(1, 2))):
        places = list(list_places(document))
        if not places:
            return document
        *way, last = places[data.draw(PLACES) % len(places)]
        holder = document
        for key in way:
            holder = holder[key]
        if data.draw(st.booleans()):
            holder[last] = data.draw(ODD)
        else:
            del holder[last]
    return document


def damage_lines(data: st.DataObject, text: str) -> str:
    """Change a line of a stream, lose one, repeat one, or tear one."""
    rows = text.splitlines()
    place = data.draw(PLACES) % len(rows)
    deed = data.draw(st.sampled_from(["change", "lose", "repeat", "tear"]))
    if deed == "change":
        rows[place] = json.dumps(mutate(data, json.loads(rows[place])))
    elif deed == "tear":
        rows[place] = rows[place][: data.draw(PLACES) % len(rows[place])]
    else:
        rows[place : place + 1] = [] if deed == "lose" else [rows[place]] * 2
    return "\n".join(rows) + "\n"


@GENTLY
@given(data=st.data(), style=st.sampled_from(PLAN_FORMATS))
def test_a_forged_plan_sends_nothing_that_planning_does_not(data: st.DataObject, style: str) -> None:
    with TemporaryDirectory() as folder:
        stage = lines(Path(folder), count=2)
        assert stage.run("plan", "--out", str(stage.folder / "plan.json")).code == 0
        document = json.loads(stage.read("plan.json"))
        honest = {(one["request"]["method"], json.dumps(one["request"]["body"])) for one in document["updates"]}
        forged = mutate(data, document)
        if isinstance(forged.get("updates"), list):
            forged["digest"] = seal(forged)
        stage.write("plan.json", json.dumps(forged))
        check_told(stage.run("show", str(stage.folder / "plan.json"), "--format", style), style=style)
        check_told(stage.apply(str(stage.folder / "plan.json")), style="text")
        assert {(method, json.dumps(body)) for method, _, body in stage.writes} <= honest
        assert {path for _, path, _ in stage.writes} <= OBJECTS
        assert stage.world.dangers == []


def seal(document: Mapping[str, Any]) -> str:
    try:
        return compute_digest(document)
    except (TypeError, ValueError):
        return ""


@cache
def settle_with_history() -> tuple[Stage, Path]:
    """Stage a project, once, with an apply, one in doubt, and something that drift has seen; return it and its folder."""
    stage = lines(Path(mkdtemp(prefix="reconciler-")), count=2)
    atexit.register(shutil.rmtree, stage.folder)
    stage.settle()
    stage.world.edit("galtea", "phoneConnections", "pc_1", {"voice": "maria"})
    stage.run("drift", "--record")
    stage.trouble("drop-before-commit:99")
    stage.apply()
    stage.trouble()
    stage.settle()
    return stage, stage.folder


def take_copy(folder: str) -> Stage:
    """Go on from there in a folder of its own."""
    stage, settled = settle_with_history()
    shutil.copytree(settled, folder, dirs_exist_ok=True)
    own = Stage(Path(folder), seed=stage.seed)
    own.world.put_all((*address, dict(row)) for address, row in stage.world.documents().items())
    return own


@GENTLY
@given(data=st.data())
def test_a_damaged_ledger_or_journal_changes_words_and_no_request(data: st.DataObject) -> None:
    with TemporaryDirectory() as folder:
        stage = take_copy(folder)
        found = (stage.folder / ".reconciler").rglob("*")
        kept = sorted(path for path in found if path.is_file() and path.stat().st_size)
        path = kept[data.draw(PLACES) % len(kept)]
        if path.suffix == ".json" and data.draw(st.booleans()):
            path.write_text(json.dumps(mutate(data, json.loads(path.read_text()))))
        elif path.suffix == ".jsonl" and "index" not in path.name and data.draw(st.booleans()):
            path.write_text(damage_lines(data, path.read_text()))
        else:
            content = path.read_bytes()
            place = data.draw(PLACES) % len(content)
            path.write_bytes(content[:place] + data.draw(st.binary(max_size=6)) + content[place + 3 :])
        for command in data.draw(st.permutations(STATE))[:4]:
            style = command[command.index("--format") + 1] if "--format" in command else "text"
            check_told(stage.run(*command), style=style)
        check_told(stage.apply(), style="text")
        assert stage.writes == []
        check_told(stage.run("undo", "latest", "--accept-conflicts", "--auto-approve"), style="text")
        assert {path for _, path, _ in stage.writes} <= OBJECTS
        assert stage.world.dangers == []


@GENTLY
@given(data=st.data())
def test_damaged_events_are_told_as_far_as_they_go(data: st.DataObject) -> None:
    with TemporaryDirectory() as folder:
        stage = lines(Path(folder), count=2)
        events = damage_lines(data, stage.apply("--format", "json").out)
        scene = Scene(Path(folder) / "job")
        scene.write("run.jsonl", events)
        told = scene.run("ci", "outcome", str(scene.folder / "run.jsonl"), "--issue")
        check_told(told, style="text")
        for issue in scene.forge.issues:
            check_told(type(told)(0, issue["body"], ""), style="markdown")
