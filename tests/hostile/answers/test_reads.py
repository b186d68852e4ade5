"""One vendor answers what it likes: the others go on, nothing false is said, and no key of ours is shown or kept."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.cli.stage import Stage
from tests.hostile.answers.bends import HARMLESS, KEY, SPOILING, UNTELLING, Bend, Meddler, Rekey

NUMBER = "+12025550143"
PROJECT = f"""\
version: 1
accounts: {{galtea: {{}}, fluents: {{}}}}
phone_connections:
  one: {{id: pc_1, spec: {{voice: jack}}}}
  two: {{id: pc_2, spec: {{voice: jack}}}}
numbers:
  front: {{id: "{NUMBER}", spec: {{label: Front desk}}}}
"""
SEED: Mapping[str, Any] = {
    "galtea": {
        "phoneConnections": [
            {
                "id": f"pc_{place}",
                "productId": "prod_1",
                "name": f"Line {place}",
                "phoneNumber": f"+1202555{place:04d}",
                "voice": "sarah",
                "languageCode": "en-US",
                "agentSpeaksFirst": False,
            }
            for place in (1, 2)
        ]
    },
    "fluents": {"numbers": [{"number": NUMBER, "label": "Front"}]},
}
_ATTEMPTS = 3


class Hostile(Stage):
    """A project of two vendors, one of which answers as it likes."""

    def __init__(self, folder: Path, bend: Bend, *, methods: str = "GET") -> None:
        super().__init__(folder, seed=SEED, files={"reconciler.yaml": PROJECT})
        self.bend: Bend | None = bend
        self.methods = frozenset(methods.split())
        self.meddlers: list[Meddler] = []

    def transport(self, account: Any) -> httpx.AsyncBaseTransport:
        inner = Rekey(super().transport(account)) if account.provider == "galtea" else super().transport(account)
        if account.provider != "galtea" or self.bend is None:
            return inner
        self.meddlers.append(Meddler(inner, self.bend, self.methods))
        return self.meddlers[-1]

    @property
    def asked(self) -> int:
        return sum(meddler.requests for meddler in self.meddlers)

    def list_kept(self) -> str:
        """Return all that was written below the project."""
        files = [path for path in self.folder.rglob("*") if path.is_file() and path.name != "reconciler.yaml"]
        return "\n".join(path.read_text(errors="replace") for path in files)


def stage(tmp_path: Path, bend: Bend, **more: str) -> Hostile:
    hostile = Hostile(tmp_path, bend, **more)
    hostile.environ["GALTEA_API_KEY"] = KEY
    return hostile


def statuses(hostile: Hostile) -> dict[str, str]:
    told = hostile.run("plan", "--format", "json")
    assert_sound(told.all)
    return {row["address"]: row["status"] for row in told.plan["resources"]}


def assert_sound(text: str) -> None:
    assert "Traceback" not in text
    assert "bug in reconciler" not in text
    assert "reconciler itself" not in text
    for start in range(len(KEY) // 2 - 1):
        assert KEY[start : start + len(KEY) // 2 + 1].lower() not in text.lower()
    assert "\x1b[2J" not in text


@pytest.mark.parametrize("name", [*SPOILING, *UNTELLING])
def test_what_tells_nothing_is_unknown_and_the_other_vendor_is_planned(tmp_path: Path, name: str) -> None:
    hostile = stage(tmp_path, {**SPOILING, **UNTELLING}[name])
    found = statuses(hostile)
    assert found == {"phone_connections.one": "unknown", "phone_connections.two": "unknown", "numbers.front": "update"}
    assert hostile.asked <= _ATTEMPTS * 5


@pytest.mark.parametrize("name", HARMLESS)
def test_what_hurts_no_declared_field_is_planned(tmp_path: Path, name: str) -> None:
    assert set(statuses(stage(tmp_path, HARMLESS[name])).values()) == {"update"}


def test_the_vendors_own_404_is_absence(tmp_path: Path) -> None:
    hostile = stage(tmp_path, SPOILING["the key as a value"])
    hostile.bend = None
    hostile.change("reconciler.yaml", "pc_2", "pc_9")
    assert statuses(hostile)["phone_connections.two"] == "absent"


@pytest.mark.parametrize("name", [*SPOILING, *HARMLESS, *UNTELLING])
def test_apply_sends_what_can_be_compared_and_nothing_else(tmp_path: Path, name: str) -> None:
    hostile = stage(tmp_path, {**SPOILING, **HARMLESS, **UNTELLING}[name])
    told = hostile.apply()
    assert_sound(told.all + hostile.list_kept())
    sent = {path for _, path, _ in hostile.writes}
    assert "/v1/numbers/update" in sent or "/numbers/update" in sent
    assert (len(sent) > 1) == (name in HARMLESS), sent
    assert hostile.world.read("fluents", "numbers", NUMBER)["label"] == "Front desk"


EVERYWHERE = (
    SPOILING["the key as a value"],
    HARMLESS["the key in a field that is not ours"],
    HARMLESS["the key as a field's name"],
)
COMMANDS = (
    ("plan",),
    ("plan", "--format", "markdown"),
    ("plan", "--format", "html"),
    ("plan", "--out", "PLAN"),
    ("drift",),
    ("pull",),
    ("pull", "--all-fields"),
    ("doctor",),
    ("apply", "--auto-approve"),
    ("history",),
)


def test_no_command_shows_or_keeps_a_key_that_comes_back(tmp_path: Path) -> None:
    def bend(request: httpx.Request, response: httpx.Response) -> httpx.Response:
        for one in EVERYWHERE[1:]:
            response = one(request, response)
        return response

    hostile = stage(tmp_path, bend)
    for command in COMMANDS:
        told = hostile.run(*(str(tmp_path / "plan.json") if word == "PLAN" else word for word in command))
        assert told.code in {0, 1, 4, 5, 6}, told.all
        assert_sound(told.all)
    assert_sound(hostile.list_kept())


@pytest.mark.parametrize(
    ("command", "other"),
    [
        ("plan", "numbers.front"),
        ("pull", "Left out as declared already: 1 live object"),
        ("doctor", "Fluents accepts it"),
        ("drift", "1 more differ"),
    ],
)
def test_a_bug_of_ours_is_called_one_and_stops_no_other_account(tmp_path: Path, command: str, other: str) -> None:
    def bend(_request: httpx.Request, _response: httpx.Response) -> httpx.Response:
        raise LookupError(KEY)

    told = stage(tmp_path, bend).run(command)
    assert told.code in {1, 6}
    assert "reconciler itself failed: LookupError" in told.words
    assert KEY not in told.all
    assert other in told.words


@pytest.mark.parametrize("status", [400, 403, 500, 503])
def test_no_error_shows_a_key(tmp_path: Path, status: int) -> None:
    def bend(_request: httpx.Request, _response: httpx.Response) -> httpx.Response:
        body = {"error": f"bad {KEY}", "message": [f"key {KEY} or {KEY[5:]}", KEY]}
        return httpx.Response(status, json=body, headers={"x-request-id": KEY, "retry-after": KEY})

    hostile = stage(tmp_path, bend, methods="GET PATCH")
    told = [
        hostile.run(*(str(tmp_path / "plan.json") if word == "PLAN" else word for word in command))
        for command in COMMANDS
    ]
    assert_sound("".join(one.all for one in told) + hostile.list_kept())
    assert re.search(r"\(secret\)", told[0].all)
