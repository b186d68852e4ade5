"""Public reports, translated: the smallest input, its command, and what must come out (tests/reports/README.md)."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.docs.console import make_shim

REPORTS = Path(__file__).parent / "reports"
FOLDERS = sorted(path.parent for path in REPORTS.glob("*/report.yaml"))
KEYS = {"run", "exit", "says", "without"}


def run_step(step: dict[str, Any], *, folder: Path, shims: Path) -> tuple[int, str]:
    """Run one command of a report; return its exit code and all that it said on one line."""
    environ = {
        "PATH": f"{shims}:{os.environ['PATH']}",
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "PYTHON": sys.executable,
        "PYTHONPATH": str(REPORTS.parent.parent),
    }
    done = subprocess.run(
        ["bash", "-c", step["run"]], cwd=folder, env=environ, capture_output=True, timeout=120, check=False, stdin=subprocess.DEVNULL
    )  # fmt: skip
    return done.returncode, " ".join((done.stdout + done.stderr).decode("utf-8", "replace").split())


@pytest.mark.parametrize("report", FOLDERS, ids=[folder.name for folder in FOLDERS])
def test_a_report_stays_mended(report: Path, tmp_path: Path) -> None:
    folder, shims = tmp_path / "project", tmp_path / "bin"
    shutil.copytree(report / "project", folder) if (report / "project").is_dir() else folder.mkdir()
    make_shim(shims)
    story = yaml.safe_load((report / "report.yaml").read_text(encoding="utf-8"))
    assert set(story) == {"about", "steps"}
    for step in story["steps"]:
        assert set(step) <= KEYS
        code, said = run_step(step, folder=folder, shims=shims)
        assert code == step.get("exit", 0), (step["run"], said)
        for words in step.get("says", ()):
            assert " ".join(words.split()) in said, step["run"]
        for words in step.get("without", ()):
            assert words not in said, step["run"]


def test_every_folder_holds_a_report() -> None:
    assert {path.name for path in REPORTS.iterdir() if path.is_dir()} == {folder.name for folder in FOLDERS}
