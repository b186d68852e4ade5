"""A fifth resource type of an ordinary vendor is two JSON files and no Python."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from reconciler.config import load_project
from reconciler.engine.plan import make_plan
from reconciler.model.ledger import Ledger
from reconciler.model.live import LiveState, Present
from reconciler.model.paths import Json
from reconciler.model.plan import Binding
from reconciler.model.resource_type import Catalog, Identity
from reconciler.vendors import SchemaError, load_catalog, schema_folder

PROVIDER: Json = {
    "name": "acme",
    "title": "Acme",
    "description": "A vendor of trunks.",
    "base_urls": {"": "https://api.acme.example/v2"},
    "hosts": ["api.acme.example"],
    "credential": "ACME_API_KEY",
    "authentication": {"header": "Authorization", "prefix": "Token "},
    "errors": {"messages": ["/detail"], "form": ["detail"], "request_id_header": "x-trace"},
    "limits": {"concurrency": 2, "timeout_seconds": 5},
}
TRUNKS: Json = {
    "title": "Acme trunk",
    "description": "A bundle of lines.",
    "type": "object",
    "x-identity": {
        "parts": [{"name": "id", "field": "id", "pattern": "^trunk_[0-9]+$", "description": "Its id."}],
        "match": ["label"],
        "label": "label",
    },
    "x-endpoints": {
        "list": {"method": "GET", "path": "/trunks", "items": "/trunks", "paging": {"style": "none"}},
        "update": {
            "method": "PUT",
            "path": "/trunks/{id}/settings",
            "query": {"notify": "no"},
            "companions": ["codec"],
        },
    },
    "properties": {
        "id": {"type": "string", "readOnly": True, "description": "Its id."},
        "label": {"type": "string", "description": "A name for people."},
        "channels": {"type": "integer", "minimum": 1, "description": "How many calls at once."},
        "codec": {"type": "string", "enum": ["opus", "g711"], "description": "The codec."},
        "hours": {"type": "array", "uniqueItems": True, "description": "Days in service.", "items": {"type": "string"}},
        "note": {
            "type": "string",
            "description": "Free text.",
            "x-null": {"clear": "null", "equals": ["-"]},
            "x-risk": "people read it",
        },
    },
}
DECLARED = """\
version: 1
trunks:
  main:
    id: trunk_7
    spec: {label: 0123, channels: 30, codec: opus, hours: [no, mo], note: null}
"""


def write_schemas(folder: Path, *, provider: Json = PROVIDER, trunks: Json = TRUNKS) -> Path:
    home = folder / "schemas" / "acme"
    home.mkdir(parents=True)
    (home / "provider.json").write_text(json.dumps(provider), encoding="utf-8")
    (home / "trunks.json").write_text(json.dumps(trunks), encoding="utf-8")
    return home.parent


def plan_trunk(folder: Path, catalog: Catalog, live: Mapping[str, Json]) -> tuple[str, list[Json]]:
    project_folder = folder / "project"
    project_folder.mkdir()
    (project_folder / "reconciler.yaml").write_text(DECLARED, encoding="utf-8")
    loaded = load_project(project_folder, catalog=catalog, environ={})
    assert loaded.project is not None, loaded.diagnostics
    plan = make_plan(
        loaded.project,
        loaded.project.resources,
        catalog=catalog,
        live=LiveState({"trunks.main": Present(Identity((("id", "trunk_7"),)), live)}, {}),
        ledger=Ledger(),
        created_at="",
        binding=Binding(),
    )
    requests = [update.request for update in plan.updates]
    return plan.resources[0].status, [[sent.method, sent.url, sent.body, sent.companions] for sent in requests]


def test_the_two_files_are_valid_by_the_meta_schemas() -> None:
    for name, document in (("provider", PROVIDER), ("resource_type", TRUNKS)):
        meta = json.loads((schema_folder() / "meta" / f"{name}.schema.json").read_text(encoding="utf-8"))
        assert Draft202012Validator(meta).is_valid(document)


def test_a_fifth_type_is_planned(tmp_path: Path) -> None:
    live = {"id": "trunk_7", "label": "83", "channels": 10.0, "codec": "opus", "hours": ["mo", "no"], "note": "old"}
    status, requests = plan_trunk(tmp_path, load_catalog(write_schemas(tmp_path)), live)
    url = "https://api.acme.example/v2/trunks/trunk_7/settings?notify=no"
    body = {"label": "0123", "channels": 30, "note": None, "codec": "opus"}
    assert (status, requests) == ("update", [["PUT", url, body, ("codec",)]])


def test_a_fifth_type_in_sync_needs_nothing(tmp_path: Path) -> None:
    live = {"id": "trunk_7", "label": "0123", "channels": 30.0, "codec": "opus", "hours": ["mo", "no"], "note": "-"}
    assert plan_trunk(tmp_path, load_catalog(write_schemas(tmp_path)), live) == ("in_sync", [])


def test_the_catalog_holds_what_the_folder_holds(tmp_path: Path) -> None:
    catalog = load_catalog(write_schemas(tmp_path))
    assert catalog.kinds == ("trunks",)
    assert list(catalog.providers) == ["acme"]
    trunks = catalog.resource_types["acme", "trunks"]
    assert trunks.fields["note"].types == {"string", "null"}
    assert trunks.fields["hours"].unordered


def add_to_field(document: Json, keyword: str) -> Json:
    copy = json.loads(json.dumps(document))
    copy["properties"]["label"][keyword] = True
    return copy


@pytest.mark.parametrize(
    ("trunks", "named"),
    [
        ({**TRUNKS, "x-magic": 1}, "x-magic"),
        (add_to_field(TRUNKS, "x-sorcery"), "x-sorcery"),
        ({key: value for key, value in TRUNKS.items() if key != "x-identity"}, "x-identity"),
        ({**TRUNKS, "x-endpoints": {"list": TRUNKS["x-endpoints"]["list"]}}, "update"),
    ],
)
def test_a_schema_outside_the_vocabulary_is_named(tmp_path: Path, trunks: Json, named: str) -> None:
    with pytest.raises(SchemaError, match=named) as raised:
        load_catalog(write_schemas(tmp_path, trunks=trunks))
    assert "trunks.json" in str(raised.value)


def test_a_provider_without_limits_is_named(tmp_path: Path) -> None:
    provider = {key: value for key, value in PROVIDER.items() if key != "limits"}
    with pytest.raises(SchemaError, match="limits"):
        load_catalog(write_schemas(tmp_path, provider=provider))


def test_a_file_that_is_not_json_is_named(tmp_path: Path) -> None:
    folder = write_schemas(tmp_path)
    (folder / "acme" / "trunks.json").write_text("{", encoding="utf-8")
    with pytest.raises(SchemaError, match=r"trunks\.json"):
        load_catalog(folder)


def test_equal_documents_have_equal_digests(tmp_path: Path) -> None:
    first = load_catalog(write_schemas(tmp_path / "one")).resource_types["acme", "trunks"]
    again = load_catalog(write_schemas(tmp_path / "two")).resource_types["acme", "trunks"]
    other = load_catalog(write_schemas(tmp_path / "three", trunks={**TRUNKS, "title": "T"}))
    assert first.digest == again.digest
    assert first.digest != other.resource_types["acme", "trunks"].digest
