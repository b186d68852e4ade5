"""A stage for applies: the sandbox, real clients, plans made by the engine, a journal and a clock that tests hold."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from reconciler.engine.plan import plan_resource
from reconciler.model.diagnostic import Location
from reconciler.model.ledger import Ledger
from reconciler.model.live import LiveState, Present
from reconciler.model.outcome import Outcome
from reconciler.model.plan import Request, Update
from reconciler.model.project import Account, Declared
from reconciler.model.resource_type import Identity
from reconciler.model.secret import Secret
from reconciler.remote.reading.read import read_identities
from reconciler.remote.wire.client import Patience, build_gates, open_readers, open_writers
from reconciler.remote.writing.execute import Stop, carry_out
from reconciler.sandbox import SANDBOX_KEYS, SandboxTransport, World, create_app
from reconciler.vendors import load_catalog

CATALOG = load_catalog()
NUMBER = "+12025550143"
PHONE = "6f9619ff-8b86-4d01-b42d-00c04fc964ff"
VOICE = "hP72SDESIJq2YuAblBqz"
COLLECTIONS = {"phone_connections": "phoneConnections", "agents": "phones"}
AGENT, OTHER_AGENT = "PROJECT-58RP822I", "PROJECT-OTHER"
HOSTS = {
    "galtea": "https://api.galtea.ai",
    "fluents": "https://api.fluents.ai/v1",
    "opencopilot": "https://api.open.cx",
    "polyai": "https://api.us.poly.ai",
}


async def sleep_not(_seconds: float) -> None:
    """Let others run, and wait for nothing."""
    await asyncio.sleep(0)


QUICK = Patience(attempts=4, first_wait_seconds=0.0, longest_wait_seconds=5.0, sleep=sleep_not)
ONCE = Patience(attempts=1, first_wait_seconds=0.0, longest_wait_seconds=5.0, sleep=sleep_not)


def build_seed(*, galtea: int = 3, connectors: int = 3) -> dict[str, Any]:
    return {
        "galtea": {
            "phoneConnections": [
                {
                    "id": f"pc_{place}",
                    "productId": "prod_1",
                    "name": f"Line {place}",
                    "phoneNumber": f"+1202555{place:04d}",
                    "voice": "sarah",
                    "languageCode": "en-US",
                    "agentSpeaksFirst": False,
                }
                for place in range(galtea)
            ]
        },
        "fluents": {
            "agents": [{"id": "550e8400-e29b-41d4-a716-446655440000", "name": "Front desk agent"}],
            "numbers": [{"number": NUMBER, "label": "Front", "description": "Day", "outbound_only": False}],
        },
        "opencopilot": {
            "phones": [
                {
                    "id": PHONE,
                    "name": "Reception",
                    "phone_number": NUMBER,
                    "elevenlabs_voice_id": VOICE,
                    "language": "en",
                    "base_prompt": "You are a receptionist.",
                }
            ]
        },
        "polyai": {
            "connectors": [
                {
                    "projectId": AGENT,
                    "connectorId": f"conn-{place}",
                    "name": f"Connector {place}",
                    "clientEnv": "sandbox",
                    "voiceName": "en-US-Neural2-C",
                    "asrLangCode": "en-US",
                    "variantId": "",
                }
                for place in range(connectors)
            ],
            "variants": {
                AGENT: [{"id": "variant-main", "name": "Main", "isDefault": True}],
                OTHER_AGENT: [{"id": "variant-other", "name": "Main", "isDefault": True}],
            },
            "phone_numbers": [],
        },
    }


class Diary:
    """A journal in memory; it breaks from a given number of intents on, as a full disk would."""

    def __init__(self) -> None:
        self.intents: list[tuple[str, Request]] = []
        self.outcomes: list[Outcome] = []
        self.breaks_after: int | None = None
        self.keeps_outcomes = True

    async def intend(self, updates: Sequence[Update], request: Request) -> None:
        for update in updates:
            if self.breaks_after is not None and len(self.intents) >= self.breaks_after:
                raise OSError(28, "No space left on device")
            self.intents.append((update.address, request))

    def conclude(self, outcome: Outcome) -> None:
        if not self.keeps_outcomes:
            raise OSError(5, "Input/output error")
        self.outcomes.append(outcome)


class Watch:
    """A clock that only a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def galtea(place: int, **spec: Any) -> Declared:
    return declare("galtea", "phone_connections", f"line-{place}", (("id", f"pc_{place}"),), spec)


def fluents(**spec: Any) -> Declared:
    return declare(
        "fluents", "numbers", "front", ((CATALOG.resource_types["fluents", "numbers"].identity[0].name, NUMBER),), spec
    )


def opencopilot(**spec: Any) -> Declared:
    return declare("opencopilot", "agents", "reception", (("id", PHONE),), {"elevenlabs_voice_id": VOICE, **spec})


def polyai(place: int, **spec: Any) -> Declared:
    parts = (("agentId", AGENT), ("connectorId", f"conn-{place}"))
    return declare("polyai", "connectors", f"conn-{place}", parts, spec)


