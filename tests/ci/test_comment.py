"""`ci comment`: one comment, created once and updated after, whatever the forge or a stranger does."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse

from reconciler.app.ci.comment import post_comment
from reconciler.app.ci.posting import Deed, Posting
from reconciler.app.context import Context
from reconciler.app.problem import Problem
from reconciler.model.plan import Binding, Plan, Scope
from reconciler.remote.wire.transport import Patience
from reconciler.report.markdown.notes import find_unseen
from tests.ci.conftest import Run, build_environ, build_gitlab
from tests.ci.fake_forge import COMMIT, REPOSITORY, ROBOT, TOKEN, FakeForge
from tests.remote.read_stage import Waits
from tests.report import plans

Save = Callable[[Plan], str]
MARKER = "<!-- reconciler:plan:default -->"
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def test_it_is_created_once_and_updated_after(forge: FakeForge, environ: dict[str, str], run: Run, save: Save) -> None:
    first = run("ci", "comment", save(replace(plans.four_vendors(), environment=None)), environ=environ)
    assert (first.exit_code, first.stdout.split()[:2]) == (0, ["Comment:", "created"])
    second = run("ci", "comment", save(plans.one_change()), environ=environ)
    assert (second.exit_code, second.stdout.split()[:2]) == (0, ["Comment:", "updated"])
    (comment,) = forge.comments[7]
    assert comment["body"].startswith(f"{MARKER}\n<h3>Plan — ")
    assert COMMIT[:12] in comment["body"]
    assert "https://github.example/acme/telephony/actions/runs/42" in comment["body"]
    assert f"/blob/{COMMIT}/" in comment["body"]
    assert comment["html_url"] in second.stdout
    assert [method for method, _ in forge.writes] == ["POST", "PATCH"]


def test_environments_and_names_have_comments_of_their_own(
    forge: FakeForge, environ: dict[str, str], run: Run, save: Save
) -> None:
    for plan in (plans.one_change(), replace(plans.one_change(), environment="staging")) * 2:
        run("ci", "comment", save(plan), environ=environ)
        run("ci", "comment", save(plan), "--name", "eu", environ=environ)
    assert sorted(comment["body"].splitlines()[0] for comment in forge.comments[7]) == [
        "<!-- reconciler:plan:default -->",
        "<!-- reconciler:plan:default:eu -->",
        "<!-- reconciler:plan:staging -->",
        "<!-- reconciler:plan:staging:eu -->",
    ]


def cut(plan: Plan, place: int) -> Plan:
    """Return the part of a plan that looks at one of its updates."""
    (update,) = plan.updates[place : place + 1]
    left_out = len(plan.resources) - 1
    resources = tuple(planned for planned in plan.resources if planned.address == update.address)
    return replace(plan, updates=(update,), resources=resources, scope=Scope((update.address,), left_out=left_out))


def test_the_plans_of_one_world_are_one_comment_and_others_have_their_own(
    forge: FakeForge, environ: dict[str, str], run: Run, save: Save, tmp_path: Path
) -> None:
    whole = replace(plans.four_vendors(), environment=None)
    shards = [cut(whole, place) for place in range(2)]
    worlds = [replace(plans.one_change(), environment="staging"), replace(plans.one_change(), project="south")]
    files = []
    for number, plan in enumerate([*shards, *worlds]):
        files.append(str(Path(save(plan)).rename(tmp_path / f"plan-{number}.json")))
    posted = run("ci", "comment", *files, environ=environ)
    assert (posted.exit_code, posted.stdout.count("Comment: created")) == (0, 3), posted.stderr
    bodies = {note["body"].splitlines()[0]: note["body"] for note in forge.comments[7]}
    assert bodies.keys() == {MARKER, "<!-- reconciler:plan:staging -->", "<!-- reconciler:plan:default:/south -->"}
    assert [update.address in bodies[MARKER] for update in whole.updates[:3]] == [True, True, False]
    assert find_unseen(shards[1], [bodies[MARKER]]) == ()
    assert "/south/" in bodies["<!-- reconciler:plan:default:/south -->"]
    again = run("ci", "comment", *files, str(tmp_path / "gone.json"), "--or-failed", environ=environ)
    assert (again.exit_code, len(forge.comments[7])) == (0, 3)
    other = replace(plans.one_change(), binding=Binding("sha256:other"))
    files.append(str(Path(save(other)).rename(tmp_path / "plan-4.json")))
    refused = run("ci", "comment", *files, environ=environ)
    assert (refused.exit_code, "not made from the same files" in refused.stderr) == (5, True)


def test_several_plans_are_one_summary_and_one_count(
    environ: dict[str, str], run: Run, save: Save, tmp_path: Path
) -> None:
    files = [
        str(Path(save(replace(plans.one_change(), environment=name))).rename(tmp_path / f"{name}.json"))
        for name in ("staging", "production")
    ]
    summary = tmp_path / "summary.md"
    assert run("ci", "summary", *files, environ=environ | {"GITHUB_STEP_SUMMARY": str(summary)}).exit_code == 0
    assert "2 plans in 2 parts — 2 updates" in summary.read_text(encoding="utf-8")
    told = run(
        "ci", "outputs", *files, environ={name: text for name, text in environ.items() if name != "GITHUB_OUTPUT"}
    )
    assert "CHANGES=2" in told.stdout


@pytest.mark.parametrize("with_links", [True, False])
def test_it_is_found_on_a_later_page(
    forge: FakeForge, environ: dict[str, str], run: Run, save: Save, *, with_links: bool
) -> None:
    forge.with_links, forge.page_limit = with_links, 30 if with_links else 100
    for place in range(250):
        forge.say(7, "somebody", f"comment {place}")
    ours = forge.say(7, ROBOT, f"{MARKER}\nold")
    assert run("ci", "comment", save(plans.one_change()), environ=environ).stdout.startswith("Comment: updated")
    assert "old" not in ours["body"]
    assert len(forge.comments[7]) == 251


@pytest.mark.parametrize(
    ("author", "body"),
    [
        ("mallory", f"{MARKER}\n<h3>nothing to see</h3>"),
        ("other[bot]", f"{MARKER}\nechoed"),
        (ROBOT, f"> {MARKER}\nquoted"),
        (ROBOT, "<!-- reconciler:plan:default-2 -->\nof another environment"),
        (ROBOT, "<!-- reconciler:drift:default -->\nof another kind"),
    ],
)
def test_what_is_not_ours_is_left_alone(
    forge: FakeForge, environ: dict[str, str], run: Run, save: Save, author: str, body: str
) -> None:
    theirs = forge.say(7, author, body)
    assert run("ci", "comment", save(plans.one_change()), environ=environ).stdout.startswith("Comment: created")
    assert theirs["body"] == body


def test_a_persons_token_writes_under_their_name(
    forge: FakeForge, environ: dict[str, str], run: Run, save: Save
) -> None:
    forge.me = "alice"
    robots = forge.say(7, ROBOT, f"{MARKER}\nof the robot")
    forge.say(7, "alice", f"{MARKER}\nold")
    assert run("ci", "comment", save(plans.one_change()), environ=environ).stdout.startswith("Comment: updated")
    assert robots["body"].endswith("of the robot")
    named = run("ci", "comment", save(plans.one_change()), "--author", "deploy[bot]", environ=environ)
    assert named.stdout.startswith("Comment: created")


def test_a_dry_run_writes_nothing(forge: FakeForge, environ: dict[str, str], run: Run, save: Save) -> None:
    ran = run("ci", "comment", save(plans.one_change()), "--dry-run", environ=environ)
    assert ran.stdout.startswith(MARKER)
    assert "Comment: created" in ran.stderr
    assert forge.seen
    assert forge.writes == []


@pytest.mark.parametrize(
    ("change", "reference"),
    [
        ({"GITHUB_EVENT_PATH": "", "GITHUB_REF": "refs/pull/9/merge"}, 9),
        ({"GITHUB_EVENT_PATH": "issue.json"}, 11),
    ],
)
def test_the_pull_request_comes_from_the_event_or_the_ref(
    forge: FakeForge,
    environ: dict[str, str],
    run: Run,
    save: Save,
    tmp_path: Path,
    change: dict[str, str],
    reference: int,
) -> None:
    event = tmp_path / "issue.json"
    event.write_text(json.dumps({"issue": {"number": 11, "pull_request": {"url": "x"}}}), encoding="utf-8")
    if change["GITHUB_EVENT_PATH"]:
        change = {"GITHUB_EVENT_PATH": str(event)}
    run("ci", "comment", save(plans.one_change()), environ=environ | change)
    assert list(forge.comments) == [reference]


def test_without_a_pull_request_one_has_to_be_named(
    forge: FakeForge, environ: dict[str, str], run: Run, save: Save
) -> None:
    outside = environ | {"GITHUB_EVENT_PATH": "", "GITHUB_REF": "refs/heads/main"}
    ran = run("ci", "comment", save(plans.one_change()), environ=outside)
    assert ran.exit_code == 1
    assert "error[ci-no-review]" in ran.stderr
    assert "--pull-request" in ran.stderr
    assert run("ci", "comment", save(plans.one_change()), "--pull-request", "5", environ=outside).exit_code == 0
    assert list(forge.comments) == [5]


def test_a_plan_that_could_not_be_made_takes_the_old_one_down(
    forge: FakeForge, environ: dict[str, str], run: Run, save: Save, tmp_path: Path
) -> None:
    gone = str(tmp_path / "gone.json")
    assert run("ci", "comment", gone, "--or-failed", environ=environ).stdout.startswith("Comment: nothing to do")
    run("ci", "comment", save(plans.one_change()), environ=environ)
    run("ci", "comment", gone, "--or-failed", environ=environ)
    (comment,) = forge.comments[7]
    assert "none could be made" in comment["body"]
    assert "reconciler:shown" not in comment["body"]
    assert run("ci", "comment", gone, environ=environ).exit_code == 5


# --- permissions ------------------------------------------------------------------------------------------------------


def test_a_missing_permission_is_named(forge: FakeForge, environ: dict[str, str], run: Run, save: Save) -> None:
    forge.writable = False
    ran = run("ci", "comment", save(plans.one_change()), environ=environ)
    assert ran.exit_code == 1
    assert "error[forge-permission]" in ran.stderr
    assert "Resource not accessible by integration" in ran.stderr
    assert "permissions: pull-requests: write" in ran.stderr


@pytest.mark.parametrize("without_token", [True, False])
def test_a_fork_may_not_write_and_that_is_no_failure(
    forge: FakeForge, tmp_path: Path, run: Run, save: Save, *, without_token: bool
) -> None:
    forge.writable = False
    environ = build_environ(forge, tmp_path, head="mallory/telephony")
    if without_token:
        del environ["GITHUB_TOKEN"]
    ran = run("ci", "comment", save(plans.one_change()), environ=environ)
    assert ran.exit_code == 0
    assert "note[forge-permission]" in ran.stderr
    assert "forks" in ran.stderr
    required = run("ci", "comment", save(plans.one_change()), "--require", environ=environ)
    assert required.exit_code == 1


def test_a_fork_that_may_write_does(forge: FakeForge, tmp_path: Path, run: Run, save: Save) -> None:
    environ = build_environ(forge, tmp_path, head="friend/telephony")
    assert run("ci", "comment", save(plans.one_change()), environ=environ).stdout.startswith("Comment: created")


def test_a_token_that_is_not_accepted(environ: dict[str, str], run: Run, save: Save) -> None:
    ran = run("ci", "comment", save(plans.one_change()), environ=environ | {"GITHUB_TOKEN": "ghs_old"})
    assert ran.exit_code == 1
    assert "does not accept the token in GITHUB_TOKEN" in ran.stderr
    assert "ghs_old" not in ran.stderr + ran.stdout


# --- limits and failures ----------------------------------------------------------------------------------------------


def post(environ: dict[str, str], waits: Waits) -> Deed:
    context = Context(environ=environ, now=lambda: NOW, patience=Patience(sleep=waits))
    return post_comment(context, plans.one_change(), Posting()).deed


@pytest.mark.parametrize(
    ("status", "headers", "wait"),
    [
        (429, {"Retry-After": "30"}, 30),
        (403, {"Retry-After": "45"}, 45),
        (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(NOW.timestamp()) + 20)}, 21),
        (429, {"RateLimit-Remaining": "0", "RateLimit-Reset": str(int(NOW.timestamp()) + 8)}, 9),
        (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(NOW.timestamp()) - 50)}, 1),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_limit_is_waited_out(
    forge: FakeForge, environ: dict[str, str], method: str, status: int, headers: dict[str, str], wait: int
) -> None:
    waits = Waits()
    forge.script = [(method, "comments", JSONResponse({"message": "limited"}, status, headers))]
    assert post(environ, waits) is Deed.CREATED
    assert waits.seconds == [wait]
    assert len(forge.comments[7]) == 1


def test_limits_in_a_row_are_waited_out_until_patience_ends(forge: FakeForge, environ: dict[str, str]) -> None:
    def limit(times: int) -> None:
        forge.script = [("POST", "comments", JSONResponse({}, 429, {"Retry-After": "30"})) for _ in range(times)]

    waits = Waits()
    limit(3)
    assert post(environ, waits) is Deed.CREATED
    assert waits.seconds == [30, 30, 30]
    forge.comments.clear()
    limit(9)
    with pytest.raises(Problem, match="asks to wait 30 seconds"):
        post(environ, Waits())
    assert forge.comments == {}


def test_a_limit_beyond_our_patience_is_said(forge: FakeForge, environ: dict[str, str]) -> None:
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(NOW.timestamp()) + 3000)}
    forge.script = [("GET", "comments", JSONResponse({"message": f"limited {TOKEN}"}, 403, headers))]
    waits = Waits()
    with pytest.raises(Problem, match="asks to wait 3001 seconds") as caught:
        post(environ, waits)
    assert caught.value.diagnostics[0].code == "forge-limited"
    assert waits.seconds == []
    assert TOKEN not in str(caught.value)


def test_reads_are_repeated_and_writes_are_not(forge: FakeForge, environ: dict[str, str]) -> None:
    forge.script = [("GET", "comments", JSONResponse({}, 503)), ("POST", "comments", JSONResponse({}, 502))]
    with pytest.raises(Problem, match=r"answered POST .* with 502"):
        post(environ, Waits())
    assert [method for method, _ in forge.writes] == ["POST"]


def test_a_comment_whose_answer_was_lost_is_not_made_twice(forge: FakeForge, environ: dict[str, str]) -> None:
    forge.after_commit = True
    assert post(environ, Waits()) is Deed.CREATED
    assert len(forge.comments[7]) == 1
    assert [method for method, _ in forge.writes] == ["POST"]


def test_redirects_are_not_followed(forge: FakeForge, environ: dict[str, str], run: Run, save: Save) -> None:
    forge.script = [("GET", "comments", RedirectResponse(f"{forge.url}/stolen", 301))]
    ran = run("ci", "comment", save(plans.one_change()), environ=environ)
    assert ran.exit_code == 1
    assert "redirected" in ran.stderr
    assert "/stolen" not in [path for _, path in forge.seen]


@pytest.mark.parametrize(
    "answer", [HTMLResponse("<h1>hi</h1>"), JSONResponse({"no": "list"}), JSONResponse([{"a": 1}])]
)
def test_an_answer_of_another_shape_is_an_error(
    forge: FakeForge, environ: dict[str, str], run: Run, save: Save, answer: JSONResponse
) -> None:
    forge.script = [("GET", "comments", answer)]
    ran = run("ci", "comment", save(plans.one_change()), environ=environ)
    assert ran.exit_code == 1
    assert "error[forge-failed]" in ran.stderr
    assert forge.writes == []


# --- the token, and hostile content -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    ["http://api.github.example", "ftp://127.0.0.1", "https://user@api.github.example", "https://", "http://[::1", ""],
)
def test_a_token_is_sent_over_tls_or_loopback_only(
    environ: dict[str, str], run: Run, save: Save, address: str, forge: FakeForge
) -> None:
    variables = environ | {"GITHUB_API_URL": address}
    if not address:
        variables = build_gitlab(forge, CI_API_V4_URL="http://gitlab.example/api/v4")
    ran = run("ci", "comment", save(plans.one_change()), environ=variables)
    assert ran.exit_code == 1
    assert "error[ci-unknown]" in ran.stderr
    assert forge.seen == []


def test_a_repository_cannot_lead_elsewhere(environ: dict[str, str], run: Run, save: Save, forge: FakeForge) -> None:
    ran = run("ci", "comment", save(plans.one_change()), environ=environ | {"GITHUB_REPOSITORY": "../../user"})
    assert ran.exit_code == 1
    assert forge.seen == []


def test_the_token_is_never_shown_nor_posted(forge: FakeForge, environ: dict[str, str], run: Run, save: Save) -> None:
    plan = plans.one_change()
    leaking = replace(plan, updates=tuple(replace(update, label=f"a {TOKEN} b") for update in plan.updates))
    echo = JSONResponse({"message": f"no, {TOKEN}"}, 422)
    forge.script = [("POST", "comments", echo)]
    refused = run("ci", "comment", save(leaking), environ=environ)
    assert refused.exit_code == 1
    ran = run("ci", "comment", save(leaking), environ=environ)
    assert "(secret)" in refused.stderr
    assert TOKEN not in refused.stderr + refused.stdout + ran.stderr + ran.stdout
    assert TOKEN not in forge.comments[7][0]["body"]
    assert {headers["authorization"] for headers in forge.headers} == {f"Bearer {TOKEN}"}


def test_hostile_content_stays_within_the_comment(
    forge: FakeForge, environ: dict[str, str], run: Run, save: Save
) -> None:
    ran = run("ci", "comment", save(plans.hostile()), "--name", "x", environ=environ)
    assert ran.exit_code == 0
    body = forge.comments[7][0]["body"]
    assert body.startswith("<!-- reconciler:plan:")
    assert not any(line.lstrip().startswith("::") for line in body.splitlines())
    assert "\x1b" not in body
    assert not any(line.startswith("::") for line in ran.stdout.splitlines())
    again = run("ci", "comment", save(plans.hostile()), "--name", "x", environ=environ)
    assert again.stdout.startswith("Comment: updated")


@pytest.mark.parametrize("name", ["--> boom", "a--b", "x y", "-", "ä"])
def test_a_name_cannot_break_the_marker(environ: dict[str, str], run: Run, save: Save, name: str) -> None:
    assert run("ci", "comment", save(plans.one_change()), "--name", name, environ=environ).exit_code == 64


def test_a_huge_plan_fits(forge: FakeForge, environ: dict[str, str], run: Run, save: Save) -> None:
    for count in (900, 1_200):
        assert run("ci", "comment", save(plans.many(count)), environ=environ).exit_code == 0
        assert len(forge.comments[7][0]["body"]) <= 65_536


# --- GitLab -----------------------------------------------------------------------------------------------------------


def test_gitlab_merge_requests_have_one_note(forge: FakeForge, run: Run, save: Save) -> None:
    forge.me = "project_77_bot"
    forge.say(7, "mallory", f"{MARKER}\nfaked")
    for deed in ("created", "updated"):
        ran = run("ci", "comment", save(plans.one_change()), environ=build_gitlab(forge))
        assert ran.stdout.startswith(f"Comment: {deed}"), ran.stderr
    assert len(forge.comments[7]) == 2
    assert [method for method, _ in forge.writes] == ["POST", "PUT"]
    assert {headers.get("private-token") for headers in forge.headers} == {TOKEN}


def test_a_fork_at_gitlab_has_no_token(forge: FakeForge, run: Run, save: Save) -> None:
    environ = build_gitlab(forge, CI_MERGE_REQUEST_SOURCE_PROJECT_ID="78")
    del environ["GITLAB_TOKEN"]
    assert run("ci", "comment", save(plans.one_change()), environ=environ).exit_code == 0
    assert forge.seen == []


def test_outside_of_ci_it_says_what_is_missing(run: Run, save: Save) -> None:
    ran = run("ci", "comment", save(plans.one_change()), environ={})
    assert ran.exit_code == 1
    assert "GITHUB_REPOSITORY" in ran.stderr


def test_only_comments_and_issues_can_be_written(forge: FakeForge) -> None:
    import asyncio

    from reconciler.forge.client import open_forge
    from reconciler.forge.forges import GITHUB
    from reconciler.model.secret import Secret
    from reconciler.remote.wire.guards import ForbiddenRequestError

    async def send(method: str, address: str) -> None:
        async with open_forge(GITHUB, api=forge.url, repository=REPOSITORY, token=Secret(TOKEN), environ={}) as client:
            await client._exchange._http.request(method, address)

    for method, address in [
        ("DELETE", f"{forge.url}/repos/{REPOSITORY}/issues/comments/1"),
        ("PUT", f"{forge.url}/repos/{REPOSITORY}/pulls/7/merge"),
        ("POST", f"{forge.url}/repos/acme/other/issues"),
        ("PATCH", f"{forge.url}/repos/{REPOSITORY}/issues/comments/1/x"),
        ("GET", "http://127.0.0.1:1/user"),
    ]:
        with pytest.raises(ForbiddenRequestError):
            asyncio.run(send(method, address))
    assert forge.seen == []
