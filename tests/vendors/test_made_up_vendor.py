"""A vendor that is added by the four steps of CONTRIBUTING.md costs no Python: all checks stay green in a copy of the project."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

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
    "tests/test_cases.py",
    "tests/docs/test_generated.py",
    "tests/docs/test_links.py",
    "tests/config/test_settings.py",
    "tests/cli/test_init.py",
    "tests/cli/test_doctor.py",
    "tests/cli/test_explain.py",
)
"""What reads the catalog and names vendors; the rest of the tests does not depend on how many there are."""

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


def add_vendor(home: Path) -> None:
    """Take the steps: the schemas, ten cases, the link to the page of the vendor."""
    folder = home / "schemas" / "acme"
    folder.mkdir()
    (folder / "provider.json").write_text(json.dumps(PROVIDER), encoding="utf-8")
    (folder / "trunks.json").write_text(json.dumps(TRUNKS), encoding="utf-8")
    for name, spec in CASES.items():
        case = home / "tests" / "cases" / "acme" / "trunks" / name
        case.mkdir(parents=True)
        project = {"version": 1, "accounts": {"acme": {}}, "trunks": {"main": {"id": "trunk_7", "spec": spec}}}
        (case / "declared.yaml").write_text(json.dumps(project), encoding="utf-8")
        (case / "live.json").write_text(json.dumps({"readings": {"trunks.main": {"present": LIVE}}}), encoding="utf-8")
    index = home / "docs" / "index.md"
    index.write_text(index.read_text(encoding="utf-8") + "\n- [Acme](providers/acme.md)\n", encoding="utf-8")


def execute(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "PYTHONPATH": str(home), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, *arguments], cwd=home, env=environ, capture_output=True, text=True, timeout=300, check=False
    )


def test_a_made_up_vendor_leaves_the_checks_green(copy: Path) -> None:
    add_vendor(copy)
    written = execute(copy, "-m", "pytest", "-n0", "-q", "-k", "acme", "--rewrite-golden", "tests/test_cases.py")
    assert written.returncode == 0, written.stdout[-3000:]
    schema = execute(copy, "-m", "reconciler", "schema")
    assert schema.returncode == 0, schema.stderr
    (copy / "schemas" / "reconciler.schema.json").write_text(schema.stdout, encoding="utf-8")
    assert execute(copy, "docs/generate.py").returncode == 0
    assert (copy / "docs" / "providers" / "acme.md").exists()
    plan = json.loads((copy / "tests/cases/acme/trunks/label/plan.json").read_text(encoding="utf-8"))
    assert plan["updates"][0]["request"]["body"] == {"label": "Desk", "codec": "opus"}
    checked = execute(
        copy,
        "-m",
        "pytest",
        "-n0",
        "-q",
        "-x",
        "-k",
        "acme or settings or settings or init or doctor or links",
        *CHECKS,
    )
    assert checked.returncode == 0, checked.stdout[-5000:]
