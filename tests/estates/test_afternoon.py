"""The afternoon: everything is in consoles at noon, and under git at four."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path
from typing import Any

from reconciler import OpenProject, open_project
from tests.cli.stage import Stage, Told
from tests.estates.world import AGENTS, build_estate

EDITS = 100
CONSOLES = {
    ("fluents", "numbers"): ("number", "label"),
    ("fluents", "prompts"): ("id", "content"),
    ("fluents", "agents"): ("id", "initial_message"),
    ("galtea", "phoneConnections"): ("id", "name"),
    ("polyai", "connectors"): ("connectorId", "voiceName"),
}


class Afternoon:
    """A person at a terminal: commands are counted."""

    def __init__(self, folder: Path) -> None:
        (folder / "desk").mkdir()
        self.stage = Stage(folder / "desk", seed=build_estate())
        self.root = folder / "estate"
        self.typed: list[tuple[str, ...]] = []

    def type(self, *words: str) -> Told:
        self.typed.append(words)
        return self.stage.run_plainly(*words)

    def git(self, *words: str) -> str:
        command = ["git", "-c", "user.name=A", "-c", "user.email=a@example.org", *words]
        return subprocess.run(command, cwd=self.root, check=True, capture_output=True, text=True).stdout

    def edit_consoles(self) -> int:
        """Change a hundred values, one an object, as people do in consoles; return how many."""
        draw = random.Random(7)  # noqa: S311 -- the same afternoon each time
        places = [
            (vendor, collection, key, field, row)
            for (vendor, collection), (key, field) in CONSOLES.items()
            for row in self.stage.world.rows(vendor, collection)
            if row.get(field)  # what is not set is not owned
        ]
        for vendor, collection, key, field, row in draw.sample(places, EDITS):
            self.stage.world.put(vendor, collection, row[key], {**row, field: self.change(field, row.get(field), draw)})
        return EDITS

    @staticmethod
    def change(field: str, before: Any, draw: random.Random) -> str:
        if field == "voiceName":
            return "en-US-Neural2-A"
        new = draw.choice(["Now different", "no", "1: yes #1", "Zwei\nZeilen", 'He said "hi"', "${x}"])
        return f"{before or ''}\n{new}" if field == "content" else f"{new} {draw.randrange(999)}"


def list_values(project: OpenProject) -> dict[str, Any]:
    """Return every declared value by address and field, what is put in filled in."""
    return {f"{each.address}/{key}": value for each in project.review().resources for key, value in each.spec.items()}


def test_an_estate_is_under_git_in_an_afternoon(tmp_path: Path) -> None:
    noon = Afternoon(tmp_path)
    groups = [word for agent in AGENTS for word in ("--group", f"agentId={agent}")]
    told = noon.type("pull", "--into", str(noon.root), *groups)
    assert told.code == 0, told.all
    noon.type("-C", str(noon.root), "validate")
    told = noon.type("-C", str(noon.root), "plan", "--detailed-exitcode")
    assert told.code == 0, told.all
    noon.git("init", "-q")
    noon.git("add", "-A")
    noon.git("commit", "-q", "-m", "As found")
    assert noon.type("-C", str(noon.root), "apply", "--auto-approve").code == 0
    assert [one for one in noon.stage.requests if one.method != "GET"] == []
    assert sum(1 for path in noon.root.rglob("*.yaml")) < 20

    project = OpenProject(noon.stage.context(noon.root))
    before = list_values(project)
    assert len({address.partition("/")[0] for address in before}) >= 470
    edits = noon.edit_consoles()
    told = noon.type("-C", str(noon.root), "drift", "--accept")
    assert told.code == 0, told.all
    assert f"Wrote {edits} values" in told.words
    after = list_values(project)
    changed = {name for name in before if before[name] != after[name]}
    assert (len(changed), after.keys()) == (edits, before.keys())
    told = noon.type("-C", str(noon.root), "plan", "--detailed-exitcode")
    assert told.code == 0, told.all
    touched = [line.split("\t") for line in noon.git("diff", "--numstat").splitlines()]
    assert sum(int(removed) for _, removed, _ in touched) <= edits + 60
    assert noon.type("-C", str(noon.root), "drift", "--accept").code == 0
    assert len(noon.typed) <= 10
    assert open_project(noon.root).validate() is not None
