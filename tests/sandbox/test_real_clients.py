"""The vendors' own Python clients, as published, talk to the sandbox over a socket."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.served import serve_in_process
from tests.sandbox.visitor import make_seed


@pytest.fixture(scope="session")
def shelf(pytestconfig: pytest.Config) -> Path:
    """Keep installed clients between runs; a version never changes."""
    assert pytestconfig.cache is not None
    return pytestconfig.cache.mkdir(f"clients-{sys.version_info.major}.{sys.version_info.minor}")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serve_in_process(make_vendors()) as served:
        yield served


def make_vendors() -> dict[str, Any]:
    """Return the usual seed, with a Galtea account of the newer generation and more behind Fluents' agents."""
    seed = make_seed()
    line = {"productId": "prod-1", "name": "Support", "phoneNumber": "+14155552671"}
    rooms = [
        {"id": "wc-1", "productId": "prod-1", "name": "Web", "agentName": "web-agent", "apiKey": "pk_secret"},
        {"id": "wc-2", "productId": "prod-1", "name": "Other"},
    ]
    seed["galtea"]["worlds"] = {
        "gsk_newer": {
            "generation": "5",
            "phoneConnections": [{**line, "id": "pc-1"}, {**line, "id": "pc-2", "name": "Billing"}],
            "webRtcConnections": rooms,
            "versions": [{"id": "ver-1", "productId": "prod-1", "phoneConnectionId": "pc-1"}],
        }
    }
    kinds = ["transfer_call", "end_conversation", "dtmf", "add_to_conference", "set_hold", "external"]
    seed["fluents"] |= {
        "actions": [{"id": kind, "type": f"action_{kind}"} for kind in kinds],
        "voices": [{"id": kind, "type": f"voice_{kind}"} for kind in VOICES],
        "webhooks": [{"id": "hook", "url": "https://example.com/hook"}],
    }
    agent = seed["fluents"]["agents"][0]
    agent |= {"actions": kinds, "voice": "eleven_labs", "webhook": "hook", "deepgram_keywords": {"kansas": 2}}
    return seed


VOICES = ["azure", "eleven_labs", "play_ht", "rime", "vocode"]


def install(shelf: Path, requirement: str) -> Path:
    """Install a client with what it needs into a folder of its own, unless it is there."""
    target = shelf / requirement.replace("==", "-")
    if target.exists():
        return target
    with tempfile.TemporaryDirectory(dir=shelf) as folder:
        fresh = Path(folder) / "client"
        subprocess.run([*_installer(), "--target", str(fresh), requirement], check=True, capture_output=True)
        if not target.exists():
            fresh.rename(target)
    return target


def _installer() -> list[str]:
    uv = shutil.which("uv")
    if uv is not None:
        return [uv, "pip", "install", "--quiet", "--python", sys.executable]
    return [sys.executable, "-m", "pip", "install", "--quiet"]


def run(client: Path, url: str, script: str) -> dict[str, Any]:
    """Run a script with a client on its path; its last line is JSON."""
    environment = {**os.environ, "PYTHONPATH": str(client), "GALTEA_API_URL": url, "URL": url}
    ran = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, check=False, text=True, timeout=120
    )
    assert ran.returncode == 0, ran.stderr
    told: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    return told


OF_THIS_GENERATION = """
import json
from galtea import Galtea
galtea = Galtea(api_key="gsk_sandbox")
lines = galtea.phone_connections
found = lines.list(product_ids=["prod-1"], sort_by_created_at="asc")
page = lines.list(limit=1, offset=1, sort_by_created_at="asc")
since = lines.list(from_created_at=1704067260)
partial = lines.list(name="bill")
named = lines.get_by_name("Support", "prod-2")
before = lines.get("pc-2")
after = lines.update("pc-2", name="Renamed", voice=None, agent_speaks_first=True)
try:
    lines.update("pc-1", voice="adam")
    refused = ""
except Exception as error:
    refused = str(error)
print(json.dumps({
    "ids": [line.id for line in found],
    "page": [line.id for line in page],
    "since": sorted(line.id for line in since),
    "partial": [line.id for line in partial],
    "named": named.id,
    "voices": [voice.id for voice in lines.list_voices()],
    "before": [before.name, before.voice, before.agent_speaks_first, before.phone_number],
    "after": [after.name, after.voice, after.agent_speaks_first, after.phone_number],
    "refused": refused,
}))
"""


def test_galtea_of_this_generation(shelf: Path, url: str) -> None:
    told = run(install(shelf, "galtea==4.32.0"), url, OF_THIS_GENERATION)
    assert told.pop("refused").startswith("400")
    assert told == {
        "ids": ["pc-1", "pc-2"],
        "page": ["pc-2"],
        "since": ["pc-2", "pc-3"],
        "partial": ["pc-2"],
        "named": "pc-3",
        "voices": ["sarah", "theo", "megan", "jack"],
        "before": ["Billing", "jack", False, "+14155552672"],
        "after": ["Renamed", None, True, "+14155552672"],
    }


