"""A made-up vendor whose kinds refer to each other: voices and prompts, agents, numbers, lines and connectors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from reconciler.model.diagnostic import Location
from reconciler.model.field import Field, Reference
from reconciler.model.live import LiveState, Present, Reading
from reconciler.model.paths import Json
from reconciler.model.plan import Change, Request, Update
from reconciler.model.project import Account, Declared
from reconciler.model.resource_type import Catalog, Identity, IdentityPart, ResourceType
from tests.engine.worlds import LINE

VOICE = Reference("voices", "id")
PROMPT = Reference("prompts", "id")
AGENT = Reference("agents", "id")


def text(name: str, **settings: Any) -> Field:
    return Field(name, {}, **settings)


def make_kind(kind: str, *fields: Field, parts: tuple[IdentityPart, ...] = (), **settings: Any) -> ResourceType:
    own = {known.name: known for known in (text("id", writable=False), text("name"), *fields)}
    plain = {"companions": (), "label": "name", "title": kind.title(), "spec_schema": {"type": "object"}, **settings}
    return replace(LINE, kind=kind, fields=own, identity=parts or (IdentityPart("id", "id", "."),), **plain)


KINDS = (
    make_kind("voices"),
    make_kind("prompts", text("language")),
    make_kind(
        "agents",
        text("voice", reference=VOICE),
        text("voice_name", writable=False, derived_from={"voice": "unknown"}),
        text("prompts", entries=text("", reference=PROMPT)),
        text("more", fields={"voice": text("voice", reference=VOICE)}),
        text("successor", reference=AGENT),
    ),
    make_kind(
        "numbers",
        text("number", writable=False),
        text("agent", reference=AGENT),
        text("fallback", reference=AGENT),
        text("first_agent", reference=AGENT, writable=False),
        parts=(IdentityPart("number", "number", "."),),
        phone_number="number",
    ),
    make_kind("lines", text("phone"), phone_number="phone"),
    make_kind("desks", text("phone", writable=False), phone_number="phone"),
    make_kind("switches", label=""),
    make_kind(
        "connectors",
        parts=(IdentityPart("agentId", None, "."), IdentityPart("id", "id", ".")),
    ),
)
CATALOG = Catalog({}, {("acme", known.kind): known for known in KINDS})
HOST = "https://api.acme.example"
ACCOUNTS = {
    "acme": Account("acme", "acme", HOST, "KEY"),
    "again": Account("again", "acme", HOST, "KEY"),
    "else": Account("else", "acme", "https://eu.acme.example", "KEY"),
}


def identify(address: str) -> Identity:
    """Return an identity that follows from the name: that of a connector has two parts."""
    kind, _, name = address.partition(".")
    if kind == "connectors":
        return Identity((("agentId", f"agent-of-{name}"), ("id", name)))
    return Identity((("number" if kind == "numbers" else "id", name),))


def declare(address: str, account: str = "acme", /, **spec: Json) -> Declared:
    kind = address.partition(".")[0]
    return Declared(address, kind, account, "acme", identify(address), {}, spec, Location("shop.yaml"))


def read(**lives: Mapping[str, Json]) -> dict[str, Reading]:
    """Return readings by address, of keywords such as `agents_1`."""
    found: dict[str, Reading] = {}
    for key, value in lives.items():
        address = key.replace("_", ".", 1)
        found[address] = Present(identify(address), value)
    return found


def live(readings: Mapping[str, Reading], **numbers: tuple[str, ...]) -> LiveState:
    return LiveState(readings, {}, numbers={key.replace("_", ".", 1): one for key, one in numbers.items()})


def update_of(address: str, *changes: Change, account: str = "acme") -> Update:
    kind = address.partition(".")[0]
    request = Request("PATCH", HOST, {})
    return Update(address, "acme", account, kind, identify(address), changes, request, Location("shop.yaml"))