def declare(
    provider: str, kind: str, name: str, parts: tuple[tuple[str, str], ...], spec: Mapping[str, Any]
) -> Declared:
    return Declared(
        f"{kind}.{name}", kind, provider, provider, Identity(parts), {}, spec, Location("reconciler.yaml", 1)
    )


@dataclass
class Stage:
    """One world and the clients to it. `plan` reads through real clients before any vice is on."""

    seed: Mapping[str, Any] = field(default_factory=build_seed)
    vices: Sequence[str] = ()
    switches: Mapping[str, object] = field(default_factory=dict)
    clock: Callable[[], float] = field(default_factory=Watch)
    concurrency: int = 10
    write_patience: Patience = ONCE
    patience: Patience = QUICK
    diary: Diary = field(default_factory=Diary)
    stop: Stop = field(default_factory=Stop)
    windows: list[tuple[str, float]] = field(default_factory=list)
    fresh_seconds: float = 5.0
    requests_per_minute: int = 1_000_000

    def __post_init__(self) -> None:
        self.app = create_app(database=None, seed=self.seed, vices=self.vices, switches=self.switches)
        self.build_transport: Callable[[], httpx.AsyncBaseTransport] = lambda: SandboxTransport(self.app)
        self.calm = create_app(database=None, seed=self.seed, switches=self.switches)
        self.accounts = {
            name: Account(
                name,
                name,
                base_url,
                "KEY",
                region="us" if name == "polyai" else "",
                concurrency=self.concurrency,
                requests_per_minute=self.requests_per_minute,
            )
            for name, base_url in HOSTS.items()
        }
        self.keys = {name: Secret(SANDBOX_KEYS[name]) for name in HOSTS}

    @property
    def world(self) -> World:
        world: World = self.app.state.world
        return world

    def plan(self, *declared: Declared) -> tuple[Update, ...]:
        """Make the updates of a plan from the seed, as it was before any trouble."""
        return asyncio.run(self._plan(declared))

    async def _plan(self, declared: Sequence[Declared]) -> tuple[Update, ...]:
        updates = []
        async with open_readers(
            self.accounts.values(),
            catalog=CATALOG,
            keys=self.keys,
            transport=lambda _: SandboxTransport(self.calm),
            patience=ONCE,
        ) as readers:
            for one in declared:
                kind = CATALOG.of(one)
                assert one.identity is not None
                found = await read_identities(kind, (one.identity,), reader=readers[one.account], clock=self.clock)
                verdict = plan_resource(
                    one,
                    found[one.identity],
                    resource_type=kind,
                    account=self.accounts[one.account],
                    ledger=Ledger(),
                    options={},
                )
                assert verdict.update is not None, verdict
                updates.append(verdict.update)
        return tuple(updates)

    def apply(self, updates: Sequence[Update], *, state: LiveState | None = None) -> tuple[Outcome, ...]:
        """Carry out updates against the world with its vices."""
        return asyncio.run(self.carry(updates, state=state))

    async def carry(
        self,
        updates: Sequence[Update],
        *,
        state: LiveState | None = None,
        on_outcome: Callable[[Outcome], None] = lambda _: None,
    ) -> tuple[Outcome, ...]:
        gates = build_gates(self.accounts.values(), catalog=CATALOG)
        wiring: dict[str, Any] = {
            "catalog": CATALOG,
            "keys": self.keys,
            "transport": lambda _: self.build_transport(),
            "gates": gates,
        }
        async with (
            open_readers(self.accounts.values(), patience=QUICK, **wiring) as readers,
            open_writers(self.accounts.values(), patience=self.write_patience, **wiring) as writers,
        ):
            return await carry_out(
                updates,
                catalog=CATALOG,
                accounts=self.accounts,
                readers=readers,
                writers=writers,
                state=state or LiveState({}, {}),
                journal=self.diary,
                clock=self.clock,
                fresh_seconds=self.fresh_seconds,
                stop=self.stop,
                on_outcome=on_outcome,
                on_window=lambda update, seconds: self.windows.append((update.address, seconds)),
                patience=self.patience,
            )

    def read(self, declared: Declared) -> dict[str, Any]:
        """Look at the vendor's own record of an object."""
        collection = COLLECTIONS.get(declared.kind, declared.kind)
        assert declared.identity is not None
        return self.world.read(declared.provider, collection, declared.identity.parts[-1][1])

    def edit(self, declared: Declared, **fields: Any) -> None:
        """Edit an object at the vendor's console."""
        collection = COLLECTIONS.get(declared.kind, declared.kind)
        assert declared.identity is not None
        self.world.edit(declared.provider, collection, declared.identity.parts[-1][1], fields)

    @property
    def writes(self) -> list[tuple[str, str, Any]]:
        return [(one.method, one.path, one.body) for one in self.world.requests if one.method != "GET"]

    @property
    def reads(self) -> int:
        return sum(one.method == "GET" for one in self.world.requests)


def present(update: Update, value: Mapping[str, Any], *, read_at: float) -> LiveState:
    """A state that holds one reading."""
    return LiveState({update.address: Present(update.identity, value, read_at)}, {})
