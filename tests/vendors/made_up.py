"""A made-up resource type, whose fields a test chooses."""

from __future__ import annotations

import copy
from pathlib import Path

from reconciler.model.diagnostic import Location
from reconciler.model.ledger import Ledger
from reconciler.model.live import LiveState, Present, Reading
from reconciler.model.paths import Json
from reconciler.model.project import Account, Declared
from reconciler.model.resource_type import Identity, ResourceType
from reconciler.vendors.compile import compile_resource_type

SOURCE = Path("schemas/acme/lines.json")
IDENTITY = Identity((("id", "line_1"),))
ACCOUNT = Account("acme", "acme", "https://api.acme.example", "ACME_API_KEY")
DOCUMENT: Json = {
    "title": "Acme line",
    "description": "A line.",
    "type": "object",
    "x-identity": {"parts": [{"name": "id", "field": "id", "pattern": "^line_[0-9]+$", "description": "Its id."}]},
    "x-endpoints": {
        "list": {"method": "GET", "path": "/lines", "items": "/lines", "paging": {"style": "none"}},
        "get": {"method": "GET", "path": "/lines/{id}"},
        "update": {"method": "PATCH", "path": "/lines/{id}"},
    },
}


def describe(schema: Json) -> Json:
    """Add what every field needs, at every depth."""
    built = {"description": "A field.", **schema}
    if "properties" in schema:
        built["properties"] = {name: describe(below) for name, below in schema["properties"].items()}
    return built


def build_document(properties: Json, **above: Json) -> Json:
    document = copy.deepcopy(DOCUMENT)
    known = {"id": {"type": "string", "readOnly": True}, **properties}
    return {**document, "properties": {name: describe(schema) for name, schema in known.items()}, **above}


def make_type(properties: Json, **above: Json) -> ResourceType:
    document = build_document(properties, **above)
    return compile_resource_type(document, provider="acme", kind="lines", source=SOURCE)


def declare(spec: Json) -> Declared:
    return Declared("lines.main", "lines", "acme", "acme", IDENTITY, {}, spec, Location("lines.yaml"))


def present(live: Json) -> Present:
    return Present(IDENTITY, {"id": "line_1", **live})


def live_state(reading: Reading) -> LiveState:
    return LiveState({"lines.main": reading}, {})


NO_LEDGER = Ledger()
