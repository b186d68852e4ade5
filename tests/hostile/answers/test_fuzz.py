"""Whatever comes through the doors of vendor answers, saved plans and ledgers: no traceback, no wrong word, no other request."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.model.live import Absent, Present
from reconciler.model.plan_document import compute_digest
from tests.cli.stage import Stage as Project
from tests.cli.stage import Told, lines
from tests.remote.read_stage import Stage, declare

GENTLY = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
NAMES = st.sampled_from(["id", "voice", "name", "error", "message", "statusCode", "items", "next", "has_more", "0"])
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just("pc0") | st.just("\ud800")
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5), max_leaves=12
)
ROW = {"id": "pc0", "productId": "p", "name": "Line", "phoneNumber": "+12025550143", "voice": "sarah"}
PLACES = st.integers(0, 10_000)
HONEST = st.sampled_from([ROW, [ROW], [], {"error": "Not Found", "message": "no such connection"}])
BODIES = st.binary(max_size=40) | (VALUES | HONEST).map(lambda value: json.dumps(value).encode())
STATUSES = st.sampled_from([200, 200, 200, 201, 204, 206, 304, 400, 401, 404, 404, 404, 429, 500])
HEADERS = st.dictionaries(
    st.sampled_from(["retry-after", "content-type", "content-encoding", "x-request-id", "location", "content-range"]),
    st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), max_size=12),
    max_size=2,
)


@GENTLY
@given(answers=st.lists(st.tuples(STATUSES, BODIES, HEADERS), min_size=1, max_size=4))
def test_a_reading_says_present_or_absent_only_where_the_vendor_did(
    answers: list[tuple[int, bytes, dict[str, str]]],
) -> None:
    told: list[tuple[int, bytes]] = []

    def script(_request: httpx.Request) -> httpx.Response:
        status, body, headers = answers[len(told) % len(answers)]
        told.append((status, body))
        stream = httpx.ByteStream(body)
        return httpx.Response(status, stream=stream, headers=headers)

    stage = Stage(script=script, patience={"attempts": 2, "first_wait_seconds": 0.0})
    reading = stage.read_one(declare("galtea", 0, voice="jack"))
    if isinstance(reading, Present):
        assert any(status == 200 and _holds(body) for status, body in told)
        assert reading.value["id"] == "pc0"
    elif isinstance(reading, Absent):
        assert any(status == 404 and _is_own_error(body) for status, body in told)
    else:
        assert "reconciler itself" not in reading.reason


def _parse(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _holds(body: bytes) -> bool:
    value = _parse(body)
    rows = value if isinstance(value, list) else [value]
    return any(isinstance(row, dict) and row.get("id") == "pc0" for row in rows)


def _is_own_error(body: bytes) -> bool:
    value = _parse(body)
    return isinstance(value, dict) and value.keys() == {"error", "message"}


def _list_places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if at:
        yield at
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in inner:
        yield from _list_places(part, (*at, key))


def _mutate(draw: Callable[..., Any], document: Any) -> Any:
    """Change, drop or add something at one or two places."""
    for _ in range(draw(st.integers(1, 2))):
        places = list(_list_places(document))
        *way, last = places[draw(PLACES) % len(places)]
        holder = document
        for key in way:
            holder = holder[key]
        if draw(st.booleans()):
            holder[last] = draw(VALUES | st.sampled_from(["PATCH", "DELETE", "https://elsewhere.invalid/", "pc_1"]))
        else:
            del holder[last]
    return document


def _assert_calm(told: Told) -> None:
    assert "bug in reconciler" not in told.all, told.all
    assert "Traceback" not in told.all
    assert told.code in {0, 1, 2, 3, 4, 5, 6}


def _stage(folder: str) -> Project:
    return lines(Path(folder), count=2)


@GENTLY
@given(data=st.data())
def test_a_forged_plan_sends_nothing_that_planning_does_not(data: st.DataObject) -> None:
    with TemporaryDirectory() as folder:
        stage = _stage(folder)
        assert stage.run("plan", "--out", str(stage.folder / "plan.json")).code == 0
        document = json.loads(stage.read("plan.json"))
        honest = {(one["request"]["method"], json.dumps(one["request"]["body"])) for one in document["updates"]}
        forged = _mutate(data.draw, document)
        if isinstance(forged.get("updates"), list):
            forged["digest"] = _digest(forged)
        stage.write("plan.json", json.dumps(forged))
        _assert_calm(stage.run("show", str(stage.folder / "plan.json")))
        _assert_calm(stage.apply(str(stage.folder / "plan.json")))
        assert {(method, json.dumps(body)) for method, _, body in stage.writes} <= honest
        assert {path for _, path, _ in stage.writes} <= {"/phoneConnections/pc_0", "/phoneConnections/pc_1"}
        assert stage.world.dangers == []


def _digest(document: Mapping[str, Any]) -> str:
    try:
        return compute_digest(document)
    except (TypeError, ValueError):
        return ""


@GENTLY
@given(data=st.data())
def test_a_damaged_ledger_or_journal_changes_words_and_no_request(data: st.DataObject) -> None:
    with TemporaryDirectory() as folder:
        stage = _stage(folder)
        stage.settle()
        kept = [path for path in (stage.folder / ".reconciler").rglob("*.json*") if path.is_file()]
        path = sorted(kept)[data.draw(PLACES) % len(kept)]
        if path.suffix == ".json" and data.draw(st.booleans()):
            path.write_text(json.dumps(_mutate(data.draw, json.loads(path.read_text()))))
        else:
            content = path.read_bytes()
            place = data.draw(PLACES) % len(content)
            path.write_bytes(content[:place] + data.draw(st.binary(max_size=6)) + content[place + 3 :])
        for command in (("plan",), ("history",), ("drift",), ("history", "latest")):
            _assert_calm(stage.run(*command))
        _assert_calm(stage.apply())
        assert stage.writes == []
