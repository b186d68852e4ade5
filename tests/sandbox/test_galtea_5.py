"""Galtea of the newer generation, and what its rows and routes do in both."""

from typing import Any

import pytest

from tests.sandbox.visitor import GALTEA, Visitor

LINE = GALTEA + "/phoneConnections/pc-1"
ROOM = GALTEA + "/webRtcConnections/wc-1"


def make_seed(generation: str = "5") -> dict[str, Any]:
    line = {"productId": "prod-1", "phoneNumber": "+14155552671"}
    return {
        "galtea": {
            "generation": generation,
            "phoneConnections": [
                {**line, "id": "pc-1", "name": "Support", "voice": "jack"},
                {**line, "id": "pc-2", "name": "Gone", "deletedAt": "2024-05-01T00:00:00.000Z"},
            ],
            "webRtcConnections": [
                {"id": "wc-1", "productId": "prod-1", "name": "Web", "agentName": "web-agent", "apiKey": "pk_secret"},
                {"id": "wc-2", "productId": "prod-1", "name": "Other"},
            ],
            "versions": [
                {"id": "ver-1", "productId": "prod-1", "phoneConnectionId": "pc-1"},
                {"id": "ver-2", "productId": "prod-1", "webRtcConnectionId": "wc-1"},
                {"id": "ver-3", "productId": "prod-2"},
            ],
        }
    }


def visit(generation: str = "5", **switches: str) -> Visitor:
    positions = {name.replace("_", "-"): value for name, value in switches.items()}
    return Visitor(seed=make_seed(generation), switches=positions)


def test_a_connection_has_no_voice_and_no_language() -> None:
    visitor = visit()
    assert set(visitor.get(LINE).json()) == {
        "id",
        "productId",
        "userId",
        "name",
        "phoneNumber",
        "agentSpeaksFirst",
        "createdAt",
        "deletedAt",
    }
    assert visitor.get(GALTEA + "/phoneConnections").json() == [visitor.get(LINE).json()]
    assert visitor.get(GALTEA + "/phoneConnections/voices").status_code == 404
    assert visit("4").get(LINE).json()["voice"] == "jack"


def test_a_voice_is_ignored_or_refused() -> None:
    body = {"name": "Help", "voice": "nobody", "languageCode": 7}
    visitor = visit()
    assert visitor.patch(LINE, body).json()["name"] == "Help"
    assert visitor.world.read("galtea", "phoneConnections", "pc-1")["voice"] == "jack"
    strict = visit(galtea_unknown_fields="400")
    assert strict.patch(LINE, body).json() == {"error": "Bad Request", "message": "Unknown field: voice"}
    assert strict.patch(LINE, {"name": "Help"}).status_code == 200
    assert visit("4", galtea_unknown_fields="400").patch(LINE, {"voice": "sarah"}).status_code == 200


@pytest.mark.parametrize("query", ["sort[]=name&sort[]=desc", "sort=name&sort=desc", "sort=-name"])
def test_a_list_is_sorted_by_a_field_and_a_direction(query: str) -> None:
    rows = visit().get(f"{GALTEA}/webRtcConnections?{query}").json()
    assert [row["name"] for row in rows] == ["Web", "Other"]
    assert [row["name"] for row in visit().get(f"{GALTEA}/webRtcConnections?sort=name&sort=asc").json()] == [
        "Other",
        "Web",
    ]


def test_the_key_of_a_web_connection_is_never_shown() -> None:
    visitor = visit()
    room = visitor.get(ROOM).json()
    assert set(room) == {
        "id",
        "productId",
        "userId",
        "name",
        "agentName",
        "agentSpeaksFirst",
        "hasApiKey",
        "createdAt",
        "deletedAt",
    }
    assert [row["hasApiKey"] for row in visitor.get(GALTEA + "/webRtcConnections?sort=createdAt&sort=asc").json()] == [
        True,
        False,
    ]
    answer = visitor.patch(ROOM, {"apiKey": "pk_new", "agentName": "other"})
    assert answer.json() == {**room, "agentName": "other"}
    assert visitor.world.read("galtea", "webRtcConnections", "wc-1")["apiKey"] == "pk_new"


@pytest.mark.parametrize(
    ("position", "status", "has_key"), [("clears", 200, False), ("ignored", 200, True), ("400", 400, True)]
)
def test_null_in_a_key_is_a_switch(position: str, status: int, has_key: bool) -> None:
    visitor = visit(galtea_null_api_key=position)
    assert visitor.patch(ROOM, {"apiKey": None}).status_code == status
    assert visitor.get(ROOM).json()["hasApiKey"] is has_key


@pytest.mark.parametrize("body", [{"apiKey": ""}, {"apiKey": 7}, {"agentName": None}, {"name": "Other"}, []])
def test_what_a_web_connection_refuses(body: object) -> None:
    assert visit().patch(ROOM, body).status_code == 400


def test_a_strict_server_demands_other_fields_of_a_web_connection() -> None:
    visitor = visit(galtea_patch="strict")
    assert visitor.patch(ROOM, {"name": "x"}).json()["message"] == "productId is required"
    assert visitor.patch(ROOM, {"productId": "prod-1", "name": "x", "agentName": "y"}).status_code == 200


def test_web_connections_are_of_the_newer_generation() -> None:
    answer = visit("4").get(ROOM)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")


def test_versions_tell_which_connection_they_use() -> None:
    visitor = visit()
    rows = visitor.get(GALTEA + "/versions?productIds=prod-1&sort=createdAt&sort=asc").json()
    assert [(row["name"], row["phoneConnectionId"], row["webRtcConnectionId"]) for row in rows] == [
        ("v1", "pc-1", None),
        ("v2", None, "wc-1"),
    ]
    assert visitor.get(GALTEA + "/versions/ver-3").json()["number"] == 3


@pytest.mark.parametrize(("position", "status"), [("404", 404), ("readable", 200)])
def test_a_soft_deleted_row_may_still_be_read_by_its_id(position: str, status: int) -> None:
    visitor = visit(galtea_soft_deleted=position)
    answer = visitor.get(GALTEA + "/phoneConnections/pc-2")
    assert answer.status_code == status
    assert "2024-05-01" in answer.text or status != 200
    assert [row["id"] for row in visitor.get(GALTEA + "/phoneConnections").json()] == ["pc-1"]
    assert visitor.get(GALTEA + "/phoneConnections?ids=pc-2").json() == []


@pytest.mark.parametrize(("position", "shown"), [("null", None), ("echoed", "")])
def test_an_empty_voice_is_null_or_echoed(position: str, shown: str | None) -> None:
    visitor = visit("4", galtea_empty_voice=position)
    assert visitor.patch(LINE, {"voice": ""}).json()["voice"] == shown
    assert visitor.get(LINE).json()["voice"] == shown


@pytest.mark.parametrize("path", ["/phoneConnections", "/webRtcConnections", "/versions"])
def test_what_creates_or_deletes_is_only_noted(path: str) -> None:
    visitor = visit()
    for method, rest in (("POST", ""), ("DELETE", "/x"), ("DELETE", "/batch")):
        assert visitor.send(method, GALTEA + path + rest, {}).status_code == 403
    assert len(visitor.world.dangers) == 3
