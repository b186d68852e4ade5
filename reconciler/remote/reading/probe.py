"""Find out, with reads only, why an account cannot be reached: name, connection, TLS, then one cheap question.

Each step is tried apart, so that the first one that fails is the one to mend. The question is asked once: a doctor tells what
is wrong now, not after five attempts.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import ssl
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

import httpx

from reconciler.model.check import Check, Verdict
from reconciler.model.live import Present, Unknown
from reconciler.model.project import Account
from reconciler.model.resource_type import Catalog, ResourceType
from reconciler.model.secret import Secret
from reconciler.remote.reading.classify import believe, is_absence, read_rows
from reconciler.remote.reading.source import Source
from reconciler.remote.wire.answers import Answer, NoAnswer
from reconciler.remote.wire.client import TransportFactory, open_readers
from reconciler.remote.wire.environment import FaultyVariableError, find_proxy, share_trust
from reconciler.remote.wire.routes import fill_path
from reconciler.remote.wire.transport import Patience, build_transport

PROBE_SECONDS: Final = 15.0
STEP_SECONDS: Final = 10.0
_PORTS: Final = {"https": 443, "http": 80}
_PROXY_SCHEMES: Final = frozenset({"http", "https", "socks5", "socks5h"})
_HOST: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?|[0-9A-Fa-f:.]+")


@dataclass(frozen=True, slots=True)
class Question:
    """A GET that any accepted key may send, and the list whose shape its answer should have."""

    path: str
    resource_type: ResourceType
    group: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Reported:
    """What came of the question."""

    answer: Answer | NoAnswer
    trouble: Unknown | None
    """Why the answer tells nothing; None where it is a JSON document with a status of success."""
    rows: tuple[Present, ...] | Unknown | None
    absent: bool
    """Whether the vendor says that what holds the list does not exist."""
    date: datetime | None
    """The vendor's clock, from the Date header."""


def choose_question(account: Account, *, catalog: Catalog, group: Mapping[str, str]) -> Question | None:
    """Choose the question for an account: its provider's probe, or a list for which the group is known; None for neither."""
    probe = catalog.providers[account.provider].probe
    for known in catalog.offered(account.provider, account.generation):
        if probe.partition("?")[0] == known.list.path:
            return Question(probe, known, {})
        if not probe and known.list.group and all(part in group for part in known.list.group):
            return Question(fill_path(known.list.path, group), known, group)
    return None


async def ask(
    account: Account,
    question: Question,
    *,
    catalog: Catalog,
    key: Secret,
    secrets: Iterable[Secret] = (),
    transport: TransportFactory | None = None,
    environ: Mapping[str, str],
    on_request: Callable[[], None] | None = None,
) -> Reported:
    """Ask the question once and judge the answer as any other read is judged."""
    hasty = replace(account, timeout_seconds=min(account.timeout_seconds, PROBE_SECONDS))
    inner = transport(hasty) if transport else build_transport(hasty.base_url, environ=environ)
    clock = _ClockReader(inner)
    async with open_readers(
        (hasty,),
        catalog=catalog,
        keys={hasty.name: key},
        secrets=secrets,
        transport=lambda _account: clock,
        patience=Patience(attempts=1),
        environ=environ,
        on_request=on_request,
    ) as readers:
        source = Source(readers[hasty.name])
        told = await source.get(question.path)
    answer = believe(told.answer, source=source)
    absent = is_absence(told.answer, source=source)
    if isinstance(answer, Unknown):
        return Reported(told.answer, answer, None, absent, clock.date)
    known = question.resource_type
    rows = read_rows(answer, asked_at=told.asked_at, resource_type=known, endpoint=known.list, group=question.group)
    return Reported(told.answer, None, rows, absent, clock.date)


class _ClockReader(httpx.AsyncBaseTransport):
    """Pass requests on and keep the Date of the last answer."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner
        self.date: datetime | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send, and note the server's clock."""
        response = await self._inner.handle_async_request(request)
        self.date = _read_date(response.headers.get("Date", ""))
        return response

    async def aclose(self) -> None:
        """Close the inner transport."""
        await self._inner.aclose()


