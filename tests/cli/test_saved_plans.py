"""Saved plans: exactly what was reviewed is applied, or nothing of it."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reconciler.cli.root import run
from reconciler.model.plan_document import compute_digest
from tests.cli.stage import AGENT, OTHER_VOICE, Stage, Told, hotline, lines, quickstart

Edit = Callable[[Any], None]


def save(stage: Stage, *arguments: str) -> Path:
    target = stage.folder / "plan.json"
    told = stage.run("plan", "--out", str(target), *arguments)
    assert told.err.rstrip().endswith(f" apply {target}")
    stage.requests.clear()
    return target


def forge(target: Path, edit: Edit) -> None:
    """Edit a saved plan and make its digest right again, as whoever wants to smuggle something in would."""
    document = json.loads(target.read_text(encoding="utf-8"))
    edit(document)
    document["digest"] = compute_digest(document)
    target.write_text(json.dumps(document), encoding="utf-8")


def apply(stage: Stage, target: Path, *arguments: str) -> Told:
    return stage.run("apply", str(target), "--auto-approve", *arguments)


def test_exactly_what_was_shown_is_applied(tmp_path: Path) -> None:
    stage = quickstart(tmp_path)
    target = save(stage)
    shown = json.loads(target.read_text(encoding="utf-8"))
    told = apply(stage, target)
    assert told.code == 0, told.all
    entries = [entry for _, _, body in stage.writes for entry in body.get("updates", [body])]
    alone = [{key: value for key, value in entry.items() if key != "connectorId"} for entry in entries]
    expected = [update["request"]["body"] for update in shown["updates"]]
    assert sorted(map(str, alone)) == sorted(map(str, expected))
    assert stage.run("plan", "--detailed-exitcode").code == 0


def test_applying_twice_sends_nothing_the_second_time(tmp_path: Path) -> None:
    stage = lines(tmp_path)
    target = save(stage)
    assert apply(stage, target).code == 0
    stage.requests.clear()
    told = apply(stage, target)
    assert told.code == 0
    assert "already so, nothing was sent" in told.out
    assert stage.writes == []


def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    assert save(quickstart(tmp_path)).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("style", ["text", "json", "markdown", "html", "github"])
def test_show_is_what_plan_showed(tmp_path: Path, style: str) -> None:
    stage = quickstart(tmp_path)
    target = stage.folder / "plan.json"
    planned = stage.run("plan", "--format", style, "--out", str(target))
    stage.requests.clear()
    told = stage.run_plainly("show", str(target), "--format", style)
    assert told.code == 0
    assert told.out == planned.out
    assert stage.requests == []


def test_it_is_applied_whole_or_not_at_all(tmp_path: Path) -> None:
    stage = lines(tmp_path)
    target = save(stage, "--target", "*.line-1")
    assert apply(stage, target, "--account", "galtea").code == 64
    assert apply(stage, target).code == 0
    assert [path for _, path, _ in stage.writes] == ["/phoneConnections/pc_1"]


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "{}", '{"format_version": 1}', '{"format_version": true}', "[" * 100_000, '"plan"', "\ufeff{}"],
    ids=["empty", "cut", "list", "mapping", "hollow", "boolean", "deep", "text", "mark"],
)
@pytest.mark.parametrize("command", ["apply", "show"])
def test_what_is_no_plan_is_refused(tmp_path: Path, command: str, text: str) -> None:
    stage = lines(tmp_path)
    stage.write("plan.json", text)
    told = stage.run(command, str(stage.folder / "plan.json"))
    assert told.code == 5
    assert told.out == ""
    assert "plan --out" in told.err
    assert "bug" not in told.err


def test_a_missing_or_newer_plan_says_so(tmp_path: Path) -> None:
    stage = lines(tmp_path)
    told = stage.run("show", str(tmp_path / "nowhere.json"))
    assert told.code == 5
    assert "No such file" in told.words
    target = save(stage)
    forge(target, lambda document: document.update(format_version=2))
    told = apply(stage, target)
    assert told.code == 5
    assert "error[plan-newer]" in told.err


def test_an_edited_plan_is_refused(tmp_path: Path) -> None:
    stage = lines(tmp_path)
    target = save(stage)
    target.write_text(target.read_text(encoding="utf-8").replace('"jack"', '"theo"'), encoding="utf-8")
    for command in ("apply", "show"):
        told = stage.run(command, str(target))
        assert told.code == 5
        assert "error[plan-edited]" in told.err
    assert stage.requests == []


def _first(edit: Edit) -> Edit:
    def edit_first(document: Any) -> None:
        edit(document["updates"][0])

    return edit_first


def _set(*path: str | int, value: Any) -> Edit:
    def edit(update: Any) -> None:
        place = update
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = value

    return _first(edit)


def _declare_another_value(update: Any) -> None:
    update["changes"][0]["after"] = "theo"
    update["request"]["body"]["voice"] = "theo"


def _add_a_change(update: Any) -> None:
    update["changes"].append(update["changes"][0] | {"path": "/name", "before": "Line 0", "after": "Evil"})
    update["request"]["body"]["name"] = "Evil"


def _point_elsewhere(update: Any) -> None:
    update["id"], update["identity"] = {"id": "pc_9"}, [{"name": "id", "value": "pc_9"}]
    update["request"]["url"] = update["request"]["url"].replace("pc_0", "pc_9")


def _repeat(document: Any) -> None:
    document["updates"].append(copy.deepcopy(document["updates"][0]))


@pytest.mark.parametrize(
    "edit",
    [
        _set("request", "body", "voice", value="theo"),
        _set("request", "body", "name", value="Evil"),
        _set("request", "body", value={}),
        _set("changes", 0, "after", value="theo"),
        _set("changes", 0, "path", value="/nothing"),
        _set("changes", 0, "before", value={"unknown": True}),
        _set("changes", 0, "secret", value=True),
        _set("changes", value=[]),
        _set("request", "url", value="https://evil.example/phoneConnections/pc_0"),
        _set("request", "url", value="https://api.galtea.ai/phoneConnections/pc_1"),
        _set("request", "method", value="POST"),
        _set("request", "batch", value="https://api.galtea.ai/phoneConnections/batch"),
        _set("request", "companions", value=["voice"]),
        _set("address", value="phone_connections.nobody"),
        _set("account", value="other"),
        _set("provider", value="polyai"),
        _set("kind", value="connectors"),
        _set("protected", value=True),
        _first(_declare_another_value),
        _first(_add_a_change),
        _first(_point_elsewhere),
        _repeat,
    ],
)
def test_a_forged_plan_is_refused(tmp_path: Path, edit: Edit) -> None:
    stage = lines(tmp_path)
    target = save(stage)
    forge(target, edit)
    told = apply(stage, target)
    assert told.code == 5
    assert "error[plan-invalid]" in told.err
    assert "planning cannot have made this update" in told.words
    assert stage.writes == []


def test_a_forged_method_that_is_no_update_is_refused(tmp_path: Path) -> None:
    stage = lines(tmp_path)
    target = save(stage)
    forge(target, _set("request", "method", value="DELETE"))
    told = apply(stage, target)
    assert told.code == 5
    assert "never sends DELETE" in told.err


def test_a_protection_cannot_be_forged_away(tmp_path: Path) -> None:
    stage = lines(tmp_path)
    stage.change("reconciler.yaml", "line-0: {id: pc_0,", "line-0: {id: pc_0, protect: true,")
    target = save(stage)
    assert "is protected" in apply(stage, target).words
    forge(target, _set("protected", value=False))
    assert "its protection is not the declared one" in apply(stage, target).words
    assert stage.writes == []


def test_the_live_rest_of_a_nested_object_cannot_be_forged(tmp_path: Path) -> None:
    stage = quickstart(tmp_path)
    target = save(stage, "--target", "numbers.after-hours")
    forge(target, _set("request", "body", "example_context", "plan", value="evil"))
    told = apply(stage, target)
    assert told.code == 5
    assert "stale" in told.out
    assert stage.writes == []


@pytest.mark.parametrize("live", ["phoneConnection_124", "phoneConnection_125"])
def test_a_match_is_looked_up_again(tmp_path: Path, live: str) -> None:
    """The object that a plan was made for is still the one that the match keys fit, or nothing is sent."""
    stage = quickstart(tmp_path)
    stage.change("config/galtea.yaml", "voice: null", "voice: jack")
    target = save(stage, "--target", "*.billing-line")
    if live != "phoneConnection_124":
        row = stage.world.read("galtea", "phoneConnections", "phoneConnection_124")
        stage.world.put("galtea", "phoneConnections", live, {**row, "id": live})
        stage.world.edit("galtea", "phoneConnections", "phoneConnection_124", {"name": "Former billing line"})
    told = apply(stage, target)
    assert told.code == (0 if live == "phoneConnection_124" else 5)
    assert len(stage.writes) == (1 if live == "phoneConnection_124" else 0)


STALE: dict[str, tuple[Callable[[Stage], None], tuple[str, ...], str]] = {
    "configuration": (
        lambda stage: stage.change(
            "reconciler.yaml", "line-0: {id: pc_0, spec: {voice: jack}", "line-0: {id: pc_0, spec: {voice: theo}"
        ),
        (),
        "the configuration changed since",
    ),
    "host": (
        lambda stage: stage.change("reconciler.yaml", "galtea: {}", "galtea: {base_url: 'http://127.0.0.1:9'}"),
        (),
        "the accounts' hosts changed since",
    ),
    "environment": (
        lambda stage: stage.write("environments/staging.yaml", "vars: {}\n"),
        ("--env", "staging"),
        "not for environment staging",
    ),
}


@pytest.mark.parametrize("what", STALE)
def test_a_plan_of_another_project_is_stale(tmp_path: Path, what: str) -> None:
    change, arguments, words = STALE[what]
    stage = lines(tmp_path)
    target = save(stage)
    change(stage)
    told = apply(stage, target, *arguments)
    assert told.code == 5
    assert "error[plan-stale]" in told.err
    assert words in told.words
    assert stage.requests == []


@pytest.mark.parametrize(
    ("key", "words"), [("tool_version", "made by reconciler 0.0.0"), ("schemas", "the schemas are of another version")]
)
def test_a_plan_of_another_version_is_stale(tmp_path: Path, key: str, words: str) -> None:
    stage = lines(tmp_path)
    target = save(stage)
    forge(target, lambda document: document["binding"].update({key: "0.0.0"}))
    told = apply(stage, target)
    assert told.code == 5
    assert words in told.words


def test_comments_and_other_files_make_no_plan_stale(tmp_path: Path) -> None:
    stage = lines(tmp_path)
    target = save(stage)
    stage.write("reconciler.yaml", "# a comment\n" + (stage.folder / "reconciler.yaml").read_text(encoding="utf-8"))
    stage.write("more.yaml", "numbers: {}\n")
    assert apply(stage, target).code == 0


def test_a_plan_of_the_sandbox_is_never_applied_to_the_vendors(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stage = quickstart(tmp_path)
    target = stage.folder / "plan.json"
    assert run(["-C", str(stage.folder), "--sandbox", "plan", "--out", str(target)]) == 0
    told = apply(stage, target)
    assert told.code == 5
    assert "it was made for the sandbox, not for the vendors" in told.words
    assert stage.requests == []
    capsys.readouterr()
    assert run(["-C", str(stage.folder), "--sandbox", "apply", str(target), "--auto-approve"]) == 0
    assert "Applied 7 updates" in capsys.readouterr().out


def test_a_field_that_moved_is_stale_and_the_others_go_on(tmp_path: Path) -> None:
    stage = lines(tmp_path)
    target = save(stage)
    stage.world.edit("galtea", "phoneConnections", "pc_1", {"voice": "megan"})
    told = apply(stage, target)
    assert told.code == 5
    assert "stale: moved since it was planned, not overwritten" in told.out
    assert '/voice was "sarah" when planned and is "megan" now' in told.out
    assert "2 verified, 1 stale" in told.out
    assert stage.world.read("galtea", "phoneConnections", "pc_1")["voice"] == "megan"
    assert stage.world.read("galtea", "phoneConnections", "pc_2")["voice"] == "jack"


def test_a_move_in_a_field_that_is_not_touched_is_none_of_ours(tmp_path: Path) -> None:
    stage = lines(tmp_path)
    target = save(stage)
    stage.world.edit("galtea", "phoneConnections", "pc_1", {"name": "Renamed", "languageCode": "en-GB"})
    assert apply(stage, target).code == 0
    row = stage.world.read("galtea", "phoneConnections", "pc_1")
    assert (row["voice"], row["name"], row["languageCode"]) == ("jack", "Renamed", "en-GB")


def test_one_entry_of_a_batch_may_be_stale(tmp_path: Path) -> None:
    stage = hotline(tmp_path)
    target = save(stage)
    stage.world.edit("polyai", "connectors", "conn-2", {"voiceName": "en-GB-Neural2-A"})
    told = apply(stage, target)
    assert told.code == 5
    assert stage.world.read("polyai", "connectors", "conn-1")["voiceName"] != OTHER_VOICE
    assert stage.world.read("polyai", "connectors", "conn-2")["voiceName"] == "en-GB-Neural2-A"
    assert f"/v1/agents/{AGENT}/telephony/connectors/conn-1" in [path for _, path, _ in stage.writes]


def test_a_plan_file_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    stage = lines(tmp_path)
    told = stage.run("plan", "--out", str(tmp_path / "nowhere" / "plan.json"))
    assert told.code == 1
    assert "error[cannot-write]" in told.err


MOVED = """\
version: 1
accounts: {polyai: {region: us}}
connectors:
  one: {id: {agentId: PROJECT-58RP822I, connectorId: conn-1}, spec: {projectId: PROJECT-OTHER}}
"""


@pytest.mark.parametrize("forged", [False, True])
def test_an_object_that_moved_is_looked_up_again(tmp_path: Path, *, forged: bool) -> None:
    """The files still hold the old id: the plan names the new one, and only that one."""
    stage = hotline(tmp_path, text=MOVED)
    stage.world.put("polyai", "agents", "PROJECT-OTHER", {"agentId": "PROJECT-OTHER"})
    stage.settle()
    stage.change("reconciler.yaml", "projectId: PROJECT-OTHER", "projectId: PROJECT-OTHER, voiceName: en-US-Neural2-A")
    target = save(stage)
    shown = json.loads(target.read_text(encoding="utf-8"))["updates"][0]
    assert shown["id"] == {"agentId": "PROJECT-OTHER", "connectorId": "conn-1"}
    if forged:
        forge(target, _set("identity", 1, "value", value="conn-2"))
    told = apply(stage, target)
    assert told.code == (5 if forged else 0), told.all
    assert len(stage.writes) == (0 if forged else 1)
