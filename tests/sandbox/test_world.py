import asyncio
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from reconciler.sandbox import SWITCHES, VICES, Arrived, SandboxTransport
from tests.sandbox.visitor import CONNECTORS, GALTEA, LOCAL, NUMBER, OPENCOPILOT, VOICE, Visitor, make_seed

SUPPORT = GALTEA + "/phoneConnections/pc-1"


def test_state_outlives_the_application_and_is_seeded_once(tmp_path: Path) -> None:
    database = tmp_path / "state" / "sandbox.db"
    Visitor(database=database).patch(SUPPORT, {"name": "Changed"})
    assert Visitor(database=database).get(SUPPORT).json()["name"] == "Changed"


def test_two_applications_over_one_database_see_each_other(tmp_path: Path) -> None:
    first, second = (Visitor(database=tmp_path / "sandbox.db") for _ in range(2))
    assert second.get(SUPPORT).json()["name"] == "Support"
    first.patch(SUPPORT, {"name": "Changed"})
    second.patch(SUPPORT, {"voice": "jack"})
    assert first.get(SUPPORT).json() == second.get(SUPPORT).json()
    assert (first.get(SUPPORT).json()["name"], first.get(SUPPORT).json()["voice"]) == ("Changed", "jack")


def test_the_order_of_rows_survives_edits(tmp_path: Path) -> None:
    visitor = Visitor(database=tmp_path / "sandbox.db")
    visitor.patch(OPENCOPILOT + "/phone/phone-1", {"elevenlabs_voice_id": VOICE})
    rows = Visitor(database=tmp_path / "sandbox.db").get(OPENCOPILOT + "/phone").json()["items"]
    assert [row["id"] for row in rows] == ["phone-1", "phone-2"]


def test_an_editor_at_the_console_changes_what_the_vendor_answers() -> None:
    visitor = Visitor()
    visitor.world.edit("polyai", "connectors", "conn-1", {"voiceName": "fr-FR-Neural2-A"})
    assert visitor.get(CONNECTORS + "/conn-1").json()["ttsLangCode"] == "fr-FR"
    visitor.world.edit("fluents", "agents", "agent-1", {"name": "Zoe"})
    assert visitor.get(NUMBER).json()["inbound_agent_name"] == "Zoe"


def test_what_is_read_is_a_copy() -> None:
    visitor = Visitor()
    visitor.world.read("fluents", "numbers", "+12025550143")["example_context"]["town"] = "Rome"
    assert visitor.get(NUMBER).json()["example_context"] == {"town": "Bonn"}


def test_what_does_not_exist_is_a_key_error() -> None:
    world = Visitor().world
    with pytest.raises(KeyError):
        world.read("galtea", "phoneConnections", "nobody")
    with pytest.raises(KeyError):
        world.edit("galtea", "phoneConnections", "nobody", {"name": "x"})
    world.edit("galtea", "phoneConnections", "pc-1", {"name": "x"})
    assert world.read("galtea", "phoneConnections", "pc-1")["name"] == "x"


def test_every_request_is_recorded_with_its_status() -> None:
    visitor = Visitor("drop-after-commit")
    visitor.get(GALTEA + "/phoneConnections?limit=2")
    visitor.get(GALTEA + "/phoneConnections/nobody")
    with pytest.raises(Exception, match="reset"):
        visitor.patch(SUPPORT, {"name": "x"})
    assert [tuple(served) for served in visitor.world.requests] == [
        ("GET", "api.galtea.ai", "/phoneConnections", "limit=2", None, 200),
        ("GET", "api.galtea.ai", "/phoneConnections/nobody", "", None, 404),
        ("PATCH", "api.galtea.ai", "/phoneConnections/pc-1", "", {"name": "x"}, None),
    ]


def test_a_hook_steps_in_before_each_request() -> None:
    visitor = Visitor()
    seen: list[Arrived] = []

    def interfere(arrived: Arrived) -> None:
        seen.append(arrived)
        if arrived.method == "PATCH":
            visitor.world.edit("galtea", "phoneConnections", "pc-1", {"voice": "megan"})

    visitor.world.before_request = interfere
    assert visitor.get(SUPPORT).json()["voice"] is None
    assert visitor.patch(SUPPORT, {"name": "x"}).json()["voice"] == "megan"
    assert [arrived.method for arrived in seen] == ["GET", "PATCH"]
    assert seen[1].body == {"name": "x"}


