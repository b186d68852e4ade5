"""The examples, end to end: validate, plan, apply, and nothing left to do; the README shows what is really printed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from reconciler.cli.root import run
from tests.cli.stage import AGENT, FRONT, PHONE, ROOT, VOICE, Stage, quickstart, take_example

PROMPT = (ROOT / "examples/quickstart/prompts/receptionist.md").read_text(encoding="utf-8").rstrip("\n")
SHOWN = re.compile(r"<!-- plan:begin -->\n+```[a-z]*\n(.*?)```\n+<!-- plan:end -->", re.DOTALL)


@pytest.fixture(autouse=True)
def width(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")


def test_quickstart_is_valid(tmp_path: Path) -> None:
    told = Stage(take_example("quickstart", tmp_path)).run("validate")
    assert (told.code, told.err) == (0, "")
    assert told.out == "Valid: 9 resources in 5 files.\n"


def test_quickstart_needs_one_command_and_no_key(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = take_example("quickstart", tmp_path)
    assert run(["-C", str(folder), "--sandbox", "plan"]) == 0
    assert "Plan: 7 to update" in capsys.readouterr().out
    assert run(["-C", str(folder), "--sandbox", "apply", "--auto-approve"]) == 0
    assert "Applied 7 updates" in capsys.readouterr().out
    assert run(["-C", str(folder), "--sandbox", "plan", "--detailed-exitcode"]) == 0
    assert capsys.readouterr().out == "No changes. 9 resources match the live state.\n"


def read_prompt(name: str) -> str:
    return (ROOT / f"examples/quickstart/prompts/{name}.md").read_text(encoding="utf-8").removesuffix("\n")


def test_quickstart_sends_exactly_these_writes(tmp_path: Path) -> None:
    stage = quickstart(tmp_path)
    assert stage.run("plan", "--detailed-exitcode").code == 2
    assert stage.writes == []
    told = stage.apply()
    assert told.code == 0, told.all
    description = "Nights and weekends, Oslo"
    batch = [
        {"connectorId": "conn-live-us", "voiceName": VOICE},
        {"connectorId": "conn-sandbox-us", "voiceName": VOICE, "variantId": None},
    ]
    agent = {"name": "Receptionist", "language": "no", "elevenlabs_voice_id": "hP72SDESIJq2YuAblBqz"}
    expected = [
        ("POST", "/v1/numbers/update", {"inbound_agent": FRONT}),
        (
            "POST",
            "/v1/numbers/update",
            {"description": description, "example_context": {"city": "Oslo", "plan": "gold"}},
        ),
        ("POST", "/v1/prompts/update", {"content": read_prompt("front-desk")}),
        ("PATCH", "/phoneConnections/phoneConnection_123", {"voice": "jack", "agentSpeaksFirst": True}),
        ("PATCH", f"/phone/{PHONE}", agent | {"base_prompt": PROMPT}),
        ("PATCH", f"/v1/agents/{AGENT}/telephony/connectors/batch", {"updates": batch}),
    ]
    by_path = sorted(stage.writes, key=str)
    assert by_path == sorted(expected, key=str)
    queries = sorted(one.query for one in stage.requests if one.path == "/v1/numbers/update")
    assert queries == ["phone_number=%2B12025550143", "phone_number=%2B12025550178"]
    stage.requests.clear()
    after = stage.run("plan", "--detailed-exitcode")
    assert (after.code, after.out) == (0, "No changes. 9 resources match the live state.\n")
    assert stage.writes == []
    again = stage.apply()
    assert again.code == 0
    assert stage.writes == []
    assert not stage.world.dangers


def test_quickstart_reads_in_few_requests(tmp_path: Path) -> None:
    stage = quickstart(tmp_path)
    stage.run("plan")
    assert {one.method for one in stage.requests} == {"GET"}
    assert len(stage.requests) <= 10


@pytest.mark.parametrize(("environment", "city"), [("staging", "Bergen"), ("production", "Oslo")])
def test_one_file_end_to_end(tmp_path: Path, environment: str, city: str) -> None:
    stage = Stage(take_example("one-file", tmp_path))
    assert stage.run("--env", environment, "validate").code == 0
    assert stage.run("--env", environment, "plan", "--detailed-exitcode").code == 2
    told = stage.apply("--env", environment)
    assert told.code == 0, told.all
    assert stage.writes == [("POST", "/v1/numbers/update", {"label": f"Hotline {city}", "outbound_only": False})]
    assert stage.run("--env", environment, "plan", "--detailed-exitcode").code == 0


def test_one_file_takes_a_variable_from_the_command_line(tmp_path: Path) -> None:
    stage = Stage(take_example("one-file", tmp_path))
    update, *rest = stage.plan("--var", "CITY=Ålesund")["updates"]
    assert update["request"]["body"]["label"] == "Hotline Ålesund"
    assert rest == []
    assert stage.run("plan").code == 3


def test_the_readme_shows_the_plan_that_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Between `plan:begin` and `plan:end`: `reconciler -C examples/quickstart --sandbox plan`, 100 columns, no colour."""
    shown = SHOWN.search((ROOT / "README.md").read_text(encoding="utf-8"))
    assert shown is not None, "README.md has no block between plan:begin and plan:end"
    assert run(["-C", str(take_example("quickstart", tmp_path)), "--sandbox", "plan"]) == 0
    assert shown[1].strip() == capsys.readouterr().out.strip()
