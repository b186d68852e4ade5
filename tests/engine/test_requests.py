"""URLs are escaped, and documented-required fields are filled in only when asked for."""

from __future__ import annotations

import subprocess
import sys
from urllib.parse import parse_qs, unquote, urlsplit

from hypothesis import given
from hypothesis import strategies as st

from reconciler.engine.address import build_url, fill
from reconciler.engine.encode import fill_required
from reconciler.model.plan import Request
from reconciler.model.resource_type import Identity
from reconciler.model.spoiled import Spoiled
from reconciler.vendors import load_catalog

IDS = st.text(min_size=1, max_size=12).filter(lambda text: text.isprintable())


@given(IDS)
def test_an_id_stays_in_its_segment(text: str) -> None:
    url = build_url("https://api.acme.example/v1/", "/lines/{id}/end", query=(), identity=Identity((("id", text),)))
    parts = urlsplit(url)
    assert parts.netloc == "api.acme.example"
    assert parts.query == parts.fragment == ""
    assert [unquote(segment) for segment in parts.path.split("/")] == ["", "v1", "lines", text, "end"]


@given(IDS)
def test_an_id_in_a_query_comes_out_whole(text: str) -> None:
    identity = Identity((("number", text),))
    url = build_url("https://api.acme.example", "/numbers", query=(("phone_number", "{number}"),), identity=identity)
    assert "+" not in urlsplit(url).query
    assert parse_qs(urlsplit(url).query, keep_blank_values=True, separator="&") == {"phone_number": [text]}


def test_a_plus_is_never_a_space() -> None:
    identity = Identity((("number", "+12025550143"),))
    url = build_url("https://api.fluents.ai/v1", "/numbers", query=(("phone_number", "{number}"),), identity=identity)
    assert url == "https://api.fluents.ai/v1/numbers?phone_number=%2B12025550143"


def test_an_id_cannot_name_another_part() -> None:
    identity = Identity((("agentId", "{connectorId}"), ("connectorId", "secret")))
    assert fill("/a/{agentId}/c", identity) == "/a/%7BconnectorId%7D/c"


def test_documented_fields_are_filled_from_the_live_object() -> None:
    connection = load_catalog().resource_types["galtea", "phone_connections"]
    request = Request("PATCH", "https://api.galtea.ai/phoneConnections/p", {"name": "New"})
    live = {"productId": "prod_1", "name": "Old", "phoneNumber": "+14155552671", "voice": "jack", "deletedAt": None}
    filled = fill_required(connection, request, live)
    assert filled.body == {"productId": "prod_1", "phoneNumber": "+14155552671", "name": "New"}
    assert filled.companions == ("productId", "phoneNumber")
    assert (filled.method, filled.url) == (request.method, request.url)


def test_a_field_that_the_answer_does_not_truly_tell_is_not_sent_back() -> None:
    connection = load_catalog().resource_types["galtea", "phone_connections"]
    request = Request("PATCH", "https://api.galtea.ai/phoneConnections/p", {"name": "New"})
    live = {"productId": Spoiled("…", why="holds a key of ours"), "phoneNumber": "+14155552671"}
    assert fill_required(connection, request, live).body == {"phoneNumber": "+14155552671", "name": "New"}


PLAN_EQUAL = """
import sys
from tests.engine.worlds import LINE, World, declare, make_account
tree = {"a": {"b": [1, {"c": None}], "d": 1}}
spec = {"text": "x", "flag": True, "merged": tree, "replaced": tree, "tags": [2, 1]}
for state, status in (({**spec, "tags": [1, 2]}, "in_sync"), ({**spec, "text": "y"}, "update")):
    planned = World(LINE, declare(LINE, spec | {"token": "t"}), state, make_account(), "merge", applied={"/token": "t"}).plan()
    assert planned.planned.status == status, planned
print("deepdiff" in sys.modules)
different = {**spec, "merged": {"a": {"d": 2}}}
World(LINE, declare(LINE, spec | {"token": "t"}), different, make_account(), "merge").plan()
print("deepdiff" in sys.modules)
"""


def test_deepdiff_never_sees_equal_values() -> None:
    run = subprocess.run([sys.executable, "-c", PLAN_EQUAL], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["False", "True"]
