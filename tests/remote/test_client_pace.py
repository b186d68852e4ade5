"""How many requests are under way, and how many start in a minute. Time is virtual: these tests wait for nothing."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any, TypeVar

import httpx
import pytest

from reconciler.model.plan import Request
from reconciler.model.secret import Secret
from reconciler.remote.wire.client import Answer, build_gates, open_readers, open_writers
from reconciler.remote.wire.transport import WIRE_LIMIT
from tests.remote.read_stage import CATALOG, build_accounts

T = TypeVar("T")


class Skipping(selectors.SelectSelector):
    """Instead of waiting for the next timer, move the clock to it; every turn takes a microsecond, as turns do."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> Any:
        self.now += max(timeout or 0.0, 1e-6)
        return super().select(0)


class SkippingLoop(asyncio.SelectorEventLoop):
    """A loop whose time passes only while everybody waits."""

    def __init__(self) -> None:
        self._skipping = Skipping()
        super().__init__(self._skipping)

    def time(self) -> float:
        return self._skipping.now


def run(job: Coroutine[Any, Any, T]) -> T:
    with asyncio.Runner(loop_factory=SkippingLoop) as runner:
        return runner.run(job)


class Server:
    """Take down when each request starts, and how many are under way at most."""

    def __init__(self, seconds: float = 0.05) -> None:
        self.starts: list[float] = []
        self.methods: list[str] = []
        self.most = 0
        self._now = 0
        self._seconds = seconds

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.starts.append(asyncio.get_running_loop().time())
        self.methods.append(request.method)
        self._now += 1
        self.most = max(self.most, self._now)
        await asyncio.sleep(self._seconds)
        self._now -= 1
        return httpx.Response(200, json={})


async def drive(server: Server, *, reads: int, writes: int = 0, account: str = "opencopilot", **settings: Any) -> None:
    accounts = [build_accounts(**settings)[account]]
    wiring: dict[str, Any] = {
        "catalog": CATALOG,
        "keys": {account: Secret("k")},
        "gates": build_gates(accounts, catalog=CATALOG),
        "transport": lambda _: httpx.MockTransport(server),
    }
    update = Request("PATCH", "https://api.open.cx/phone/1", {"name": "x"})
    async with open_readers(accounts, **wiring) as readers, open_writers(accounts, **wiring) as writers:
        jobs = [readers[account].get("/phone") for _ in range(reads)]
        await asyncio.gather(*jobs, *(writers[account].send(update) for _ in range(writes)))


def count_most_in_a_minute(starts: list[float]) -> int:
    return max(sum(start <= other < start + 60 for other in starts) for start in starts)


@pytest.mark.parametrize("limit", [1, 2, 3, 10, 60, 100, 600])
def test_no_minute_holds_more_requests_than_the_limit(limit: int) -> None:
    server = Server()
    run(drive(server, reads=2 * limit, writes=limit, requests_per_minute=limit))
    assert sorted(set(server.methods)) == ["GET", "PATCH"]
    assert len(server.starts) == 3 * limit
    assert count_most_in_a_minute(server.starts) <= limit


@pytest.mark.parametrize("limit", [60, 100, 600])
def test_most_of_the_limit_is_used(limit: int) -> None:
    server = Server()
    run(drive(server, reads=4 * limit, requests_per_minute=limit))
    assert server.starts[-1] - server.starts[0] < 4 * 60 * 1.15


def test_the_vendors_own_limit_counts_where_the_account_names_none() -> None:
    server = Server()
    run(drive(server, reads=250, requests_per_minute=None))
    assert 80 <= count_most_in_a_minute(server.starts) <= 99


def test_a_vendor_without_a_limit_is_not_paced() -> None:
    server = Server()
    run(drive(server, reads=100, account="galtea", requests_per_minute=None, concurrency=10))
    assert server.starts[-1] == pytest.approx(9 * 0.05, abs=0.01)


@pytest.mark.parametrize("concurrency", [1, 4, 25])
def test_reads_and_writes_together_stay_within_the_bound(concurrency: int) -> None:
    server = Server()
    run(drive(server, reads=60, writes=60, requests_per_minute=1_000_000, concurrency=concurrency))
    assert server.most == concurrency


async def drive_many(server: Server, *, accounts: int, status: int = 200) -> None:
    """Send ten reads to each of many accounts; the first attempt of each gets a status."""
    like = build_accounts(concurrency=10)["galtea"]
    many = [replace(like, name=f"shop-{number}") for number in range(accounts)]
    seen: set[bytes] = set()

    async def answer(request: httpx.Request) -> httpx.Response:
        answered = await server(request)
        if request.url.query in seen:
            return answered
        seen.add(request.url.query)
        return httpx.Response(status, json={})

    wiring: dict[str, Any] = {
        "catalog": CATALOG,
        "keys": {account.name: Secret("k") for account in many},
        "transport": lambda _: httpx.MockTransport(answer),
    }
    async with open_readers(many, **wiring) as readers:
        jobs = [
            readers[name].get("/phoneConnections", [("offset", f"{name}-{number}")])
            for name in readers
            for number in range(10)
        ]
        answers = await asyncio.gather(*jobs)
    assert [answer.status for answer in answers if isinstance(answer, Answer)] == [200] * len(jobs)


def test_however_many_accounts_share_one_wire() -> None:
    server = Server()
    run(drive_many(server, accounts=40))
    assert server.most == WIRE_LIMIT


def test_who_waits_for_a_retry_is_not_on_the_wire() -> None:
    server = Server(seconds=0.0)
    run(drive_many(server, accounts=40, status=503))
    assert server.starts[399] < 0.1, "the first attempts of all wait for nobody's retry"
    assert len(server.starts) == 800


@pytest.mark.parametrize("concurrency", [1, 100])
def test_one_account_has_the_places_that_it_names(concurrency: int) -> None:
    server = Server()
    run(drive(server, reads=200, account="galtea", requests_per_minute=None, concurrency=concurrency))
    assert server.most == concurrency


def test_an_answer_that_never_ends_is_given_up() -> None:
    server = Server(seconds=10_000.0)
    run(drive(server, reads=1, account="galtea", requests_per_minute=None, timeout_seconds=30.0))
    assert len(server.starts) == 5, "every attempt ended by itself"
    assert server.starts[1] == pytest.approx(30.5, abs=0.5)
