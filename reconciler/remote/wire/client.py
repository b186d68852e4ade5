"""One client for each account: a reader that cannot write, and a writer that can only send the updates of known resource types."""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, Required, TypedDict, Unpack

import httpx
from httpx_retries import RetryTransport

from reconciler import __version__
from reconciler.model.plan import Request
from reconciler.model.project import Account
from reconciler.model.resource_type import Catalog, Provider
from reconciler.model.secret import Secret, list_secrets, reveal_within
from reconciler.remote.wire.answers import Answer, NoAnswer, read_answer, shorten
from reconciler.remote.wire.bodies import ACCEPTED_ENCODING, UnfitBodyError
from reconciler.remote.wire.environment import FaultyVariableError
from reconciler.remote.wire.guards import WRITE_METHODS, ForbiddenRequestError, Guard, allow_reads, allow_updates
from reconciler.remote.wire.routes import encode_query
from reconciler.remote.wire.sieve import Sieve, can_be_found
from reconciler.remote.wire.transport import (
    ANY_FAILURE,
    LONGEST_CONNECT_SECONDS,
    NOT_SENT,
    READ_STATUSES,
    WIRE_LIMIT,
    WRITE_STATUSES,
    Gate,
    GuardedTransport,
    Patience,
    PatientRetry,
    Trace,
    WaitTooLongError,
    build_transport,
)

__all__ = [
    "Answer",
    "ForbiddenRequestError",
    "Gate",
    "NoAnswer",
    "Patience",
    "ReadClient",
    "Wires",
    "WriteClient",
    "build_gates",
    "open_readers",
    "open_writers",
    "resolve_keys",
]

TransportFactory = Callable[[Account], httpx.AsyncBaseTransport]

_READ_METHODS: Final = frozenset({"GET"})
_HEADERS: Final = {
    "User-Agent": f"reconciler/{__version__}",
    "Accept": "application/json",
    "Accept-Encoding": ACCEPTED_ENCODING,
    "Connection": "keep-alive",
}
_SENDABLE: Final = re.compile(r"[\x21-\x7e]+")


class _Line:
    """Send requests of one account and turn whatever happens into an `Answer` or a `NoAnswer`."""

    def __init__(
        self,
        way: httpx.AsyncBaseTransport,
        *,
        account: Account,
        provider: Provider,
        key: Secret,
        gate: Gate,
        trace: Trace,
        sieve: Sieve,
    ) -> None:
        self.account = account
        self.provider = provider
        self.trace = trace
        self._way = way
        self._key = key
        self._gate = gate
        self._sieve = sieve
        connect = min(account.timeout_seconds, LONGEST_CONNECT_SECONDS)
        self._timeout = httpx.Timeout(account.timeout_seconds, connect=connect, pool=None).as_dict()

    async def exchange(
        self,
        method: str,
        url: str,
        *,
        body: Mapping[str, object] | None = None,
        on_turn: Callable[[], None] = lambda: None,
    ) -> Answer | NoAnswer:
        if not _SENDABLE.fullmatch(self._key.reveal()):
            reason = (
                f"the key in {self.account.credential} holds characters that no HTTP header may carry; copy it again"
            )
            advice = f"Set {self.account.credential} anew; `reconciler doctor` looks at it."
            return NoAnswer(sent=False, reason=reason, url=url, method=method, advice=advice)
        sieve = self._sieve.widen(list_secrets(body))
        try:
            request = self._build(method, url, body)
        except httpx.InvalidURL as error:
            reason = shorten(sieve.redact(f"the request cannot be built: {error}"))
            return NoAnswer(sent=False, reason=reason, url=sieve.redact(url), method=method, unaskable=True)
        async with self._gate.places:
            on_turn()
            started = time.monotonic()
            outcome = await self._attempt(request)
            seconds = time.monotonic() - started
        # What is left is our own work: the next request need not wait for it.
        if isinstance(outcome, httpx.HTTPError):
            return self._tell_failure(outcome, request, sieve, seconds=seconds, url=url)
        answer = read_answer(outcome, provider=self.provider, sieve=sieve, url=url)
        return replace(answer, method=method, seconds=seconds, attempts=request.extensions.get("attempts", 1))

    def _build(self, method: str, url: str, body: Mapping[str, object] | None) -> httpx.Request:
        """Build a request with nothing on it but what is said here: no cookie, and no key but the account's."""
        headers = {**_HEADERS, self.provider.auth_header: self.provider.auth_prefix + self._key.reveal()}
        content = None if body is None else reveal_within(body)
        return httpx.Request(method, url, headers=headers, json=content, extensions={"timeout": self._timeout})

    async def _attempt(self, request: httpx.Request) -> httpx.Response | httpx.HTTPError:
        try:
            return await self._way.handle_async_request(request)
        except WaitTooLongError as error:
            return error.response
        except httpx.HTTPError as error:
            return error

    def _tell_failure(
        self, error: httpx.HTTPError, request: httpx.Request, sieve: Sieve, *, seconds: float, url: str
    ) -> NoAnswer:
        return NoAnswer(
            sent=bool(request.extensions.get("reached")),
            reason=shorten(sieve.redact(_explain(error))),
            seconds=seconds,
            url=sieve.redact(url),
            method=request.method,
            advice=error.advice if isinstance(error, FaultyVariableError) else "",
        )


