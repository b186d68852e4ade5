"""The shell completes what a project holds, and a newcomer's first mistakes are told for what they are."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner

from reconciler.cli.options import Globals
from reconciler.cli.root import root
from tests.cli.stage import ROOT


def run(folder: Path, *words: str) -> tuple[int, str]:
    ran = CliRunner().invoke(root, ["-C", str(folder), *words], obj=Globals(environ={}), standalone_mode=False)
    if ran.exception is not None:
        raise ran.exception
    return int(ran.return_value), " ".join((ran.stdout + ran.stderr).split())


def complete(folder: Path, *words: str) -> list[str]:
    """What a shell offers for the last of the words."""
    options = Globals(environ={}, folder=str(folder))
    found = ShellComplete(root, {"obj": options}, "reconciler", "_RECONCILER_COMPLETE")
    return [item.value for item in found.get_completions(["-C", str(folder), *words[:-1]], words[-1])]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    hidden = shutil.ignore_patterns(".*")
    return Path(shutil.copytree(ROOT / "examples" / "quickstart", tmp_path / "project", ignore=hidden))


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("plan", "--target", "numbers."), ["numbers.after-hours", "numbers.front-desk"]),
        (("apply", "--allow-protected", "agents.rec"), ["agents.receptionist"]),
        (("plan", "--account", "f"), ["fluents"]),
        (("pull", "conn"), ["connectors"]),
        (("explain", "connectors.voiceN"), ["connectors.voiceName"]),
        (("explain", "yaml-s"), ["yaml-syntax"]),
        (("--vice", "late-4"), ["late-429"]),
        (("history", "lat"), ["latest"]),
    ],
)
def test_what_a_project_holds_is_completed(project: Path, words: tuple[str, ...], offered: list[str]) -> None:
    assert complete(project, *words) == offered


def test_environments_and_their_addresses_are_completed() -> None:
    folder = ROOT / "examples" / "one-file"
    assert "staging" in complete(folder, "plan", "--env", "st")
    assert complete(folder, "plan", "--env", "staging", "--target", "")


def test_runs_are_completed(project: Path) -> None:
    run(project, "--sandbox", "apply", "--auto-approve")
    latest, name = complete(project, "--sandbox", "undo", "")
    assert (latest, name[:2]) == ("latest", "20")


def test_a_broken_project_completes_nothing_and_says_nothing(project: Path) -> None:
    (project / "reconciler.yaml").write_text("{{", encoding="utf-8")
    assert complete(project, "plan", "--target", "") == []
    assert complete(project.parent, "history", "2") == []


@pytest.mark.parametrize(
    ("shell", "checker"), [("bash", ["bash", "-n"]), ("zsh", ["zsh", "-n"]), ("fish", ["fish", "-n"])]
)
def test_the_script_of_a_shell_is_printed(tmp_path: Path, shell: str, checker: list[str]) -> None:
    code, _ = run(tmp_path, "completion", shell)
    assert code == 0
    script = CliRunner().invoke(root, ["completion", shell], obj=Globals(environ={}), standalone_mode=False).stdout
    assert "_RECONCILER_COMPLETE" in script
    if shutil.which(checker[0]):
        checked = subprocess.run(checker, input=script, text=True, capture_output=True, check=False)
        assert (checked.returncode, checked.stderr) == (0, "")


# --- first mistakes ---------------------------------------------------------------------------------------------------


def test_a_project_file_with_another_ending_is_recognised(tmp_path: Path) -> None:
    (tmp_path / "reconciler.yml").write_text("version: 1\n", encoding="utf-8")
    code, out = run(tmp_path, "validate")
    assert code == 3
    assert "reconciler.yml" in out
    assert "call it reconciler.yaml" in out


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("chart/templates/service.yaml", "kind: Service\nmetadata:\n  name: {{ .Release.Name }}-x\n"),
        ("k8s/all.yaml", "apiVersion: v1\nkind: A\n---\napiVersion: v1\nkind: B\n"),
        ("k8s/one.yaml", "apiVersion: v1\nkind: A\n"),
    ],
)
def test_files_of_others_are_told_to_be_left_out(tmp_path: Path, file: str, text: str) -> None:
    (tmp_path / "reconciler.yaml").write_text("version: 1\naccounts: {fluents: {}}\n", encoding="utf-8")
    (tmp_path / file).parent.mkdir(parents=True)
    (tmp_path / file).write_text(text, encoding="utf-8")
    code, out = run(tmp_path, "validate")
    assert (code, "`exclude` in reconciler.yaml" in out) == (3, True), out


def test_a_file_of_another_tool_is_one_mistake_with_the_setting_that_ends_it(tmp_path: Path) -> None:
    settings = tmp_path / "reconciler.yaml"
    settings.write_text("version: 1\naccounts: {fluents: {}}\n", encoding="utf-8")
    (tmp_path / "charts").mkdir()
    (tmp_path / "charts" / "Chart.yaml").write_text("apiVersion: v2\nname: x\nversion: 1\ntype: a\n", encoding="utf-8")
    code, out = run(tmp_path, "validate")
    assert (code, "1 error." in out) == (3, True), out
    assert '"apiVersion", "name", "version" and others' in out
    bare, globs = settings.read_text(encoding="utf-8"), re.findall(r"(?:name|folder) \(`(.*?)`\)", out)
    assert globs == ["Chart.yaml", "charts"]
    for glob in globs:
        settings.write_text(f"{bare}exclude: [{glob}]\n", encoding="utf-8")
        assert run(tmp_path, "validate")[0] == 0


def test_a_wrong_kind_beside_right_ones_is_told_with_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "reconciler.yaml").write_text("version: 1\naccounts: {fluents: {}}\n", encoding="utf-8")
    (tmp_path / "n.yaml").write_text("numbrs: {}\napiVersion: 1\n", encoding="utf-8")
    _, out = run(tmp_path, "validate")
    assert "Did you mean `numbers`?" in out
    assert "2 errors." in out


def test_missing_keys_are_one_finding_with_both_ways_on(project: Path) -> None:
    code, out = run(project, "plan")
    assert code == 6
    assert out.count("credential-missing") == 1
    for provider in ("GALTEA", "FLUENTS", "OPENCOPILOT", "POLYAI"):
        assert f"{provider}_API_KEY" in out
    assert out.count("`reconciler doctor` tells which") == 1
    assert "`--sandbox` needs none" in out


def test_an_empty_project_begins_with_no_examples(tmp_path: Path) -> None:
    assert run(tmp_path, "init", "--empty", "new")[0] == 0
    files = {path.name for path in (tmp_path / "new").iterdir()}
    assert files == {"reconciler.yaml", "reconciler.schema.json", ".gitignore"}
    assert run(tmp_path / "new", "validate")[0] == 0


def test_our_state_ignores_itself_from_its_first_file_on(project: Path) -> None:
    run(project, "--sandbox", "plan")
    assert (project / ".reconciler" / ".gitignore").read_text(encoding="utf-8").strip().endswith("*")
