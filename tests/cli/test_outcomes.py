"""Every outcome in its own words, reached through the command line; and what an interrupt leaves."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.model.outcome import Result
from reconciler.sandbox import Arrived
from tests.cli.stage import KEYS, OTHER_VOICE, VOICE, Stage, hotline, lines, quickstart
from tests.sandbox.served import serve_in_process

WORDS = {
    Result.VERIFIED: "verified",
    Result.ACCEPTED: "accepted (the API cannot be read back)",
    Result.REJECTED: "rejected",
    Result.MISMATCH: "not verified: the live value is not the planned one",
    Result.IN_DOUBT: "in doubt: sent, no clear answer, and reading again did not settle it",
    Result.STALE: "stale: moved since it was planned, not overwritten",
    Result.REFUSED: "refused, nothing was sent",
    Result.NOT_ATTEMPTED: "not attempted, nothing was sent",
}


def break_at_write(stage: Stage, *, fields: dict[str, object]) -> None:
    """Edit the first line when the first write arrives."""
    world = stage.world

    def step_in(arrived: Arrived) -> None:
        if arrived.method != "GET":
            world.before_request = None
            world.edit("galtea", "phoneConnections", "pc_0", fields)

    world.before_request = step_in


def verify(tmp_path: Path) -> Stage:
    return lines(tmp_path, count=1)


def accept(tmp_path: Path) -> Stage:
    stage = quickstart(tmp_path)
    stage.settle()
    stage.change("config/opencopilot.yaml", "language: no", "language: sv")
    return stage


def reject(tmp_path: Path) -> Stage:
    stage = hotline(tmp_path)
    stage.trouble("probe-fails")
    return stage


def mismatch(tmp_path: Path) -> Stage:
    stage = lines(tmp_path, count=1)
    stage.trouble("lost-write")
    return stage


def test_not_verified_claims_no_yes_that_nobody_said(tmp_path: Path) -> None:
    stage = lines(tmp_path, count=1)
    stage.trouble("drop-before-commit")
    break_at_write(stage, fields={"voice": "megan"})
    told = stage.apply()
    assert told.code == 1
    assert "no answer: the connection broke; read back, /voice is not as planned" in told.words
    assert "said yes" not in told.words


def doubt(tmp_path: Path) -> Stage:
    stage = quickstart(tmp_path)
    stage.trouble("timeout-after-commit:9@opencopilot")
    return stage


def withhold(tmp_path: Path) -> Stage:
    """Refuse the key at the first write: the rest of the account is not attempted."""
    stage = lines(tmp_path, count=12)
    stage.change("reconciler.yaml", "galtea: {}", "galtea: {concurrency: 1}")
    stage.trouble("expired-key@writes")
    return stage


@pytest.mark.parametrize(
    ("make", "target", "result", "code"),
    [
        (verify, "*", Result.VERIFIED, 0),
        (accept, "agents.*", Result.ACCEPTED, 0),
        (reject, "connectors.*", Result.REJECTED, 1),
        (mismatch, "*", Result.MISMATCH, 1),
        (doubt, "agents.*", Result.IN_DOUBT, 1),
    ],
)
def test_an_outcome_has_its_own_words(
    tmp_path: Path, make: Callable[[Path], Stage], target: str, result: Result, code: int
) -> None:
    stage = make(tmp_path)
    told = stage.apply("--target", target, "--max-updates", "99")
    assert told.code == code, told.all
    assert WORDS[result] in told.words
    others = [words for other, words in WORDS.items() if other not in {result, Result.VERIFIED}]
    assert not any(words in told.words for words in others)
    run_id = json.loads(stage.run("history", "--format", "json").out)[0]["run"]
    run = json.loads(stage.run("history", run_id, "--format", "json").out)
    assert {step["result"] for step in run["steps"]} == {result.value}


def test_a_refused_key_ends_its_account_only(tmp_path: Path) -> None:
    stage = withhold(tmp_path)
    told = stage.apply("--max-updates", "99")
    assert told.code == 1
    assert WORDS[Result.REJECTED] in told.words
    assert WORDS[Result.NOT_ATTEMPTED] in told.words
    assert "Not attempted: apply again to send the rest." in told.words
    assert len(stage.writes) < 12


def test_mismatch_names_the_field_and_the_next_plan_is_right(tmp_path: Path) -> None:
    stage = mismatch(tmp_path)
    told = stage.apply()
    assert "voice is not as planned" in told.words
    stage.trouble()
    assert stage.apply().code == 0
    assert stage.run("plan", "--detailed-exitcode").code == 0


def test_collateral_damage_is_named_with_its_old_value_and_fails_the_run(tmp_path: Path) -> None:
    stage = lines(tmp_path, count=1)
    stage.trouble("collateral")
    told = stage.apply()
    assert told.code == 1
    assert "collateral damage: name was not sent, but changed" in told.words
    assert '"Line 0" → "Line 0 (changed)"' in told.words


def test_stale_where_an_editor_was_faster(tmp_path: Path) -> None:
    """Without a saved plan, between the try that the vendor turned away and the next one."""
    stage = lines(tmp_path, count=1)
    stage.trouble("late-429:0@writes")
    break_at_write(stage, fields={"voice": "megan"})
    told = stage.apply()
    assert told.code == 5, told.all
    assert "stale" in told.words
    assert stage.world.read("galtea", "phoneConnections", "pc_0")["voice"] == "megan"


def test_refused_where_it_cannot_be_read_right_before_the_write(tmp_path: Path) -> None:
    stage = lines(tmp_path, count=1)
    target = stage.folder / "plan.json"
    stage.run("plan", "--out", str(target))
    stage.trouble("down@reads")
    told = stage.run("apply", str(target), "--auto-approve")
    assert told.code == 5
    assert WORDS[Result.REFUSED] in told.words
    assert "could not be read right before the write" in told.words
    assert stage.writes == []


@pytest.mark.parametrize("vice", ["drop-after-commit", "timeout-after-commit", "empty-201", "html-502:1@writes"])
def test_what_arrived_without_an_answer_is_read_back_and_sent_once(tmp_path: Path, vice: str) -> None:
    stage = lines(tmp_path, count=1)
    stage.trouble(vice)
    told = stage.apply()
    assert told.code == 0, told.all
    assert "1 verified" in told.words
    assert stage.world.read("galtea", "phoneConnections", "pc_0")["voice"] == "jack"


def test_doubt_is_remembered_until_it_is_settled(tmp_path: Path) -> None:
    stage = doubt(tmp_path)
    assert stage.apply("--target", "agents.*").code == 1
    stage.trouble()
    later = stage.plan("--target", "agents.*")
    assert [update["address"] for update in later["updates"]] == ["agents.receptionist"]
    assert stage.apply("--target", "agents.*").code == 0
    assert "error" not in stage.run("plan", "--target", "agents.*").all
    assert stage.run("plan", "--target", "agents.*", "--detailed-exitcode").code == 0


@pytest.mark.parametrize("presses", [1, 2])
def test_ctrl_c_leaves_a_journal_that_tells_the_truth(tmp_path: Path, presses: int) -> None:
    """Once: what is in flight ends, the rest is not attempted. Twice: it ends at once. The next plan is right."""
    stage = lines(tmp_path, count=30)
    head = "accounts: {galtea: {concurrency: 2, base_url: 'URL', requests_per_minute: 6000}}"
    seed = {"galtea": {"phoneConnections": stage.world.rows("galtea", "phoneConnections")}}
    with serve_in_process(seed, "slow:150") as url:
        stage.change("reconciler.yaml", "accounts: {galtea: {}}", head.replace("URL", url))
        process = start_apply(stage.folder)
        wait_for_journal(stage.folder, process, intents=4)
        for _ in range(presses):
            process.send_signal(signal.SIGINT)
            time.sleep(0.02)
        out, err = process.communicate(timeout=60)
        assert process.returncode == 130, err
        assert "Traceback" not in err
        events = read_journal(stage.folder)
        rows = live_voices(stage, url)
    intended = [event["address"] for event in events if event["event"] == "intend"]
    assert 0 < len(intended) < 30
    verified = {event["address"] for event in events if event["event"] == "outcome" and event["result"] == "verified"}
    changed = {f"phone_connections.line-{place}" for place in range(30) if rows[f"pc_{place}"] == "jack"}
    assert verified <= changed <= set(intended)
    if presses == 1:
        assert changed == verified == set(intended)
        assert events[-1]["event"] == "end"
        assert events[-1]["interrupted"] is True
        assert (
            f"Applied {len(changed)} of 30 updates: {len(changed)} verified, {30 - len(changed)} not attempted" in out
        )
    assert not (stage.folder / ".reconciler" / "lock.json").exists()


def start_apply(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "reconciler", "-C", str(folder), "apply", "--auto-approve", "--max-updates", "99"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **KEYS},
    )


def read_journal(folder: Path) -> list[dict[str, object]]:
    texts = [path.read_text(encoding="utf-8") for path in (folder / ".reconciler" / "journal").glob("*.jsonl")]
    return [json.loads(line) for text in texts for line in text.splitlines()]


def wait_for_journal(folder: Path, process: subprocess.Popen[str], *, intents: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        texts = [path.read_text(encoding="utf-8") for path in (folder / ".reconciler" / "journal").glob("*.jsonl")]
        if sum(text.count('"intend"') for text in texts) >= intents:
            return
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    raise TimeoutError(folder)


def live_voices(stage: Stage, url: str) -> dict[str, str]:
    """Ask the vendor, with a plan through the real command line."""
    out = subprocess.run(
        [sys.executable, "-m", "reconciler", "-C", str(stage.folder), "plan", "--format", "json"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, **KEYS},
        timeout=60,
    ).stdout
    assert url in out
    missing = {update["id"] for update in json.loads(out)["updates"]}
    return {f"pc_{place}": "sarah" if f"pc_{place}" in missing else "jack" for place in range(30)}


def test_the_batch_that_leaves_entries_out_is_read_again_not_believed(tmp_path: Path) -> None:
    stage = hotline(tmp_path)
    stage.trouble("omit-from-batch", "shuffle-batch")
    told = stage.apply()
    assert told.code == 0, told.all
    assert {row["voiceName"] for row in stage.world.rows("polyai", "connectors")} == {VOICE}
    assert OTHER_VOICE not in told.out.split("Applied")[1]


def test_half_a_batch_fails_and_the_other_half_is_applied(tmp_path: Path) -> None:
    stage = hotline(tmp_path)
    stage.trouble("fail-in-batch:2")
    told = stage.apply()
    assert told.code == 4, told.all
    assert "2 verified, 1 rejected" in told.words
    voices = [row["voiceName"] for row in stage.world.rows("polyai", "connectors")]
    assert voices == [VOICE, OTHER_VOICE]


def test_documented_required_fields_are_filled_in_where_the_vendor_demands_them(tmp_path: Path) -> None:
    stage = lines(tmp_path, count=2)
    stage.trouble(**{"galtea-patch": "strict"})
    told = stage.apply()
    assert told.code == 0, told.all
    assert "went along with their live values" in told.words
    assert stage.run("plan", "--detailed-exitcode").code == 0
