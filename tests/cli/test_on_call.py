"""Three in the morning: what changed since yesterday, who did it, put it back; and what was seen in a console, and when."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.cli.stage import Stage, causes, lines

HOUR = 3600


def git(folder: Path, *words: str) -> None:
    identity = ("-c", "user.name=Mira", "-c", "user.email=mira@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(["git", "-C", str(folder), *identity, *words], check=True, capture_output=True)


def commit(stage: Stage, message: str) -> None:
    git(stage.folder, "add", "-A")
    git(stage.folder, "commit", "-q", "--allow-empty", "-m", message)


def history(stage: Stage, *words: str) -> list[dict[str, Any]]:
    runs: list[dict[str, Any]] = json.loads(stage.run("history", *words, "--format", "json").out)
    return runs


def call_at_night(folder: Path) -> Stage:
    """Two applies of two commits, two days apart."""
    stage = lines(folder)
    git(folder, "init", "-q")
    stage.write(".gitignore", ".reconciler/\n")
    commit(stage, "Give the lines a voice (#11)")
    stage.environ["GITHUB_ACTOR"] = "mira"
    stage.settle()
    stage.clock.wait(48 * HOUR)
    stage.change("reconciler.yaml", "line-1: {id: pc_1, spec: {voice: jack}", "line-1: {id: pc_1, spec: {voice: theo}")
    commit(stage, "Merge pull request #12 from acme/theo\n\nLet Theo answer line 1")
    stage.environ["GITHUB_ACTOR"] = "jo"
    assert stage.apply().code == 0
    stage.clock.wait(3 * HOUR)
    return stage


def test_what_changed_since_yesterday_who_and_put_it_back(tmp_path: Path) -> None:
    stage = call_at_night(tmp_path)

    what = stage.run("history", "--since", "24h")
    for word in ("jo", "1 verified", "phone_connections.line-1", "Let Theo answer line 1", "(#12)"):
        assert word in what.words
    assert "#11" not in what.words

    who = stage.run("history", "phone_connections.line-1")
    assert who.out.index('voice  "jack" -> "theo"') < who.out.index('voice  "sarah" -> "jack"')
    assert who.out.index("by jo") < who.out.index("by mira")
    assert "line-0" not in who.out

    back = stage.run("undo", "latest", "--auto-approve")
    assert back.code == 0, back.all
    assert [row["voice"] for row in stage.world.rows("galtea", "phoneConnections")] == ["jack"] * 3


def test_the_list_names_addresses_subject_and_pull_request(tmp_path: Path) -> None:
    stage = call_at_night(tmp_path)
    newest, oldest = history(stage)
    assert (newest["subject"], newest["pull_request"]) == ("Let Theo answer line 1", "#12")
    assert (oldest["subject"], oldest["pull_request"]) == ("Give the lines a voice", "#11")
    assert newest["addresses"] == ["phone_connections.line-1"]
    assert len(oldest["addresses"]) == 3


@pytest.mark.parametrize(("since", "count"), [("4h", 1), ("3d", 2), ("1w", 2), ("60m", 0), ("2026-11-22", 1), ("2026-11-21T08:00", 2)])  # fmt: skip
def test_since_takes_an_age_or_a_date(tmp_path: Path, since: str, count: int) -> None:
    assert len(history(call_at_night(tmp_path), "--since", since)) == count


def test_a_mistyped_age_or_address_says_what_to_write(tmp_path: Path) -> None:
    stage = lines(tmp_path)
    told = stage.run("history", "--since", "yesterday")
    assert (told.code, "24h" in told.words) == (64, True)
    assert stage.run("history", "phone_connections.line-9").code == 64
    assert stage.run("history", "phone_connections.line-1").out == "No runs yet.\n"


def test_a_drift_check_leaves_what_it_saw(tmp_path: Path) -> None:
    """First seen once, not again each night; another edit is another sighting; and put back is told too."""
    stage = lines(tmp_path)
    stage.settle()
    assert stage.run("drift", "--record").code == 0
    assert len(history(stage)) == 1
    stage.world.edit("galtea", "phoneConnections", "pc_1", {"voice": "megan"})
    assert stage.run("drift").code == 2
    assert len(history(stage)) == 1
    for _ in range(2):
        stage.clock.wait(24 * HOUR)
        assert stage.run("drift", "--record").code == 2
    (seen,) = history(stage, "phone_connections.line-1")[0]["sightings"]
    assert (seen["path"], seen["before"], seen["after"], seen["gone"]) == ("/voice", "jack", "megan", False)
    assert history(stage)[0]["when"].startswith("2026-11-22")
    assert len(history(stage)) == 2
    assert "first seen here: moved outside git" in stage.run("history", "phone_connections.line-1").out
    stage.world.edit("galtea", "phoneConnections", "pc_1", {"voice": "jack"})
    assert stage.run("drift", "--record").code == 0
    assert history(stage)[0]["sightings"][0]["gone"] is True
    assert "1 moved back" in stage.run("history").words


def test_what_was_seen_is_kept_in_the_shared_ledger(tmp_path: Path) -> None:
    stage = lines(tmp_path, head="version: 1\naccounts: {galtea: {}}\nledger: git\nphone_connections:\n")
    git(tmp_path, "init", "-q")
    commit(stage, "Begin")
    stage.settle()
    stage.world.edit("galtea", "phoneConnections", "pc_1", {"voice": "megan"})
    assert stage.run("drift", "--record").code == 2
    assert list((tmp_path / ".reconciler" / "journal").glob("*.jsonl")) == []
    assert history(stage)[0]["sightings"][0]["address"] == "phone_connections.line-1"
    assert stage.run("undo", "latest", "--auto-approve").code == 5


def test_a_renamed_resource_keeps_what_is_known_of_it(tmp_path: Path) -> None:
    stage = lines(tmp_path)
    stage.settle()
    stage.change("reconciler.yaml", "line-1: {id: pc_1, spec: {voice: jack}", "middle: {id: pc_1, spec: {voice: theo}")
    plan = stage.plan()
    assert causes(plan) == {"phone_connections.middle/voice": "config"}
    assert not [found for found in plan["diagnostics"] if found["code"] == "no-longer-declared"]
    assert stage.apply().code == 0
    entries = json.loads((tmp_path / ".reconciler" / "ledger" / "phone_connections.json").read_bytes())["entries"]
    assert sorted(entries) == [f"phone_connections.{name}" for name in ("line-0", "line-2", "middle")]


def test_a_renamed_agent_whose_api_cannot_be_read_is_not_sent_again(tmp_path: Path) -> None:
    from tests.cli.stage import quickstart

    stage = quickstart(tmp_path)
    stage.settle()
    stage.change("config/opencopilot.yaml", "  receptionist:", "  lobby:")
    assert stage.run("plan", "--detailed-exitcode").code == 0


def test_what_git_drops_is_noted_once_and_can_be_forgotten(tmp_path: Path) -> None:
    stage = lines(tmp_path)
    stage.settle()
    stage.change("reconciler.yaml", "  line-1: {id: pc_1, spec: {voice: jack}}\n", "")
    for command in ("plan", "drift"):
        told = stage.run(command)
        assert told.words.count("phone_connections.line-1 is no longer declared; it stays as it is") == 1
        assert told.code == 0
    assert "no-longer-declared" not in stage.run("plan", "--target", "*.line-0").words
    assert stage.run("forget", "phone_connections.line-9", "--auto-approve").code == 64
    assert stage.run("forget", "phone_connections.line-1").code == 5
    assert "is no longer declared" in stage.run("plan").words
    told = stage.run("forget", "phone_connections.line-1", "--auto-approve")
    assert (told.code, stage.writes) == (0, [])
    assert "is no longer declared" not in stage.run("plan").words
    assert history(stage)[0]["forgotten"] == ["phone_connections.line-1"]
    assert stage.run("undo", "latest", "--auto-approve").code == 0
