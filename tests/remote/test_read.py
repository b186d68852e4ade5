"""What is read, in how many requests, and what counts as proof."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

import httpx
import pytest

from reconciler.model.live import Absent, Present, Reading, Unknown
from reconciler.model.resource_type import Identity
from reconciler.remote.reading.match import find_matches
from reconciler.remote.reading.read import list_live, read_identities
from reconciler.remote.reading.source import Source
from tests.remote.read_stage import (
    CATALOG,
    PROVIDERS,
    Stage,
    build_seed,
    count_outcomes,
    declare,
    identify,
    match,
    number,
    point,
)

KINDS = {"galtea": "phone_connections", "fluents": "numbers", "opencopilot": "agents", "polyai": "connectors"}
"""The kind of each vendor that the stage holds many of."""


def expect_present(reading: Reading) -> Present:
    assert isinstance(reading, Present), reading
    return reading


def expect_absent(reading: Reading) -> Absent:
    assert isinstance(reading, Absent), reading
    return reading


def expect_unknown(reading: Reading) -> Unknown:
    assert isinstance(reading, Unknown), reading
    return reading


@pytest.mark.parametrize("provider", PROVIDERS)
def test_one_object_costs_one_request(provider: str) -> None:
    stage = Stage()
    present = expect_present(stage.read_one(declare(provider, 3)))
    assert present.identity == identify(provider, 3)
    assert stage.served == 1


@pytest.mark.parametrize(("provider", "requests"), [("galtea", 3), ("fluents", 3), ("opencopilot", 13), ("polyai", 2)])
def test_many_objects_cost_few_requests(provider: str, requests: int) -> None:
    stage = Stage(seed=build_seed(250))
    live = stage.read(*(declare(provider, place) for place in range(250)))
    assert count_outcomes(live) == {"Present": 250}
    assert stage.served == live.requests == stage.ticks == requests


def test_ten_thousand_phone_connections_cost_a_hundred_requests() -> None:
    stage = Stage(seed={"galtea": build_seed(10_000)["galtea"]})
    live = stage.read(*(declare("galtea", place) for place in range(10_000)))
    assert count_outcomes(live) == {"Present": 10_000}
    assert live.requests == 100


def test_few_of_many_numbers_are_read_one_by_one() -> None:
    stage = Stage(seed=build_seed(950))
    live = stage.read(declare("fluents", 1), declare("fluents", 800), declare("fluents", 900))
    assert count_outcomes(live) == {"Present": 3}
    assert stage.served == 3, "page 1, then a GET for each of the two that it does not hold, not nine more pages"


def test_a_plus_in_a_query_is_encoded() -> None:
    stage = Stage()
    expect_present(stage.read_one(declare("fluents", 2)))
    assert stage.world.requests[0].query == f"phone_number=%2B{number(2)[1:]}"


def test_accounts_are_read_together_and_in_the_order_declared() -> None:
    stage = Stage()
    resources = [declare(provider, place) for place in range(6) for provider in PROVIDERS]
    live = stage.read(*resources)
    assert list(live.readings) == [declared.address for declared in resources]
    assert count_outcomes(live) == {"Present": 24}


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("others", [0, 3])
def test_what_does_not_exist_is_absent_with_a_proof(provider: str, others: int) -> None:
    stage = Stage()
    gone = declare(provider, 70)
    live = stage.read(gone, *(declare(provider, place) for place in range(others)))
    proof = expect_absent(live.readings[gone.address]).proof
    assert "404" in proof or "complete list" in proof
    assert count_outcomes(live).get("Present", 0) == others


def test_a_soft_deleted_connection_is_absent() -> None:
    stage = Stage()
    stage.world.edit("galtea", "phoneConnections", "pc1", {"deletedAt": "2024-05-01T00:00:00Z"})
    assert "404" in expect_absent(stage.read_one(declare("galtea", 1))).proof


def test_an_object_that_shows_its_tombstone_is_absent() -> None:
    row = {"id": "pc1", "deletedAt": "2024-05-01T00:00:00Z"}
    stage = Stage(script=lambda _: httpx.Response(200, json=row))
    assert "deletedAt" in expect_absent(stage.read_one(declare("galtea", 1))).proof


def test_an_object_outside_the_grant_is_unknown_not_absent() -> None:
    seed = build_seed(4)
    seed["galtea"]["keys"] = [{"key": "gsk_sandbox", "products": ["prod0"]}]
    stage = Stage(seed=seed)
    live = stage.read(*(declare("galtea", place) for place in range(4)))
    foreign = expect_unknown(live.readings["phone_connections.1"])
    assert "403" in foreign.reason
    assert "GALTEA_API_KEY" in foreign.advice
    expect_present(live.readings["phone_connections.0"])


def test_a_missing_key_concerns_its_account_only() -> None:
    stage = Stage(without_keys=["galtea"])
    live = stage.read(declare("galtea", 1), declare("polyai", 1))
    unknown = expect_unknown(live.readings["phone_connections.1"])
    assert unknown.code == "credential-missing"
    assert "GALTEA_API_KEY" in unknown.reason
    expect_present(live.readings["connectors.1"])


def test_options_are_read_once_and_only_where_a_field_needs_them() -> None:
    stage = Stage()
    assert stage.read(declare("galtea", 1, name="x")).options == {}
    live = stage.read(declare("galtea", 1, voice="jack"), declare("galtea", 2, voice="theo"))
    assert live.options == {("galtea", "/phoneConnections/voices"): {"sarah", "theo", "megan", "jack"}}
    assert [one.path for one in stage.world.requests].count("/phoneConnections/voices") == 1


def test_options_that_cannot_be_read_are_left_out() -> None:
    assert Stage(vices=["newer-api"]).read(declare("galtea", 1, voice="jack")).options == {}


def test_the_answer_to_a_get_must_be_the_object_asked_for() -> None:
    stage = Stage(script=lambda _: httpx.Response(200, json={"id": "pc2", "name": "another"}))
    assert "'pc2', not 'pc1'" in expect_unknown(stage.read_one(declare("galtea", 1))).reason


@pytest.mark.parametrize("body", [{"name": "no id"}, [], "text", 7, None, {"id": True}])
def test_a_get_that_is_no_object_is_unknown(body: Any) -> None:
    stage = Stage(script=lambda _: httpx.Response(200, content=json.dumps(body)))
    assert expect_unknown(stage.read_one(declare("galtea", 1))).code == "answer-shape"


@pytest.mark.parametrize("text", ["Cannot GET /v1/numbers", "Cannot GET /numbers?phone_number=x"])
def test_an_unknown_route_is_not_an_absent_object(text: str) -> None:
    body = {"statusCode": 404, "message": text, "error": "Not Found"}
    stage = Stage(script=lambda _: httpx.Response(404, json=body))
    unknown = expect_unknown(stage.read_one(declare("fluents", 1)))
    assert "base_url" in unknown.advice


@pytest.mark.parametrize("content", [b"", b"<html><title>Not here</title></html>", b"[]", b'"gone"', b"{"])
def test_a_404_without_the_vendors_words_is_not_absence(content: bytes) -> None:
    stage = Stage(script=lambda _: httpx.Response(404, content=content))
    expect_unknown(stage.read_one(declare("galtea", 1)))


def test_a_list_with_other_fields_is_another_generation() -> None:
    document = {"items": [{"id": "ph1", "name": "a", "phone_number": number(1), "base_prompt": "hello"}], "next": None}
    stage = Stage(script=lambda _: httpx.Response(200, json=document))
    unknown = expect_unknown(stage.read_one(declare("opencopilot", 1)))
    assert unknown.code == "answer-shape"
    assert "2024-09" in unknown.reason
    assert "base_prompt" in unknown.reason


@pytest.mark.parametrize("document", [{"items": []}, {"items": [], "next": 7}, {"items": [], "next": ""}])
def test_a_cursor_list_that_does_not_say_where_it_ends_proves_nothing(document: Any) -> None:
    stage = Stage(script=lambda _: httpx.Response(200, json=document))
    assert "does not say whether it goes on" in expect_unknown(stage.read_one(declare("opencopilot", 1))).reason


def test_a_cursor_that_comes_twice_proves_nothing_about_what_was_not_seen() -> None:
    rows = [{"id": "ph1", "name": "a", "phone_number": number(1)}]
    stage = Stage(script=lambda _: httpx.Response(200, json={"items": rows, "next": "again"}))
    live = stage.read(declare("opencopilot", 1), declare("opencopilot", 2))
    expect_present(live.readings["agents.1"])
    assert "cursor came twice" in expect_unknown(live.readings["agents.2"]).reason


def test_a_server_that_ignores_the_offset_is_found_out() -> None:
    asked: list[str] = []

    def serve(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        if request.url.path.endswith("/pc8"):
            return httpx.Response(404, json={"error": "Not Found", "message": "no"})
        return httpx.Response(200, json=[{"id": "pc1"}])

    live = Stage(script=serve).read(declare("galtea", 1), declare("galtea", 8))
    expect_present(live.readings["phone_connections.1"])
    expect_absent(live.readings["phone_connections.8"])
    assert len(asked) < 12


def test_an_id_is_percent_encoded_and_never_climbs_in_the_path() -> None:
    asked: list[bytes] = []

    def serve(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.raw_path)
        return httpx.Response(404, json={"error": "Not Found", "message": "no"})

    stage = Stage(script=serve)
    stage.read(
        *(
            point("polyai", name, Identity((("agentId", f"{name}+"), ("connectorId", name))))
            for name in ("a/b", "..", "é?#")
        )
    )
    start, end = b"/v1/agents/", b"%2B/telephony/connectors/"
    assert set(asked) == {
        start + name + end + (name if name != b".." else b"%2E%2E") for name in (b"a%2Fb", b"..", b"%C3%A9%3F%23")
    }


class TestMatch:
    def test_natural_keys_find_the_one_object(self) -> None:
        stage = Stage()
        found = expect_present(stage.read_one(match("galtea", "a", {"productId": "prod1", "name": "Line 3"})))
        assert found.identity == identify("galtea", 3)

    @pytest.mark.parametrize("provider", ["galtea", "fluents", "opencopilot"])
    def test_many_matches_share_requests(self, provider: str) -> None:
        key, word = {"galtea": ("name", "Line"), "fluents": ("label", "Label"), "opencopilot": ("name", "Agent")}[
            provider
        ]
        stage = Stage(seed=build_seed(90))
        live = stage.read(*(match(provider, str(place), {key: f"{word} {place}"}) for place in range(90)))
        assert {name.rsplit(".")[-1]: expect_present(found).identity for name, found in live.readings.items()} == {
            str(place): identify(provider, place) for place in range(90)
        }
        assert stage.served <= 5 * (2 if provider == "opencopilot" else 1)  # its pages have 20 rows

    def test_matches_in_two_products_do_not_share_a_refusal(self) -> None:
        seed = build_seed(8)
        seed["galtea"]["keys"] = [{"key": "gsk_sandbox", "products": ["prod0"]}]
        wanted = [match("galtea", str(n), {"productId": f"prod{n % 2}", "name": f"Line {n}"}) for n in range(8)]
        live = Stage(seed=seed).read(*wanted)
        for place in range(8):
            reading = live.readings[f"phone_connections.{place}"]
            assert "403" in expect_unknown(reading).reason if place % 2 else expect_present(reading)

    @pytest.mark.parametrize(
        ("provider", "keys"),
        [
            ("galtea", {"name": "Nobody"}),
            ("galtea", {"name": "line 1"}),
            ("fluents", {"label": "Label"}),
            ("opencopilot", {"phone_number": "+4930000000"}),
            ("polyai", {"agentId": "P0", "name": "Connector 1"}),
            ("polyai", {"agentId": "P9", "name": "Connector 1"}),
        ],
    )
    def test_keys_that_fit_nothing_exactly(self, provider: str, keys: dict[str, str]) -> None:
        assert expect_absent(Stage().read_one(match(provider, "a", keys))).code == "match-none"

    def test_keys_that_fit_two_objects_name_both(self) -> None:
        stage = Stage()
        stage.world.edit("galtea", "phoneConnections", "pc4", {"name": "Line 2"})
        unknown = expect_unknown(stage.read_one(match("galtea", "a", {"name": "Line 2"})))
        assert unknown.code == "match-ambiguous"
        assert "pc2" in unknown.reason
        assert "pc4" in unknown.reason

    def test_a_match_reads_the_list_to_its_end(self) -> None:
        seed = build_seed(120)
        seed["opencopilot"]["phones"][119]["name"] = "Agent 0"
        unknown = expect_unknown(Stage(seed=seed).read_one(match("opencopilot", "a", {"name": "Agent 0"})))
        assert unknown.code == "match-ambiguous"

    @pytest.mark.parametrize(
        "rows", [[{"number": number(0), "title": "Front"}], [{"number": number(0), "label": "Front"}]]
    )
    def test_a_key_is_read_under_the_name_that_the_vendor_shows(self, rows: list[Any]) -> None:
        page = {"items": rows, "page": 1, "size": 100, "has_more": False, "total": 1, "total_is_estimated": False}
        stage = Stage(script=lambda _: httpx.Response(200, json=page))
        wanted, plain = match("fluents", "front", {"label": "Front"}), CATALOG.resource_types["fluents", "numbers"]
        fields = {**plain.fields, "label": replace(plain.fields["label"], read_name="title")}
        renamed = replace(plain, fields=fields)

        async def find() -> Reading:
            async with stage.readers() as readers:
                found = await find_matches([wanted], resource_type=renamed, source=Source(readers["fluents"]))
            return found[wanted.address]

        reading = asyncio.run(find())
        assert isinstance(reading, Present if "title" in rows[0] else Absent)

    def test_a_connector_is_matched_within_its_agent(self) -> None:
        found = expect_present(Stage().read_one(match("polyai", "a", {"agentId": "P1", "name": "Connector 3"})))
        assert found.identity == identify("polyai", 3)


class TestMoves:
    def test_a_moved_connector_is_found_under_its_new_agent(self) -> None:
        stage = Stage()
        stage.world.edit("polyai", "connectors", "c2", {"projectId": "P1"})
        found = expect_present(stage.read_one(declare("polyai", 2, projectId="P1")))
        assert found.identity == Identity((("agentId", "P1"), ("connectorId", "c2")))

    def test_a_matched_connector_is_found_under_its_new_agent(self) -> None:
        stage = Stage()
        stage.world.edit("polyai", "connectors", "c2", {"projectId": "P1"})
        wanted = match("polyai", "a", {"agentId": "P0", "name": "Connector 2"}, projectId="P1")
        assert expect_present(stage.read_one(wanted)).identity["agentId"] == "P1"

    def test_without_the_field_nobody_looks_elsewhere(self) -> None:
        stage = Stage()
        stage.world.edit("polyai", "connectors", "c2", {"projectId": "P1"})
        expect_absent(stage.read_one(declare("polyai", 2)))
        assert stage.served == 1

    def test_a_connector_that_is_nowhere_is_absent_where_it_was_declared(self) -> None:
        assert "/P0/" in expect_absent(Stage().read_one(declare("polyai", 70, projectId="P1"))).proof

    def test_a_connector_not_moved_yet_keeps_its_identity(self) -> None:
        assert expect_present(Stage().read_one(declare("polyai", 2, projectId="P1"))).identity["agentId"] == "P0"


class TestListing:
    @pytest.mark.parametrize("provider", ["galtea", "fluents", "opencopilot"])
    @pytest.mark.parametrize("vices", [[], ["clamp-limit:7"], ["repeat-rows"], ["short-page"], ["estimated-total"]])
    def test_a_whole_list_is_read_whatever_its_pages_do(self, provider: str, vices: list[str]) -> None:
        rows = asyncio.run(self._list(Stage(seed=build_seed(130), vices=vices), provider))
        assert isinstance(rows, tuple)
        assert {row.identity for row in rows} == {identify(provider, place) for place in range(130)}
        assert len(rows) == 130

    @pytest.mark.parametrize("provider", ["galtea", "fluents", "opencopilot"])
    @pytest.mark.parametrize("vice", ["cursor-loop", "down", "html-200", "expired-key"])
    def test_a_list_without_an_end_is_unknown(self, provider: str, vice: str) -> None:
        stage = Stage(seed=build_seed(130), vices=[vice, "clamp-limit:20"])
        assert isinstance(asyncio.run(self._list(stage, provider)), Unknown)

    def test_connectors_are_listed_for_an_agent(self) -> None:
        rows = asyncio.run(self._list(Stage(), "polyai", group={"agentId": "P1"}))
        assert isinstance(rows, tuple)
        assert [row.identity["connectorId"] for row in rows] == ["c1", "c3", "c5"]
        assert isinstance(asyncio.run(self._list(Stage(), "polyai")), Unknown)

    def test_filters_go_to_the_vendor(self) -> None:
        rows = asyncio.run(self._list(Stage(), "galtea", filters={"productId": ["prod1"]}))
        assert isinstance(rows, tuple)
        assert [row.identity["id"] for row in rows] == ["pc1", "pc3", "pc5"]

    async def _list(self, stage: Stage, provider: str, **choice: Any) -> tuple[Present, ...] | Unknown:
        kind = CATALOG.resource_types[provider, KINDS[provider]]
        async with stage.readers() as readers:
            return await list_live(kind, reader=readers[provider], **choice)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_objects_are_read_again_in_bulk(provider: str) -> None:
    stage = Stage()
    kind = CATALOG.resource_types[provider, KINDS[provider]]
    wanted = [identify(provider, place) for place in (0, 2, 4, 0)]

    async def read() -> dict[Identity, Reading]:
        async with stage.readers() as readers:
            return dict(await read_identities(kind, wanted, reader=readers[provider], clock=lambda: 42.0))

    readings = asyncio.run(read())
    assert {identity: expect_present(found).read_at for identity, found in readings.items()} == dict.fromkeys(
        wanted, 42.0
    )
    assert stage.served == 1
