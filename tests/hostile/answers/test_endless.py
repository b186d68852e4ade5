"""What never ends on the vendor's side ends on ours: counted in pages, octets and, on a clock that nobody waits for, seconds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from reconciler.model.live import Unknown
from reconciler.model.secret import Secret
from reconciler.remote.reading.allowance import LONGEST_SECONDS, MOST_OCTETS, MOST_PAGES, Allowance
from reconciler.remote.reading.read import list_live
from reconciler.remote.wire.answers import NoAnswer
from reconciler.remote.wire.bodies import LARGEST_BODY
from reconciler.remote.wire.client import Patience, open_readers
from tests.hostile.answers.bends import Stream
from tests.remote.read_stage import CATALOG, KINDS, build_accounts
from tests.remote.test_client_pace import run


def build_page(provider: str, number: int) -> Any:
    """Answer the next page of a list in which every row is new."""
    if provider == "galtea":
        return [{"id": f"pc{number}", "productId": "p", "name": "n", "phoneNumber": "+12025550143"}]
    if provider == "fluents":
        rows = [{"number": f"+1202{number:07d}", "label": "x"}]
        return {"items": rows, "page": 1, "size": 1, "has_more": True, "total": 10**12, "total_is_estimated": True}
    return {"items": [{"id": f"ph{number}", "name": "n", "phone_number": "+1"}], "next": f"cursor-{number}"}


@pytest.mark.parametrize("provider", ["galtea", "fluents", "opencopilot"])
def test_a_list_whose_rows_are_always_new_is_unknown_after_a_thousand_pages(provider: str) -> None:
    asked = 0

    def script(_request: httpx.Request) -> httpx.Response:
        nonlocal asked
        asked += 1
        return httpx.Response(200, json=build_page(provider, asked))

    async def read() -> object:
        accounts = build_accounts(concurrency=4)
        wires: Any = {"catalog": CATALOG, "keys": {provider: Secret("k3y")}, "patience": Patience(attempts=1)}
        wires["transport"] = lambda _account: httpx.MockTransport(script)
        async with open_readers([accounts[provider]], **wires) as readers:
            return await list_live(CATALOG.resource_types[provider, KINDS[provider]], reader=readers[provider])

    found = asyncio.run(read())
    assert isinstance(found, Unknown)
    assert "does not end within 1,000 pages" in found.reason
    assert asked == MOST_PAGES


def test_an_allowance_ends_with_its_pages_octets_or_seconds() -> None:
    now = 0.0
    allowance = Allowance(lambda: now)
    assert [allowance.take_page() for _ in range(MOST_PAGES)] == [""] * MOST_PAGES
    assert "1,000 pages" in allowance.take_page()
    large = Allowance(lambda: now)
    large.octets = MOST_OCTETS + 1
    assert "128 MiB" in large.take_page()
    late = Allowance(lambda: now)
    now = LONGEST_SECONDS + 1
    assert "15 minutes" in late.take_page()


class Drip(httpx.AsyncByteStream):
    """Send one octet a second, for ever."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            await asyncio.sleep(1.0)
            yield b" "


def ask(stream: httpx.AsyncByteStream, *, attempts: int, **headers: str) -> tuple[NoAnswer, list[float], float]:
    """Ask once on a clock that moves only while everybody waits; return what came, when each attempt began, and the end."""
    starts: list[float] = []

    async def answer(_request: httpx.Request) -> httpx.Response:
        starts.append(asyncio.get_running_loop().time())
        return httpx.Response(200, stream=stream, headers=headers)

    async def read() -> tuple[object, float]:
        accounts = build_accounts(timeout_seconds=3.0)
        patience = Patience(attempts=attempts, first_wait_seconds=0.5)
        wires: Any = {"catalog": CATALOG, "keys": {"galtea": Secret("k3y")}, "patience": patience}
        wires["transport"] = lambda _account: httpx.MockTransport(answer)
        async with open_readers([accounts["galtea"]], **wires) as readers:
            found = await readers["galtea"].get("/phoneConnections")
            return found, asyncio.get_running_loop().time()

    found, end = run(read())
    assert isinstance(found, NoAnswer)
    assert found.sent
    return found, starts, end


def test_timeout_seconds_bounds_an_attempt_however_slowly_it_drips() -> None:
    found, starts, end = ask(Drip(), attempts=3)
    assert "no complete answer within 3 s" in found.reason or "timed out" in found.reason
    assert len(starts) == 3
    assert [second - first < 3.0 + 2.1 for first, second in zip(starts, [*starts[1:], end], strict=True)] == [True] * 3
    assert end - starts[-1] == pytest.approx(3.0, abs=0.01)


@pytest.mark.parametrize("count", [None, LARGEST_BODY // 2**16 + 1])
def test_no_more_of_a_body_is_read_than_fits_and_it_is_not_asked_for_again(count: int | None) -> None:
    stream = Stream(b" " * 2**16, count)
    found, starts, _ = ask(stream, attempts=3)
    assert found.reason == "the body is larger than 16 MiB"
    assert len(starts) == 1
    assert stream.sent == LARGEST_BODY // 2**16 + 1
