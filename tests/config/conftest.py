"""Fixture projects, written to a temporary folder."""

from __future__ import annotations

import json
from pathlib import Path
from textwrap import dedent

import pytest

from reconciler.config import Loaded, compute_digest, load_project
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.project import Declared, Project
from reconciler.model.resource_type import Catalog
from reconciler.vendors import load_catalog

PARLEY = {
    "title": "Parley line",
    "description": "A made-up kind with every type of field.",
    "type": "object",
    "x-identity": {
        "parts": [{"name": "id", "field": "id", "pattern": "^[a-z0-9-]+$", "description": "The line's id."}],
        "match": ["name"],
        "label": "name",
    },
    "x-endpoints": {
        "list": {"method": "GET", "path": "/lines", "items": "", "paging": {"style": "none"}},
        "update": {"method": "PATCH", "path": "/lines/{id}"},
    },
    "properties": {
        "id": {"type": "string", "readOnly": True, "description": "Id."},
        "name": {"type": "string", "maxLength": 200, "description": "Name."},
        "speed": {"type": "number", "minimum": 0, "maximum": 2, "description": "Speed."},
        "retries": {"type": "integer", "minimum": 0, "description": "Retries."},
        "record": {"type": "boolean", "description": "Record."},
        "mode": {"type": "string", "enum": ["relaxed", "sensitive", "no"], "description": "Mode."},
        "timeout": {"type": ["integer", "string"], "description": "Seconds, or a word."},
        "words": {"type": "array", "items": {"type": "string"}, "uniqueItems": True, "description": "Words."},
        "rates": {"type": "array", "items": {"type": "number"}, "description": "Rates."},
        "labels": {"type": "object", "additionalProperties": {"type": "string"}, "description": "Labels."},
        "token": {"type": "string", "minLength": 20, "writeOnly": True, "x-secret": True, "description": "Token."},
        "extra": {"type": "object", "additionalProperties": True, "description": "Anything."},
        "hook": {
            "type": "object",
            "additionalProperties": False,
            "required": ["url"],
            "description": "A webhook.",
            "properties": {
                "url": {"type": "string", "pattern": "^https://", "description": "Where to."},
                "method": {"type": "string", "enum": ["GET", "POST"], "description": "How."},
                "tries": {"type": "integer", "description": "How often."},
                "state": {
                    "type": "string",
                    "readOnly": True,
                    "description": "State.",
                    "x-advice": "Look in the console.",
                },
            },
        },
        "action": {
            "description": "One of two.",
            "oneOf": [
                {
                    "type": "object",
                    "required": ["type", "number"],
                    "properties": {
                        "type": {"const": "transfer"},
                        "number": {"type": "string", "pattern": "^\\+[0-9]+$"},
                    },
                },
                {
                    "type": "object",
                    "required": ["type"],
                    "properties": {"type": {"const": "hangup"}, "delay": {"type": "number"}},
                },
            ],
        },
    },
}
"""A kind of a vendor that does not exist: what the four real ones do not have is tested with it."""

PROVIDER = {
    "name": "parley",
    "title": "Parley",
    "description": "Made up.",
    "base_urls": {"north": "https://north.parley.example", "south": "https://south.parley.example"},
    "hosts": ["north.parley.example", "south.parley.example"],
    "generation": "2",
    "credential": "PARLEY_API_KEY",
    "authentication": {"header": "Authorization", "prefix": "Bearer "},
    "errors": {"messages": ["/error"], "form": ["error"], "request_id_header": "x-request-id"},
    "limits": {"concurrency": 3, "timeout_seconds": 20},
}


@pytest.fixture(scope="session")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """All real vendors, and Parley."""
    folder = tmp_path_factory.mktemp("schemas") / "parley"
    folder.mkdir()
    (folder / "provider.json").write_text(json.dumps(PROVIDER))
    (folder / "lines.json").write_text(json.dumps(PARLEY))
    real, made_up = load_catalog(), load_catalog(folder.parent)
    return Catalog(
        providers={**real.providers, **made_up.providers},
        resource_types={**real.resource_types, **made_up.resource_types},
    )


class Workspace:
    """A project folder that is filled with texts and loaded."""

    def __init__(self, root: Path, catalog: Catalog) -> None:
        self.root = root
        self.catalog = catalog
        self.write(
            "reconciler.yaml",
            "version: 1\naccounts: {galtea: , fluents: , opencopilot: , polyai: , parley: {region: north}}\n",
        )

    def write(self, name: str, text: str | bytes) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(dedent(text).encode() if isinstance(text, str) else text)
        return path

    def load(self, **options: object) -> Loaded:
        options = {"environ": {}, **options}
        return load_project(self.root, catalog=self.catalog, **options)  # type: ignore[arg-type]

    def load_project(self, **options: object) -> Project:
        loaded = self.load(**options)
        assert loaded.project, loaded.diagnostics
        return loaded.project

    def compute_digest(self, **options: object) -> str:
        """Load the project and return the fingerprint of what it declares."""
        return compute_digest(self.load_project(**options), catalog=self.catalog)

    def load_line(self, spec: str, **options: object) -> Declared:
        """Load one Parley line with the given lines of `spec`."""
        self.write_line(spec)
        return self.load_project(**options).resources[0]

    def write_line(self, spec: str) -> None:
        lines = "\n".join("      " + line for line in dedent(spec).strip("\n").split("\n"))
        self.write("lines.yaml", f"lines:\n  main:\n    id: line-1\n    spec:\n{lines}\n")

    def refuse(self, **options: object) -> Diagnostic:
        """Load a project with exactly one mistake."""
        loaded = self.load(**options)
        assert loaded.project is None
        assert len(loaded.diagnostics) == 1, loaded.diagnostics
        return loaded.diagnostics[0]

    def refuse_line(self, spec: str, **options: object) -> Diagnostic:
        self.write_line(spec)
        return self.refuse(**options)

    def codes(self, **options: object) -> list[str]:
        return [diagnostic.code for diagnostic in self.load(**options).diagnostics]


@pytest.fixture
def workspace(tmp_path: Path, catalog: Catalog) -> Workspace:
    return Workspace(tmp_path.resolve() / "project", catalog)
