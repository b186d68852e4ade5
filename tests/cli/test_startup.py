"""What starts fast: version, help and completion import what they need; and what a wheel carries."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from reconciler import __version__
from reconciler.cli.root import COMMANDS
from tests.cli.stage import ROOT, take_example

HEAVY = ("asyncio", "deepdiff", "httpx", "importlib.metadata", "jinja2", "jsonschema", "jsonschema_rs", "rich", "sqlite3", "starlette", "uvicorn", "yaml")  # fmt: skip
WATCH = """
import json, sys
from reconciler.cli.root import run
code = 0
try:
    sys.argv[0] = "reconciler"
    code = run(None)
except SystemExit as error:
    code = error.code
finally:
    print("\\nIMPORTED " + json.dumps(sorted(sys.modules)) + f" CODE {code}", file=sys.stderr)
"""


def watch(*arguments: str, environ: Mapping[str, str] | None = None) -> tuple[str, set[str], int]:
    """Run a command in a new process; return what it printed, which modules it imported, and its exit code."""
    done = subprocess.run(
        [sys.executable, "-c", WATCH, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **(environ or {})},
        timeout=60,
    )
    words = done.stderr.split("\nIMPORTED ")[1].split(" CODE ")
    return done.stdout, set(words[0].strip("[]").replace('"', "").split(", ")), int(words[1])


def complete(words: str, position: int) -> dict[str, str]:
    return {"_RECONCILER_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(position)}


@pytest.mark.parametrize(
    "arguments",
    [("--version",), ("--help",), ("plan", "--help"), ("apply", "--help"), ("sandbox", "--help"), ("schema", "--help")],
    ids=" ".join,
)
def test_version_and_help_import_nothing_heavy(arguments: tuple[str, ...]) -> None:
    out, imported, code = watch(*arguments)
    assert code == 0
    assert out.startswith(f"reconciler {__version__}" if arguments == ("--version",) else "Usage:")
    assert not imported & set(HEAVY)


def test_validate_imports_no_network_and_unchanged_files_no_parser(tmp_path: Path) -> None:
    folder = take_example("quickstart", tmp_path)
    environ = {"HOME": str(tmp_path / "home"), "XDG_STATE_HOME": ""}
    first, imported, code = watch("-C", str(folder), "validate", environ=environ)
    assert code == 0
    assert not imported & {"asyncio", "deepdiff", "httpx", "jsonschema", "rich", "starlette", "uvicorn", "sqlite3"}
    again, imported, code = watch("-C", str(folder), "validate", environ=environ)
    assert (again, code) == (first, 0)
    assert not imported & set(HEAVY)


@pytest.mark.parametrize(("words", "position", "expected"), [("reconciler ", 1, set(COMMANDS)), ("reconciler pl", 1, {"plan"}), ("reconciler h", 1, {"history"}), ("reconciler plan --deta", 2, {"--detailed-exitcode"}), ("reconciler sandbox re", 2, {"reset"}), ("reconciler plan --format ma", 3, {"markdown"})])  # fmt: skip
def test_completion_completes(words: str, position: int, expected: set[str]) -> None:
    done = subprocess.run(
        [str(Path(sys.executable).parent / "reconciler")],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **complete(words, position)},
        timeout=60,
    )
    assert done.returncode == 0
    assert {line.partition(",")[2] for line in done.stdout.splitlines()} == expected


def test_completion_imports_nothing_heavy() -> None:
    out, imported, code = watch(environ=complete("reconciler pl", 1))
    assert (code, out) == (0, "plain,plan\n")
    assert not imported & set(HEAVY)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_can_be_had(shell: str) -> None:
    done = subprocess.run(
        [str(Path(sys.executable).parent / "reconciler")],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "_RECONCILER_COMPLETE": f"{shell}_source"},
        timeout=60,
    )
    assert "_RECONCILER_COMPLETE" in done.stdout


def test_python_m_reconciler_is_the_same_command() -> None:
    done = subprocess.run([sys.executable, "-m", "reconciler", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"reconciler {__version__}\n"
    assert done.stderr == ""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    subprocess.run(["uv", "build", "--wheel", "--quiet", "--out-dir", str(out), str(ROOT)], check=True, timeout=300)
    (built,) = out.glob("*.whl")
    return built


MISSES = """
import sys
from collections import Counter
misses = Counter()
class Last:
    def find_spec(self, name, path=None, target=None):
        misses[name] += 1
sys.meta_path.append(Last())
from reconciler.cli.root import run
assert run(["init", "lines"]) == 0
assert run(["-C", "lines", "--sandbox", "plan"]) == 0
assert run(["-C", "lines", "--sandbox", "apply", "--auto-approve"]) == 0
print({name: count for name, count in misses.items() if count > 2 and name not in sys.stdlib_module_names})
"""


def test_installed_alone_no_import_fails_in_a_loop(wheel: Path, tmp_path: Path) -> None:
    """What a library looks for at each request, and does not find, costs more than the request: it must be declared."""
    venv = tmp_path / "venv"
    subprocess.run(["uv", "venv", "--quiet", str(venv)], check=True, timeout=120)
    install = ["uv", "pip", "install", "--quiet", "--python", str(venv / "bin/python"), str(wheel)]
    subprocess.run(install, check=True, timeout=300)
    command = [str(venv / "bin/python"), "-I", "-c", MISSES]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path, timeout=120)
    assert done.stdout.splitlines()[-1] == "{}"


def test_the_wheel_carries_everything_and_runs_elsewhere(wheel: Path, tmp_path: Path) -> None:
    """Unpacked far from the checkout it validates, plans and applies a new project; nothing of the tests is in it."""
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        archive.extractall(tmp_path / "site")
    schemas = {
        f"reconciler/schemas/{path.relative_to(ROOT / 'schemas')}" for path in (ROOT / "schemas").rglob("*.json")
    }
    package = {str(path.relative_to(ROOT)) for path in (ROOT / "reconciler").rglob("*") if path.is_file() and "__pycache__" not in path.parts}  # fmt: skip
    assert schemas | package <= names
    assert not any(name.startswith(("tests/", "examples/", "schemas/")) for name in names)
    script = "import sys; sys.path.insert(0, sys.argv.pop(1)); from reconciler.cli.root import run; import reconciler; assert 'site' in reconciler.__file__; sys.exit(run(sys.argv[1:]))"
    for arguments in (["init", "lines"], ["-C", "lines", "validate"], ["-C", "lines", "--sandbox", "plan", "--format", "html"], ["-C", "lines", "--sandbox", "apply", "--auto-approve"]):  # fmt: skip
        done = subprocess.run(
            [sys.executable, "-I", "-c", script, str(tmp_path / "site"), *arguments],
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
