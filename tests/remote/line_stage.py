"""A stage for single steps of a write: one made-up account behind the real clients, its answers and its clock in a test's hand."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import httpx

from reconciler.model.diagnostic import Location
from reconciler.model.endpoints import BatchEndpoint, Endpoint
from reconciler.model.live import Present
from reconciler.model.paths import MISSING, Json
from reconciler.model.plan import Change, Request, Update
from reconciler.model.project import Account
from reconciler.model.resource_type import Catalog, Identity, Provider, ResourceType
from reconciler.model.secret import Secret
from reconciler.remote.wire.client import Patience, open_readers, open_writers
from reconciler.remote.writing.run import Run, Stop
from tests.engine.worlds import LINE

ACME = Provider(
    name="acme",
    title="Acme",
    base_urls={"": "https://api.acme.example"},
    hosts=("api.acme.example",),
    credential="ACME_KEY",
    auth_header="Authorization",
    auth_prefix="Bearer ",
    error_messages=(("message",),),
    error_form=frozenset({"message"}),
    request_id_header="x-request-id",
    generation="",
    timeout_seconds=30.0,
    concurrency=4,
    requests_per_minute=None,
)
KIND = replace(
    LINE,
    get=Endpoint("GET", "/lines/{id}"),
    fallback=("fixed",),
    batch=BatchEndpoint(
        method="POST",
        path="/lines/batch",
        updates="updates",
        key="id",
        results=("results",),
        success="success",
        answer="line",
        error="error",
        size=10,
        group=(),
    ),
)
TEXT = Change(("text",), "old", "new")
HIDDEN = Change(("hidden",), MISSING, "new")

Reply = Callable[[dict[str, Any]], httpx.Response]
"""What the vendor does with the body of a write, and answers."""


def point(name: str) -> Identity:
    return Identity((("id", name),))


def update_of(name: str, *changes: Change) -> Update:
    body = {change.path[0]: change.after for change in changes or (TEXT,)}
    request = Request("PATCH", f"{ACME.base_urls['']}/lines/{name}", body)
    place = Location("lines.yaml", 1)
    return Update(f"lines.{name}", "acme", "acme", "lines", point(name), changes or (TEXT,), request, place)


def refuse(status: int, words: str = "no", **headers: str) -> Reply:
    return lambda _: httpx.Response(status, json={"message": words}, headers=headers)


def break_off(_: dict[str, Any]) -> httpx.Response:
    raise httpx.ReadError("cut")


@dataclass
class Diary:
    """A journal that a test may break."""

    trouble: OSError | None = None
    intents: list[tuple[tuple[str, ...], Request]] = field(default_factory=list)

    async def intend(self, updates: Sequence[Update], request: Request) -> None:
        if self.trouble:
            raise self.trouble
        self.intents.append((tuple(update.address for update in updates), request))

    def conclude(self, _outcome: object) -> None:
        raise AssertionError("steps of a write conclude nothing")


@dataclass
class LineStage:
    """The vendor's lines by id, and how it answers. `replies` are for the writes in order; after them all are carried out."""

    lines: dict[str, dict[str, Json]]
    replies: list[Reply] = field(default_factory=list)
    kind: ResourceType = KIND
    patience: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    fresh_seconds: float = 5.0
    on_read: Callable[[int], None] = lambda _: None
    """Hears how many reads came, this one included, before it is answered."""
    dark: bool = False
    """Whether reads fail."""
    now: float = 100.0
    seconds_to_write: float = 0.0
    asked: list[tuple[str, str, Any]] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    windows: list[tuple[str, float]] = field(default_factory=list)
    diary: Diary = field(default_factory=Diary)
    stop: Stop = field(default_factory=Stop)

    @property
    def catalog(self) -> Catalog:
        return Catalog({"acme": ACME}, {("acme", "lines"): self.kind})

    @property
    def account(self) -> Account:
        return Account("shop", "acme", ACME.base_urls[""], "ACME_KEY", **self.settings)

    @property
    def writes(self) -> list[tuple[str, Any]]:
        return [(path, body) for method, path, body in self.asked if method != "GET"]

    @property
    def reads(self) -> list[str]:
        return [path for method, path, _ in self.asked if method == "GET"]

    def ready(self, name: str) -> Present:
        """Return what reading a line tells now."""
        return Present(point(name), self._show(name), read_at=self.now)

    def _show(self, name: str) -> dict[str, Json]:
        return {"id": name, **{key: value for key, value in self.lines[name].items() if key != "hidden"}}

    def answer(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content or b"{}")
        self.asked.append((request.method, request.url.path, body))
        return self._read(request.url.path) if request.method == "GET" else self._write(request.url.path, body)

    def _read(self, path: str) -> httpx.Response:
        self.on_read(len(self.reads))
        if self.dark:
            return httpx.Response(503, json={"message": "down"})
        if path == "/lines":
            return httpx.Response(200, json={"lines": [self._show(name) for name in self.lines]})
        name = path.rpartition("/")[2]
        return httpx.Response(200, json=self._show(name)) if name in self.lines else refuse(404)({})

    def _write(self, path: str, body: dict[str, Any]) -> httpx.Response:
        self.now += self.seconds_to_write
        if self.replies:
            return self.replies.pop(0)(body)
        return self.carry_out_batch(body) if path.endswith("/batch") else self.carry_out(path.rpartition("/")[2], body)

    def carry_out(self, name: str, body: dict[str, Any]) -> httpx.Response:
        self.lines[name] |= body
        return httpx.Response(200, json=self._show(name))

    def carry_out_batch(self, body: dict[str, Any]) -> httpx.Response:
        for entry in body["updates"]:
            self.carry_out(entry["id"], {key: value for key, value in entry.items() if key != "id"})
        return httpx.Response(200, json={"results": [{"id": one["id"], "success": True} for one in body["updates"]]})

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)

    @asynccontextmanager
    async def run(self) -> AsyncIterator[Run]:
        patience = Patience(**{"attempts": 1, "sleep": self.sleep, **self.patience})
        wires: dict[str, Any] = {
            "catalog": self.catalog,
            "keys": {"shop": Secret("key-of-the-shop")},
            "transport": lambda _: httpx.MockTransport(self.answer),
            "patience": Patience(attempts=1),
        }
        async with open_readers([self.account], **wires) as readers, open_writers([self.account], **wires) as writers:
            yield Run(
                account=self.account,
                catalog=self.catalog,
                reader=readers["shop"],
                writer=writers["shop"],
                journal=self.diary,
                stop=self.stop,
                clock=lambda: self.now,
                fresh_seconds=self.fresh_seconds,
                patience=patience,
                turns=asyncio.Semaphore(2),
                slots=asyncio.Semaphore(4),
                on_window=lambda update, seconds: self.windows.append((update.address, seconds)),
            )
