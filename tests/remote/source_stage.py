"""A stage for single steps of a reading: one made-up account behind the real client, its answers in a test's hand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from typing import Any, TypeVar

import httpx

from reconciler.model.project import Account
from reconciler.model.resource_type import Catalog, Provider, ResourceType
from reconciler.model.secret import Secret
from reconciler.remote.reading.source import Source
from reconciler.remote.wire.client import Patience, open_readers
from tests.remote.line_stage import ACME, KIND

T = TypeVar("T")
Script = Callable[[httpx.Request], httpx.Response]


def refuse_all(_: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("nobody is there")


def ask(
    job: Callable[[Source], Coroutine[Any, Any, T]],
    script: Script = refuse_all,
    *,
    kind: ResourceType = KIND,
    provider: Provider = ACME,
    clock: Callable[[], float] = lambda: 7.0,
    **settings: Any,
) -> T:
    """Run a job with a source of the account `shop`, whose vendor answers by a script."""
    account = Account("shop", "acme", ACME.base_urls[""], "ACME_KEY", **settings)

    async def run_it() -> T:
        async with open_readers(
            [account],
            catalog=Catalog({"acme": provider}, {("acme", "lines"): kind}),
            keys={"shop": Secret("key-of-the-shop")},
            transport=lambda _: httpx.MockTransport(script),
            patience=Patience(attempts=1),
        ) as readers:
            return await job(Source(readers["shop"], clock=clock))

    return asyncio.run(run_it())


def make_source(*, regions: Mapping[str, str] | None = None, **settings: Any) -> Source:
    """Make a source that is asked nothing."""
    provider = replace(ACME, base_urls=regions or ACME.base_urls, error_form=frozenset({"message"}))

    async def hand_over(source: Source) -> Source:
        return source

    return ask(hand_over, provider=provider, **settings)
