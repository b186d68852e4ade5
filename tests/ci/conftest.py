"""A forge on loopback, the environment of a job that talks to it, and plans to post."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from reconciler.cli.options import Globals
from reconciler.cli.root import root
from reconciler.model.plan import Plan
from reconciler.report.machine.documents import render_plan_json
from tests.ci.fake_forge import COMMIT, REPOSITORY, TOKEN, FakeForge, serve_forge


@pytest.fixture
def forge() -> Iterator[FakeForge]:
    with serve_forge(FakeForge()) as served:
        yield served


@pytest.fixture
def environ(forge: FakeForge, tmp_path: Path) -> dict[str, str]:
    """The variables of a GitHub job for pull request 7 from a branch of the repository itself."""
    return build_environ(forge, tmp_path)


def build_environ(forge: FakeForge, folder: Path, *, head: str = REPOSITORY) -> dict[str, str]:
    event = folder / "event.json"
    pull_request = {"number": 7, "head": {"sha": COMMIT, "repo": {"full_name": head}}}
    event.write_text(json.dumps({"pull_request": pull_request}), encoding="utf-8")
    return {
        "GITHUB_REPOSITORY": REPOSITORY,
        "GITHUB_API_URL": forge.url,
        "GITHUB_SERVER_URL": "https://github.example",
        "GITHUB_RUN_ID": "42",
        "GITHUB_EVENT_PATH": str(event),
        "GITHUB_SHA": "f" * 40,
        "GITHUB_TOKEN": TOKEN,
    }


def build_gitlab(forge: FakeForge, **more: str) -> dict[str, str]:
    """The variables of a GitLab job for merge request 7."""
    return {
        "CI_API_V4_URL": f"{forge.url}/gitlab",
        "CI_PROJECT_ID": "77",
        "CI_MERGE_REQUEST_IID": "7",
        "CI_MERGE_REQUEST_PROJECT_ID": "77",
        "CI_COMMIT_SHA": COMMIT,
        "CI_COMMIT_BRANCH": "main",
        "CI_JOB_URL": "https://gitlab.example/jobs/1",
        "GITLAB_TOKEN": TOKEN,
        **more,
    }


@dataclass(frozen=True)
class Ran:
    """What a command printed, and its exit code."""

    exit_code: int
    stdout: str
    stderr: str


Run = Callable[..., Ran]


@pytest.fixture
def run() -> Run:
    def run_command(*arguments: str, environ: Mapping[str, str]) -> Ran:
        options = Globals(environ=environ)
        result = CliRunner().invoke(root, arguments, obj=options, standalone_mode=False)
        if result.exception is not None:
            raise result.exception
        return Ran(int(result.return_value), result.stdout, " ".join(result.stderr.split()))

    return run_command


@pytest.fixture
def save(tmp_path: Path) -> Callable[[Plan], str]:
    def save_plan(plan: Plan) -> str:
        target = tmp_path / "plan.json"
        target.write_text(render_plan_json(plan), encoding="utf-8")
        return str(target)

    return save_plan
