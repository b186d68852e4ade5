"""Merge queues, pushes with several pull requests, and several projects of one repository."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.model.plan import Plan
from reconciler.report.markdown.notes import find_unseen
from tests.ci.conftest import Run, build_environ, build_gitlab
from tests.ci.fake_forge import COMMIT, FakeForge
from tests.report import plans

Save = Callable[[Plan], str]
START, FIRST, SECOND, THIRD = (letter * 40 for letter in "1234")


def queue(environ: dict[str, str], folder: Path, *, branch: str) -> dict[str, str]:
    """The variables of a job for a merge queue."""
    event = folder / "queue.json"
    group = {"head_ref": branch, "head_sha": "9" * 40, "base_ref": "refs/heads/main"}
    event.write_text(json.dumps({"merge_group": group}), encoding="utf-8")
    return environ | {"GITHUB_EVENT_PATH": str(event), "GITHUB_REF": branch, "GITHUB_EVENT_NAME": "merge_group"}


def keep(plan: Plan, *indices: int) -> Plan:
    return replace(plan, updates=tuple(plan.updates[index] for index in indices))


def test_a_queue_updates_the_comment_and_adds_nothing_to_the_review(
    forge: FakeForge, environ: dict[str, str], run: Run, save: Save, tmp_path: Path
) -> None:
    whole = plans.many(2)
    run("ci", "comment", save(keep(whole, 0)), environ=environ)
    queued = queue(environ, tmp_path, branch="refs/heads/gh-readonly-queue/main/pr-7-" + "a" * 40)
    ran = run("ci", "comment", save(whole), environ=queued)
    assert (ran.exit_code, ran.stdout.split()[1]) == (0, "updated")
    (comment,) = forge.comments[7]
    assert whole.updates[1].address in comment["body"]
    assert "Planned in the merge queue" in comment["body"]
    assert find_unseen(whole, [comment["body"]]) == (whole.updates[1].address,)


def test_a_queue_without_an_earlier_comment_reviews_nothing(
    forge: FakeForge, environ: dict[str, str], run: Run, save: Save, tmp_path: Path
) -> None:
    plan = plans.many(2)
    queued = queue(environ, tmp_path, branch="refs/heads/gh-readonly-queue/main/pr-9-" + "a" * 40)
    assert run("ci", "comment", save(plan), environ=queued).exit_code == 0
    (comment,) = forge.comments[9]
    assert len(find_unseen(plan, [comment["body"]]) or ()) == 2


def test_a_queue_whose_branch_names_none_says_so_and_passes(
    forge: FakeForge, environ: dict[str, str], run: Run, save: Save, tmp_path: Path
) -> None:
    ran = run("ci", "comment", save(plans.many(2)), environ=queue(environ, tmp_path, branch="refs/heads/mergify/main"))
    assert ran.exit_code == 0
    assert "note[ci-no-review]" in ran.stderr
    assert forge.seen == []


def test_a_merge_train_adds_nothing_to_the_review(forge: FakeForge, run: Run, save: Save) -> None:
    forge.me, plan = "bot", plans.many(2)
    run("ci", "comment", save(keep(plan, 0)), environ=build_gitlab(forge))
    run("ci", "comment", save(plan), environ=build_gitlab(forge, CI_MERGE_REQUEST_EVENT_TYPE="merge_train"))
    assert len(find_unseen(plan, [forge.comments[7][0]["body"]]) or ()) == 1


@pytest.fixture
def pushed(forge: FakeForge, environ: dict[str, str], run: Run, save: Save, tmp_path: Path) -> dict[str, str]:
    """A push of three merged pull requests, each of which showed one update; variables of the job for it."""
    plan = plans.many(3)
    forge.history = [START, FIRST, SECOND, THIRD]
    for index, commit in enumerate((FIRST, SECOND, THIRD)):
        forge.merged[commit] = [11 + index]
        run("ci", "comment", save(keep(plan, index)), "--pull-request", str(11 + index), environ=environ)
    event = tmp_path / "push.json"
    event.write_text(json.dumps({"before": START, "after": THIRD}), encoding="utf-8")
    return environ | {"GITHUB_EVENT_PATH": str(event), "GITHUB_REF": "refs/heads/main", "GITHUB_SHA": THIRD}


def test_every_pull_request_of_a_push_counts(pushed: dict[str, str], run: Run, save: Save) -> None:
    ran = run("ci", "reviewed", save(plans.many(3)), environ=pushed)
    assert (ran.exit_code, ran.stdout.strip()) == (0, "Every update was shown in #11, #12, #13.")
    last = run("ci", "reviewed", save(keep(plans.many(3), 2)), environ=pushed)
    assert last.stdout.strip() == "Every update was shown in #13."


def test_what_was_applied_already_counts_no_more(pushed: dict[str, str], run: Run, save: Save) -> None:
    ran = run("ci", "reviewed", save(plans.many(3)), "--since", FIRST, environ=pushed)
    assert ran.exit_code == 5
    assert plans.many(3).updates[0].address in ran.stderr
    assert run("ci", "reviewed", save(keep(plans.many(3), 1, 2)), "--since", FIRST, environ=pushed).exit_code == 0


def test_a_way_back_that_is_not_known_leaves_this_commits_reviews(pushed: dict[str, str], run: Run, save: Save) -> None:
    ran = run("ci", "reviewed", save(plans.many(3)), "--since", "f" * 40, environ=pushed)
    assert ran.exit_code == 5
    only = run("ci", "reviewed", save(keep(plans.many(3), 2)), "--since", "f" * 40, environ=pushed)
    assert only.exit_code == 0
    assert "only this commit's reviews count" in only.stderr


def test_gitlab_lists_the_commits_of_a_push(forge: FakeForge, run: Run, save: Save) -> None:
    forge.me, forge.history, plan = "bot", [START, FIRST, COMMIT], plans.many(2)
    for index, commit in enumerate((FIRST, COMMIT)):
        forge.merged[commit] = [21 + index]
        named = ("--pull-request", str(21 + index))
        run("ci", "comment", save(keep(plan, index)), *named, environ=build_gitlab(forge))
    pushed = build_gitlab(forge, CI_COMMIT_BEFORE_SHA=START)
    assert run("ci", "reviewed", save(plan), environ=pushed).stdout.strip() == "Every update was shown in #21, #22."
    none = build_gitlab(forge, CI_COMMIT_BEFORE_SHA="0" * 40)
    assert run("ci", "reviewed", save(plan), environ=none).exit_code == 5


def test_two_projects_of_one_repository_keep_apart(forge: FakeForge, run: Run, save: Save, tmp_path: Path) -> None:
    environ = build_environ(forge, tmp_path) | {"GITHUB_WORKSPACE": str(tmp_path)}
    for folder in ("north", "south/eu"):
        project = tmp_path / folder
        project.mkdir(parents=True)
        (project / "reconciler.yaml").write_text("version: 1\n", encoding="utf-8")
        run("-C", str(project), "ci", "comment", save(plans.one_change()), environ=environ)
    run("-C", str(tmp_path / "north"), "ci", "comment", save(plans.many(2)), environ=environ)
    north, south = (comment["body"] for comment in forge.comments[7])
    assert north.startswith("<!-- reconciler:plan:default:/north -->\n<h3>Plan north — 2 updates")
    assert south.startswith("<!-- reconciler:plan:default:/south/eu -->\n<h3>Plan south/eu — 1 update")
    forge.merged[COMMIT] = [7]
    merged = environ | {"GITHUB_EVENT_PATH": "", "GITHUB_REF": "refs/heads/main", "GITHUB_SHA": COMMIT}
    for folder, code in (("north", 0), ("south/eu", 5)):
        assert (
            run("-C", str(tmp_path / folder), "ci", "reviewed", save(plans.many(2)), environ=merged).exit_code == code
        )
