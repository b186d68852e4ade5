"""`ignore` from end to end: shown everywhere with both values, sent nowhere, and not for ever."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema_rs
import pytest

from reconciler.vendors import schema_folder
from tests.cli.stage import Stage, hotline

REASON = "voice test of *support*"


def staged(folder: Path, *, until: str = "2027-01-31") -> Stage:
    """Stage two connectors, of one of which the voice is left alone."""
    stage = hotline(folder)
    spec = "one: {id: {agentId: PROJECT-58RP822I, connectorId: conn-1}, spec: {voiceName: en-US-Neural2-A}"
    stage.change("reconciler.yaml", spec, f'{spec}, ignore: {{voiceName: {{reason: "{REASON}", until: {until}}}}}')
    return stage


def test_the_plan_shows_both_values_and_sends_none(tmp_path: Path) -> None:
    stage = staged(tmp_path)
    plan = stage.plan()
    jsonschema_rs.validator_for(json.loads((schema_folder() / "plan.schema.json").read_text())).validate(plan)
    (ignored,) = plan["ignored"]
    assert (ignored["address"], ignored["path"]) == ("connectors.one", "/voiceName")
    assert (ignored["before"], ignored["after"]) == ("en-US-Neural2-C", "en-US-Neural2-A")
    assert (ignored["reason"], ignored["until"]) == (REASON, "2027-01-31")
    assert "ignore:" in stage.read("reconciler.yaml").splitlines()[ignored["line"] - 1]
    assert plan["summary"]["ignored"] == 1
    assert [update["address"] for update in plan["updates"]] == ["numbers.hotline", "connectors.two"]
    told = stage.apply()
    assert told.code == 0, told.all
    assert "conn-1" not in str(stage.writes)
    assert stage.run("plan", "--detailed-exitcode").code == 0
    assert "No changes. 3 resources match the live state. 1 difference ignored." in stage.run("plan").words


@pytest.mark.parametrize("style", ["text", "markdown", "html"])
def test_every_format_says_what_until_when_and_why(tmp_path: Path, style: str) -> None:
    told = staged(tmp_path).run("plan", "--format", style)
    words = (
        told.words.replace("\\", "")
        .replace("&quot;", '"')
        .replace("&#34;", '"')
        .replace("<code>", "")
        .replace("</code>", "")
    )
    for part in ("connectors.one", '"en-US-Neural2-C" stays, git says "en-US-Neural2-A"', "until 2027-01-31", REASON):
        assert part in words, part
    assert "1 ignored" in words


def test_a_saved_plan_keeps_it_and_is_stale_when_the_day_has_passed(tmp_path: Path) -> None:
    stage, saved = staged(tmp_path, until="2026-11-21"), str(tmp_path / "plan.json")
    assert stage.run("plan", "--out", saved).code == 0
    assert REASON in stage.run("show", saved).words
    stage.clock.wait(86_400)
    told = stage.apply(saved)
    assert (told.code, stage.writes) == (5, [])
    assert "the configuration changed since" in told.words


@pytest.mark.parametrize(
    ("until", "code", "count"),
    [("2026-11-30", "ignore-expires", 1), ("2026-11-20", "ignore-expired", 0), ("2027-01-31", "", 1)],
)
def test_the_end_is_warned_of_and_then_comes(tmp_path: Path, until: str, code: str, count: int) -> None:
    stage = staged(tmp_path, until=until)
    plan = stage.plan()
    assert len(plan.get("ignored", [])) == count
    assert len(plan["updates"]) == 3 - count
    warnings = [found["code"] for found in plan["diagnostics"] if found["severity"] == "warning"]
    assert warnings == ([code] if code else [])
    for command in (("plan", "--format", "markdown"), ("plan", "--format", "github"), ("validate",)):
        assert (f"{'ignore-'}" in stage.run(*command).words) is bool(code), command


def test_what_is_ignored_is_no_drift_and_what_is_beside_it_is(tmp_path: Path) -> None:
    stage = staged(tmp_path)
    stage.settle()
    row = next(row for row in stage.world.rows("polyai", "connectors") if row["connectorId"] == "conn-1")
    stage.world.put("polyai", "connectors", "conn-1", {**row, "voiceName": "en-US-Neural2-F"})
    told = stage.run("drift")
    assert told.code == 0, told.all
    assert "3 resources. 1 difference ignored." in told.words
    assert "en-US-Neural2-F" in stage.run("drift", "--format", "markdown").out


def test_it_is_explained(tmp_path: Path) -> None:
    told = staged(tmp_path).run("explain", "connectors.one")
    assert f"voiceName until 2027-01-31: {REASON} (reconciler.yaml:" in told.words


def test_who_moved_it_is_still_known_when_the_day_has_passed(tmp_path: Path) -> None:
    stage = hotline(tmp_path)
    stage.settle()
    ignore = f'ignore: {{voiceName: {{reason: "{REASON}", until: 2026-11-21}}}}'
    before = "one: {id: {agentId: PROJECT-58RP822I, connectorId: conn-1}, spec: {voiceName: en-US-Neural2-A}"
    stage.change("reconciler.yaml", before, f"{before}, {ignore}")
    stage.change("reconciler.yaml", "label: Hotline", "label: Hot line")
    row = next(row for row in stage.world.rows("polyai", "connectors") if row["connectorId"] == "conn-1")
    stage.world.put("polyai", "connectors", "conn-1", {**row, "voiceName": "en-US-Neural2-F"})
    assert stage.apply().code == 0
    stage.clock.wait(86_400)
    (update,) = stage.plan()["updates"]
    assert [(change["path"], change["cause"]) for change in update["changes"]] == [("/voiceName", "drift")]
    assert stage.run("drift").code == 2
