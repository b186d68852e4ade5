"""The action and the GitLab jobs from review to drift: their own scripts, the served sandbox, and a fake forge."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.sandbox import SANDBOX_KEYS
from tests.ci.conftest import build_environ, build_gitlab
from tests.ci.fake_forge import COMMIT, TOKEN, FakeForge
from tests.ci.traps import plant_traps
from tests.ci.workflow_files import GITLAB, ROOT, ActionRun, read_call, read_yaml, run_bash
from tests.ledger.samples import run_git

MERGE = "b" * 40
KEYS = {f"{provider.upper()}_API_KEY": key for provider, key in SANDBOX_KEYS.items()}


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Path]:
    """A checkout whose folder `telephony` is the quickstart, pointed at a sandbox that is served on loopback.

    It is full of files that must never run.
    """
    plant_traps(tmp_path, mark=tmp_path / "sprung")
    shutil.copytree(ROOT / "examples" / "quickstart", tmp_path / "telephony", ignore=shutil.ignore_patterns(".*"))
    port = find_port()
    address = f"http://127.0.0.1:{port}"
    project = tmp_path / "telephony" / "reconciler.yaml"
    urls = {name: f"{address}/v1" if name == "fluents" else address for name in SANDBOX_KEYS}
    accounts = "".join(f"  {name}: {{base_url: '{url}'}}\n" for name, url in urls.items())
    project.write_text(f"version: 1\naccounts:\n{accounts}", encoding="utf-8")
    command = [sys.executable, "-m", "reconciler", "-C", str(project.parent), "sandbox", "serve", "--port", str(port)]
    served = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(port, served)
        yield tmp_path
        assert not (tmp_path / "sprung").exists()
    finally:
        served.send_signal(signal.SIGTERM)
        served.wait(timeout=20)


def find_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int, served: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        assert served.poll() is None, "the sandbox ended before it served"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    pytest.fail("the sandbox did not start")


def build_job(forge: FakeForge, workspace: Path) -> dict[str, str]:
    environ = build_environ(forge, workspace)
    del environ["GITHUB_TOKEN"]
    summary = {"GITHUB_STEP_SUMMARY": str(workspace / "summary.md"), "GITHUB_WORKSPACE": str(workspace)}
    return {**environ, **summary, **KEYS, "JOB_TOKEN": TOKEN}


def edit_at_the_console(workspace: Path) -> None:
    """Change a live label from elsewhere: another checkout, with no ledger of ours."""
    other = workspace / "elsewhere"
    shutil.copytree(workspace / "telephony", other, ignore=shutil.ignore_patterns(".reconciler"))
    numbers = other / "config" / "fluents.yaml"
    text = numbers.read_text(encoding="utf-8")
    assert "label: " in text
    start = text.index("label: ")
    numbers.write_text(f"{text[:start]}label: Console{text[text.index(chr(10), start) :]}", encoding="utf-8")
    done = run_bash("reconciler -C elsewhere apply --auto-approve", folder=workspace, environ=KEYS)
    assert done.returncode == 0, done.stdout + done.stderr
    shutil.rmtree(other)


def assert_first_seen(workspace: Path) -> None:
    """The drift check left in the ledger what it saw for the first time."""
    done = run_bash("reconciler -C telephony history", folder=workspace, environ=KEYS)
    assert "saw 1 moved outside git" in done.stdout
    assert "numbers.front-desk" in done.stdout


def test_the_action_from_review_to_drift(forge: FakeForge, workspace: Path) -> None:
    job = build_job(forge, workspace)
    after = job | {"GITHUB_EVENT_PATH": "", "GITHUB_REF": "refs/heads/main", "GITHUB_SHA": MERGE}

    def act(command: str, environ: dict[str, str], **inputs: str) -> ActionRun:
        event = "pull_request" if environ is job else "push"
        call = read_call(f"{command}.yml", "apply-by-hand" if "reviewed" in inputs else command)
        run = ActionRun({**call, **inputs}, workspace, environ, event=event)()
        assert TOKEN not in run.output
        return run

    planned = act("plan", job)
    assert not planned.failed, planned.output
    changes = planned.outputs["changes"]
    assert int(changes) > int(planned.outputs["high-risk"]) > 0
    assert planned.outputs["exit-code"] == "0"
    assert f"/blob/{COMMIT}/telephony/config/" in forge.comments[7][0]["body"]
    assert "file=telephony/config/" in planned.output
    assert "connectors.live-us" in (workspace / "summary.md").read_text(encoding="utf-8")
    assert (workspace / "reconciler-plan.html").read_text(encoding="utf-8").startswith("<!doctype html>")

    unreviewed = act("apply", after)
    assert unreviewed.failed
    assert "not-reviewed" in unreviewed.output
    assert "Apply" not in unreviewed.ran
    assert [issue["title"] for issue in forge.issues] == ["An apply of the configuration failed"]
    assert "Nothing was applied" in forge.issues[0]["body"]

    forge.merged[MERGE] = [7]
    applied = act("apply", after)
    assert not applied.failed, applied.output
    assert applied.ran[-2:] == ["Apply", "Tell the outcome"]
    assert applied.outputs["exit-code"] == "0"
    assert "✓ numbers.front-desk" in applied.output
    assert forge.issues[0]["state"] == "closed"
    assert "<h3>Applied 7 — telephony</h3>" in forge.comments[7][1]["body"]
    again = act("plan", job)
    assert not again.failed
    assert len(forge.comments[7]) == 2
    assert "no changes" in forge.comments[7][0]["body"].lower()

    assert not act("drift", after).failed
    assert len(forge.issues) == 1
    edit_at_the_console(workspace)
    assert not act("drift", after, title="Drift; $(touch pwned) `x`").failed
    assert forge.issues[1]["title"] == "Drift; $(touch pwned) `x`"
    assert not (workspace / "pwned").exists()
    assert_first_seen(workspace)
    refused = act("apply", after)
    assert refused.failed
    assert "did not show this change" in refused.output
    assert not act("apply", after, reviewed="elsewhere").failed
    assert not act("drift", after).failed
    assert [issue["state"] for issue in forge.issues] == ["closed", "closed", "closed"]


def test_a_broken_project_is_said_in_the_comment(forge: FakeForge, workspace: Path) -> None:
    job = build_job(forge, workspace)
    inputs = read_call("plan.yml", "plan-of-a-fork")
    ActionRun(inputs, workspace, job)()
    with (workspace / "telephony" / "config" / "fluents.yaml").open("a", encoding="utf-8") as stream:
        stream.write("nonsense: true\n")
    run = ActionRun(inputs, workspace, job)()
    assert run.failed
    assert "::error file=telephony/config/fluents.yaml" in run.output
    assert "none could be made" in forge.comments[7][0]["body"]
    assert "Plan" not in run.ran


def test_a_fork_plans_in_the_sandbox_without_keys(forge: FakeForge, workspace: Path) -> None:
    forge.writable = False
    job = {name: value for name, value in build_job(forge, workspace).items() if name not in KEYS}
    job |= build_environ(forge, workspace, head="mallory/telephony")
    del job["GITHUB_TOKEN"]
    run = ActionRun(read_call("plan.yml", "plan-of-a-fork"), workspace, job)()
    assert not run.failed, run.output
    assert forge.comments == {}
    assert (workspace / "summary.md").read_text(encoding="utf-8")


def test_a_large_estate_plans_what_a_pull_request_changes(forge: FakeForge, workspace: Path) -> None:
    for words in (
        ["init", "-q"],
        ["add", "telephony"],
        ["commit", "-qm", "base"],
        ["commit", "-qm", "head", "--allow-empty"],
    ):
        run_git(workspace, "-c", "user.name=t", "-c", "user.email=t@x", *words)
    prompt = workspace / "telephony/prompts/front-desk.md"
    prompt.write_text(prompt.read_text(encoding="utf-8") + "Be brief.\n", encoding="utf-8")
    planned = ActionRun(read_call("large.yml", "plan"), workspace, build_job(forge, workspace))()
    assert not planned.failed, planned.output
    assert planned.outputs["changes"] == "1"
    (comment,) = forge.comments[7]
    assert "Narrowed by --since HEAD^1" in comment["body"]
    assert "8 declared resources were not looked at" in comment["body"]
    call = read_call("large.yml", "everything")
    every = ActionRun(call, workspace, build_job(forge, workspace), event="schedule")()
    assert int(every.outputs["changes"]) > 1
    assert len(forge.comments[7]) == 1


def test_one_pair_of_the_matrix_from_review_to_apply(forge: FakeForge, workspace: Path) -> None:
    """The other pairs differ in two words; what they share and what they do not is in the stories."""
    project = workspace / "south"
    shutil.copytree(ROOT / "examples" / "one-file", project, ignore=shutil.ignore_patterns(".*"))
    job = build_job(forge, workspace)
    after = job | {"GITHUB_EVENT_PATH": "", "GITHUB_REF": "refs/heads/main", "GITHUB_SHA": MERGE}
    pair = {"project": "south", "environment": "staging"}
    planned = ActionRun({**read_call("environments.yml", "plan", **pair), "sandbox": "true"}, workspace, job)()
    assert not planned.failed, planned.output
    assert forge.comments[7][0]["body"].startswith("<!-- reconciler:plan:staging:/south -->")
    forge.merged[MERGE] = [7]
    call = {**read_call("environments.yml", "apply", **pair), "sandbox": "true"}
    applied = ActionRun(call, workspace, after, event="push")()
    assert not applied.failed, applied.output
    assert applied.ran[-2:] == ["Apply", "Tell the outcome"]


@pytest.mark.parametrize("inputs", [{"command": "destroy"}, {"command": "apply", "reviewed": "maybe"}])
def test_other_commands_are_refused(forge: FakeForge, tmp_path: Path, inputs: dict[str, str]) -> None:
    run = ActionRun(inputs, tmp_path, build_job(forge, tmp_path))()
    assert run.failed
    assert not {"Validate", "Plan", "Apply"} & set(run.ran)


def test_the_gitlab_jobs_from_review_to_drift(forge: FakeForge, workspace: Path) -> None:
    forge.me = "project_77_bot"
    document = read_yaml(GITLAB)
    environ = {**build_gitlab(forge), **KEYS, "CI_PROJECT_DIR": str(workspace), **document["variables"]}

    def run(job: str) -> int:
        done = run_bash("\n".join(document[job]["script"]), folder=workspace, environ=environ)
        after = run_bash("\n".join(document[job].get("after_script", [])), folder=workspace, environ=environ)
        assert TOKEN not in done.stdout + done.stderr + after.stdout + after.stderr
        assert done.returncode in {0, 3, 5}, done.stdout + done.stderr
        assert after.returncode == 0, after.stderr
        return done.returncode

    assert run("validate") == 0
    assert json.loads((workspace / "gl-code-quality-report.json").read_text(encoding="utf-8")) == []
    assert run("plan") == 0
    assert len(forge.comments[7]) == 1
    assert run("apply") == 5
    assert [issue["state"] for issue in forge.issues] == ["opened"]
    forge.merged[COMMIT] = [7]
    assert run("apply") == 0
    assert forge.issues.pop()["state"] == "closed"
    assert "Applied 7" in forge.comments[7][1]["body"]
    edit_at_the_console(workspace)
    assert run("drift") == 0
    assert [issue["state"] for issue in forge.issues] == ["opened"]
    assert_first_seen(workspace)
    environ["CI_MERGE_REQUEST_DIFF_BASE_SHA"] = COMMIT
    assert run("plan-of-a-fork") == 0
    with (workspace / "telephony" / "config" / "fluents.yaml").open("a", encoding="utf-8") as stream:
        stream.write("nonsense: true\n")
    (workspace / "plan.json").unlink()
    assert run("plan") == 3
    assert "none could be made" in forge.comments[7][0]["body"]
