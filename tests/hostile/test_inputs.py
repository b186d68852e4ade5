"""Every hostile project and seed is refused with the codes that it must have, each with a place."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from reconciler.app.problem import Exit
from tests.cli.stage import Stage

INPUTS = Path(__file__).parent / "inputs"
PROJECT = "version: 1\naccounts: {galtea: {}, fluents: {}}\n"
FOLDERS = sorted(INPUTS.glob("*/*"))


def lay_out(folder: Path, target: Path) -> Stage:
    """Lay the files of an input over the smallest project."""
    stage = Stage(target, seed={}, files={"reconciler.yaml": PROJECT})
    shutil.copytree(folder, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns("expect.json"))
    return stage


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: f"{folder.parent.name}/{folder.name}")
def test_each_input_is_told_by_its_codes_and_with_a_place(tmp_path: Path, folder: Path) -> None:
    expected = json.loads((folder / "expect.json").read_text())
    stage = lay_out(folder, tmp_path / "project")
    stage.environ["GITHUB_TOKEN"] = "s3cr3t-of-ci"
    seeds = folder.parent.name == "seeds"
    told = stage.run_in_sandbox("plan", "--format", "json") if seeds else stage.run("validate", "--format", "json")
    assert told.code == Exit.INVALID
    found = json.loads(told.out)["diagnostics"]
    assert {each["code"] for each in found} == set(expected["codes"])
    places = [f"{each['file']}:{each['line']}:{each['column']}" for each in found]
    assert expected.get("at", places[0]) in places
    assert "s3cr3t" not in told.all
    assert stage.requests == []
    assert not (tmp_path / "project/mark").exists()
