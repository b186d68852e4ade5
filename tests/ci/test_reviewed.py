"""`ci reviewed` holds an apply to what the pull request showed; `ci summary` appends within GitHub's limit."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.model.plan import Cause, Plan, Update
from reconciler.report.markdown.notes import Origin, find_unseen, fingerprint_updates, write_comment
from tests.ci.conftest import Run, build_gitlab
from tests.ci.fake_forge import COMMIT, ROBOT, FakeForge
from tests.report import plans

Save = Callable[[Plan], str]
MERGE = "a" * 40


@pytest.fixture
def after_merge(environ: dict[str, str]) -> dict[str, str]:
    """The variables of a job on the main branch, after the merge."""
    return environ | {"GITHUB_EVENT_PATH": "", "GITHUB_REF": "refs/heads/main", "GITHUB_SHA": MERGE}


@pytest.fixture
def reviewed(forge: FakeForge, environ: dict[str, str], run: Run, save: Save) -> Plan:
    """A plan that was shown in pull request 7, which brought the merge commit."""
    plan = plans.many(4)
    run("ci", "comment", save(plan), environ=environ)
    forge.merged[MERGE] = [7]
    return plan


def alter(plan: Plan, change: Callable[[Update], Update]) -> Plan:
    first, *rest = plan.updates
    return replace(plan, updates=(change(first), *rest))


def test_the_same_plan_passes(reviewed: Plan, after_merge: dict[str, str], run: Run, save: Save) -> None:
    later = replace(reviewed, created_at="2027-01-01T00:00:00Z")
    ran = run("ci", "reviewed", save(later), environ=after_merge)
    assert (ran.exit_code, ran.stdout.strip()) == (0, "Every update was shown in #7.")


def test_fewer_updates_pass(reviewed: Plan, after_merge: dict[str, str], run: Run, save: Save) -> None:
    fewer = replace(reviewed, updates=reviewed.updates[1:3])
    assert run("ci", "reviewed", save(fewer), environ=after_merge).exit_code == 0


def test_the_cause_may_have_changed(reviewed: Plan, after_merge: dict[str, str], run: Run, save: Save) -> None:
    def attribute(update: Update) -> Update:
        return replace(update, changes=tuple(replace(change, cause=Cause.DRIFT) for change in update.changes))

    assert run("ci", "reviewed", save(alter(reviewed, attribute)), environ=after_merge).exit_code == 0


@pytest.mark.parametrize(
    "change",
    [
        lambda update: replace(update, changes=(replace(update.changes[0], before="moved"), *update.changes[1:])),
        lambda update: replace(update, request=replace(update.request, url=update.request.url + "x")),
        lambda update: replace(update, address="connectors.other"),
        lambda update: replace(update, account="elsewhere"),
    ],
)
def test_anything_that_was_not_shown_is_refused(
    reviewed: Plan, after_merge: dict[str, str], run: Run, save: Save, change: Callable[[Update], Update]
) -> None:
    altered = alter(reviewed, change)
    ran = run("ci", "reviewed", save(altered), environ=after_merge)
    assert ran.exit_code == 5
    assert "error[not-reviewed]" in ran.stderr
    assert altered.updates[0].address in ran.stderr
    assert reviewed.updates[1].address not in ran.stderr


def test_a_commit_without_a_pull_request_is_refused(
    forge: FakeForge, reviewed: Plan, after_merge: dict[str, str], run: Run, save: Save
) -> None:
    forge.merged.clear()
    ran = run("ci", "reviewed", save(reviewed), environ=after_merge)
    assert ran.exit_code == 5
    assert "nobody reviewed" in ran.stderr
    named = run("ci", "reviewed", save(reviewed), "--pull-request", "7", environ=after_merge)
    assert named.exit_code == 0


def test_a_strangers_comment_reviews_nothing(
    forge: FakeForge, reviewed: Plan, after_merge: dict[str, str], run: Run, save: Save
) -> None:
    body = forge.comments[7][0]["body"]
    forge.comments[7].clear()
    forge.say(7, "mallory", body)
    ran = run("ci", "reviewed", save(reviewed), environ=after_merge)
    assert ran.exit_code == 5
    assert "no plan was shown in pull request #7" in ran.stderr
    forge.say(7, ROBOT, body)
    assert run("ci", "reviewed", save(reviewed), environ=after_merge).exit_code == 0


def test_another_environments_comment_reviews_nothing(
    reviewed: Plan, after_merge: dict[str, str], run: Run, save: Save
) -> None:
    assert run("ci", "reviewed", save(replace(reviewed, environment="eu")), environ=after_merge).exit_code == 5
    assert run("ci", "reviewed", save(reviewed), "--name", "eu", environ=after_merge).exit_code == 5


def test_no_updates_need_no_review(forge: FakeForge, run: Run, save: Save) -> None:
    assert run("ci", "reviewed", save(plans.no_changes()), environ={}).exit_code == 0
    assert forge.seen == []


def test_fingerprints_within_the_plans_text_are_not_believed() -> None:
    plan = plans.one_change()
    forged = f"<!-- reconciler:shown:{','.join(fingerprint_updates(plan))} -->"
    assert find_unseen(plan, [f"head\n{forged}\n"]) == ()
    assert find_unseen(plan, [f"head\n{forged}\nmore"]) is None
    assert find_unseen(plan, [f"head\n{forged}\n<!-- reconciler:shown: -->\n"]) == (plan.updates[0].address,)


def test_gitlab(forge: FakeForge, run: Run, save: Save) -> None:
    forge.me, environ = "bot", build_gitlab(forge)
    run("ci", "comment", save(plans.one_change()), environ=environ)
    forge.merged[COMMIT] = [7]
    assert run("ci", "reviewed", save(plans.one_change()), environ=environ).exit_code == 0
    assert run("ci", "reviewed", save(plans.many(2)), environ=environ).exit_code == 5


def test_a_pull_request_of_another_branch_is_no_review(
    forge: FakeForge, reviewed: Plan, after_merge: dict[str, str], run: Run, save: Save
) -> None:
    forge.targets[7] = "release"
    ran = run("ci", "reviewed", save(reviewed), environ=after_merge)
    assert (ran.exit_code, "nobody reviewed" in ran.stderr) == (5, True)
    elsewhere = after_merge | {"GITHUB_REF": "refs/heads/release"}
    assert run("ci", "reviewed", save(reviewed), environ=elsewhere).exit_code == 0
    tag = run("ci", "reviewed", save(reviewed), environ=after_merge | {"GITHUB_REF": "refs/tags/v1"})
    assert (tag.exit_code, "branch of this job is not known" in tag.stderr) == (1, True)


# --- what was shown ---------------------------------------------------------------------------------------------------


def distinguish(plan: Plan) -> Plan:
    """Give every value of a plan a text that occurs nowhere else in it."""
    serial = itertools.count(1000)

    def name(update: Update) -> Update:
        changes = (replace(change, before=f"b{next(serial)}x", after=f"a{next(serial)}x") for change in update.changes)
        return replace(update, changes=tuple(changes))

    return replace(plan, updates=tuple(name(update) for update in plan.updates))


def rewrite_prompt(lines: int, *, width: int = 20) -> Plan:
    """A plan of one update: a prompt that was written anew, each line unlike any other."""
    plan = plans.one_change()
    before, after = ("".join(f"{word}{line:05}".ljust(width, ".") + "\n" for line in range(lines)) for word in "ba")
    change = replace(plan.updates[0].changes[0], before=before, after=after)
    return replace(plan, updates=(replace(plan.updates[0], changes=(change,)),))


@pytest.mark.parametrize("count", [1, 3, 40, 261, 901, 2500])
def test_a_comment_stands_for_what_it_shows_and_for_nothing_else(count: int) -> None:
    plan = distinguish(plans.many(count))
    body = write_comment(plan, Origin())
    assert len(body) <= 65_536
    unseen = set(find_unseen(plan, [body]) or ())
    for update in plan.updates:
        sides = [str(side) for change in update.changes for side in (change.before, change.after)]
        shown = all(side in body for side in sides)
        assert shown or update.address in unseen
    assert bool(unseen) == ("had no room to be shown whole" in body)
    assert (unseen == set()) == (count <= 261)


@pytest.mark.parametrize(
    ("lines", "width", "whole"), [(300, 20, True), (2000, 20, False), (2, 9_000, True), (2, 40_000, False)]
)
def test_a_rewritten_prompt_was_reviewed_where_each_line_of_it_was_shown(
    lines: int, width: int, *, whole: bool
) -> None:
    plan = rewrite_prompt(lines, width=width)
    body = write_comment(plan, Origin())
    assert (find_unseen(plan, [body]) == ()) is whole
    assert all(f"{word}{line:05}".ljust(width, ".") in body for word in "ba" for line in range(lines)) is whole


def test_an_apply_of_what_had_no_room_is_refused(
    forge: FakeForge, environ: dict[str, str], after_merge: dict[str, str], run: Run, save: Save
) -> None:
    plan = rewrite_prompt(2000)
    run("ci", "comment", save(plan), environ=environ)
    forge.merged[MERGE] = [7]
    ran = run("ci", "reviewed", save(plan), environ=after_merge)
    assert (ran.exit_code, "had no room there" in ran.stderr) == (5, True)


# --- job summary ------------------------------------------------------------------------------------------------------


def test_a_summary_is_appended(tmp_path: Path, run: Run, save: Save) -> None:
    target = tmp_path / "summary.md"
    target.write_text("# before", encoding="utf-8")
    ran = run("ci", "summary", save(plans.one_change()), environ={"GITHUB_STEP_SUMMARY": str(target)})
    assert ran.exit_code == 0
    text = target.read_text(encoding="utf-8")
    assert text.startswith("# before\n<!-- reconciler:plan")
    assert "connectors." in text


def test_a_summary_stays_within_what_github_keeps(tmp_path: Path, run: Run, save: Save) -> None:
    target = tmp_path / "summary.md"
    target.write_bytes(b"x" * (1024 * 1024 - 20_000))
    assert run("ci", "summary", save(plans.many(500)), environ={"GITHUB_STEP_SUMMARY": str(target)}).exit_code == 0
    assert 1024 * 1024 - 20_000 < target.stat().st_size <= 1024 * 1024
    target.write_bytes(b"x" * (1024 * 1024 - 10))
    full = run("ci", "summary", save(plans.many(500)), environ={"GITHUB_STEP_SUMMARY": str(target)})
    assert full.exit_code == 1
    assert "is full" in full.stderr


def test_without_a_summary_file_nothing_happens(run: Run, save: Save, tmp_path: Path) -> None:
    ran = run("ci", "summary", save(plans.one_change()), environ={})
    assert ran.exit_code == 0
    assert "not set" in ran.stderr
    gone = {"GITHUB_STEP_SUMMARY": str(tmp_path / "no" / "folder.md")}
    assert run("ci", "summary", save(plans.one_change()), environ=gone).exit_code == 1
