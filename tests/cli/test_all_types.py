"""Every type of every vendor through the real command line: planned, applied, in sync afterwards, pulled."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.cli.stage import KEYS, Stage

SHOWN = "canary-shown-by-the-vendor"
"""What the vendor shows in clear, in every place where it does."""
OURS = {name: f"canary-of-ours-{name.lower()}-4711" for name in ("SID", "TOKEN", "SIGN", "VOICE", "WEB")}

PROJECT = """\
version: 1
accounts:
  fluents: {}
  polyai: {}
  opencopilot: {api: "2026"}
  galtea: {api: "5"}
"""
FLUENTS = """\
account: fluents
numbers:
  front: {id: +12025550143, spec: {label: Front, inbound_agent: "${agents.desk.id}"}}
agents:
  desk:
    id: agent-1
    spec:
      language: es
      prompt: ${prompts.desk.id}
      voice: calm
      actions: [transfer, look-up]
      openai_account_connection: openai
      ivr_navigation_mode: off
prompts:
  desk: {match: {label: Desk}, spec: {content: Be brief.}}
actions:
  transfer: {id: transfer, spec: {config: {phone_number: +12025550188}}}
  look-up: {id: look-up, spec: {type: action_external, config: {url: "https://crm.example/b", signature_secret: "${secret.SIGN}"}}}
voices:
  calm: {id: calm, spec: {stability: 0.4, api_key: "${secret.VOICE}"}}
webhooks:
  hook: {id: hook, spec: {url: "https://hooks.example/b", subscriptions: [event_message, event_transcript]}}
account_connections:
  carrier:
    id: carrier
    spec:
      label: Carrier
      credentials: {twilio_account_sid: "${secret.SID}", twilio_auth_token: "${secret.TOKEN}"}
"""
OTHERS = """\
numbers:
  poly: {account: polyai, id: {agentId: P-1, number: +12025550147}, spec: {connectorId: conn-2}}
variants:
  spring: {id: {agentId: P-1, branchId: short, variantId: v-main}, spec: {name: Spring}}
behavior:
  spring: {id: {agentId: P-1, branchId: short}, spec: {behavior: Be kind.}}
real_time_configs:
  live: {id: {agentId: P-1, clientEnv: live}, spec: {variables: {hours: {from: 9}}}}
web_rtc_connections:
  web: {id: webRtc_1, spec: {agentName: desk, apiKey: "${secret.WEB}"}}
phone_connections:
  line: {id: pc_1, spec: {name: Line}}
agents:
  cx: {account: opencopilot, id: cx-1, spec: {first_message: Hi, language: es, actionIds: []}}
