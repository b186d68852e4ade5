"""A sandbox without sandbox.yaml holds what is declared; a fork's plan shows what it changes; `pull --seed` writes a seed."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from reconciler.app.sandbox_state import read_seed
from reconciler.cli.options import Globals
from reconciler.cli.root import root
from reconciler.sandbox import create_app
from tests.cli.stage import ROOT

ALIKE = {"batch-of-one-agent"}
"""Cases with one connector's id at two agents: the sandbox knows a connector by its own id alone."""
CASES = [
    path for path in sorted((ROOT / "tests" / "cases").glob("*/*/*/declared.yaml")) if path.parent.name not in ALIKE
]


def run(folder: Path, *words: str) -> tuple[int, str]:
    ran = CliRunner().invoke(root, ["-C", str(folder), *words], obj=Globals(environ={}), standalone_mode=False)
    if ran.exception is not None:
        raise ran.exception
    return int(ran.return_value), ran.stdout + ran.stderr


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The quickstart without its seed."""
    hidden = shutil.ignore_patterns(".*", "sandbox.yaml")
    return Path(shutil.copytree(ROOT / "examples" / "quickstart", tmp_path / "project", ignore=hidden))


def git(folder: Path, *words: str) -> str:
    name = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
    done = subprocess.run(["git", *name, *words], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout


def edit(project: Path, old: str, new: str, *, file: str = "config/polyai.yaml") -> None:
    path = project / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_what_is_declared_is_there_and_in_sync(project: Path) -> None:
    code, out = run(project, "--sandbox", "plan", "--detailed-exitcode")
    assert (code, "No changes. 9 resources match" in out) == (0, True), out


def test_a_change_after_that_is_planned_applied_and_undone(project: Path) -> None:
    run(project, "--sandbox", "plan")
    edit(project, "en-US-Neural2-A", "en-US-Neural2-D")
    edit(project, "language: no", "language: da", file="config/opencopilot.yaml")
    code, out = run(project, "--sandbox", "plan", "--format", "json")
    plan = json.loads(out[out.index("{") : out.rindex("}") + 1])
    causes = {change["cause"] for update in plan["updates"] for change in update["changes"]}
    assert (code, causes) == (0, {"config"})
    assert "agents.receptionist" in [update["address"] for update in plan["updates"]]
    assert run(project, "--sandbox", "apply", "--auto-approve")[0] == 0
    assert run(project, "--sandbox", "plan", "--detailed-exitcode")[0] == 0
    assert run(project, "--sandbox", "undo", "latest", "--auto-approve")[0] == 0


def test_a_resource_that_is_new_in_the_files_is_there_too(project: Path) -> None:
    run(project, "--sandbox", "plan")
    more = "numbers:\n  night:\n    account: fluents\n    id: +12025550111\n    spec: {label: Night, inbound_agent: 7c9e6679-7425-40de-944b-e07fc1f90ae7}\n"
    (project / "config" / "more.yaml").write_text(more, encoding="utf-8")
    code, out = run(project, "--sandbox", "plan", "--detailed-exitcode")
    assert (code, "10 resources match" in out) == (0, True), out


def test_a_seed_of_the_project_wins(project: Path) -> None:
    shutil.copy(ROOT / "examples" / "quickstart" / "sandbox.yaml", project)
    assert run(project, "--sandbox", "plan", "--detailed-exitcode")[0] == 2


def test_two_accounts_of_one_vendor_are_two_worlds(tmp_path: Path) -> None:
    accounts = "version: 1\naccounts:\n  north: {provider: fluents}\n  south: {provider: fluents, credential: FLUENTS_SOUTH_KEY, base_url: 'http://127.0.0.1:9/v1'}\n"
    numbers = "numbers:\n  a: {account: north, id: +12025550143, spec: {label: N}}\n  b: {account: south, id: +12025550143, spec: {label: S}}\n"
    (tmp_path / "reconciler.yaml").write_text(accounts + numbers, encoding="utf-8")
    code, out = run(tmp_path, "--sandbox", "plan", "--detailed-exitcode")
    assert (code, "2 resources match" in out) == (0, True), out


NOT_SOWN = ("branchId:", "real_time_configs:")
"""What hangs on an agent of PolyAI, or on a branch of one: a seed names the agent first."""


@pytest.mark.parametrize("case", CASES[:: max(1, len(CASES) // 20)], ids=lambda case: case.parent.name)
def test_whatever_can_be_declared_is_there(case: Path, tmp_path: Path) -> None:
    shutil.copy(case, tmp_path / "reconciler.yaml")
    text = (tmp_path / "reconciler.yaml").read_text(encoding="utf-8")
    if not re.search(r"^version:", text, re.MULTILINE):
        accounts = "version: 1\naccounts: {galtea: {}, fluents: {}, opencopilot: {}, polyai: {}}\n"
        (tmp_path / "reconciler.yaml").write_text(accounts, encoding="utf-8")
        (tmp_path / "declared.yaml").write_text(text, encoding="utf-8")
    if run(tmp_path, "validate")[0] or any(word in text for word in NOT_SOWN):
        return
    code, out = run(tmp_path, "--sandbox", "plan")
    assert "absent" not in out, out
    assert code in (0, 5), out


# --- forks ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def clone(tmp_path: Path, project: Path) -> Path:
    """A repository with the project as the main branch has it, in its folder `project`."""
    git(tmp_path, "init", "-q", "-b", "main")
    (tmp_path / ".gitignore").write_text(".reconciler\n", encoding="utf-8")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "Declare")
    return project


def test_a_fork_without_a_seed_shows_what_it_changes(clone: Path) -> None:
    edit(clone, "en-US-Neural2-A", "en-US-Neural2-D")
    git(clone, "commit", "-qam", "Change a voice")
    code, out = run(clone, "sandbox", "seed", "--base", "HEAD^1")
    assert (code, "9 more objects" in out) == (0, True), out
    code, out = run(clone, "--sandbox", "plan", "--format", "markdown")
    assert code == 0
    assert "2 updates: 2 from this change" in out
    assert "en-US-Neural2-D" in out


def test_a_base_without_the_project_declares_nothing(tmp_path: Path, project: Path) -> None:
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "commit", "-q", "--allow-empty", "-m", "Nothing")
    code, out = run(project, "sandbox", "seed", "--base", "HEAD")
    assert (code, "note[nothing-sown]" in out) == (0, True)
    assert run(project, "--sandbox", "plan", "--detailed-exitcode")[0] == 0


def test_an_invalid_base_is_said_and_passes(clone: Path) -> None:
    edit(clone, "connectors:", "nonsense:")
    git(clone, "commit", "-qam", "Break it")
    edit(clone, "nonsense:", "connectors:")
    code, out = run(clone, "sandbox", "seed", "--base", "HEAD")
    assert (code, "are invalid" in out) == (0, True)


def test_a_commit_that_is_not_here_is_an_error_that_says_what_to_fetch(clone: Path) -> None:
    code, out = run(clone, "sandbox", "seed", "--base", "HEAD^1")
    assert code == 1
    assert "error[commit-unknown]" in out
    assert "fetch-depth: 2" in " ".join(out.split())
    assert run(clone, "sandbox", "seed", "--base", "--output=/tmp/x")[0] == 1


def test_a_tree_that_leads_out_of_the_folder_writes_nothing_there(clone: Path) -> None:
    """Git refuses to check out `..`; a tree that somebody built by hand may name it all the same."""
    blob = subprocess.run(
        ["git", "hash-object", "-w", "--stdin"], cwd=clone, input="x", capture_output=True, text=True, check=True
    ).stdout.strip()
    entry = b"100644 ..\x00" + bytes.fromhex(blob)
    tree = subprocess.run(
        ["git", "hash-object", "-t", "tree", "-w", "--stdin", "--literally"],
        cwd=clone, input=b"40000 project\x00" + bytes.fromhex(_store_tree(clone, entry)), capture_output=True, check=True,
    ).stdout.decode().strip()  # fmt: skip
    commit = git(clone, "commit-tree", tree, "-m", "x").strip()
    code, out = run(clone, "sandbox", "seed", "--base", commit)
    assert (code, "no project here" in " ".join(out.split())) == (0, True), out


def _store_tree(clone: Path, entry: bytes) -> str:
    done = subprocess.run(
        ["git", "hash-object", "-t", "tree", "-w", "--stdin", "--literally"],
        cwd=clone, input=entry, capture_output=True, check=True,
    )  # fmt: skip
    return done.stdout.decode().strip()


# --- pull --seed ------------------------------------------------------------------------------------------------------


def test_a_pulled_seed_is_played_as_it_was(project: Path, tmp_path: Path) -> None:
    shutil.copy(ROOT / "examples" / "quickstart" / "sandbox.yaml", project)
    seed = tmp_path / "seed.yaml"
    code, out = run(project, "--sandbox", "pull", "--seed", "--out", str(seed), "--group", "agentId=PROJECT-58RP822I")
    assert code == 0, out
    create_app(database=None, seed=read_seed(tmp_path, "seed.yaml")).state.world.close()
    before = run(project, "--sandbox", "plan", "--format", "json")[1]
    other = tmp_path / "other"
    shutil.copytree(project, other, ignore=shutil.ignore_patterns(".*", "sandbox.yaml"))
    shutil.copy(seed, other / "sandbox.yaml")
    after = run(other, "--sandbox", "plan", "--format", "json")[1]
    plans = [json.loads(told[told.index("{") : told.rindex("}") + 1])["updates"] for told in (before, after)]
    assert plans[0] == plans[1]


@pytest.mark.parametrize(
    "label", ["plain", "no", "+12025550143", "a: b # c", "tab\t\x7f\x85\u2028\ufeff", "日本 🐈", "{x}\n- y"]
)
def test_any_text_survives_a_pulled_seed(tmp_path: Path, label: str) -> None:
    project = tmp_path / "p"
    project.mkdir()
    (project / "reconciler.yaml").write_text("version: 1\naccounts: {fluents: {}}\n", encoding="utf-8")
    row = {"number": "+12025550143", "label": label}
    (project / "sandbox.yaml").write_text(_write_seed(row), encoding="utf-8")
    code, out = run(project, "--sandbox", "pull", "numbers", "--seed", "--out", str(tmp_path / "seed.yaml"))
    assert code == 0, out
    seed = read_seed(tmp_path, "seed.yaml")
    assert seed is not None
    assert seed["fluents"]["numbers"][0]["label"] == label


def _write_seed(row: dict[str, str]) -> str:
    """YAML knows no surrogates, so characters stand as they are, but for those it wants escaped."""
    text = json.dumps({"fluents": {"numbers": [row]}}, ensure_ascii=False)
    return re.sub("[\x7f-\x9f\u2028\ufeff]", lambda found: f"\\u{ord(found[0]):04x}", text)
