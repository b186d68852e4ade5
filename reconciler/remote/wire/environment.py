"""Read what the environment says about the way out: proxies, exceptions from them, certificates. A fault names its variable."""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import certifi
import httpx

_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_PORTS: Final = {"https": 443, "http": 80}
_SOCKS: Final = frozenset({"socks5", "socks5h"})
_SCHEMES: Final = ("http", "https", "socks5", "socks5h")
_LAST_PORT: Final = 65_535


class FaultyVariableError(httpx.UnsupportedProtocol):
    """A variable of the environment holds what cannot be used: nothing is sent. Its value, which may hold a password, is not shown."""

    def __init__(self, variable: str, fault: str) -> None:
        super().__init__(f"{variable} {fault}")
        self.variable = variable

    @property
    def advice(self) -> str:
        """Say what to do about it."""
        return f"Correct {self.variable}, or unset it."


def find_proxy(
    base_url: str, *, environ: Mapping[str, str], find_library: Callable[[str], object | None] = find_spec
) -> str | None:
    """Find the proxy for a URL: HTTPS_PROXY, HTTP_PROXY or ALL_PROXY, in either case, unless NO_PROXY excepts the host.

    HTTP_PROXY in capitals is not read where the process may be a CGI script, whose callers can set it. Raises
    FaultyVariableError.
    """
    url = httpx.URL(base_url)
    if url.host in _LOOPBACK or _is_excepted(url, environ):
        return None
    for name in (f"{url.scheme}_proxy", "all_proxy"):
        variable = _choose(name, environ)
        if variable:
            return _read_proxy(variable, environ[variable].strip(), find_library)
    return None


def _choose(name: str, environ: Mapping[str, str]) -> str:
    """Return the spelling of a variable that is set; in small letters it counts first."""
    spellings = [name] if name == "http_proxy" and "REQUEST_METHOD" in environ else [name, name.upper()]
    return next((each for each in spellings if environ.get(each, "").strip()), "")


def _read_proxy(variable: str, value: str, find_library: Callable[[str], object | None]) -> str:
    proxy = value if "://" in value else f"http://{value}"
    try:
        url = httpx.URL(proxy)
    except (httpx.InvalidURL, ValueError) as error:
        raise FaultyVariableError(variable, "holds no URL; write it like http://proxy.example.com:3128") from error
    if url.scheme not in _SCHEMES:
        kinds = f"{', '.join(_SCHEMES[:-1])} and {_SCHEMES[-1]}"
        raise FaultyVariableError(variable, f"names a proxy of a kind that cannot be used; {kinds} can")
    if not url.host or any(sign.isspace() for sign in url.host) or (url.port or 1) > _LAST_PORT:
        raise FaultyVariableError(variable, "names no host; write it like http://proxy.example.com:3128")
    if url.scheme in _SOCKS and find_library("socksio") is None:
        fault = (
            "names a SOCKS proxy, which takes the library socksio, and that is not installed; run pip install socksio"
        )
        raise FaultyVariableError(variable, fault)
    return proxy


def _is_excepted(url: httpx.URL, environ: Mapping[str, str]) -> bool:
    """Tell whether NO_PROXY excepts a host. Every entry is read, so that a fault shows whichever host is asked."""
    variable = _choose("no_proxy", environ)
    entries = [entry.strip().lower() for entry in environ.get(variable, "").split(",")]
    fitting = [entry for entry in entries if entry and _fits(entry, url, variable)]
    return bool(fitting)


def _fits(entry: str, url: httpx.URL, variable: str) -> bool:
    """Compare one entry: `*`, a host, a domain (`.host`, `*.host`), an address, a network (CIDR), each but that with `:port`."""
    if "/" in entry:
        return _is_within(url.host, entry, variable)
    host, port = _split_port(entry, variable)
    if port is not None and port != (url.port or _PORTS.get(url.scheme)):
        return False
    name = host.removeprefix("*").lstrip(".") if host != "*" else host
    return name in {"*", url.host} or url.host.endswith(f".{name}")


def _is_within(host: str, entry: str, variable: str) -> bool:
    try:
        network = ipaddress.ip_network(entry, strict=False)
    except ValueError as error:
        raise FaultyVariableError(
            variable, f"has {entry[:60]!r}, which is no network; write it like 10.0.0.0/8"
        ) from error
    try:
        return ipaddress.ip_address(host) in network
    except ValueError:
        return False


def _split_port(entry: str, variable: str) -> tuple[str, int | None]:
    """Part host and port; an address of version 6 has its colons in brackets, or no port."""
    bare = entry.count(":") > 1 and not entry.startswith("[")
    host, colon, port = (entry, "", "") if bare else entry.rpartition(":") if "]:" in entry else _part(entry)
    if colon and not (port.isascii() and port.isdigit() and int(port[:9]) <= _LAST_PORT):
        raise FaultyVariableError(variable, f"has {entry[:60]!r}, whose port is no number up to {_LAST_PORT}")
    return host.strip("[]"), int(port) if colon else None


def _part(entry: str) -> tuple[str, str, str]:
    return (entry, "", "") if entry.startswith("[") else entry.partition(":")


def share_trust(environ: Mapping[str, str]) -> ssl.SSLContext:
    """Return the one context that verifies TLS for all accounts: it takes 25 ms and most of a megabyte to make.

    Certificates of a company's own authority come from SSL_CERT_FILE, else SSL_CERT_DIR. Raises FaultyVariableError.
    """
    return _build_trust(*(environ.get(name) or None for name in ("SSL_CERT_FILE", "SSL_CERT_DIR")))


@cache
def _build_trust(file: str | None, folder: str | None) -> ssl.SSLContext:
    for variable, value, find_fault in (
        ("SSL_CERT_FILE", file, _find_file_fault),
        ("SSL_CERT_DIR", folder, _find_folder_fault),
    ):
        fault = next(find_fault(Path(value)), "") if value else ""
        if fault:
            raise FaultyVariableError(variable, f"names {value}, which {fault}")
    if file or folder:
        return ssl.create_default_context(cafile=file, capath=None if file else folder)
    return ssl.create_default_context(cafile=certifi.where())


def _find_file_fault(path: Path) -> Iterator[str]:
    try:
        with path.open("rb"):
            ssl.create_default_context(cafile=str(path))
    except ssl.SSLError:
        yield "holds no certificates in PEM form"
    except OSError as error:
        yield f"cannot be read: {error.strerror}"


def _find_folder_fault(path: Path) -> Iterator[str]:
    if not path.is_dir():
        yield "is not a folder of certificates"


@cache
def share_nothing() -> ssl.SSLContext:
    """Return a context that trusts nobody, for connections without TLS: httpx wants one all the same."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class SocksTransport(httpx.AsyncBaseTransport):
    """Report what goes wrong with a SOCKS proxy as httpx reports all other trouble: its library does not."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send through the proxy."""
        try:
            return await self._inner.handle_async_request(request)
        except httpx.HTTPError:
            raise
        except Exception as error:
            message = "it does not speak SOCKS as it should"
            raise httpx.ProxyError(message, request=request) from error

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()


def speaks_socks(proxy: str | None) -> bool:
    """Tell whether a proxy speaks SOCKS."""
    return proxy is not None and httpx.URL(proxy).scheme in _SOCKS


class Unreachable(httpx.AsyncBaseTransport):
    """Send nothing, and say which variable of the environment stands in the way."""

    def __init__(self, fault: FaultyVariableError) -> None:
        self._fault = fault

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:  # noqa: ARG002 - httpx's signature
        """Raise the fault."""
        raise self._fault