"""
SEED: dict[str, Any] = {
    "fluents": {
        "numbers": [{"number": "+12025550143", "label": "Old", "inbound_agent": "agent-2"}],
        "agents": [
            {"id": "agent-1", "name": "Desk", "prompt": "p-2", "voice": "calm", "actions": ["transfer"], "webhook": "hook"},
            {"id": "agent-2", "name": "Night", "prompt": "p-1", "openai_account_connection": "openai"},
        ],
        "prompts": [{"id": "p-1", "label": "Desk", "content": "Be kind."}, {"id": "p-2", "label": "Other", "content": "x"}],
        "actions": [
            {"id": "transfer", "type": "action_transfer_call", "config": {"phone_number": "+12025550199"}},
            {
                "id": "look-up",
                "type": "action_external",
                "config": {"name": "crm", "description": "d", "url": "https://crm.example/a", "signature_secret": f"{SHOWN}-1"},
            },
        ],
        "voices": [{"id": "calm", "type": "voice_eleven_labs", "stability": 0.5, "api_key": f"{SHOWN}-2"}],
        "webhooks": [{"id": "hook", "url": "https://hooks.example/a", "subscriptions": ["event_transcript"]}],
        "account_connections": [
            {
                "id": "carrier",
                "type": "account_connection_twilio",
                "credentials": {"twilio_account_sid": f"{SHOWN}-3", "twilio_auth_token": f"{SHOWN}-4"},
            },
            {"id": "openai", "type": "account_connection_openai", "credentials": {"openai_api_key": f"{SHOWN}-5"}},
        ],
    },
    "polyai": {
        "agents": [{"agentId": "P-1", "agentName": "Hotel", "behavior": "You answer."}],
        "connectors": [
            {"projectId": "P-1", "connectorId": name, "name": name, "clientEnv": "live", "voiceName": "en-US-A"}
            for name in ("conn-1", "conn-2")
        ],
        "phone_numbers": [{"number": "+12025550147", "projectId": "P-1", "connectorId": "conn-1"}],
        "branches": {"P-1": [{"branchId": "short", "behavior": "Be brief.", "variants": [{"id": "v-main", "name": "Main"}]}]},
        "real_time_configs": {"P-1": [{"clientEnv": "live", "variables": {"open": True, "hours": {"from": 8, "to": 17}}}]},
    },
    "opencopilot": {
        "generation": "2026",
        "agents": [{"id": "cx-1", "name": "Reception", "language": "en", "first_message": "Hello", "actionIds": None}],
    },
    "galtea": {
        "generation": "5",
        "phoneConnections": [{"id": "pc_1", "productId": "prod_1", "name": "Old", "phoneNumber": "+12025550143"}],
        "webRtcConnections": [
            {"id": "webRtc_1", "productId": "prod_1", "name": "Web", "agentName": "old", "apiKey": f"{SHOWN}-6"}
        ],
    },
}  # fmt: skip


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    secrets = {f"RECONCILER_SECRET_{name}": value for name, value in OURS.items()}
    files = {"reconciler.yaml": PROJECT, "config/fluents.yaml": FLUENTS, "config/others.yaml": OTHERS}
    return Stage(tmp_path, seed=SEED, files=files, environ={**KEYS, **secrets, "USER": "t", "HOME": str(tmp_path)})


def list_texts(value: Any) -> set[str]:
    """List the types of the values at every place of a body where a reference stands."""
    found = set()
    for name in ("prompt", "voice", "webhook", "inbound_agent", "openai_account_connection"):
        if isinstance(value, dict) and name in value:
            found.add(type(value[name]).__name__)
    return found


def test_every_type_is_planned_applied_and_in_sync(stage: Stage) -> None:
    plan = stage.plan()
    assert {entry["status"] for entry in plan["resources"]} == {"update"}, plan["diagnostics"]
    told = stage.apply()
    assert told.code == 0, told.all
    assert not stage.world.dangers
    for _, _, body in stage.writes:
        assert list_texts(body) <= {"str"}
        assert all(isinstance(each, str) for each in (body or {}).get("actions", []))
    after = stage.run("plan", "--detailed-exitcode")
    assert after.code == 0, after.all
    drifted = stage.run("drift")
    assert drifted.code == 0, drifted.all


def test_a_secret_that_changes_is_told_by_its_fingerprint(stage: Stage) -> None:
    stage.settle()
    stage.environ["RECONCILER_SECRET_TOKEN"] = "canary-of-ours-token-rotated"
    (update,) = stage.plan()["updates"]
    assert update["address"] == "account_connections.carrier"
    assert update["request"]["body"]["credentials"] == {"secret": True}
    assert [change["cause"] for change in update["changes"]] == ["config"]
    assert stage.apply().code == 0
    assert stage.run("plan", "--detailed-exitcode").code == 0


def test_what_does_not_exist_is_found_before_anything_is_sent(stage: Stage) -> None:
    stage.change("config/fluents.yaml", "voice: calm", "voice: nobody")
    stage.change("config/fluents.yaml", "[transfer, look-up]", "[transfer, nothing]")
    plan = stage.plan()
    found = {(entry["code"], entry["path"]) for entry in plan["diagnostics"] if entry["address"] == "agents.desk"}
    assert found == {("option-unknown", "/voice"), ("option-unknown", "/actions")}
    assert stage.writes == []


@pytest.mark.parametrize(
    ("old", "new", "setting"),
    [
        ('opencopilot: {api: "2026"}', "opencopilot: {}", 'api: "2026"'),
        ('galtea: {api: "5"}', "galtea: {}", 'api: "5"'),
    ],
)
def test_another_generation_is_named_with_its_setting(stage: Stage, old: str, new: str, setting: str) -> None:
    stage.change("reconciler.yaml", old, new)
    lines = "phone_connections:\n  line: {id: pc_1, spec: {voice: jack}}\n"
    agents = (
        "agents:\n  cx: {account: opencopilot, id: cx-1, spec: {name: x, elevenlabs_voice_id: hP72SDESIJq2YuAblBqz}}\n"
    )
    stage.write("config/others.yaml", lines if "galtea" in old else agents)
    told = stage.run("plan")
    assert setting in told.words, told.all


def test_pulled_agents_refer_to_what_hangs_on_them_and_are_in_sync(tmp_path: Path) -> None:
    files = {"reconciler.yaml": "version: 1\naccounts: {fluents: {}}\n"}
    stage = Stage(tmp_path, seed={"fluents": SEED["fluents"]}, files=files)
    told = stage.run("pull", "--into", str(tmp_path / "config"))
    assert told.code == 0, told.all
    text = "".join(path.read_text(encoding="utf-8") for path in (tmp_path / "config").rglob("*.yaml"))
    for kind in ("prompts", "voices", "actions", "webhooks", "account_connections", "agents"):
        assert f"${{{kind}." in text, kind
    assert SHOWN not in text
    for left_out in ("credentials", "config.signature_secret", "api_key"):
        assert f"# Secrets are not here: {left_out}. Declare" in text
    after = stage.run("plan", "--detailed-exitcode")
    assert after.code == 0, after.all