class ReadClient:
    """Read from one account. There is no way to write through it: its transport refuses every method but GET."""

    def __init__(self, line: _Line) -> None:
        self._line = line
        self.account = line.account
        self.provider = line.provider

    @property
    def requests(self) -> int:
        """Count the requests sent so far, retries included."""
        return self._line.trace.requests

    async def get(self, path: str, query: Sequence[tuple[str, str]] = ()) -> Answer | NoAnswer:
        """Send a GET. `path` is percent-encoded already and is put behind the account's base URL; `query` is encoded here."""
        return await self._line.exchange("GET", self.account.base_url.rstrip("/") + path + encode_query(query))


class WriteClient:
    """Write to one account: only the update and batch requests of its provider's resource types.

    429, 502, 503 and 504 and failures to connect are repeated; a timeout or a cut connection after sending is not.
    """

    def __init__(self, line: _Line) -> None:
        self._line = line
        self.account = line.account
        self.provider = line.provider

    @property
    def requests(self) -> int:
        """Count the requests sent so far, retries included."""
        return self._line.trace.requests

    async def send(self, request: Request, *, on_turn: Callable[[], None] = lambda: None) -> Answer | NoAnswer:
        """Send a planned request; raise ForbiddenRequestError where it is no update of a known resource type.

        `on_turn` is called when the account has a place for it, right before it leaves; what that raises keeps it back.
        """
        return await self._line.exchange(request.method, request.url, body=request.body, on_turn=on_turn)


def resolve_keys(accounts: Iterable[Account], environ: Mapping[str, str]) -> Mapping[str, Secret]:
    """Look up each account's key in the environment, by account name; accounts without one are left out.

    White space around a key (the newline of a secret file) is dropped; an empty variable counts as not set.
    """
    found = {account.name: environ.get(account.credential, "").strip() for account in accounts}
    return {name: Secret(value) for name, value in found.items() if value}


def build_gates(accounts: Iterable[Account], *, catalog: Catalog) -> Mapping[str, Gate]:
    """Build what bounds each account's requests: hand the same gates to readers and writers of one event loop.

    Together they bound what is on the wire at once, at no less than what one account may have there.
    """
    accounts = tuple(accounts)
    wire = asyncio.Semaphore(max([WIRE_LIMIT, *(account.concurrency for account in accounts)]))
    return {
        account.name: Gate(
            concurrency=account.concurrency,
            requests_per_minute=account.requests_per_minute or catalog.providers[account.provider].requests_per_minute,
            wire=wire,
        )
        for account in accounts
    }


class Wires(TypedDict, total=False):
    """What clients are built from. Without `transport` they reach the network, without `patience` and `gates` they make their own.

    `secrets` are what no answer may bring in besides the keys. `environ` (default the process's) names proxies; `on_request`
    hears of each request that is sent, retries included.
    """

    catalog: Required[Catalog]
    keys: Required[Mapping[str, Secret]]
    secrets: Iterable[Secret]
    transport: TransportFactory | None
    patience: Patience | None
    gates: Mapping[str, Gate] | None
    environ: Mapping[str, str] | None
    on_request: Callable[[], None] | None


@asynccontextmanager
async def open_readers(accounts: Iterable[Account], **wires: Unpack[Wires]) -> AsyncIterator[Mapping[str, ReadClient]]:
    """Open a reader for each account that has a key, by account name."""
    reads = _Traffic(allow_reads, _READ_METHODS, ANY_FAILURE, READ_STATUSES)
    async with _open_lines(accounts, reads, wires) as lines:
        yield {line.account.name: ReadClient(line) for line in lines}


