"""What the action installs is what the lock file says, under a name that is ours, and nothing of the workspace runs."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.ci.traps import plant_traps
from tests.ci.workflow_files import ACTION, GITLAB, ROOT, WORKFLOWS, list_steps
from tests.docs.pages import PAGES

NAME = "telephony-reconciler"
REQUIREMENTS = ROOT / "requirements.txt"
STRANGER = re.compile(
    r"(?:pip3?\s+install|pipx\s+(?:install|run)|uvx|uv\s+(?:tool|pip)\s+(?:install|run))\b[^\n]*?[\s\"'](reconciler)\b(?![/.])"
)


def read_lock() -> dict[str, dict[str, Any]]:
    packages = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))["package"]
    return {package["name"]: package for package in packages}


def list_needed(lock: dict[str, dict[str, Any]]) -> set[str]:
    """Names of all that the tool needs to run and to be built."""
    ours = lock[NAME]
    queue = [*ours["dependencies"], *ours["dev-dependencies"]["build"]]
    found: set[str] = set()
    while queue:
        name = queue.pop()["name"]
        if name not in found:
            found.add(name)
            queue += lock[name].get("dependencies", [])
    return found


def list_required() -> Iterator[tuple[str, str, set[str]]]:
    text = REQUIREMENTS.read_text(encoding="utf-8")
    for entry in re.split(r"\n(?=\S)", text.replace("\\\n", "")):
        if not entry.startswith("#"):
            name, version = re.match(r"([a-z0-9-]+)==([^ ;]+)", entry).groups()  # type: ignore[union-attr]
            yield name, version, set(re.findall(r"--hash=(\S+)", entry))


def test_what_the_action_installs_is_the_lock_file() -> None:
    lock = read_lock()
    required = {name: (version, hashes) for name, version, hashes in list_required()}
    assert required.keys() == list_needed(lock)
    for name, found in required.items():
        package = lock[name]
        files = [*package.get("wheels", []), *([package["sdist"]] if "sdist" in package else [])]
        assert found == (package["version"], {file["hash"] for file in files}), name


def test_the_distribution_has_its_own_name_everywhere() -> None:
    """`reconciler` on PyPI is somebody else's, with the same module name: it must never be installed by mistake."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert (project["name"], list(project["scripts"])) == (NAME, ["reconciler"])
    examples = [path for path in (ROOT / "examples").rglob("*") if path.suffix in {".yml", ".yaml", ".md"}]
    for path in (ACTION, *PAGES, *examples, ROOT / ".pre-commit-hooks.yaml"):
        assert STRANGER.search(path.read_text(encoding="utf-8")) is None, path
    assert f'"{NAME}==$RECONCILER_VERSION"' in GITLAB.read_text(encoding="utf-8")
    assert NAME in (ROOT / "README.md").read_text(encoding="utf-8")
    for path in WORKFLOWS:
        assert "pip" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "strange"),
    [
        ('pip install --quiet "reconciler==0.1.0"', True),
        ("python -I -m pip install reconciler", True),
        ("uvx reconciler plan", True),
        ("uv tool install reconciler", True),
        ("pip install telephony-reconciler", False),
        ("pip install git+https://github.com/acme/reconciler@v0.1.0", False),
        ("python3 -m venv .venv && .venv/bin/pip install -q . && .venv/bin/reconciler plan", False),
    ],
)
def test_a_strangers_name_is_found(text: str, *, strange: bool) -> None:
    assert bool(STRANGER.search(text)) is strange


# --- a hostile workspace ----------------------------------------------------------------------------------------------

BACKEND = """
import zipfile
def build_wheel(folder, config_settings=None, metadata_directory=None):
    name = "telephony_reconciler-1-py3-none-any.whl"
    with zipfile.ZipFile(f"{folder}/{name}", "w") as wheel:
        wheel.writestr("reconciler/__init__.py", "")
        wheel.writestr("reconciler/__main__.py", "import sys; print('ours', sys.flags.isolated, *sys.argv[1:])")
        wheel.writestr("telephony_reconciler-1.dist-info/METADATA", "Metadata-Version: 2.1\\nName: telephony-reconciler\\nVersion: 1\\n")
        wheel.writestr("telephony_reconciler-1.dist-info/WHEEL", "Wheel-Version: 1.0\\nGenerator: t\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr("telephony_reconciler-1.dist-info/RECORD", "")
    return name
"""


def test_installing_in_a_hostile_workspace_runs_nothing_of_it(tmp_path: Path) -> None:
    workspace, action, temporary = (tmp_path / name for name in ("workspace", "action", "temporary"))
    for folder in (workspace, action, temporary):
        folder.mkdir()
    mark = tmp_path / "sprung"
    plant_traps(workspace, mark=mark)
    build = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    (action / "pyproject.toml").write_text(f'{build}[project]\nname = "{NAME}"\nversion = "1"\n', encoding="utf-8")
    (action / "backend.py").write_text(BACKEND, encoding="utf-8")
    (action / "requirements.txt").write_text("# nothing\n", encoding="utf-8")
    (script,) = (step["run"] for step in list_steps(ACTION) if step["name"] == "Install")
    environ = {
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "HOME": str(tmp_path),
        "PYTHONPATH": str(workspace),
        "RUNNER_TEMP": str(temporary),
        "GITHUB_ACTION_PATH": str(action),
        "GITHUB_PATH": str(tmp_path / "path"),
        "DOWNLOADS": str(temporary / "downloads"),
    }
    paths = "export PATH=\"$(cat $GITHUB_PATH):$PATH\"; hash -r; reconciler one 'two three'"
    done = subprocess.run(
        ["bash", "-e", "-c", f'{script}\ncd "{workspace}"\n{paths}'],
        cwd=workspace, env=environ, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == "ours 1 one two three"
    assert not mark.exists()
