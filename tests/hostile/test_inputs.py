"""Every command, and every format, refuses every hostile project with a place, and sends nothing."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from reconciler.app.problem import Exit
from tests.cli.stage import Stage

INPUTS = Path(__file__).parent / "inputs"
MOST_OCTETS = 100_000
PROJECT = "version: 1\naccounts: {galtea: {}, fluents: {}}\n"
COMMANDS = (
    *(("validate", "--format", style) for style in ("text", "json", "github", "gitlab", "sarif", "junit")),
    *(("plan", "--format", style) for style in ("text", "markdown", "json", "html")),
    ("apply", "--auto-approve"),
    ("drift",),
    ("doctor",),
    ("history",),
    ("undo", "latest", "--auto-approve"),
    ("unlock",),
    ("pull", "--account", "galtea"),
    ("--sandbox", "plan"),
)


@pytest.mark.parametrize("folder", sorted(INPUTS.glob("*/*")), ids=lambda folder: f"{folder.parent.name}/{folder.name}")
def test_a_hostile_project_is_refused_by_every_command_in_every_format(tmp_path: Path, folder: Path) -> None:
    expected = json.loads((folder / "expect.json").read_text())
    project = tmp_path / "project"
    stage = Stage(project, seed={}, files={"reconciler.yaml": PROJECT})
    shutil.copytree(folder, project, dirs_exist_ok=True, ignore=shutil.ignore_patterns("expect.json"))
    stage.environ["GITHUB_TOKEN"] = "s3cr3t-of-ci"
    for command in COMMANDS:
        told = stage.run(*command)
        assert told.code == Exit.INVALID, (command, told.all)
        assert len(told.all.encode()) < MOST_OCTETS, command
        assert not any(word in told.all for word in ("Traceback", "bug in reconciler", "s3cr3t", "\x1b")), command
    found = json.loads(stage.run("validate", "--format", "json").out)["diagnostics"]
    assert {each["code"] for each in found} == set(expected["codes"])
    places = [f"{each['file']}:{each['line']}:{each['column']}" for each in found]
    assert expected.get("at", places[0]) in places
    assert stage.requests == []
    assert not (project / "mark").exists()