@asynccontextmanager
async def open_writers(accounts: Iterable[Account], **wires: Unpack[Wires]) -> AsyncIterator[Mapping[str, WriteClient]]:
    """Open a writer for each account that has a key, by account name. Hand in the readers' gates: they share the limits."""
    updates = _Traffic(partial(allow_updates, catalog=wires["catalog"]), WRITE_METHODS, NOT_SENT, WRITE_STATUSES)
    async with _open_lines(accounts, updates, wires) as lines:
        yield {line.account.name: WriteClient(line) for line in lines}


@dataclass(frozen=True, slots=True)
class _Traffic:
    """What a line lets through, and after which failures it repeats."""

    guard: Callable[[Account], Guard]
    methods: frozenset[str]
    exceptions: tuple[type[Exception], ...]
    statuses: frozenset[int]


@asynccontextmanager
async def _open_lines(accounts: Iterable[Account], traffic: _Traffic, wires: Wires) -> AsyncIterator[list[_Line]]:
    chosen = tuple(account for account in accounts if account.name in wires["keys"])
    wiring = _Wiring(
        wires["catalog"],
        wires["keys"],
        Sieve((*wires["keys"].values(), *filter(can_be_found, wires.get("secrets", ())))),
        wires.get("transport"),
        wires.get("patience") or Patience(),
        wires.get("gates") or build_gates(chosen, catalog=wires["catalog"]),
        wires.get("environ"),
        wires.get("on_request"),
    )
    async with AsyncExitStack() as stack:
        yield [await wiring.open(stack, account, traffic) for account in chosen]


@dataclass(frozen=True, slots=True)
class _Wiring:
    """All that the lines of several accounts have in common."""

    catalog: Catalog
    keys: Mapping[str, Secret]
    sieve: Sieve
    """For the keys of all accounts and all secrets, so that none of them leaves through anybody's answer."""
    transport: TransportFactory | None
    patience: Patience
    gates: Mapping[str, Gate]
    environ: Mapping[str, str] | None
    on_request: Callable[[], None] | None

    async def open(self, stack: AsyncExitStack, account: Account, traffic: _Traffic) -> _Line:
        """Build a line from the wire up and leave its closing to the stack."""
        provider, key, gate = (
            self.catalog.providers[account.provider],
            self.keys[account.name],
            self.gates[account.name],
        )
        trace = Trace(self.on_request)
        guarded = GuardedTransport(
            self._build_inner(account),
            guard=traffic.guard(account),
            gate=gate,
            trace=trace,
            seconds=account.timeout_seconds,
        )
        retry = PatientRetry(
            self.patience, methods=traffic.methods, exceptions=traffic.exceptions, statuses=traffic.statuses
        )
        retrying = RetryTransport(guarded, retry=retry)
        stack.push_async_callback(guarded.aclose)
        return _Line(retrying, account=account, provider=provider, key=key, gate=gate, trace=trace, sieve=self.sieve)

    def _build_inner(self, account: Account) -> httpx.AsyncBaseTransport:
        if self.transport is not None:
            return self.transport(account)
        environ = os.environ if self.environ is None else self.environ
        return build_transport(account.base_url, environ=environ)


_PLAIN_WORDS: Final[tuple[tuple[type[httpx.HTTPError], str], ...]] = (
    (httpx.ConnectTimeout, "the connection was not made in time"),
    (httpx.ConnectError, "cannot connect"),
    (httpx.ProxyError, "the proxy refused"),
    (httpx.TimeoutException, "timed out waiting for the answer"),
    (httpx.LocalProtocolError, "the request is not valid HTTP"),
    (httpx.DecodingError, "the answer's content encoding is broken"),
)


def _explain(error: httpx.HTTPError) -> str:
    """Say in plain words what happened to a connection; httpx's own words may quote a header, except where none was sent."""
    if isinstance(error, (UnfitBodyError, FaultyVariableError)):
        return str(error)
    words = next((words for kind, words in _PLAIN_WORDS if isinstance(error, kind)), "the connection broke")
    return f"{words} ({error})" if isinstance(error, (httpx.ConnectError, httpx.ProxyError)) and str(error) else words
