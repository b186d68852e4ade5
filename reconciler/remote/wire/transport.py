"""What stands between a client and the wire: retries, pacing, and a guard that only lets known requests through.

From the outside in: `RetryTransport` repeats, `GuardedTransport` refuses and paces each attempt and reads its body (a body that
breaks off is then an attempt like any other), the innermost transport sends. An attempt, from the first octet sent to the last
one received, takes no longer than the account's `timeout_seconds`, however slowly the answer drips.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

import httpx
from aiolimiter import AsyncLimiter
from httpx_retries import Retry

from reconciler.remote.wire.bodies import take_in
from reconciler.remote.wire.connections import Places, StraightConnection
from reconciler.remote.wire.environment import (
    FaultyVariableError,
    SocksTransport,
    Unreachable,
    find_proxy,
    share_nothing,
    share_trust,
    speaks_socks,
)

Sleep = Callable[[float], Awaitable[None]]

NOT_SENT: Final = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)
"""Errors before the first byte of a request can have left."""

ANY_FAILURE: Final = (httpx.TimeoutException, httpx.NetworkError, httpx.RemoteProtocolError, httpx.ProxyError)
"""Errors after which a read may be repeated."""

READ_STATUSES: Final = frozenset({429, 500, 502, 503, 504})
"""Answers after which a read is repeated: one 500 is as much an accident as one 502."""

WRITE_STATUSES: Final = frozenset({429, 502, 503, 504})
"""Answers after which a client that has the patience repeats a write by itself."""

LONGEST_CONNECT_SECONDS: Final = 10.0

WIRE_LIMIT: Final = 128
"""Attempts on the wire at once over all accounts: enough to hide the latency of any number of them, and few enough that one processor
takes in what they get long before their time is over (M: a thousand pages at once are not taken in within 30 s on a tenth of a core).
"""

_MARGIN: Final = 0.95
_BURST_SHARE: Final = 20


@dataclass(frozen=True, slots=True)
class Patience:
    """How often and how long to wait for a vendor. `attempts` counts the first one.

    Waits double from `first_wait_seconds` with half of each random. A Retry-After (seconds or date) is honoured; one that asks for
    more than `longest_wait_seconds`, or for more than what is left of `total_wait_seconds`, ends the attempts: the answer stands.
    """

    attempts: int = 5
    first_wait_seconds: float = 0.5
    longest_wait_seconds: float = 60.0
    total_wait_seconds: float = 120.0
    sleep: Sleep = asyncio.sleep


class WaitTooLongError(Exception):
    """The server asked for a longer wait than we have patience for; `response` was read."""

    def __init__(self, response: httpx.Response) -> None:
        super().__init__(f"asked to wait {response.headers.get('Retry-After', '')}")
        self.response = response


class PatientRetry(Retry):
    """Retry as `Patience` says. Every increment is a new value, so one may serve many requests at once."""

    def __init__(
        self,
        patience: Patience,
        *,
        methods: frozenset[str],
        exceptions: tuple[type[Exception], ...],
        statuses: frozenset[int] = WRITE_STATUSES,
        attempts_made: int = 0,
        elapsed_sleep: float = 0.0,
    ) -> None:
        super().__init__(
            total=max(0, patience.attempts - 1),
            allowed_methods=methods,
            status_forcelist=statuses,
            retry_on_exceptions=exceptions,
            backoff_factor=patience.first_wait_seconds / 2,
            max_backoff_wait=max(patience.longest_wait_seconds, 0.001),
            backoff_jitter=0.5,
            attempts_made=attempts_made,
            elapsed_sleep=elapsed_sleep,
        )
        self.patience = patience

    def increment(self) -> PatientRetry:
        """Return the retry with one more attempt counted."""
        return PatientRetry(
            self.patience,
            methods=self.allowed_methods,
            exceptions=self.retryable_exceptions,
            statuses=frozenset(map(int, self.status_forcelist)),
            attempts_made=self.attempts_made + 1,
            elapsed_sleep=self.elapsed_sleep,
        )

    async def asleep(self, response: httpx.Response | Exception) -> None:
        """Wait before the next attempt; raise WaitTooLongError where that would outlast our patience."""
        asked = self._read_wish(response)
        wait = self.backoff_strategy() if asked is None else asked
        left = self.patience.total_wait_seconds - self.elapsed_sleep
        if isinstance(response, httpx.Response) and wait > min(left, self.patience.longest_wait_seconds):
            raise WaitTooLongError(response)
        self.elapsed_sleep += wait
        await self.patience.sleep(wait)

    def _read_wish(self, response: httpx.Response | Exception) -> float | None:
        wish = response.headers.get("Retry-After", "") if isinstance(response, httpx.Response) else ""
        try:
            return self.parse_retry_after(wish) or None if wish else None
        except (ValueError, OverflowError):
            return None


class Gate:
    """Bound how many requests of one account are under way, and how many start in a minute; belongs to one event loop.

    Readers and writers of an account share its gate. A request that waits for a retry keeps its place, so an account that answers
    429 comes to rest by itself. `wire` bounds the attempts of all accounts together; one that waits for a retry is not on it.
    """

    def __init__(
        self, *, concurrency: int, requests_per_minute: int | None, wire: asyncio.Semaphore | None = None
    ) -> None:
        self.places = asyncio.Semaphore(max(1, concurrency))
        self.wire = wire or asyncio.Semaphore(max(1, concurrency))
        self.pace = build_limiter(requests_per_minute) if requests_per_minute else None

    async def wait_turn(self) -> None:
        """Wait until one more request may start."""
        if self.pace is not None:
            await self.pace.acquire()


def build_limiter(requests_per_minute: int) -> AsyncLimiter:
    """Build a limiter that stays below a limit in every span of 60 seconds, the first one included.

    A leaky bucket passes `burst + rate x 60` in such a span; both together are 95 percent of the limit.
    """
    burst = max(1, requests_per_minute // _BURST_SHARE)
    rate = max(requests_per_minute * _MARGIN - burst, requests_per_minute / 2)
    return AsyncLimiter(burst, burst * 60.0 / rate)


class Trace:
    """Count the attempts of all requests of a client, and tell somebody about each."""

    def __init__(self, on_request: Callable[[], None] | None) -> None:
        self.requests = 0
        self._on_request = on_request

    def count(self) -> None:
        """Count one attempt."""
        self.requests += 1
        if self._on_request is not None:
            self._on_request()


class GuardedTransport(httpx.AsyncBaseTransport):
    """Refuse what must never be sent, wait for the account's turn, send, and read the body within `seconds`."""

    def __init__(
        self,
        inner: httpx.AsyncBaseTransport,
        *,
        guard: Callable[[httpx.Request], None],
        gate: Gate,
        trace: Trace,
        seconds: float,
    ) -> None:
        self._inner = inner
        self._guard = guard
        self._gate = gate
        self._trace = trace
        self._seconds = seconds

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Make one attempt; note in the request's extensions how many there were and whether one may have arrived."""
        self._guard(request)
        await self._gate.wait_turn()
        try:
            async with self._gate.wire:
                self._trace.count()
                request.extensions["attempts"] = request.extensions.get("attempts", 0) + 1
                response = await self._send(request)
        except NOT_SENT:
            raise
        except httpx.HTTPError:
            request.extensions["reached"] = True
            raise
        request.extensions["reached"] = True
        return response

    async def _send(self, request: httpx.Request) -> httpx.Response:
        try:
            async with asyncio.timeout(self._seconds):
                return await take_in(await self._inner.handle_async_request(request))
        except TimeoutError as error:
            message = f"no complete answer within {self._seconds:g} s"
            raise httpx.ReadTimeout(message, request=request) from error

    async def aclose(self) -> None:
        """Close the innermost transport."""
        await self._inner.aclose()


def build_transport(base_url: str, *, environ: Mapping[str, str]) -> httpx.AsyncBaseTransport:
    """Build connections with verified TLS, through the proxy that the environment names for this host.

    Where the environment cannot be used, what is built says so at each request, and sends nothing. `.netrc` is never read.
    """
    try:
        proxy = find_proxy(base_url, environ=environ)
        secured = "https" in {httpx.URL(address).scheme for address in (base_url, proxy) if address}
        context = share_trust(environ) if secured else share_nothing()
    except FaultyVariableError as fault:
        return Unreachable(fault)
    if proxy is None:
        return Places(lambda: StraightConnection(base_url, context=context))
    single = httpx.Limits(max_connections=1, max_keepalive_connections=1)
    way = Places(lambda: httpx.AsyncHTTPTransport(verify=context, limits=single, proxy=proxy))
    return SocksTransport(way) if speaks_socks(proxy) else way
