"""`ci drift-pr`: a console edit becomes a branch and a pull request, one for a project and environment, and no more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from reconciler.cli.options import Globals
from reconciler.cli.root import run
from tests.ci.conftest import build_environ, build_gitlab
from tests.ci.fake_forge import REPOSITORY, FakeForge
from tests.cli.stage import QUICK, Told, _no_terminal, hotline
from tests.ledger.samples import run_git

PROJECT = """\
version: 1
accounts: {fluents: {}}
numbers:
  hotline:
    id: +14155552671
    spec:
      label: Hotline  # what people call it
      description: Day
"""


class Job:
    """A clone of a shared repository in which a scheduled job runs."""

    def __init__(self, folder: Path, forge: FakeForge, *, text: str = PROJECT) -> None:
        self.remote = folder / "remote.git"
        run_git(folder, "init", "-q", "--bare", "-b", "main", str(self.remote))
        run_git(folder, "clone", "-q", self.remote.as_uri(), "clone")
        self.clone = folder / "clone"
        (self.clone / "voice").mkdir()
        self.stage = hotline(self.clone / "voice", text=text)
        self.forge = forge
        self.environ = {
            name: value for name, value in build_environ(forge, folder).items() if name != "GITHUB_EVENT_PATH"
        }
        self.environ |= {"GITHUB_REF": "refs/heads/main", "GITHUB_WORKSPACE": str(self.clone)}
        self.commit("Declare")
        self.stage.settle()

    def commit(self, message: str) -> None:
        run_git(self.clone, "add", "-A")
        run_git(self.clone, "-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "-q", "-m", message)
        run_git(self.clone, "push", "-q", "origin", "HEAD:main")

    def edit_console(self, **values: Any) -> None:
        (number,) = self.stage.world.rows("fluents", "numbers")
        self.stage.world.put("fluents", "numbers", number["number"], {**number, **values})

    def run(self, *words: str) -> Told:
        environ = {**self.stage.environ, **self.environ}
        outside = Globals(transport=self.route, environ=environ, now=self.stage.clock, patience=QUICK)
        with _no_terminal() as (out, err):
            code = run(("-C", str(self.stage.folder), "ci", "drift-pr", *words), outside=outside)
        return Told(code, out.getvalue(), err.getvalue())

    def route(self, account: Any) -> httpx.AsyncBaseTransport:
        if account.name in ("github", "gitlab"):
            return httpx.AsyncHTTPTransport()
        return self.stage.transport(account)

    def read_branch(self, branch: str) -> str:
        return run_git(self.remote, "show", f"{branch}:voice/reconciler.yaml")

    def list_branches(self) -> list[str]:
        return run_git(self.remote, "for-each-ref", "--format=%(refname:short)", "refs/heads").split()


@pytest.fixture
def job(tmp_path: Path, forge: FakeForge) -> Job:
    return Job(tmp_path, forge)


BRANCH = "reconciler/drift/voice@default"


def test_drift_is_proposed_renewed_and_withdrawn(job: Job) -> None:
    assert job.run().out.strip() == "Pull request: nothing to do"
    job.edit_console(label="Night")
    told = job.run()
    assert told.code == 0, told.all
    assert told.out.startswith("Pull request: created")
    (proposal,) = job.forge.proposals
    assert (proposal["head"]["ref"], proposal["base"]["ref"], proposal["title"]) == (BRANCH, "main", "Take over what was changed outside git")  # fmt: skip
    assert proposal["body"].startswith("<!-- reconciler:drift-pr:default:/voice -->")
    assert "Night" in proposal["body"]
    assert job.read_branch(BRANCH) == PROJECT.replace("Hotline", "Night").rstrip("\n")
    assert run_git(job.remote, "rev-parse", f"{BRANCH}~1") == run_git(job.remote, "rev-parse", "main")
    assert run_git(job.clone, "status", "--porcelain") == ""
    tip = run_git(job.remote, "rev-parse", BRANCH)
    assert job.run().out.startswith("Pull request: updated")
    assert run_git(job.remote, "rev-parse", BRANCH) == tip
    job.edit_console(description="Late")
    assert job.run().out.startswith("Pull request: updated")
    assert "Late" in job.read_branch(BRANCH)
    assert len(job.forge.proposals) == 1
    job.edit_console(label="Hotline", description="Day")
    assert job.run().out.startswith("Pull request: closed")
    assert (proposal["state"], job.list_branches()) == ("closed", ["main"])
    assert "agree again" in job.forge.comments[proposal["number"]][0]["body"]
    assert job.run().out.strip() == "Pull request: nothing to do"


def test_the_branches_of_several_projects_and_environments_stand_side_by_side(job: Job) -> None:
    others = ["reconciler/drift/@default", "reconciler/drift/@voice", "reconciler/drift/voice@production"]
    for branch in others:
        run_git(job.remote, "branch", branch, "main")
    job.edit_console(label="Night")
    assert job.run().out.startswith("Pull request: created")
    assert job.list_branches() == sorted(["main", *others, BRANCH])


def test_the_same_at_gitlab(job: Job) -> None:
    job.environ = {name: value for name, value in build_gitlab(job.forge).items() if "MERGE_REQUEST" not in name}
    job.environ["CI_PROJECT_DIR"] = str(job.clone)
    job.forge.me = "project_77_bot"
    job.edit_console(label="Night")
    told = job.run()
    assert told.out.startswith("Pull request: created"), told.all
    (proposal,) = job.forge.proposals
    assert (proposal["source_branch"], proposal["target_branch"]) == (BRANCH, "main")
    job.edit_console(label="Hotline")
    assert job.run().out.startswith("Pull request: closed")
    assert proposal["state"] == "closed"


def test_what_has_no_single_place_is_named_and_the_rest_is_proposed(tmp_path: Path, forge: FakeForge) -> None:
    text = PROJECT.replace("Day", '"${var.WHEN}"')
    job = Job(tmp_path, forge, text=text.replace("${var.WHEN}", "Day"))
    job.stage.write("reconciler.yaml", text)
    job.stage.environ["RECONCILER_VAR_WHEN"] = "Day"
    job.commit("Vary")
    job.stage.settle()
    job.edit_console(label="Night", description="Late")
    told = job.run()
    assert told.code == 0, told.all
    assert "numbers.hotline/description" in forge.proposals[0]["body"]
    assert "is left as git has it" in told.words
    assert "Night" in job.read_branch(BRANCH)


@pytest.mark.parametrize("trouble", ["pull request", "fork", "unreadable", "no right"])
def test_it_keeps_its_hands_off(job: Job, tmp_path: Path, trouble: str) -> None:
    job.edit_console(label="Night")
    if trouble in ("pull request", "fork"):
        job.environ = build_environ(job.forge, tmp_path, head=REPOSITORY if trouble == "pull request" else "mallory/x")
    elif trouble == "unreadable":
        assert job.run().code == 0
        job.edit_console(label="Hotline")
        job.stage.forget_ledger()
    else:
        job.forge.writable = False
    told = job.run()
    if trouble == "unreadable":
        assert told.out.strip().startswith("Pull request: nothing to do"), told.all
        assert job.forge.proposals[0]["state"] == "open"
        return
    assert told.code == (1 if trouble == "no right" else 5), told.all
    assert job.forge.proposals == []
    if trouble != "no right":
        assert job.list_branches() == ["main"]
        assert "on a schedule" in told.words


def test_a_dry_run_shows_and_writes_nothing(job: Job) -> None:
    job.edit_console(label="Night")
    told = job.run("--dry-run")
    assert "Night" in told.out
    assert (job.forge.writes, job.list_branches()) == ([], ["main"])


def test_a_branch_that_cannot_be_pushed_is_told(job: Job) -> None:
    job.edit_console(label="Night")
    hook = job.remote / "hooks/pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'you may not push here' >&2\nexit 1\n")
    hook.chmod(0o755)
    told = job.run()
    assert told.code == 1
    assert "you may not push here" in told.words
    assert job.forge.proposals == []
