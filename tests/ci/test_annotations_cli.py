"""`validate`, `plan` and `show` speak every form of annotation, with the paths of the repository."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.ci.workflow_files import ROOT, run_bash

FILE = "deep/telephony/config/fluents.yaml"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "examples" / "quickstart", tmp_path / "deep/telephony", ignore=shutil.ignore_patterns(".*"))
    return tmp_path


def read(checkout: Path, command: str, *, exit_code: int, variable: str = "GITHUB_WORKSPACE") -> str:
    done = run_bash(f"reconciler -C deep/telephony {command}", folder=checkout, environ={variable: str(checkout)})
    assert done.returncode == exit_code, done.stderr
    return done.stdout


def break_project(checkout: Path) -> None:
    with (checkout / FILE).open("a", encoding="utf-8") as stream:
        stream.write("nonsense: true\n")


def test_findings_name_files_of_the_repository(checkout: Path) -> None:
    break_project(checkout)
    assert f"::error file={FILE},line=" in read(checkout, "validate --format github", exit_code=3)
    report = json.loads(read(checkout, "validate --format gitlab", exit_code=3, variable="CI_PROJECT_DIR"))
    assert report[0]["location"]["path"] == FILE
    log = json.loads(read(checkout, "validate --format sarif", exit_code=3))
    place = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == FILE
    suite = ET.fromstring(read(checkout, "validate --format junit", exit_code=3))  # noqa: S314 - our own output
    assert FILE in suite[0].attrib["name"]
    assert int(suite.attrib["failures"]) >= 1


@pytest.mark.parametrize("style", ["github", "gitlab", "sarif", "junit"])
def test_a_plan_is_shown_as_it_was_planned(checkout: Path, style: str) -> None:
    planned = read(checkout, f"--sandbox plan --out plan.json --format {style}", exit_code=0)
    assert planned == read(checkout, f"show plan.json --format {style}", exit_code=0)
    assert FILE in planned


def test_outside_of_ci_paths_are_those_of_the_project(checkout: Path) -> None:
    break_project(checkout)
    elsewhere = read(checkout, "validate --format github", exit_code=3, variable="UNRELATED")
    assert "::error file=config/fluents.yaml,line=" in elsewhere


def test_saved_drift_is_a_plan(checkout: Path) -> None:
    read(checkout, "--sandbox apply --auto-approve", exit_code=0)
    shown = read(checkout, "--sandbox drift --format json --out drift.json", exit_code=0)
    assert shown == read(checkout, "show drift.json --format json", exit_code=0)