OF_THE_NEXT_GENERATION = """
import json, os
from galtea import Galtea
galtea = Galtea(api_key="gsk_sandbox", base_url=os.environ["URL"])
lines = galtea.phone_connections
found = lines.list(product_ids=["prod-2"])
after = lines.update("pc-3", name="Renamed")

newer = Galtea(api_key="gsk_newer", base_url=os.environ["URL"])
lines, rooms = newer.phone_connections, newer.web_rtc_connections
page = lines.list(product_ids=["prod-1"], sort_by_created_at="desc", limit=1)
line = lines.update("pc-1", name="Help", agent_speaks_first=True)
rooms.update("wc-2", api_key="pk_new", agent_name="other-agent")
listed = rooms.list(names=["Web", "Other"], agent_name="agent", sort_by_created_at="asc")
try:
    rooms.update("wc-2", name="Web")
    refused = ""
except Exception as error:
    refused = str(error)
print(json.dumps({
    "older": [[line.id for line in found], galtea.phone_connections.get("pc-3").name, after.name],
    "page": [line.id for line in page],
    "line": [line.name, line.agent_speaks_first, lines.get("pc-1").name],
    "rooms": [[room.name, room.agent_name, room.has_api_key, room.api_key] for room in listed],
    "room": rooms.get_by_name("Web", "prod-1").id,
    "versions": [[version.name, version.phone_connection_id] for version in newer.versions.list(product_id="prod-1")],
    "refused": refused,
}))
"""


def test_galtea_of_the_next_generation(shelf: Path, url: str) -> None:
    """It works with an account of its own generation, and with one that is older."""
    told = run(install(shelf, "galtea==5.12.0"), url, OF_THE_NEXT_GENERATION)
    assert told.pop("refused").startswith("400")
    assert told == {
        "older": [["pc-3"], "Renamed", "Renamed"],
        "page": ["pc-2"],
        "line": ["Help", True, "Help"],
        "rooms": [["Web", "web-agent", True, None], ["Other", "other-agent", True, None]],
        "room": "wc-1",
        "versions": [["v1", "pc-1"]],
    }


OF_THE_ANCESTOR = """
import json, os
import httpx
from vocode import Vocode
sent = []
client = httpx.Client(event_hooks={"response": [lambda response: sent.append(
    [response.request.method, response.request.url.path, response.status_code])]})
vocode = Vocode(token="fluents_sandbox", base_url=os.environ["URL"], httpx_client=client)
outcomes = []
for label, context in (("From the ancestor", {"town": "Rome"}), ("Again", {})):
    try:
        vocode.numbers.update_number(phone_number="+12025550143", label=label, example_context=context,
                                     outbound_only=True, inbound_agent="agent-2")
        outcomes.append("parsed")
    except Exception as error:
        outcomes.append(type(error).__name__)
live = client.get(os.environ["URL"] + "/v1/numbers", params={"phone_number": "+12025550143"},
                  headers={"Authorization": "Bearer fluents_sandbox"}).json()
agent = vocode.agents.get_agent(id="agent-1")
number = vocode.numbers.get_number(phone_number="+12025550144")
print(json.dumps({
    "sent": sent, "outcomes": outcomes,
    "agent": [type(agent.voice).__name__, agent.prompt.content, agent.webhook.url, agent.deepgram_keywords,
              agent.openai_account_connection.credentials.openai_api_key, len(agent.actions)],
    "number": [number.number, number.inbound_agent.id, number.inbound_agent.actions[0].config.phone_number],
    "prompts": sorted(prompt.content for prompt in vocode.prompts.list_prompts(size=50).items),
    "voices": sorted({type(voice).__name__ for voice in vocode.voices.list_voices(sort_column="type").items}),
    "actions": [type(action).__name__ for action in vocode.actions.list_actions(page=1).items],
    "webhooks": [webhook.subscriptions for webhook in vocode.webhooks.list_webhooks().items],
    "live": [live["label"], live["example_context"], live["outbound_only"], live["inbound_agent"]["id"]],
}))
"""


def test_the_ancestors_client_writes_what_fluents_understands(shelf: Path, url: str) -> None:
    """Its writes arrive and are right, though it cannot parse the answers, which name references by id.

    It reads what Fluents expands: agents, numbers, and the lists of what hangs on them.
    """
    told = run(install(shelf, "vocode-api==0.0.48"), url, OF_THE_ANCESTOR)
    assert told["sent"][:2] == [["POST", "/v1/numbers/update", 201]] * 2
    assert told["live"] == ["Again", {"town": "Rome"}, True, "agent-2"]
    assert "parsed" not in told["outcomes"]
    hook = "https://example.com/hook"
    assert told["agent"] == ["ElevenLabsVoice", "Be kind.", hook, {"kansas": 2}, "sk-secret", 6]
    assert told["number"] == ["+12025550144", "agent-1", "+12025550199"]
    assert told["prompts"] == ["Be kind."]
    assert told["voices"] == ["AzureVoice", "ElevenLabsVoice", "PlayHtVoice", "RimeVoice", "VocodeVoice"]
    assert told["actions"] == [
        "TransferCallAction",
        "EndConversationAction",
        "DtmfAction",
        "AddToConferenceAction",
        "SetHoldAction",
        "ExternalAction",
    ]
    assert told["webhooks"] == [["event_phone_call_ended"]]