def _read_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError, OverflowError):
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def describe_proxy(account: Account, *, environ: Mapping[str, str]) -> Check:
    """Say which proxy requests go through and which variables decide that. Its user name and password are not shown."""
    wanted = {"https_proxy", "http_proxy", "all_proxy", "no_proxy"}
    used = sorted(name for name, value in environ.items() if name.lower() in wanted and value)
    try:
        proxy = find_proxy(account.base_url, environ=environ)
    except FaultyVariableError as fault:
        return Check("proxy", Verdict.FAILED, str(fault), fault.advice)
    place = _name_place(httpx.URL(proxy)) if proxy else ""
    if proxy and not place:
        advice = "Write it like http://proxy.example.com:3128."
        return Check("proxy", Verdict.FAILED, f"{', '.join(used)}: the proxy is not a URL", advice)
    if place:
        return Check("proxy", Verdict.OK, f"requests go through {place} ({', '.join(used)})")
    return Check("proxy", Verdict.OK, f"none for this host ({', '.join(used)})" if used else "none")


def _name_place(url: httpx.URL) -> str:
    """Name scheme, host and port; empty where that is no place, since then any part may be the password."""
    if url.scheme not in _PROXY_SCHEMES or not _HOST.fullmatch(url.host):
        return ""
    return f"{url.scheme}://{url.host}:{url.port or _PORTS.get(url.scheme, 80)}"


_PROXY_ADVICE = "Check the address in the variable that names the proxy, and that this machine may reach it."


async def probe_host(account: Account, *, environ: Mapping[str, str]) -> tuple[Check, ...]:
    """Try name, connection and TLS one after the other; stop at the first that fails. Behind a proxy only the proxy is tried."""
    proxy = find_proxy(account.base_url, environ=environ)
    url = httpx.URL(proxy or account.base_url)
    port = url.port or _PORTS.get(url.scheme, 80)
    what = "the proxy " if proxy else ""
    fault = _find_trust_fault(environ) if "https" in {url.scheme, httpx.URL(account.base_url).scheme} else None
    if fault is not None:
        return (fault,)
    checks = [await _resolve(url.host, what)]
    if checks[-1].verdict is Verdict.OK:
        checks.append(await _connect(url.host, port, what))
    if checks[-1].verdict is Verdict.OK and url.scheme == "https":
        checks.append(await _shake_hands(url.host, port, what, environ))
    return tuple(checks)


def _find_trust_fault(environ: Mapping[str, str]) -> Check | None:
    """Find out whether the certificates that the environment names can be used, before anybody is asked."""
    try:
        share_trust(environ)
    except FaultyVariableError as fault:
        return Check("tls", Verdict.FAILED, str(fault), fault.advice)
    return None


async def _resolve(host: str, what: str) -> Check:
    loop = asyncio.get_running_loop()
    try:
        found = await asyncio.wait_for(loop.getaddrinfo(host, None), STEP_SECONDS)
    except (OSError, TimeoutError, UnicodeError) as error:
        direct = "Check the name, the network and the DNS server of this machine, or set HTTPS_PROXY where a proxy is needed."
        advice = _PROXY_ADVICE if what else direct
        return Check("dns", Verdict.FAILED, f"{what}{host} has no address: {_say(error)}", advice)
    return Check("dns", Verdict.OK, f"{what}{host} is {found[0][4][0]}")


async def _connect(host: str, port: int, what: str) -> Check:
    try:
        await _open(host, port, context=None)
    except (OSError, TimeoutError) as error:
        advice = _PROXY_ADVICE if what else "A firewall may be in the way, or HTTPS_PROXY is needed here."
        return Check("tcp", Verdict.FAILED, f"{what}{host}:{port} does not take connections: {_say(error)}", advice)
    return Check("tcp", Verdict.OK, f"{what}{host}:{port} takes connections")


async def _shake_hands(host: str, port: int, what: str, environ: Mapping[str, str]) -> Check:
    try:
        await _open(host, port, context=share_trust(environ))
    except ssl.SSLCertVerificationError as error:
        advice = "Something in between may inspect TLS: name its authority with SSL_CERT_FILE. Certificates are always verified."
        return Check("tls", Verdict.FAILED, f"{what}{host}: the certificate is not trusted: {error.verify_message}", advice)  # fmt: skip
    except (OSError, TimeoutError) as error:
        advice = "Something in between may break TLS, or this is no HTTPS port."
        return Check("tls", Verdict.FAILED, f"{what}{host}:{port} does not speak TLS: {_say(error)}", advice)
    return Check("tls", Verdict.OK, "the certificate is trusted")


async def _open(host: str, port: int, *, context: ssl.SSLContext | None) -> None:
    """Open a connection and close it again without a word."""
    _, writer = await asyncio.wait_for(asyncio.open_connection(host, port, ssl=context), STEP_SECONDS)
    writer.close()
    with contextlib.suppress(OSError, TimeoutError):
        await asyncio.wait_for(writer.wait_closed(), STEP_SECONDS)


def _say(error: Exception) -> str:
    return "no answer in time" if isinstance(error, TimeoutError) else getattr(error, "strerror", None) or str(error)
