"""`ci issue`: at most one open issue about drift, closed when nothing differs any more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.model.plan import Cause, Plan, Planned, Scope, Status
from tests.ci.conftest import Run, build_gitlab
from tests.ci.fake_forge import ROBOT, FakeForge
from tests.report import plans

Save = Callable[[Plan], str]


def drifted() -> Plan:
    plan = plans.one_change()
    changes = tuple(replace(change, cause=Cause.DRIFT) for change in plan.updates[0].changes)
    return replace(plan, updates=(replace(plan.updates[0], changes=changes),))


def with_status(status: Status) -> Plan:
    return replace(plans.no_changes(), resources=(Planned("numbers.x", status, "fluents", "because"),))


def test_one_issue_is_opened_updated_and_closed(
    forge: FakeForge, environ: dict[str, str], run: Run, save: Save
) -> None:
    opened = run("ci", "issue", save(drifted()), "--title", "Drift!", environ=environ)
    assert opened.stdout.startswith(f"Issue: created {forge.url}/issues/1")
    assert run("ci", "issue", save(drifted()), "--title", "Other", environ=environ).stdout.startswith("Issue: updated")
    (issue,) = forge.issues
    assert (issue["title"], issue["state"]) == ("Drift!", "open")
    assert issue["body"].startswith("<!-- reconciler:drift:default -->\n<h3>Drift — ")
    assert run("ci", "issue", save(plans.no_changes()), environ=environ).stdout.startswith("Issue: closed")
    assert (issue["state"], issue["state_reason"]) == ("closed", "completed")
    assert "agree again" in forge.comments[1][0]["body"]
    assert run("ci", "issue", save(plans.no_changes()), environ=environ).stdout.strip() == "Issue: nothing to do"
    assert run("ci", "issue", save(drifted()), environ=environ).stdout.startswith("Issue: created")
    assert [issue["state"] for issue in forge.issues] == ["closed", "open"]


def test_pull_requests_and_strangers_issues_are_passed_over(
    forge: FakeForge, environ: dict[str, str], run: Run, save: Save
) -> None:
    body = "<!-- reconciler:drift:default -->\nold"
    for number, (author, more) in enumerate([("mallory", {}), (ROBOT, {"pull_request": {"url": "x"}})], start=1):
        entry = {"number": number, "state": "open", "body": body, "user": {"login": author}, **more}
        forge.issues.append(entry)
    assert run("ci", "issue", save(drifted()), environ=environ).stdout.startswith("Issue: created")
    assert [issue["body"] for issue in forge.issues[:2]] == [body, body]


def test_what_git_alone_changed_is_no_drift(forge: FakeForge, environ: dict[str, str], run: Run, save: Save) -> None:
    assert "nothing to do" in run("ci", "issue", save(plans.one_change()), environ=environ).stdout
    assert forge.writes == []


def test_an_object_that_is_gone_opens_an_issue(forge: FakeForge, environ: dict[str, str], run: Run, save: Save) -> None:
    run("ci", "issue", save(with_status(Status.ABSENT)), environ=environ)
    assert "numbers.x" in forge.issues[0]["body"]


def test_unknown_closes_nothing_and_opens_nothing(
    forge: FakeForge, environ: dict[str, str], run: Run, save: Save
) -> None:
    unknown = save(with_status(Status.UNKNOWN))
    assert "nothing to do" in run("ci", "issue", unknown, environ=environ).stdout
    run("ci", "issue", save(drifted()), environ=environ)
    unknown = save(with_status(Status.UNKNOWN))
    assert "nothing to do" in run("ci", "issue", unknown, environ=environ).stdout
    assert [issue["state"] for issue in forge.issues] == ["open"]


def test_a_narrowed_drift_closes_nothing(forge: FakeForge, environ: dict[str, str], run: Run, save: Save) -> None:
    run("ci", "issue", save(drifted()), environ=environ)
    for scope in (Scope(targets=("numbers.*",), left_out=3), Scope(since="HEAD^1", since_commit="a" * 40, left_out=1)):
        narrowed = save(replace(plans.no_changes(), scope=scope))
        assert "nothing to do" in run("ci", "issue", narrowed, environ=environ).stdout
    assert [issue["state"] for issue in forge.issues] == ["open"]
    whole = save(replace(plans.no_changes(), scope=Scope(targets=("*",))))
    assert "closed" in run("ci", "issue", whole, environ=environ).stdout


@pytest.mark.parametrize(("code", "severity"), [("ledger-absent", Severity.NOTE), ("ledger-unavailable", Severity.WARNING), ("ledger-foreign", Severity.WARNING), ("drift-unknown", Severity.WARNING)])  # fmt: skip
def test_without_a_whole_ledger_the_issue_stays(
    forge: FakeForge, environ: dict[str, str], run: Run, save: Save, code: str, severity: Severity
) -> None:
    """The default ledger on a runner without a disk knows nothing: that is no proof that all agree again."""
    run("ci", "issue", save(drifted()), environ=environ)
    known = save(replace(plans.no_changes(), diagnostics=(Diagnostic(code, "not known", severity),)))
    assert "nothing to do" in run("ci", "issue", known, environ=environ).stdout
    assert [issue["state"] for issue in forge.issues] == ["open"]


def test_an_issue_whose_answer_was_lost_is_not_opened_twice(
    forge: FakeForge, environ: dict[str, str], run: Run, save: Save
) -> None:
    forge.after_commit = True
    assert run("ci", "issue", save(drifted()), environ=environ).exit_code == 0
    assert len(forge.issues) == 1


def test_the_missing_permission_is_the_one_for_issues(
    forge: FakeForge, environ: dict[str, str], run: Run, save: Save
) -> None:
    forge.writable = False
    ran = run("ci", "issue", save(drifted()), environ=environ)
    assert ran.exit_code == 1
    assert "permissions: issues: write" in ran.stderr


@pytest.mark.parametrize("plan", [drifted(), plans.no_changes()])
def test_a_dry_run_writes_nothing(forge: FakeForge, environ: dict[str, str], run: Run, save: Save, plan: Plan) -> None:
    run("ci", "issue", save(drifted()), environ=environ)
    before = list(forge.writes)
    ran = run("ci", "issue", save(plan), "--dry-run", environ=environ)
    assert "Dry run" in ran.stderr
    assert forge.writes == before


def test_gitlab(forge: FakeForge, run: Run, save: Save) -> None:
    forge.me, environ = "bot", build_gitlab(forge)
    for plan, deed in ((drifted(), "created"), (drifted(), "updated"), (plans.no_changes(), "closed")):
        ran = run("ci", "issue", save(plan), environ=environ)
        assert ran.stdout.startswith(f"Issue: {deed}"), ran.stderr
    (issue,) = forge.issues
    assert (issue["state"], issue["state_event"]) == ("closed", "close")
    assert issue["description"].startswith("<!-- reconciler:drift:default -->")
    assert "agree again" in forge.comments[1][0]["body"]
