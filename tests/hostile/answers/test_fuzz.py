"""The second door: whatever a vendor answers, there is never a traceback and never a wrong word."""

from __future__ import annotations

import json
from typing import Any

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.model.live import Absent, Present
from tests.remote.read_stage import Stage, declare

GENTLY = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
NAMES = st.sampled_from(["id", "voice", "name", "error", "message", "statusCode", "items", "next", "has_more", "0"])
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just("pc0") | st.just("\ud800")
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5), max_leaves=12
)
ROW = {"id": "pc0", "productId": "p", "name": "Line", "phoneNumber": "+12025550143", "voice": "sarah"}
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
