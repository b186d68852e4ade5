"""The pipeline as teams live it: a real repository, a forge on loopback, the sandbox, and every command from plan to outcome."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from reconciler.app.workspace import open_workspace
from reconciler.cli.options import Globals
from tests.ci.conftest import Ran, Run
from tests.ci.fake_forge import REPOSITORY, TOKEN, FakeForge

ACCOUNTS = "version: 1\naccounts: {fluents: {}}\n"
NUMBERS = """\
numbers:
  front:
    id: +12025550143
    spec: {label: Front desk}
  night:
    id: +12025550178
    spec: {label: Night}
  sales:
    id: +12025550199
    spec: {label: Sales}
"""


def git(folder: Path, *words: str) -> str:
    name = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
    return subprocess.run(["git", *name, *words], cwd=folder, capture_output=True, text=True, check=True).stdout.strip()


@dataclass
class Team:
    """A repository with a main branch and pull requests, the forge that holds it, and the jobs that run for both."""

    top: Path
    forge: FakeForge
    run: Run
    pulls: int = 10

    def write(self, path: str, text: str) -> None:
        target = self.top / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")

    def edit(self, path: str, old: str, new: str) -> None:
        text = (self.top / path).read_text(encoding="utf-8")
        assert old in text
        self.write(path, text.replace(old, new))

    def commit(self) -> str:
        git(self.top, "add", ".")
        git(self.top, "commit", "-qm", "Change")
        return git(self.top, "rev-parse", "HEAD")

    def propose(self, path: str, old: str, new: str) -> int:
        """Open a pull request from the tip of main that changes a file; check it out."""
        self.pulls += 1
        git(self.top, "checkout", "-q", "-b", f"pull-{self.pulls}", "main")
        self.edit(path, old, new)
        self.commit()
        return self.pulls

    def merge(self, pull: int) -> str:
        git(self.top, "checkout", "-q", "main")
        git(self.top, "merge", "-q", "--no-ff", "-m", f"Merge #{pull}", f"pull-{pull}")
        commit = git(self.top, "rev-parse", "HEAD")
        self.forge.history.append(commit)
        self.forge.merged[commit] = [pull]
        return commit

    def job(self, *, pull: int = 0, before: str = "", head: str = REPOSITORY) -> dict[str, str]:
        """The variables of a job: of a pull request, or of a push to main that began at `before`."""
        commit = git(self.top, "rev-parse", "HEAD")
        event: dict[str, object] = {"before": before, "after": commit}
        if pull:
            event = {"pull_request": {"number": pull, "head": {"sha": commit, "repo": {"full_name": head}}}}
        place = self.top.parent / "event.json"
        place.write_text(json.dumps(event), encoding="utf-8")
        return {
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_API_URL": self.forge.url,
            "GITHUB_SERVER_URL": "https://github.example",
            "GITHUB_RUN_ID": "42",
            "GITHUB_EVENT_PATH": str(place),
            "GITHUB_WORKSPACE": str(self.top),
            "GITHUB_REF": f"refs/pull/{pull}/merge" if pull else "refs/heads/main",
            "GITHUB_SHA": commit,
            "GITHUB_TOKEN": TOKEN,
            "GITHUB_STEP_SUMMARY": str(self.top.parent / "summary.md"),
        }

    def call(self, project: str, *words: str, job: dict[str, str]) -> Ran:
        return self.run("-C", str(self.top / project), "--sandbox", *words, environ=job)

    def plan(self, project: str, *words: str, job: dict[str, str]) -> str:
        """Plan, and show it at the pull request."""
        file = str(self.top.parent / "plan.json")
        planned = self.call(project, "plan", "--out", file, *words, job=job)
        assert planned.exit_code == 0, planned.stderr
        assert self.call(project, "ci", "comment", file, *words, job=job).exit_code == 0
        return planned.stdout

    def apply(self, project: str, *words: str, job: dict[str, str], vices: tuple[str, ...] = ()) -> Ran:
        """What the job after a merge does: plan, check, apply, tell; return how it ended."""
        file, events = (str(self.top.parent / name) for name in ("plan.json", "events.jsonl"))
        Path(events).unlink(missing_ok=True)
        planned = self.call(project, "plan", "--out", file, *words, job=job)
        assert planned.exit_code == 0, planned.stderr
        ended = self.call(project, "ci", "reviewed", file, *words, job=job)
        if ended.exit_code == 0:
            trouble = [word for vice in vices for word in ("--vice", vice)]
            options = ("--auto-approve", "--format", "json")
            ended = self.call(project, "apply", file, *options, *trouble, *words, job=job)
            Path(events).write_text(ended.stdout, encoding="utf-8")
        told = self.call(project, "ci", "outcome", events, "--or-failed", "--issue", *words, job=job)
        assert told.exit_code == 0, told.stderr
        return ended

    def read_notes(self, pull: int) -> list[str]:
        return [note["body"] for note in self.forge.comments.get(pull, [])]


@pytest.fixture
def team(tmp_path: Path, forge: FakeForge, run: Run) -> Team:
    """A repository with two projects, applied as they stand."""
    top = tmp_path / "clone"
    top.mkdir()
    git(top, "init", "-q", "-b", "main")
    team = Team(top, forge, run)
    team.write(".gitignore", ".reconciler\n")
    for project in ("north", "south"):
        team.write(f"{project}/reconciler.yaml", ACCOUNTS)
        team.write(f"{project}/numbers.yaml", NUMBERS)
    forge.history.append(team.commit())
    for project in ("north", "south"):
        assert team.apply(project, job=team.job()).exit_code == 0
    return team


def test_two_projects_in_one_pull_request(team: Team) -> None:
    start = team.forge.history[-1]
    pull = team.propose("north/numbers.yaml", "Front desk", "Reception")
    team.edit("south/numbers.yaml", "Night", "After hours")
    team.commit()
    for project in ("north", "south"):
        team.plan(project, job=team.job(pull=pull))
    north, south = team.read_notes(pull)
    assert ("Plan north" in north, "Reception" in north, "After hours" in north) == (True, True, False)
    assert ("Plan south" in south, "After hours" in south, "Reception" in south) == (True, True, False)
    team.merge(pull)
    for project in ("north", "south"):
        assert team.apply(project, job=team.job(before=start)).exit_code == 0
    outcomes = team.read_notes(pull)[2:]
    assert [note.split("\n")[1] for note in outcomes] == [
        "<h3>Applied 1 — north</h3>",
        "<h3>Applied 1 — south</h3>",
    ]


def test_a_queue_of_three_is_applied_by_one_push(team: Team) -> None:
    start = team.forge.history[-1]
    changes = [("Front desk", "Reception"), ("Night", "After hours"), ("Sales", "Orders")]
    pulls = [team.propose("north/numbers.yaml", *change) for change in changes]
    for pull in pulls:
        git(team.top, "checkout", "-q", f"pull-{pull}")
        team.plan("north", job=team.job(pull=pull))
    for pull in pulls:
        team.merge(pull)
        queued = team.job() | {"GITHUB_REF": f"refs/heads/gh-readonly-queue/main/pr-{pull}-{'a' * 40}"}
        queued |= {"GITHUB_EVENT_NAME": "merge_group", "GITHUB_EVENT_PATH": ""}
        team.plan("north", job=queued)
    assert "Planned in the merge queue" in team.read_notes(pulls[2])[0]
    assert team.read_notes(pulls[2])[0].startswith(
        "<!-- reconciler:plan:default:/north -->\n<h3>Plan north — 3 updates"
    )
    assert team.apply("north", job=team.job(before=start)).exit_code == 0
    for pull in pulls:
        assert "Applied 3" in team.read_notes(pull)[1]
    assert "No changes" in team.call("north", "plan", job=team.job()).stdout


def test_what_was_refused_once_is_applied_with_the_next_merge(team: Team) -> None:
    """The second apply finds the first pull request too, since nothing was applied in whole since."""
    first = team.propose("north/numbers.yaml", "Front desk", "Reception")
    team.plan("north", job=team.job(pull=first))
    before = team.merge(first)
    unseen = team.propose("north/numbers.yaml", "Sales", "Orders")
    team.merge(unseen)
    refused = team.apply("north", job=team.job(before=before))
    assert (refused.exit_code, "numbers.sales" in refused.stderr, "numbers.front" in refused.stderr) == (5, True, False)
    team.plan("north", job=team.job(pull=unseen))
    git(team.top, "checkout", "-q", "main")
    assert team.apply("north", job=team.job(before=before)).exit_code == 0


def test_a_narrowed_plan_stands_for_what_it_looked_at_and_no_more(team: Team) -> None:
    first = team.propose("north/numbers.yaml", "Front desk", "Reception")
    team.plan("north", job=team.job(pull=first))
    base = team.merge(first)
    second = team.propose("north/numbers.yaml", "Sales", "Orders")
    file, since = str(team.top.parent / "plan.json"), ("--since", base)
    team.call("north", "plan", *since, "--out", file, job=team.job(pull=second))
    team.call("north", "ci", "comment", file, job=team.job(pull=second))
    assert "2 declared resources were not looked at" in team.read_notes(second)[0]
    team.merge(second)
    job = team.job(before=base)
    team.call("north", "plan", "--out", file, job=job)
    alone = team.call("north", "ci", "reviewed", file, "--pull-request", str(second), job=job)
    assert (alone.exit_code, "numbers.front" in alone.stderr, "numbers.sales" in alone.stderr) == (5, True, False)
    team.call("north", "plan", *since, "--out", file, job=job)
    assert team.call("north", "ci", "reviewed", file, job=job).exit_code == 0
    assert team.call("north", "apply", file, "--auto-approve", job=job).exit_code == 0
    whole = team.apply("north", job=job)  # the first pull request counts still: not all of it was applied
    assert (whole.exit_code, whole.stdout.count('"event": "outcome"')) == (0, 1), whole.stderr


def test_a_pull_request_of_another_branch_brings_no_review(team: Team) -> None:
    pull = team.propose("north/numbers.yaml", "Front desk", "Reception")
    team.plan("north", job=team.job(pull=pull))
    start = team.forge.history[-1]
    team.merge(pull)
    team.forge.targets[pull] = "release"
    refused = team.apply("north", job=team.job(before=start))
    assert (refused.exit_code, "nobody reviewed its plan" in refused.stderr) == (5, True)


def test_a_fork_without_a_seed_shows_its_own_change(team: Team) -> None:
    pull = team.propose("north/numbers.yaml", "Front desk", "Reception")
    clone = team.top.parent / "runner"
    git(team.top.parent, "clone", "-q", "--branch", f"pull-{pull}", str(team.top), str(clone))
    runner = Team(clone, team.forge, team.run)
    team.forge.writable = False
    job = runner.job(pull=pull, head="mallory/telephony")
    assert runner.run("-C", str(clone / "north"), "sandbox", "seed", "--base", "HEAD^1", environ=job).exit_code == 0
    shown = runner.plan("north", job=job)
    assert ("Reception" in shown, "1 to update" in shown, "absent" in shown) == (True, True, False)
    assert team.read_notes(pull) == []
    file = str(clone.parent / "plan.json")
    assert runner.call("north", "ci", "summary", file, job=job).exit_code == 0
    assert "Reception" in Path(job["GITHUB_STEP_SUMMARY"]).read_text(encoding="utf-8")


def test_a_matrix_of_three_environments(team: Team) -> None:
    """Each has a comment, a ledger and a lock of its own: an apply to one waits for none to another."""
    names = ("development", "staging", "production")
    for name in names:
        team.write(f"north/environments/{name}.yaml", f"vars: {{PLACE: {name}}}\n")
    team.edit("north/numbers.yaml", "Front desk", '"Desk in ${var.PLACE}"')
    start = team.commit()
    team.forge.history.append(start)
    for name in names:
        assert team.apply("north", "--env", name, job=team.job()).exit_code == 0
    pull = team.propose("north/numbers.yaml", "Desk in", "Reception in")
    for name in names:
        team.plan("north", "--env", name, job=team.job(pull=pull))
    heads = [note.split("\n")[0] for note in team.read_notes(pull)]
    assert heads == [f"<!-- reconciler:plan:{name}:/north -->" for name in names]
    team.merge(pull)
    job = team.job(before=start)
    held = Globals(folder=str(team.top / "north"), environment="production", sandbox=True, environ=job)
    with open_workspace(held.build_context()).open_store().lock("somebody", ttl_seconds=300):
        assert team.apply("north", "--env", "staging", job=job).exit_code == 0
        blocked = team.apply("north", "--env", "production", job=job)
    assert (blocked.exit_code, "another apply holds the lock" in blocked.stderr) == (5, True)
    issues = {issue["body"].split("\n")[0]: issue["state"] for issue in team.forge.issues}
    assert issues == {"<!-- reconciler:apply:production:/north -->": "open"}
    for name in ("production", "development"):
        assert team.apply("north", "--env", name, job=job).exit_code == 0
    assert [issue["state"] for issue in team.forge.issues] == ["closed"]
    assert len(team.read_notes(pull)) == 6


def test_a_failed_apply_becomes_an_issue_and_a_comment(team: Team) -> None:
    start = team.forge.history[-1]
    pull = team.propose("north/numbers.yaml", "Front desk", "Reception")
    team.plan("north", job=team.job(pull=pull))
    team.merge(pull)
    failed = team.apply("north", job=team.job(before=start), vices=("lost-write@fluents",))
    assert failed.exit_code == 1
    (issue,) = team.forge.issues
    for note in (issue["body"], team.read_notes(pull)[1]):
        assert "Applied 0, 1 not verified — north" in note
        assert "<code>numbers.front</code> <b>not verified</b>" in note
    assert team.apply("north", job=team.job(before=start)).exit_code == 0
    assert team.forge.issues[0]["state"] == "closed"
    assert "Applied 1 — north" in team.read_notes(pull)[1]
    assert len(team.read_notes(pull)) == 2
