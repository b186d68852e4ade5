"""Ids that are UUIDs are the same in capitals, wherever they stand; other ids are not."""

from __future__ import annotations

from pathlib import Path

from tests.cli.stage import AGENT, Stage

LOWER = "550e8400-e29b-41d4-a716-44665544abcd"
NUMBER = "+12025550143"
PROJECT = f"""\
version: 1
accounts: {{fluents: {{}}, polyai: {{region: us}}}}
agents:
  desk: {{id: {LOWER.upper()}, spec: {{name: Desk}}}}
  same: {{id: {LOWER.replace("abcd", "ABCE")}, spec: {{name: Same}}}}
numbers:
  front: {{account: fluents, id: "{NUMBER}", spec: {{inbound_agent: {LOWER.upper()}}}}}
connectors:
  one: {{id: {{agentId: {AGENT}, connectorId: conn-A}}, spec: {{asrLangCode: en-US}}}}
"""
SEED = {
    "fluents": {
        "agents": [{"id": LOWER, "name": "Old"}, {"id": LOWER.replace("abcd", "abce"), "name": "Same"}],
        "numbers": [{"number": NUMBER, "label": "Front", "inbound_agent": LOWER}],
    },
    "polyai": {"connectors": [{"projectId": AGENT, "connectorId": "conn-a", "name": "One", "asrLangCode": "en-US"}]},
}


def test_capitals_mean_nothing_in_a_uuid_and_all_elsewhere(tmp_path: Path) -> None:
    stage = Stage(tmp_path, seed=SEED, files={"reconciler.yaml": PROJECT})
    assert {row["address"]: row["status"] for row in stage.plan()["resources"]} == {
        "agents.desk": "update",
        "agents.same": "in_sync",
        "numbers.front": "in_sync",
        "connectors.one": "absent",
    }
    stage.apply("--target", "agents.*")
    assert stage.world.read("fluents", "agents", LOWER)["name"] == "Desk"
