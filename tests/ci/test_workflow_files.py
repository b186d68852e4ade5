"""What can be read off the action and the workflows: scripts parse, versions are pinned, rights are least, nothing is injected."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.ci.workflow_files import (
    ACTION,
    BIN,
    EXPRESSION,
    GITLAB,
    ROOT,
    WORKFLOWS,
    list_scripts,
    list_steps,
    read_yaml,
)

SCRIPTS = list(list_scripts())
RIGHTS = {
    "fleet.yml": {
        "plan": {"contents: read"},
        "show": {"contents: read", "pull-requests: write"},
        "apply": {"contents: write", "pull-requests: read"},
    },
    "large.yml": {"plan": {"contents: read", "pull-requests: write"}, "everything": {"contents: read"}},
    "plan.yml": {"plan": {"contents: read", "pull-requests: write"}, "plan-of-a-fork": {"contents: read"}},
    "apply.yml": {
        "apply": {"contents: write", "pull-requests: write", "issues: write"},
        "apply-by-hand": {"contents: write", "pull-requests: write", "issues: write"},
    },
    "drift.yml": {"drift": {"contents: write", "issues: write"}},
    "environments.yml": {
        "plan": {"contents: read", "pull-requests: write"},
        "apply": {"contents: write", "pull-requests: write", "issues: write"},
    },
}


PUSHED = "github.event_name == 'push'"
SCHEDULED = "github.event_name == 'schedule' || github.event_name == 'workflow_dispatch'"
OURS = (
    "github.event_name == 'merge_group' || (github.event_name == 'pull_request' && "
    "github.event.pull_request.head.repo.full_name == github.repository && "
    "github.event.pull_request.user.login != 'dependabot[bot]')"
)
"""Where a job may have keys: pushes, merge queues, and pull requests of the repository itself."""


def list_jobs() -> list[tuple[Path, str, dict[str, Any]]]:
    return [(path, name, job) for path in WORKFLOWS for name, job in read_yaml(path)["jobs"].items()]


def test_there_are_scripts_and_workflows() -> None:
    assert [path.name for path in WORKFLOWS] == sorted(RIGHTS)
    assert len(SCRIPTS) >= 20


@pytest.mark.parametrize(("place", "script"), SCRIPTS, ids=[place for place, _ in SCRIPTS])
def test_scripts_parse_and_take_nothing_from_expressions(place: str, script: str) -> None:
    checked = subprocess.run(["bash", "-n"], input=script, capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, ""), place
    assert "${{" not in script
    assert "eval" not in script


@pytest.mark.parametrize("path", [ACTION, *WORKFLOWS], ids=lambda path: path.name)
def test_every_action_is_pinned(path: Path) -> None:
    lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if "uses:" in line]
    assert lines
    for line in lines:
        pinned = re.search(
            r"uses: (?:actions/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+|acme/reconciler@v\d+\.\d+\.\d+)$", line
        )
        assert pinned, line


def test_every_variable_of_a_script_is_set() -> None:
    offered = {"RUNNER_TEMP", "GITHUB_ACTION_PATH", "GITHUB_PATH", "GITHUB_OUTPUT"}
    for step in list_steps(ACTION):
        if "run" in step:
            used = set(re.findall(r"\$\{?([A-Z][A-Z_]*)", step["run"]))
            assert used <= offered | set(step.get("env", {})), step["name"]
            assert step["shell"] == "bash"
            assert step["run"].startswith("set -euo pipefail\n")


def test_the_token_reaches_only_the_commands_that_need_it() -> None:
    for step in list_steps(ACTION):
        commands = re.findall(r"reconciler (?:-C \S+ )?(\w+)", step.get("run", ""))
        assert ("GITHUB_TOKEN" in step.get("env", {})) == (
            "ci" in commands and not re.search(r"ci (?:summary|outputs)", step["run"])
        )


def test_inputs_are_described_and_known() -> None:
    inputs = read_yaml(ACTION)["inputs"]
    used = set(re.findall(r"inputs\.([a-z-]+)", ACTION.read_text(encoding="utf-8")))
    assert used == set(inputs)
    assert all(told["description"] and ("default" in told or told.get("required")) for told in inputs.values())
    for path in WORKFLOWS:
        for step in list_steps(path):
            if step.get("uses", "").startswith("acme/reconciler"):
                assert set(step["with"]) <= set(inputs)


def test_rights_are_the_least_that_work() -> None:
    for path in WORKFLOWS:
        assert read_yaml(path)["permissions"] in ({}, "{}"), path.name
    found: dict[str, dict[str, set[str]]] = {}
    for path, name, job in list_jobs():
        found.setdefault(path.name, {})[name] = {f"{what}: {right}" for what, right in job["permissions"].items()}
    assert found == RIGHTS


@pytest.mark.parametrize(
    ("path", "name", "job"), list_jobs(), ids=lambda value: value if isinstance(value, str) else ""
)
def test_forks_get_no_secret(path: Path, name: str, job: dict[str, Any]) -> None:
    triggers = read_yaml(path)["on"]
    assert "pull_request_target" not in triggers
    assert "workflow_run" not in triggers
    assert int(job["timeout-minutes"]) <= 60
    if "pull_request" in triggers and "secrets." in str(job):
        assert " ".join(job["if"].split()) in {OURS, PUSHED, SCHEDULED}, name


def test_expressions_name_no_text_that_a_stranger_writes() -> None:
    for path in (ACTION, *WORKFLOWS):
        for found in EXPRESSION.findall(path.read_text(encoding="utf-8")):
            assert not re.search(
                r"github\.(head_ref|event\.(?!pull_request\.(number|user\.login|head\.repo\.full_name)))", found
            )


def test_no_script_imports_from_the_workspace() -> None:
    """`python -m` puts the current folder first, and that is the pull request's; -I keeps it out."""
    for place, script in SCRIPTS:
        for line in script.splitlines():
            told = re.sub(r"-I -m \w+", "-I", line.partition("#")[0])
            assert not re.search(r"(?:^|[\s;&|(])(?:pip3?|pipx|uvx?|uv|venv|virtualenv)\s", told), f"{place}: {line}"
            for call in re.findall(r"(?:python[0-9.]*|\"\$own\"|\"%s\")\s+(\S+)", told):
                assert call in {"-I", ">"}, f"{place}: {line}"


def test_gitlab_scripts_only_call_reconciler() -> None:
    for name, job in read_yaml(GITLAB).items():
        lines = [*job.get("script", []), *job.get("after_script", [])] if isinstance(job, dict) else []
        for line in lines:
            assert line.startswith("reconciler "), f"{name}: {line}"


def test_the_pre_commit_hook_is_valid_and_its_entry_works() -> None:
    manifest = ROOT / ".pre-commit-hooks.yaml"
    checked = subprocess.run(
        [BIN / "pre-commit", "validate-manifest", manifest], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    (hook,) = yaml.safe_load(manifest.read_text(encoding="utf-8"))
    assert (hook["language"], hook["pass_filenames"]) == ("python", False)
    program, *arguments = shlex.split(hook["entry"])
    command = [str(BIN / program), *arguments, "-C", str(ROOT / "examples" / "quickstart")]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout.partition(":")[0]) == (0, "Valid"), run.stderr