@pytest.mark.parametrize(
    "path",
    [
        "/phoneConnections",
        "/v1/numbers/list",
        "/v1/agents/list",
        "/v1/agents?id=agent-1",
        "/v1/account_connections/list",
        "/v1/webhooks/list",
        "/v1/voices/list",
        "/versions",
        "/phone",
        "/v1/agents/PROJECT-1/telephony/connectors",
        "/v1/agents/PROJECT-1/branches/main/variants",
    ],
)
def test_on_loopback_all_four_answer(path: str) -> None:
    visitor = Visitor()
    keys = {"/phone": "ocx_live_sandbox", "/phoneConnections": "gsk_sandbox", "/versions": "gsk_sandbox"}
    polyai = "PROJECT" in path
    key = "polyai_sandbox" if polyai else keys.get(path, "fluents_sandbox")
    headers = {"x-api-key": key} if polyai else {"Authorization": f"Bearer {key}"}
    assert _get(visitor, path, headers) == 200


def _get(visitor: Visitor, path: str, headers: dict[str, str]) -> int:
    return _fetch(visitor, path, headers).status_code


def _fetch(visitor: Visitor, path: str, headers: dict[str, str]) -> httpx.Response:
    async def visit() -> httpx.Response:
        async with httpx.AsyncClient(transport=SandboxTransport(visitor.app), headers=headers) as client:
            return await client.get(LOCAL + path)

    return asyncio.run(visit())


def test_on_loopback_an_unknown_path_is_nobodys() -> None:
    visitor = Visitor()
    assert _get(visitor, "/shoes", {}) == 404
    assert visitor.world.requests == []


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ({"Authorization": "Bearer gsk_sandbox"}, "text/html"),
        ({"Authorization": "Bearer ocx_live_sandbox"}, "application/json"),
        ({"Authorization": "Bearer fluents_sandbox"}, "application/json"),
        ({"x-api-key": "polyai_sandbox"}, "application/json"),
    ],
)
def test_on_loopback_the_key_tells_whose_unknown_path_it_is(key: dict[str, str], kind: str) -> None:
    answer = _fetch(Visitor(), "/products", key)
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith(kind)
    assert "Cannot GET /products" in answer.text


@pytest.mark.parametrize(
    "url",
    [
        GALTEA + "/phoneConnections/",
        SUPPORT + "/",
        "https://api.fluents.ai/v1/agents/list/",
        OPENCOPILOT + "/phone/",
    ],
)
def test_a_slash_at_the_end_is_no_other_path(url: str) -> None:
    visitor = Visitor()
    assert visitor.get(url).json() == visitor.get(url.rstrip("/")).json()
    assert visitor.get(CONNECTORS + "/").status_code == 404


@pytest.mark.parametrize("path", ["/phoneConnections/", "/v1/agents/list/", "/v1/prompts/list/"])
def test_a_slash_at_the_end_is_no_other_path_on_loopback(path: str) -> None:
    key = "gsk_sandbox" if "phone" in path else "fluents_sandbox"
    assert _get(Visitor(), path, {"Authorization": f"Bearer {key}"}) == 200


@pytest.mark.parametrize(
    ("url", "shape"),
    [
        ("https://api.galtea.ai/v1/numbers/list", "Cannot GET"),
        ("https://api.fluents.ai/phoneConnections", '"statusCode":404'),
        ("https://api.open.cx/v1/agents/list", '"statusCode":404'),
        ("https://api.uk.poly.ai/phone", '"error_code":"NOT_FOUND"'),
    ],
)
def test_on_its_own_host_a_vendor_knows_only_its_routes(url: str, shape: str) -> None:
    answer = Visitor().get(url)
    assert answer.status_code == 404
    assert shape in answer.text


def test_an_empty_world_still_knows_the_keys() -> None:
    visitor = Visitor(seed={})
    assert visitor.get(GALTEA + "/phoneConnections").json() == []
    assert visitor.get(OPENCOPILOT + "/phone").json() == {"items": [], "next": None}


def test_the_dials_can_be_listed_without_a_web_framework() -> None:
    script = (
        "import sys, reconciler.sandbox as s; s.VICES; s.SWITCHES; "
        "print([m for m in ('starlette', 'httpx', 'sqlite3', 'yaml', 'uvicorn') if m in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_every_dial_explains_itself() -> None:
    assert all(len(line) > 20 and "\n" not in line for line in VICES.values())
    for switch in SWITCHES.values():
        assert switch.description
        assert switch.fact
        assert switch.default in switch.choices or (not switch.choices and switch.default.isdecimal())


def test_the_sandbox_shares_nothing_with_the_rooms_below() -> None:
    folder = Path(__file__).parents[2] / "reconciler" / "sandbox"
    imported = {
        line.split()[1]
        for path in folder.rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.strip().startswith(("from reconciler", "import reconciler"))
    }
    assert imported
    assert all(name.startswith("reconciler.sandbox") for name in imported)


def test_a_world_can_be_closed(tmp_path: Path) -> None:
    visitor = Visitor(database=tmp_path / "sandbox.db", seed=make_seed())
    visitor.world.close()
    with pytest.raises(Exception, match="closed"):
        visitor.world.read("galtea", "phoneConnections", "pc-1")
