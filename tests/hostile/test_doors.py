"""Every command in every format meets every kind of hostile input that it can come to, and says and does nothing wrong."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import pytest

from reconciler.app.problem import Exit
from tests.cli.stage import Told
from tests.hostile.answers.bends import KEY, SPOILING, UNTELLING, show_key_everywhere
from tests.hostile.doors import DOORS, WAYS, Door, doors_that_meet, list_commands
from tests.hostile.forges import ANSWERS, MOST_REQUESTS, Answering
from tests.hostile.git_traps import plant_lookalike
from tests.hostile.masses import MISTAKES
from tests.hostile.papers import FORGED, MADE_UP, list_state
from tests.hostile.scene import Scene, Template
from tests.hostile.soundness import check_keyless, check_lines, check_markdown, check_told, take_stock
from tests.hostile.strays import STRAYS, link_to_file, link_to_folder, link_to_nothing, pipe
from tests.hostile.texts import COMMANDS, FILE, MARKUP

Member = TypeVar("Member")
INPUTS = Path(__file__).parent / "inputs"
ENDLESS = "sandbox serve"
TAKES_LITTLE = frozenset({"ci reviewed", "ci outcome", "ci comment", "explain"})
"""Commands that do their work without a project too: they take a name or a commit from it, where they can."""
SECRET = "s3cr3t-of-another-project"
TESTED = tuple(door for door in DOORS if door.command != ENDLESS)


def pair_up(doors: Sequence[Door], members: Iterable[Member]) -> list[Any]:
    """Let every door meet a member of a kind, and every member come to a door."""
    known = list(members)
    rounds = zip(itertools.cycle(doors), itertools.cycle(known), range(max(len(doors), len(known))))
    return [
        pytest.param(door, member, id=f"{door.name} < {getattr(member, '__name__', member)}")
        for door, member, _ in rounds
    ]


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Template:
    return Template(tmp_path_factory.mktemp("plain"))


@pytest.fixture(scope="module")
def deceiving(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """A scene in which everything that anybody can name has an odd name."""
    texts = (*COMMANDS, *MARKUP)
    names = {"numbers.yaml": FILE}
    folder = tmp_path_factory.mktemp("odd")
    return Template(folder, texts=texts, author="::error::\u200b##[x]", names=lambda name: names.get(name, name))


def check(scene: Scene, told: Told, door: Door) -> None:
    """Check all that was said, here and at the forge, and that no danger came of it."""
    check_told(told, style=door.style)
    for note in (*itertools.chain(*scene.forge.comments.values()), *scene.forge.issues, *scene.forge.proposals):
        text = note.get("body") or note.get("description") or ""
        check_lines(text, style="markdown")
        check_markdown(text)
    assert scene.world.dangers == []


def test_every_command_has_its_doors() -> None:
    assert set(WAYS) == {name for name, _ in list_commands()}
    assert {door.command for door in DOORS} == set(WAYS)


@pytest.mark.parametrize("door", TESTED, ids=lambda door: door.name)
def test_nothing_that_is_shown_deceives(tmp_path: Path, deceiving: Template, door: Door) -> None:
    scene = deceiving.copy(tmp_path)
    check(scene, scene.enter(door), door)


@pytest.mark.parametrize("kind", ["yaml", "values", "settings", "masses"])
@pytest.mark.parametrize("door", doors_that_meet("c"), ids=lambda door: door.name)
def test_a_project_that_is_none_is_refused_with_a_place(tmp_path: Path, plain: Template, kind: str, door: Door) -> None:
    place = doors_that_meet("c").index(door)
    scene = Scene(tmp_path)
    for name in ("plan.json", "run.jsonl"):
        shutil.copy(plain.folder / name, tmp_path)
    lay_out(scene, kind, place)
    before = take_stock(tmp_path / "clone")
    told = scene.enter(door)
    check(scene, told, door)
    assert scene.requests == []
    assert take_stock(tmp_path / "clone") == before
    if door.command in TAKES_LITTLE:
        return
    assert told.code == Exit.INVALID, told.all
    assert ".yaml" in told.all
    assert scene.forge.writes == []


def lay_out(scene: Scene, kind: str, place: int) -> None:
    """Write one of a kind of broken projects."""
    scene.write("reconciler.yaml", "version: 1\naccounts: {galtea: {}, fluents: {}}\n")
    for environment in ("a", "b"):
        scene.write(f"environments/{environment}.yaml", "")
    if kind == "masses":
        masses = [write for name, write in MISTAKES.items() if name != "unknown values"]  # the vendor may know them
        scene.write("reconciler.yaml", masses[place % len(masses)](250))
        return
    folders = sorted((INPUTS / kind).iterdir())
    shutil.copytree(
        folders[place % len(folders)], scene.folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("expect.json")
    )


SEEDS = sorted(folder.name for folder in (INPUTS / "seeds").iterdir())


@pytest.mark.parametrize(("door", "name"), pair_up(doors_that_meet("b"), SEEDS))
def test_a_seed_that_is_none_is_refused_and_nothing_is_sown(
    tmp_path: Path, plain: Template, door: Door, name: str
) -> None:
    scene = plain.copy(tmp_path)
    shutil.copy(INPUTS / "seeds" / name / "sandbox.yaml", scene.folder)
    told = scene.enter(door)
    check(scene, told, door)
    if "--sandbox" in door.way.words:
        assert told.code == Exit.INVALID
        assert "sandbox.yaml" in told.all
    assert not list((scene.folder / ".reconciler/sandbox").rglob("*.jsonl"))


@pytest.mark.parametrize(("door", "name"), pair_up(doors_that_meet("v"), {**SPOILING, **UNTELLING}))
def test_what_a_vendor_answers_is_data(tmp_path: Path, plain: Template, door: Door, name: str) -> None:
    scene = plain.copy(tmp_path)
    scene.bends["galtea"] = {**SPOILING, **UNTELLING}[name]
    told = scene.enter(door)
    check(scene, told, door)
    check_keyless(told.all + scene.list_kept(), key=KEY)
    assert sum(meddler.requests for meddler in scene.meddlers) <= 60


@pytest.mark.parametrize("door", doors_that_meet("v"), ids=lambda door: door.name)
def test_a_key_that_comes_back_goes_nowhere(tmp_path: Path, plain: Template, door: Door) -> None:
    scene = plain.copy(tmp_path)
    scene.bends["galtea"] = show_key_everywhere
    told = scene.enter(door)
    check(scene, told, door)
    said = json.dumps([scene.forge.comments, scene.forge.issues, scene.forge.proposals])
    check_keyless(told.all + scene.list_kept() + said + scene.list_pushed(), key=KEY)


@pytest.mark.parametrize(("door", "name"), pair_up(doors_that_meet("p"), {**MADE_UP, **FORGED}))
def test_a_plan_that_somebody_made_up_sends_nothing(tmp_path: Path, plain: Template, door: Door, name: str) -> None:
    scene = plain.copy(tmp_path)
    {**MADE_UP, **FORGED}[name](tmp_path / "plan.json")
    told = scene.enter(door)
    check(scene, told, door)
    assert scene.writes == []


@pytest.mark.parametrize(("door", "name"), pair_up(doors_that_meet("e"), MADE_UP))
def test_events_that_somebody_made_up_are_told_as_far_as_they_can_be(
    tmp_path: Path, plain: Template, door: Door, name: str
) -> None:
    scene = plain.copy(tmp_path)
    MADE_UP[name](tmp_path / "run.jsonl")
    check(scene, scene.enter(door), door)


@pytest.mark.parametrize(("door", "name"), pair_up(doors_that_meet("s"), MADE_UP))
def test_a_ledger_that_somebody_made_up_changes_no_request(
    tmp_path: Path, plain: Template, door: Door, name: str
) -> None:
    scene = plain.copy(tmp_path)
    for path in list_state(scene.folder):
        MADE_UP[name](path)
    told = scene.enter(door)
    check(scene, told, door)
    known = ("/phoneConnections/pc_0", "/phoneConnections/pc_1", "/v1/numbers/update", "/v1/prompts/update")
    assert all(path.startswith(known) for _, path, _ in scene.writes), scene.writes


@pytest.mark.parametrize(("door", "stray"), pair_up(TESTED, STRAYS))
def test_nothing_outside_is_reached(
    tmp_path: Path, plain: Template, door: Door, stray: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene, outside = plain.copy(tmp_path / "top"), make_outside(tmp_path)
    monkeypatch.chdir(scene.folder)
    remove(scene.folder / stray.path)
    stray.plant(scene.folder, outside)
    before = take_stock(outside)
    told = scene.enter(door)
    check(scene, told, door)
    assert take_stock(outside) == before
    assert SECRET not in told.all


WRITTEN = (link_to_file, link_to_folder, link_to_nothing, pipe, Path.mkdir)


@pytest.mark.parametrize(("door", "make"), pair_up(doors_that_meet("w"), WRITTEN))
def test_what_stands_where_something_is_written_leads_nowhere(
    tmp_path: Path, plain: Template, door: Door, make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene, outside = plain.copy(tmp_path / "top"), make_outside(tmp_path)
    monkeypatch.chdir(tmp_path / "top/clone")
    place = Path(scene.places["FRESH" if "FRESH" in door.way.words else "NEW"])
    make(place, outside) if make is not Path.mkdir else place.mkdir()
    before = take_stock(outside)
    told = scene.enter(door)
    check(scene, told, door)
    assert take_stock(outside) == before


def make_outside(folder: Path) -> Path:
    outside = folder / "outside"
    (outside / "sandbox").mkdir(parents=True)
    (outside / "secret.txt").write_text(SECRET)
    (outside / "sandbox/precious.txt").write_text(SECRET)
    return outside


def remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


@pytest.mark.parametrize(("door", "name"), pair_up(doors_that_meet("f"), ANSWERS))
def test_what_a_forge_answers_is_data(tmp_path: Path, plain: Template, door: Door, name: str) -> None:
    scene = plain.copy(tmp_path)
    scene.forge = forge = Answering(ANSWERS[name])
    told = scene.enter(door)
    check_told(told, style=door.style)
    assert scene.environ["GITHUB_TOKEN"] not in told.all
    assert len(forge.seen) <= MOST_REQUESTS


@pytest.mark.parametrize("name", sorted({door.command for door in TESTED}))
def test_a_folder_that_looks_like_a_repository_starts_nothing(tmp_path: Path, plain: Template, name: str) -> None:
    mark, program = tmp_path / "mark", tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch '{mark}'\nexit 1\n")
    program.chmod(0o755)
    scene = plain.copy(tmp_path / "top")
    plant_lookalike(scene.folder, program=program)
    for door in {door.way.words: door for door in TESTED if door.command == name}.values():
        told = scene.enter(door)
        check(scene, told, door)
        assert "Mallory" not in told.all
    assert not mark.exists()
    subprocess.run(["git", "status"], cwd=scene.folder, env=os.environ, capture_output=True, check=False)
    assert mark.exists()
