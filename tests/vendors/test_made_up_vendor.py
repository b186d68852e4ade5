"""A vendor that is added by the four steps of CONTRIBUTING.md costs no Python: what can depend on it stays green in a copy of the project.

`.ci/run` as a whole, in a clone with one more vendor, was run by hand; it takes too long to be a test of itself. What it runs and this
does not: ruff, mypy and the house, since no Python changes; the README's first command, since no example names the vendor; and the tests
that take the catalog as they find it and ask for vendors by name.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.vendors.test_fifth_type import PROVIDER, TRUNKS

ROOT = Path(__file__).parent.parent.parent
LEFT_OUT = shutil.ignore_patterns(
    ".git",
    ".venv",
    ".*_cache",
    ".hypothesis",
    ".reconciler",
    "__pycache__",
    "golden",
    "benchmarks",
    "dist",
    "*.egg-info",
)
CHECKS = (
    "tests/vendors/test_schemas.py",
    "tests/vendors/test_vocabulary.py",
    "tests/engine/test_laws.py",
    "tests/docs/test_generated.py",
    "tests/docs/test_links.py",
    "tests/config/test_settings.py",
    "tests/cli/test_schema.py",
    "tests/cli/test_init.py",
    "tests/cli/test_doctor.py",
    "tests/cli/test_explain.py",
    "tests/cli/test_completing.py",
)
"""What goes through all vendors and kinds, or lists them."""

NAME = "zenith"
"""Not the vendor of CONTRIBUTING's example, which somebody may be adding."""
LIVE = {"id": "trunk_7", "label": "Main", "channels": 30, "codec": "opus", "hours": ["mo", "tu"], "note": "x"}
CASES = {
    "in-sync": {"codec": "opus", "label": "Main"},
    "label": {"codec": "opus", "label": "Desk"},
    "companion": {"codec": "g711"},
    "more-channels": {"codec": "opus", "channels": 31},
    "hours-in-any-order": {"codec": "opus", "hours": ["tu", "mo"]},
    "hours": {"codec": "opus", "hours": ["we"]},
    "note": {"codec": "opus", "note": "y"},
    "note-cleared": {"codec": "opus", "note": None},
    "note-of-a-dash-is-none": {"codec": "opus", "note": "-"},
    "watched": {"codec": "opus"},
}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    home = tmp_path / "copy"
    shutil.copytree(ROOT, home, ignore=LEFT_OUT)
    return home


def name(document: Any) -> str:
    """Write a document of the made-up vendor under its name here."""
    text = json.dumps(document)
    return text.replace("acme", NAME).replace("Acme", NAME.title()).replace("ACME", NAME.upper())


def add_vendor(home: Path) -> None:
    """Take the first two steps: the schemas and ten cases; and link the page of the vendor."""
    folder = home / "schemas" / NAME
    folder.mkdir()
    (folder / "provider.json").write_text(name(PROVIDER), encoding="utf-8")
    (folder / "trunks.json").write_text(name(TRUNKS), encoding="utf-8")
    for case_name, spec in CASES.items():
        case = home / "tests" / "cases" / NAME / "trunks" / case_name
        case.mkdir(parents=True)
        project = {"version": 1, "accounts": {NAME: {}}, "trunks": {"main": {"id": "trunk_7", "spec": spec}}}
        (case / "declared.yaml").write_text(json.dumps(project), encoding="utf-8")
        (case / "live.json").write_text(json.dumps({"readings": {"trunks.main": {"present": LIVE}}}), encoding="utf-8")
    index = home / "docs" / "index.md"
    text = index.read_text(encoding="utf-8")
    index.write_text(f"{text}\n- [{NAME.title()}](providers/{NAME}.md)\n", encoding="utf-8")


def list_generating(home: Path) -> list[str]:
    """List the commands of the third step, as the page shows them."""
    page = (home / "CONTRIBUTING.md").read_text(encoding="utf-8")
    step = page.partition("**3. ")[2].partition("**4. ")[0]
    (block,) = re.findall(r"```sh\n(.*?)```", step, re.DOTALL)
    return [line.replace("uv run reconciler", "uv run python -m reconciler") for line in block.splitlines()]


def execute(home: Path, command: str) -> None:
    """Run a command of the page in the copy, with the Python that runs this."""
    environ = {**os.environ, "PYTHONPATH": str(home), "PYTHONDONTWRITEBYTECODE": "1"}
    environ["PYTEST_DEBUG_TEMPROOT"] = str(home.parent)  # that of the run around would be cleaned by both
    words = ["bash", "-c", command.replace("uv run python", sys.executable).replace("uv run", f"{sys.executable} -m")]
    ran = subprocess.run(words, cwd=home, env=environ, capture_output=True, text=True, timeout=600, check=False)
    assert ran.returncode == 0, (command, ran.stdout[-5000:], ran.stderr[-5000:])


def test_a_made_up_vendor_leaves_the_checks_green(copy: Path) -> None:
    add_vendor(copy)
    execute(copy, f"uv run pytest -n0 -q -k {NAME} --rewrite-golden tests/test_cases.py")
    for command in list_generating(copy):
        execute(copy, command)
    assert (copy / "docs" / "providers" / f"{NAME}.md").exists()
    cases = copy / "tests" / "cases" / NAME / "trunks"
    assert len(list(cases.glob("*/plan.json"))) == len(CASES)
    plan = json.loads((cases / "label" / "plan.json").read_text(encoding="utf-8"))
    assert plan["updates"][0]["request"]["body"] == {"label": "Desk", "codec": "opus"}
    # The other cases are as they were: of them only these ten are run again.
    execute(copy, f"uv run pytest -n0 -q -x -k {NAME} tests/test_cases.py")
    execute(copy, f"uv run pytest -n0 -q -x {' '.join(CHECKS)}")
