"""Say which requests a client may send: the last look before the wire, at the very bytes of method, host and path."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NoReturn

import httpx

from reconciler.model.project import Account
from reconciler.model.resource_type import Catalog
from reconciler.remote.wire.routes import allow_writes

Guard = Callable[[httpx.Request], None]

WRITE_METHODS: Final = frozenset({"PATCH", "POST", "PUT"})


class ForbiddenRequestError(RuntimeError):
    """A request was built that this client must never send: a bug of ours, caught before anything left."""


def allow_reads(account: Account) -> Guard:
    """Let nothing through but GET requests under the account's base URL."""
    base = httpx.URL(account.base_url)

    def guard(request: httpx.Request) -> None:
        if request.method != "GET":
            _refuse(request, "a reader sends nothing but GET")
        _check_place(request, base)

    return guard


def allow_updates(account: Account, *, catalog: Catalog) -> Guard:
    """Let nothing through but the updates of the resource types of the account's provider."""
    base = httpx.URL(account.base_url)
    routes = allow_writes(catalog, provider=account.provider)

    def guard(request: httpx.Request) -> None:
        _check_place(request, base)
        target = request.url.raw_path.decode()[len(base.raw_path.decode().rstrip("/")) :]
        if request.method not in WRITE_METHODS or not any(route.allows(request.method, target) for route in routes):
            _refuse(request, "it is no update of a known resource type")

    return guard


def _check_place(request: httpx.Request, base: httpx.URL) -> None:
    """Hold a request to its account's scheme, host, port and base path: the key goes nowhere else."""
    url = request.url
    same_host = (url.scheme, url.host, url.port, url.userinfo) == (base.scheme, base.host, base.port, b"")
    if not same_host or not url.raw_path.startswith(base.raw_path.rstrip(b"/") + b"/"):
        _refuse(request, f"it is not under {base}")


def _refuse(request: httpx.Request, why: str) -> NoReturn:
    message = f"refused to send {request.method} {request.url.copy_with(query=None)}: {why}"
    raise ForbiddenRequestError(message)
