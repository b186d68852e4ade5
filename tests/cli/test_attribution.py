"""Who changed it: causes, drift, and a ledger that may be lost, foreign or damaged."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.cli.stage import Stage, causes, hotline, lines, quickstart

FIELD = "phone_connections.line-0/voice"


def edit(stage: Stage, voice: str) -> None:
    stage.world.edit("galtea", "phoneConnections", "pc_0", {"voice": voice})


def declare(stage: Stage, voice: str) -> None:
    stage.change(
        "reconciler.yaml", "line-0: {id: pc_0, spec: {voice: jack}", f"line-0: {{id: pc_0, spec: {{voice: {voice}}}"
    )


def settled(folder: Path) -> Stage:
    stage = lines(folder)
    stage.settle()
    return stage


def test_unattributed_before_the_first_apply(tmp_path: Path) -> None:
    stage = lines(tmp_path)
    assert set(causes(stage.plan()).values()) == {"unattributed"}
    assert "note[ledger-absent]" in stage.run("plan").err


def test_config_where_git_changed_it(tmp_path: Path) -> None:
    stage = settled(tmp_path)
    declare(stage, "theo")
    assert causes(stage.plan()) == {FIELD: "config"}
    assert stage.run("drift").code == 0


def test_drift_where_somebody_else_changed_it(tmp_path: Path) -> None:
    stage = settled(tmp_path)
    edit(stage, "megan")
    plan = stage.plan()
    assert causes(plan) == {FIELD: "drift"}
    assert plan["summary"]["drift"] == 1
    assert plan["updates"][0]["changes"][0]["before"] == "megan"
    told = stage.apply()
    assert told.code == 0
    assert stage.world.read("galtea", "phoneConnections", "pc_0")["voice"] == "jack"


def test_conflict_where_both_did(tmp_path: Path) -> None:
    stage = settled(tmp_path)
    edit(stage, "megan")
    declare(stage, "theo")
    assert causes(stage.plan()) == {FIELD: "conflict"}


def test_nothing_where_both_agree(tmp_path: Path) -> None:
    stage = settled(tmp_path)
    edit(stage, "theo")
    declare(stage, "theo")
    assert causes(stage.plan()) == {}
    assert stage.apply().code == 0
    edit(stage, "megan")
    assert causes(stage.plan()) == {FIELD: "drift"}


def test_a_field_that_is_newly_owned_is_unattributed(tmp_path: Path) -> None:
    stage = settled(tmp_path)
    stage.change(
        "reconciler.yaml",
        "line-0: {id: pc_0, spec: {voice: jack}",
        "line-0: {id: pc_0, spec: {voice: jack, languageCode: en-GB}",
    )
    assert causes(stage.plan()) == {"phone_connections.line-0/languageCode": "unattributed"}


def test_unverifiable_where_nothing_can_be_read_and_a_second_plan_is_empty(tmp_path: Path) -> None:
    stage = quickstart(tmp_path)
    found = causes(stage.plan("--target", "agents.*"))
    assert found["agents.receptionist/base_prompt"] == "unverifiable"
    assert found["agents.receptionist/name"] == "unattributed"
    assert stage.apply("--target", "agents.*").code == 0
    assert stage.run("plan", "--target", "agents.*", "--detailed-exitcode").code == 0
    stage.change("config/opencopilot.yaml", "language: no", "language: sv")
    again = stage.plan("--target", "agents.*")
    assert causes(again) == {"agents.receptionist/language": "config"}
    body = again["updates"][0]["request"]["body"]
    assert body == {"language": "sv", "elevenlabs_voice_id": "hP72SDESIJq2YuAblBqz"}
    assert again["updates"][0]["request"]["companions"] == ["elevenlabs_voice_id"]


def test_a_lost_ledger_costs_attribution_and_one_sending_of_what_cannot_be_read(tmp_path: Path) -> None:
    stage = quickstart(tmp_path)
    stage.settle()
    stage.forget_ledger()
    plan = stage.plan()
    assert [update["address"] for update in plan["updates"]] == ["agents.receptionist"]
    assert set(causes(plan).values()) == {"unverifiable"}
    assert stage.apply().code == 0
    assert stage.run("plan", "--detailed-exitcode").code == 0


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"format_version": 99}', "\x00\xff", "[" * 100_000])
def test_a_damaged_ledger_is_never_an_error(tmp_path: Path, text: str) -> None:
    stage = settled(tmp_path)
    edit(stage, "megan")
    for path in (tmp_path / ".reconciler" / "ledger").glob("*.json"):
        path.write_text(text, encoding="utf-8")
    told = stage.run("plan")
    assert told.code == 0
    assert "ledger-foreign" in told.err or "ledger-absent" in told.err
    assert causes(stage.plan()) == {FIELD: "unattributed"}
    assert stage.run("drift").code == 6
    assert stage.apply().code == 0
    edit(stage, "megan")
    assert causes(stage.plan()) == {FIELD: "drift"}


def test_the_ledger_of_another_project_says_nothing(tmp_path: Path) -> None:
    """Its addresses are the same, its objects are not."""
    stage = settled(tmp_path / "ours")
    other = hotline(tmp_path / "other")
    other.settle()
    shutil.rmtree(tmp_path / "ours" / ".reconciler")
    shutil.copytree(tmp_path / "other" / ".reconciler", tmp_path / "ours" / ".reconciler")
    edit(stage, "megan")
    assert causes(stage.plan()) == {FIELD: "unattributed"}
    assert stage.apply().code == 0


def test_the_ledger_follows_objects_and_not_addresses(tmp_path: Path) -> None:
    """What was applied to an object is known of it under any name; of an object that nothing was applied to, nothing is."""
    stage = settled(tmp_path)
    stage.change("reconciler.yaml", "  line-1: {id: pc_1, spec: {voice: jack}}\n", "")
    stage.change("reconciler.yaml", "line-0: {id: pc_0,", "line-0: {id: pc_1,")
    stage.world.edit("galtea", "phoneConnections", "pc_1", {"voice": "megan"})
    assert causes(stage.plan()) == {FIELD: "drift"}
    stage.change("reconciler.yaml", "line-0: {id: pc_1,", "line-0: {id: pc_9,")
    stage.world.put(
        "galtea", "phoneConnections", "pc_9", stage.world.read("galtea", "phoneConnections", "pc_1") | {"id": "pc_9"}
    )
    assert causes(stage.plan()) == {FIELD: "unattributed"}


@pytest.mark.parametrize(
    ("moved", "changed", "code", "shown"),
    [(False, False, 0, 0), (True, False, 2, 1), (True, True, 2, 1), (False, True, 0, 0)],
)
def test_drift_exits_2_only_for_what_moved_outside_git(
    tmp_path: Path, *, moved: bool, changed: bool, code: int, shown: int
) -> None:
    stage = settled(tmp_path)
    if moved:
        edit(stage, "megan")
    if changed:
        declare(stage, "theo")
    told = stage.run("drift", "--format", "json")
    assert told.code == code
    assert len(told.plan["updates"]) == shown
    assert stage.writes == []


def test_drift_without_a_ledger_says_that_it_cannot_tell(tmp_path: Path) -> None:
    told = lines(tmp_path).run("drift")
    assert told.code == 6
    assert "What moved outside git cannot be told." in told.out
    assert "warning[drift-unknown]" in told.err
    assert "3 more differ, but were never applied from here" in told.words


def test_drift_says_what_could_not_be_read(tmp_path: Path) -> None:
    stage = quickstart(tmp_path)
    stage.settle()
    stage.world.edit("galtea", "phoneConnections", "phoneConnection_123", {"voice": "megan"})
    stage.trouble("down:polyai")
    assert stage.run("drift").code == 6
    assert stage.run("drift", "--account", "galtea").code == 2


def test_environments_have_ledgers_of_their_own(tmp_path: Path) -> None:
    stage = lines(tmp_path)
    stage.write("environments/staging.yaml", "vars: {}\n")
    assert stage.apply("--env", "staging").code == 0
    edit(stage, "megan")
    assert causes(stage.plan("--env", "staging")) == {FIELD: "drift"}
    assert causes(stage.plan()) == {FIELD: "unattributed"}
