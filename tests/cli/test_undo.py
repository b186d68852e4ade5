"""The way back: undo, undo of an undo, what moved since, what is gone, and the history that tells of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.cli.stage import PHONE, Stage, causes, hotline, lines, quickstart

SPECS = {"galtea": ("phoneConnections", "phoneConnection_123"), "polyai": ("connectors", "conn-sandbox-us")}


def history(stage: Stage) -> list[dict[str, Any]]:
    runs: list[dict[str, Any]] = json.loads(stage.run("history", "--format", "json").out)
    return runs


def undo(stage: Stage, run: str = "latest", *arguments: str) -> Any:
    return stage.run("undo", run, "--auto-approve", *arguments)


def snapshot(stage: Stage) -> dict[str, Any]:
    kinds = (("galtea", "phoneConnections"), ("fluents", "numbers"), ("polyai", "connectors"))
    return {collection: stage.world.rows(provider, collection) for provider, collection in kinds}


def test_undo_puts_everything_back_that_can_be_read(tmp_path: Path) -> None:
    stage = quickstart(tmp_path)
    before = snapshot(stage)
    assert stage.apply().code == 0
    after = snapshot(stage)
    assert before != after
    told = undo(stage)
    assert told.code == 5, told.all
    assert "could not be taken back, as named above" in told.words
    assert snapshot(stage) == before
    for field in ("language", "base_prompt"):
        assert f"agents.receptionist.{field} is left alone: what it was before is not known" in told.words
    assert stage.world.read("opencopilot", "phones", PHONE)["name"] == "Reception"
    again = undo(stage)
    assert again.code == 0, again.all
    assert snapshot(stage) == after


def test_undo_says_that_git_still_declares_it(tmp_path: Path) -> None:
    stage = lines(tmp_path)
    stage.settle()
    told = undo(stage)
    assert "revert the commit too" in told.words
    assert set(causes(stage.plan()).values()) == {"config"}
    assert stage.run("drift").code == 0


def test_undo_without_success_does_not_pretend(tmp_path: Path) -> None:
    stage = lines(tmp_path)
    stage.settle()
    told = stage.run("undo", "latest")
    assert told.code == 5
    assert "revert the commit" not in told.words
    assert stage.writes == []


def test_a_field_that_moved_since_is_left_alone_and_named(tmp_path: Path) -> None:
    stage = lines(tmp_path)
    stage.settle()
    stage.world.edit("galtea", "phoneConnections", "pc_1", {"voice": "megan"})
    told = undo(stage)
    assert told.code == 5
    assert "phone_connections.line-1.voice is left alone: it moved since: it is 'megan' now" in told.words
    voices = [row["voice"] for row in stage.world.rows("galtea", "phoneConnections")]
    assert voices == ["sarah", "megan", "sarah"]


def test_an_object_that_is_gone_is_named_and_not_guessed(tmp_path: Path) -> None:
    stage = lines(tmp_path)
    stage.settle()
    stage.world.edit("galtea", "phoneConnections", "pc_1", {"deletedAt": "2026-11-21T00:00:00Z"})
    told = undo(stage)
    assert told.code == 1
    assert "phone_connections.line-1" in told.err
    assert "absent" in told.out
    assert [path for _, path, _ in stage.writes] == ["/phoneConnections/pc_0", "/phoneConnections/pc_2"]


def test_what_cannot_be_read_comes_back_from_the_ledger(tmp_path: Path) -> None:
    stage = quickstart(tmp_path)
    stage.settle()
    stage.change("config/opencopilot.yaml", "language: no", "language: sv")
    assert stage.apply().code == 0
    assert stage.world.read("opencopilot", "phones", PHONE)["language"] == "sv"
    told = undo(stage)
    assert told.code == 0, told.all
    phone = stage.world.read("opencopilot", "phones", PHONE)
    assert phone["language"] == "no"
    assert phone["elevenlabs_voice_id"] == "hP72SDESIJq2YuAblBqz"


def test_a_resource_that_git_no_longer_declares_is_put_back_too(tmp_path: Path) -> None:
    stage = lines(tmp_path)
    stage.settle()
    stage.change("reconciler.yaml", "  line-1: {id: pc_1, spec: {voice: jack}}\n", "")
    assert undo(stage).code == 0
    assert [row["voice"] for row in stage.world.rows("galtea", "phoneConnections")] == ["sarah"] * 3


def test_only_what_the_run_changed_comes_back(tmp_path: Path) -> None:
    stage = hotline(tmp_path)
    stage.trouble("fail-in-batch:2")
    assert stage.apply().code == 4
    stage.trouble()
    assert undo(stage).code == 0
    assert [path for _, path, _ in stage.writes] == [
        "/v1/numbers/update",
        "/v1/agents/PROJECT-58RP822I/telephony/connectors/conn-1",
    ]


def test_an_older_run_by_its_beginning(tmp_path: Path) -> None:
    stage = lines(tmp_path)
    stage.settle()
    first = history(stage)[0]["run"]
    stage.change("reconciler.yaml", "line-0: {id: pc_0, spec: {voice: jack}", "line-0: {id: pc_0, spec: {voice: theo}")
    assert stage.apply().code == 0
    told = undo(stage, first[:-1])
    assert told.code == 5
    assert "line-0.voice is left alone" in told.words
    assert [row["voice"] for row in stage.world.rows("galtea", "phoneConnections")] == ["theo", "sarah", "sarah"]
    assert undo(stage, "2").code == 64


def test_undoing_nothing_does_nothing(tmp_path: Path) -> None:
    stage = lines(tmp_path)
    assert undo(stage).code == 64
    assert stage.run("plan").code == 0
    assert stage.writes == []


def test_latest_is_the_last_run_that_changed_something(tmp_path: Path) -> None:
    stage = lines(tmp_path)
    stage.settle()
    assert stage.apply().code == 0
    idle, changing = history(stage)
    told = undo(stage, idle["run"])
    assert (told.code, stage.writes) == (0, [])
    assert f"There is nothing to take back of run {idle['run']}: it changed nothing." in told.words
    assert len(history(stage)) == 2
    assert undo(stage).code == 0
    assert history(stage)[0]["undoes"] == changing["run"]
    assert len(stage.writes) == 3


def test_a_run_whose_journal_names_another_is_unreadable_and_no_mistake_of_the_user(tmp_path: Path) -> None:
    stage = lines(tmp_path)
    stage.settle()
    run = history(stage)[0]["run"]
    for path in (tmp_path / ".reconciler").rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes().replace(run.encode(), b"20200101-000000-abcdef"))
    for command in (("history", "latest"), ("undo", "latest", "--auto-approve")):
        told = stage.run(*command)
        assert told.code == 6, told.all
        assert "its journal is not where it should be" in told.words


def test_what_cannot_be_taken_back_is_a_sentence_and_an_exit_code(tmp_path: Path) -> None:
    stage = lines(tmp_path, count=1)
    stage.settle()
    stage.world.edit("galtea", "phoneConnections", "pc_0", {"voice": "megan"})
    told = undo(stage)
    assert told.code == 5
    assert "Nothing was taken back of run" in told.words
    assert "No changes" not in told.words
    assert (stage.writes, len(history(stage))) == ([], 1)


def test_accept_conflicts_takes_back_what_moved_since(tmp_path: Path) -> None:
    stage = lines(tmp_path)
    stage.settle()
    stage.world.edit("galtea", "phoneConnections", "pc_1", {"voice": "megan"})
    assert undo(stage, "latest", "--accept-conflicts").code == 0
    assert [row["voice"] for row in stage.world.rows("galtea", "phoneConnections")] == ["sarah"] * 3


def test_a_target_takes_back_one_resource(tmp_path: Path) -> None:
    stage = lines(tmp_path)
    stage.settle()
    assert undo(stage, "latest", "--target", "phone_connections.line-9").code == 64
    assert undo(stage, "latest", "--target", "*.line-1").code == 0
    assert [row["voice"] for row in stage.world.rows("galtea", "phoneConnections")] == ["jack", "sarah", "jack"]


def test_an_undone_change_that_git_still_declares_says_so(tmp_path: Path) -> None:
    stage = lines(tmp_path)
    stage.settle()
    assert undo(stage).code == 0
    run = history(stage)[0]["run"]
    changes = [change for update in stage.plan()["updates"] for change in update["changes"]]
    assert {(change["cause"], change["undone_by"]) for change in changes} == {("config", run)}
    for style in ("text", "markdown", "html"):
        assert f"undone by run {run}" in " ".join(stage.run("plan", "--format", style).out.split())
    stage.change("reconciler.yaml", "line-0: {id: pc_0, spec: {voice: jack}", "line-0: {id: pc_0, spec: {voice: theo}")
    changes = [change for update in stage.plan()["updates"] for change in update["changes"]]
    assert [change.get("undone_by", "") for change in changes] == ["", run, run]
    assert stage.apply().code == 0
    stage.world.edit("galtea", "phoneConnections", "pc_1", {"voice": "sarah"})
    assert set(causes(stage.plan()).values()) == {"drift"}


def test_an_undo_finds_a_resource_under_its_new_name(tmp_path: Path) -> None:
    stage = lines(tmp_path)
    stage.settle()
    stage.change("reconciler.yaml", "line-1: {id: pc_1,", "middle: {id: pc_1,")
    assert undo(stage).code == 0
    assert {row["address"] for row in stage.plan()["updates"]} == {
        "phone_connections.line-0",
        "phone_connections.middle",
        "phone_connections.line-2",
    }
    assert "no-longer-declared" not in stage.run("plan").words


def test_history_lists_runs_newest_first_with_who_and_what(tmp_path: Path) -> None:
    stage = lines(tmp_path)
    assert stage.run("history").out == "No runs yet.\n"
    assert json.loads(stage.run("history", "--format", "json").out) == []
    stage.environ["GITHUB_ACTOR"] = "mira"
    stage.settle()
    assert undo(stage).code == 0
    newest, oldest = history(stage)
    assert (newest["command"], newest["undoes"]) == ("undo", oldest["run"])
    assert (oldest["command"], oldest["author"], oldest["counts"]) == ("apply", "mira", {"verified": 3})
    assert newest["when"] > oldest["when"]
    head, *shown = stage.run("history").out.splitlines()
    assert head.split() == ["RUN", "WHEN", "WHO", "COMMIT", "WHAT"]
    assert [line.split()[0] for line in shown if not line.startswith(" ")] == [newest["run"], oldest["run"]]


def test_history_of_one_run_shows_each_field_with_both_values(tmp_path: Path) -> None:
    stage = lines(tmp_path)
    stage.settle()
    told = stage.run("history", "latest")
    assert told.code == 0
    assert 'voice  "sarah" -> "jack"' in told.out
    assert "PATCH https://api.galtea.ai/phoneConnections/pc_0" in told.out
    step = json.loads(stage.run("history", "latest", "--format", "json").out)["steps"][0]
    assert step["changes"] == [{"path": "/voice", "cause": "unattributed", "before": "sarah", "after": "jack"}]
    assert step["status"] == 200
