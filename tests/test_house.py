"""The house stands: import order, doors, purity, names, lengths. And the check itself can fail."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import reconciler
from tests.house import LONGEST_MODULE, find_violations, read_modules, split_words

PACKAGE = Path(reconciler.__file__).parent


def test_the_house_stands() -> None:
    assert find_violations(PACKAGE) == []


def test_every_room_is_read() -> None:
    rooms = {module.room for module in read_modules(PACKAGE)}
    assert {"model", "config", "vendors", "engine", "remote"} <= rooms


@pytest.mark.parametrize(
    ("file", "source", "complaint"),
    [
        ("model/paths.py", "from reconciler.engine.diff import restrict", "model may not import engine"),
        ("engine/plan.py", "def plan():\n    from reconciler.remote import client", "engine may not import remote"),
        ("engine/plan.py", "from reconciler import remote", "engine may not import remote"),
        ("engine/plan.py", "import reconciler.report.text", "engine may not import report"),
        ("engine/plan.py", "from ..cli import main", "engine may not import cli"),
        ("engine/plan.py", "import importlib\nimportlib.import_module('reconciler.app')", "engine may not import app"),
        ("config/project.py", "from reconciler.vendors import load_catalog", "config may not import vendors"),
        ("sandbox/world.py", "from reconciler.vendors import load_catalog", "sandbox may not import vendors"),
        ("attic/box.py", "", "attic is not a room"),
        ("app.py", "import click", "the only door to click is cli"),
        ("vendors/compile.py", "import yaml", "the only door to yaml is config"),
        ("vendors/compile.py", "from jsonschema import validate", "the only door to jsonschema is config"),
        ("sandbox/app.py", "import httpx", "the only door to httpx is remote"),
        ("cli/plan.py", "from httpx import Client", "the only door to httpx is remote"),
        ("engine/plan.py", "from deepdiff import DeepDiff", "the only door to deepdiff is engine.diff"),
        ("app.py", "from rich.console import Console", "the only door to rich is report and cli"),
        ("remote/pages.py", "import jinja2", "the only door to jinja2 is report and cli"),
        ("engine/plan.py", "import time", "engine is pure"),
        ("model/plan.py", "from datetime import datetime", "model is pure"),
        ("engine/utils.py", "", "utils says nothing"),
        ("engine/plan.py", "def handle_item(): ...", "item says nothing"),
        ("engine/plan.py", "class PlanManager: ...", "manager says nothing"),
        ("engine/plan.py", "async def fetchData(): ...", "data says nothing"),
        ("engine/plan.py", "x = 1\n" * (LONGEST_MODULE + 1), "lines"),
    ],
)
def test_a_violation_is_found(tmp_path: Path, file: str, source: str, complaint: str) -> None:
    path = tmp_path / "reconciler" / file
    path.parent.mkdir(parents=True)
    path.write_text(source, encoding="utf-8")
    found = find_violations(tmp_path / "reconciler")
    assert len(found) == 1
    assert complaint in found[0]


def test_a_clean_tree_has_no_violations(tmp_path: Path) -> None:
    package = tmp_path / "reconciler"
    for file, source in {
        "__init__.py": "__version__ = '1'",
        "__main__.py": "from reconciler.cli import main",
        "cli/__init__.py": "import click\nfrom reconciler import app\nfrom . import database",
        "forge/client.py": "import httpx",
        "sandbox/transport.py": "import httpx\nfrom reconciler.model.paths import Json",
        "config/__init__.py": "import yaml\nimport jsonschema_rs\nfrom reconciler.model import paths",
        "config/accounts.py": "def read_base_url(): ...\nclass BaseURL: ...",
        "engine/diff.py": "def rebase():\n    from deepdiff import DeepDiff",
    }.items():
        (package / file).parent.mkdir(parents=True, exist_ok=True)
        (package / file).write_text(source, encoding="utf-8")
    assert find_violations(package) == []


def test_names_are_split_into_words() -> None:
    assert split_words("read_HTTPAnswer2") == ["read", "http", "answer", "2"]
    assert split_words("database") == ["database"]


def test_reading_the_catalog_imports_nothing_heavy() -> None:
    heavy = {
        "deepdiff",
        "httpx",
        "jsonschema",
        "jsonschema_rs",
        "yaml",
        "rich",
        "jinja2",
        "asyncio",
        "starlette",
        "sqlite3",
    }
    script = "import sys; import reconciler.engine.plan; from reconciler.vendors import load_catalog; load_catalog(); print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert heavy & set(run.stdout.split()) == set()
