"""What became of an apply reaches people: events, `ci outcome`, `ci outputs`, `--notify`."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from starlette.responses import JSONResponse

from reconciler.app.deploy.locking import open_store_locked
from reconciler.app.problem import Problem
from reconciler.app.workspace import open_workspace
from reconciler.cli.options import DURATION, Globals
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.outcome import Outcome, Result
from reconciler.model.plan import Plan
from reconciler.report.machine.events import read_events, write_end, write_ended, write_start
from tests.ci.conftest import Run
from tests.ci.fake_forge import FakeForge
from tests.cli.stage import KEYS, ROOT
from tests.report import plans
from tests.report.plans import HOSTILE_TEXT

SCHEMA = Draft202012Validator(json.loads((ROOT / "schemas" / "events.schema.json").read_text(encoding="utf-8")))
MERGE = "d" * 40
Save = Callable[[Plan], str]


def tell_run(*results: Result, message: str = "the vendor said no", environment: str | None = None) -> str:
    """The events of a run whose updates ended so."""
    plan = replace(plans.many(len(results)), environment=environment)
    pairs = zip(plan.updates, results, strict=True)
    outcomes = [Outcome(update, result, message if result is Result.REJECTED else "") for update, result in pairs]
    good = all(result in {Result.VERIFIED, Result.ACCEPTED} for result in results)
    lines = [
        write_start(plan, run="r-1", command="apply", time="2026-03-02T09:30:00Z", requests=3),
        *map(write_ended, outcomes),
        write_end(
            run="r-1", exit_code=0 if good else 4, time="2026-03-02T09:31:00Z", outcomes=outcomes, updates=len(results)
        ),
    ]
    return "\n".join(lines) + "\n"


@pytest.fixture
def pushed(environ: dict[str, str], forge: FakeForge, run: Run, save: Save) -> dict[str, str]:
    """The variables of a job after pull request 7, which showed a plan, was merged."""
    run("ci", "comment", save(plans.many(3)), environ=environ)
    forge.merged[MERGE] = [7, 8]
    return environ | {"GITHUB_EVENT_PATH": "", "GITHUB_REF": "refs/heads/main", "GITHUB_SHA": MERGE}


@pytest.fixture
def keep(tmp_path: Path) -> Callable[[str], str]:
    def keep_events(text: str) -> str:
        (tmp_path / "events.jsonl").write_text(text, encoding="utf-8")
        return str(tmp_path / "events.jsonl")

    return keep_events


# --- the stream -------------------------------------------------------------------------------------------------------


def test_every_event_of_a_real_apply_fits_the_schema(run: Run, tmp_path: Path) -> None:
    project = tmp_path / "p"
    project.mkdir()
    text = "version: 1\naccounts: {fluents: {}}\nnumbers:\n  a: {id: +12025550143, spec: {label: New}}\n"
    (project / "reconciler.yaml").write_text(text, encoding="utf-8")
    seed = {"fluents": {"numbers": [{"number": "+12025550143", "label": "Old"}]}}
    (project / "sandbox.yaml").write_text(json.dumps(seed), encoding="utf-8")
    ran = run("-C", str(project), "--sandbox", "apply", "--auto-approve", "--format", "json", environ=KEYS)
    events = [json.loads(line) for line in ran.stdout.splitlines()]
    for event in events:
        SCHEMA.validate(event)
    assert [event["event"] for event in events if event["event"] != "diagnostic"] == [
        "start",
        "sending",
        "outcome",
        "end",
    ]
    assert "numbers.a" in ran.stderr
    found = read_events(ran.stdout.splitlines())
    assert (found.exit_code, found.settled, found.updates, found.environment) == (0, 1, 1, None)
    (project / "more.yaml").write_text("nonsense: 1\n", encoding="utf-8")
    broken = run("-C", str(project), "--sandbox", "apply", "--auto-approve", "--format", "json", environ=KEYS)
    told = [json.loads(line) for line in broken.stdout.splitlines()]
    assert [(event["event"], event.get("exit_code")) for event in told] == [("diagnostic", None), ("end", 3)]
    assert broken.exit_code == 3


@pytest.mark.parametrize("text", ["", "no json\n", '{"event": 1}\n', "[]\n" * 3, '{"event": "outcome"}\n', "[" * 9999])
def test_a_damaged_stream_is_read_as_far_as_it_goes(text: str) -> None:
    assert read_events(text.splitlines()).exit_code is None


def test_a_stream_that_was_cut_tells_of_no_end() -> None:
    lines = tell_run(Result.VERIFIED, Result.VERIFIED).splitlines()[:2]
    found = read_events(lines)
    assert (found.exit_code, found.settled, found.counts[Result.NOT_ATTEMPTED]) == (None, 1, 1)


# --- ci outcome -------------------------------------------------------------------------------------------------------


def test_an_apply_that_went_well_is_told_at_its_pull_request(
    forge: FakeForge, pushed: dict[str, str], run: Run, keep: Callable[[str], str], tmp_path: Path
) -> None:
    summary = tmp_path / "summary.md"
    environ = pushed | {"GITHUB_STEP_SUMMARY": str(summary)}
    ran = run("ci", "outcome", keep(tell_run(Result.VERIFIED, Result.ACCEPTED)), "--issue", environ=environ)
    assert (ran.exit_code, ran.stdout.strip()) == (0, "Applied 2")
    assert "<h3>Applied 2</h3>" in forge.comments[7][1]["body"]
    assert 8 not in forge.comments, "pull request 8 showed no plan of ours"
    assert forge.issues == []
    assert "Applied 2" in summary.read_text(encoding="utf-8")


def test_a_failed_apply_becomes_one_issue_and_a_comment_with_the_words(
    forge: FakeForge, pushed: dict[str, str], run: Run, keep: Callable[[str], str]
) -> None:
    five = [Result.VERIFIED] * 5
    ran = run("ci", "outcome", keep(tell_run(*five, Result.REJECTED)), "--issue", environ=pushed)
    assert ran.stdout.strip() == "Applied 5, 1 rejected"
    for body in (forge.comments[7][1]["body"], forge.issues[0]["body"]):
        assert "<h3>Applied 5, 1 rejected</h3>" in body
        assert "<b>rejected</b>: the vendor said no" in body
        assert body.index("rejected</b>") < body.index("verified</li>")
    again = run("ci", "outcome", keep(tell_run(Result.IN_DOUBT)), "--issue", environ=pushed)
    assert again.exit_code == 0
    assert len(forge.issues) == 1
    assert "Applied 0, 1 in doubt" in forge.issues[0]["body"]
    assert len(forge.comments[7]) == 2
    run("ci", "outcome", keep(tell_run(Result.VERIFIED)), "--issue", environ=pushed)
    assert forge.issues[0]["state"] == "closed"


def test_an_apply_that_never_began_is_told_too(
    forge: FakeForge, pushed: dict[str, str], run: Run, tmp_path: Path
) -> None:
    gone = str(tmp_path / "gone.jsonl")
    assert run("ci", "outcome", gone, environ=pushed).exit_code == 1
    ran = run("ci", "outcome", gone, "--or-failed", "--issue", environ=pushed)
    assert (ran.exit_code, ran.stdout.strip()) == (0, "Nothing was applied")
    assert "The log of the job has the reason" in forge.issues[0]["body"]


def test_environments_have_notes_of_their_own(
    forge: FakeForge, pushed: dict[str, str], run: Run, keep: Callable[[str], str]
) -> None:
    for environment in ("staging", "production"):
        text = tell_run(Result.REJECTED, environment=environment)
        run("ci", "outcome", keep(text), "--issue", "--pull-request", "7", environ=pushed)
    assert [issue["body"].split("\n")[0] for issue in forge.issues] == [
        "<!-- reconciler:apply:staging -->",
        "<!-- reconciler:apply:production -->",
    ]


def test_what_a_vendor_said_is_shown_and_never_obeyed(
    forge: FakeForge, pushed: dict[str, str], run: Run, keep: Callable[[str], str]
) -> None:
    run("ci", "outcome", keep(tell_run(Result.REJECTED, message=HOSTILE_TEXT)), environ=pushed)
    body = forge.comments[7][1]["body"]
    assert "<script>" not in body
    assert "\x1b" not in body


def test_a_dry_run_writes_nothing(
    forge: FakeForge, pushed: dict[str, str], run: Run, keep: Callable[[str], str]
) -> None:
    before = list(forge.writes)
    environ = pushed | {"RECONCILER_NOTIFY_URL": f"{forge.url}/hook/s3cret"}
    options = ("--issue", "--dry-run", "--notify", "slack")
    ran = run("ci", "outcome", keep(tell_run(Result.REJECTED)), *options, environ=environ)
    assert "<h3>Applied 0, 1 rejected</h3>" in ran.stdout
    assert (forge.writes, forge.hooked) == (before, [])


# --- a chat -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("style", ["slack", "json"])
def test_a_chat_is_told_once(
    forge: FakeForge, pushed: dict[str, str], run: Run, keep: Callable[[str], str], style: str
) -> None:
    environ = pushed | {"RECONCILER_NOTIFY_URL": f"{forge.url}/hook/s3cret"}
    ran = run("ci", "outcome", keep(tell_run(Result.VERIFIED, Result.REJECTED)), "--notify", style, environ=environ)
    assert ran.exit_code == 0
    (message,) = forge.hooked
    if style == "slack":
        assert message == {
            "text": ":warning: Applied 1, 1 rejected · <https://github.example/acme/telephony/actions/runs/42|run>"
        }
    else:
        told = {name: message[name] for name in ("version", "event", "headline", "good", "counts")}
        assert told == {
            "version": 1, "event": "apply", "headline": "Applied 1, 1 rejected", "good": False,
            "counts": {"verified": 1, "rejected": 1},
        }  # fmt: skip


@pytest.mark.parametrize(
    ("url", "status"),
    [
        ("{forge}/hook/s3cret", 500),
        ("{forge}/hook/s3cret", 302),
        ("http://hooks.example/s3cret", 200),
        ("https://user:s3cret@hooks.example/", 200),
        ("ftp://s3cret", 200),
        ("http://127.0.0.1:1/s3cret", 200),
        ("https://[s3cret", 200),
        ("", 200),
    ],
)
def test_the_address_of_a_chat_is_never_printed(
    forge: FakeForge, pushed: dict[str, str], run: Run, keep: Callable[[str], str], url: str, status: int
) -> None:
    forge.hook_status = status
    environ = pushed | {"RECONCILER_NOTIFY_URL": url.format(forge=forge.url)}
    ran = run("ci", "outcome", keep(tell_run(Result.REJECTED)), "--notify", "json", environ=environ)
    assert ran.exit_code == 1
    assert "error[notify-failed]" in ran.stderr
    assert "s3cret" not in ran.stdout + ran.stderr
    assert len(forge.hooked) == (1 if status != 200 else 0)
    assert len(forge.comments[7]) == 2, "the comment was written before"


def test_slack_is_told_of_drift_once_and_can_address_nobody(
    forge: FakeForge, environ: dict[str, str], run: Run, save: Save
) -> None:
    told = environ | {"RECONCILER_NOTIFY_URL": f"{forge.url}/hook/x"}
    plan = replace(plans.many(5), environment="<!channel> & co")
    for _ in range(2):
        run("ci", "issue", save(plan), "--notify", "slack", environ=told)
    (message,) = forge.hooked
    assert "moved outside git" in message["text"]
    assert "&lt;!channel&gt; &amp; co" in message["text"]


def test_an_apply_with_nothing_to_do_tells_no_chat(
    forge: FakeForge, pushed: dict[str, str], run: Run, keep: Callable[[str], str]
) -> None:
    environ = pushed | {"RECONCILER_NOTIFY_URL": f"{forge.url}/hook/x"}
    ran = run("ci", "outcome", keep(tell_run()), "--notify", "slack", environ=environ)
    assert (ran.stdout.strip(), forge.hooked) == ("Nothing to apply", [])


# --- outputs, and waiting ---------------------------------------------------------------------------------------------


def test_outputs_are_what_a_workflow_may_decide_by(run: Run, save: Save, tmp_path: Path) -> None:
    assert run("ci", "outputs", save(plans.one_change()), environ={}).stdout == "CHANGES=1\nHIGH_RISK=1\n"
    target = tmp_path / "output"
    run("ci", "outputs", save(plans.many(4)), environ={"GITHUB_OUTPUT": str(target)})
    assert target.read_text(encoding="utf-8").startswith("changes=4\nhigh-risk=")


@pytest.mark.parametrize(("text", "seconds"), [("90", 90.0), ("90s", 90.0), ("10m", 600.0), ("1h", 3600.0), ("0", 0.0)])
def test_times_are_written_as_people_do(text: str, seconds: float) -> None:
    assert DURATION.convert(text, None, None) == seconds


def test_an_apply_waits_for_another_and_says_so_once(tmp_path: Path) -> None:
    (tmp_path / "reconciler.yaml").write_text("version: 1\naccounts: {fluents: {}}\n", encoding="utf-8")
    workspace = open_workspace(Globals(folder=str(tmp_path), environ={"USER": "t"}).build_context())
    slept: list[float] = []
    notes: list[Diagnostic] = []
    first = open_store_locked(workspace)
    first.__enter__()

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 3:
            first.__exit__(None, None, None)

    with open_store_locked(workspace, on_notes=notes.extend, wait=60.0, sleep=sleep):
        pass
    assert slept == [5.0, 5.0, 5.0]
    assert [note.code for note in notes] == ["ledger-locked"]
    assert "waiting for up to 60 s" in notes[0].message


def test_an_apply_waits_no_longer_than_it_was_told(tmp_path: Path) -> None:
    (tmp_path / "reconciler.yaml").write_text("version: 1\naccounts: {fluents: {}}\n", encoding="utf-8")
    workspace = open_workspace(Globals(folder=str(tmp_path), environ={"USER": "t"}).build_context())
    slept: list[float] = []
    with open_store_locked(workspace), pytest.raises(Problem, match="another apply holds the lock"):
        open_store_locked(workspace, wait=12.0, sleep=slept.append).__enter__()
    assert slept == [5.0, 5.0, 2.0]


def test_a_comment_that_failed_is_an_error_and_stops_nothing_else(
    forge: FakeForge, pushed: dict[str, str], run: Run, keep: Callable[[str], str]
) -> None:
    answer: Any = JSONResponse({"message": "no"}, 403)
    forge.script = [("POST", "issues/7/comments", answer)]
    environ = pushed | {"RECONCILER_NOTIFY_URL": f"{forge.url}/hook/x"}
    options = ("--issue", "--notify", "slack")
    ran = run("ci", "outcome", keep(tell_run(Result.REJECTED)), *options, environ=environ)
    assert (ran.exit_code, "error[forge-permission]" in ran.stderr) == (1, True)
    assert [issue["state"] for issue in forge.issues] == ["open"]
    assert len(forge.hooked) == 1


def test_without_a_token_the_chat_is_told_all_the_same(
    forge: FakeForge, pushed: dict[str, str], run: Run, keep: Callable[[str], str]
) -> None:
    environ = pushed | {"RECONCILER_NOTIFY_URL": f"{forge.url}/hook/x", "GITHUB_TOKEN": ""}
    ran = run("ci", "outcome", keep(tell_run(Result.REJECTED)), "--notify", "slack", environ=environ)
    assert (ran.exit_code, "error[ci-no-token]" in ran.stderr, len(forge.hooked)) == (1, True, 1)
