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
    with serve_in_process(make_seed()) as served:
        yield served


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
print(json.dumps({"ids": [line.id for line in found], "name": lines.get("pc-3").name, "after": after.name}))
"""


def test_galtea_of_the_next_generation(shelf: Path, url: str) -> None:
    told = run(install(shelf, "galtea==5.12.0"), url, OF_THE_NEXT_GENERATION)
    assert told == {"ids": ["pc-3"], "name": "Renamed", "after": "Renamed"}


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
print(json.dumps({
    "sent": sent, "outcomes": outcomes,
    "live": [live["label"], live["example_context"], live["outbound_only"], live["inbound_agent"]["id"]],
}))
"""


def test_the_ancestors_client_writes_what_fluents_understands(shelf: Path, url: str) -> None:
    """Its writes arrive and are right; it cannot parse the answers, which name references by id."""
    told = run(install(shelf, "vocode-api==0.0.48"), url, OF_THE_ANCESTOR)
    assert told["sent"][:2] == [["POST", "/v1/numbers/update", 201]] * 2
    assert told["live"] == ["Again", {"town": "Rome"}, True, "agent-2"]
    assert "parsed" not in told["outcomes"]
