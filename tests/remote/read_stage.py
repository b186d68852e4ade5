"""A stage for readings: the sandbox (or a scripted server) behind the real clients, and declarations to read for."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any

import httpx

from reconciler.model.diagnostic import Location
from reconciler.model.live import LiveState, Reading
from reconciler.model.project import Account, Declared
from reconciler.model.resource_type import Identity
from reconciler.model.secret import Secret
from reconciler.remote.reading.read import read_live
from reconciler.remote.wire.client import Patience, ReadClient, WriteClient, open_readers, open_writers
from reconciler.sandbox import SANDBOX_KEYS, SandboxTransport, World, create_app
from reconciler.vendors import load_catalog

CATALOG = load_catalog()
COLLECTIONS = {"galtea": "phoneConnections", "fluents": "numbers", "opencopilot": "phones", "polyai": "connectors"}
KINDS = {"galtea": "phone_connections", "fluents": "numbers", "opencopilot": "agents", "polyai": "connectors"}
PROVIDERS = tuple(KINDS)


def number(place: int) -> str:
    return f"+1202555{place:05d}"


def build_seed(count: int, *, agents: int = 2) -> dict[str, Any]:
    """The same number of objects at each vendor; connectors are spread over a few agents."""
    return {
        "galtea": {
            "phoneConnections": [
                {
                    "id": f"pc{place}",
                    "productId": f"prod{place % 2}",
                    "name": f"Line {place}",
                    "phoneNumber": number(place),
                }
                for place in range(count)
            ]
        },
        "fluents": {"numbers": [{"number": number(place), "label": f"Label {place}"} for place in range(count)]},
        "opencopilot": {
            "phones": [
                {"id": f"ph{place}", "phone_number": number(place), "name": f"Agent {place}"} for place in range(count)
            ]
        },
        "polyai": {
            "connectors": [
                {"connectorId": f"c{place}", "projectId": f"P{place % agents}", "name": f"Connector {place}"}
                for place in range(count)
            ]
        },
    }


def identify(provider: str, place: int, *, agents: int = 2) -> Identity:
    return {
        "galtea": Identity((("id", f"pc{place}"),)),
        "fluents": Identity((("number", number(place)),)),
        "opencopilot": Identity((("id", f"ph{place}"),)),
        "polyai": Identity((("agentId", f"P{place % agents}"), ("connectorId", f"c{place}"))),
    }[provider]


def declare(provider: str, place: int, /, **spec: Any) -> Declared:
    return point(provider, str(place), identify(provider, place), **spec)


def point(provider: str, name: str, identity: Identity, /, **spec: Any) -> Declared:
    kind = KINDS[provider]
    return Declared(f"{kind}.{name}", kind, provider, provider, identity, {}, spec, Location("a.yaml"))


def match(provider: str, name: str, keys: Mapping[str, str], /, **spec: Any) -> Declared:
    kind = KINDS[provider]
    return Declared(f"{kind}.{name}", kind, provider, provider, None, keys, spec, Location("a.yaml"))


def build_accounts(**settings: Any) -> dict[str, Account]:
    found = {}
    for name in SANDBOX_KEYS:
        provider = CATALOG.providers[name]
        base_url = provider.base_urls[provider.default_region]
        chosen = {"region": provider.default_region, "concurrency": 5, "requests_per_minute": 1_000_000, **settings}
        found[name] = Account(name, name, base_url, provider.credential, **chosen)
    return found


@dataclass
class Waits:
    """Take every wait down instead of waiting."""

    seconds: list[float] = field(default_factory=list)

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        await asyncio.sleep(0)


@dataclass
class Stage:
    """One world behind real clients."""

    seed: Mapping[str, Any] = field(default_factory=lambda: build_seed(6))
    vices: Sequence[str] = ()
    switches: Mapping[str, object] = field(default_factory=dict)
    script: Callable[[httpx.Request], httpx.Response] | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    waits: Waits = field(default_factory=Waits)
    patience: Mapping[str, Any] = field(default_factory=dict)
    without_keys: Sequence[str] = ()
    keys: Mapping[str, str] = field(default_factory=lambda: SANDBOX_KEYS)

    def __post_init__(self) -> None:
        self.app = create_app(database=None, seed=self.seed, vices=self.vices, switches=self.switches)
        self.accounts = build_accounts(**self.settings)
        self.ticks = 0

    @property
    def world(self) -> World:
        world: World = self.app.state.world
        return world

    def _transport(self, _account: Account) -> httpx.AsyncBaseTransport:
        return SandboxTransport(self.app) if self.script is None else httpx.MockTransport(self.script)

    def _tick(self) -> None:
        self.ticks += 1

    def _wire(self) -> dict[str, Any]:
        keys = {name: Secret(self.keys[name]) for name in self.accounts if name not in self.without_keys}
        patience = Patience(**{"sleep": self.waits, **self.patience})
        return {
            "catalog": CATALOG,
            "keys": keys,
            "transport": self._transport,
            "patience": patience,
            "on_request": self._tick,
        }

    def readers(self) -> AbstractAsyncContextManager[Mapping[str, ReadClient]]:
        return open_readers(self.accounts.values(), **self._wire())

    def writers(self) -> AbstractAsyncContextManager[Mapping[str, WriteClient]]:
        return open_writers(self.accounts.values(), **self._wire())

    def read(self, *resources: Declared) -> LiveState:
        """Read resources, and hold the laws of every reading: nothing but GET, and every address answered."""
        live = asyncio.run(self._read(resources))
        assert live.readings.keys() == {declared.address for declared in resources}
        assert {one.method for one in self.world.requests} <= {"GET"}
        assert self.world.dangers == []
        return live

    def read_one(self, declared: Declared) -> Reading:
        return self.read(declared).readings[declared.address]

    async def _read(self, resources: Sequence[Declared]) -> LiveState:
        async with self.readers() as readers:
            return await read_live(resources, catalog=CATALOG, readers=readers, accounts=self.accounts)

    @property
    def served(self) -> int:
        return len(self.world.requests)


def count_outcomes(live: LiveState) -> dict[str, int]:
    return dict(Counter(type(reading).__name__ for reading in live.readings.values()))
