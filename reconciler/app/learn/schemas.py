"""`schema`: the JSON Schemas that we publish, as text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

from reconciler.app.problem import Exit, Problem
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.resource_type import Catalog
from reconciler.vendors import load_catalog, schema_folder
from reconciler.vendors.environment_schema import build_environment_schema
from reconciler.vendors.users_schema import build_users_schema

SchemaName = Literal["files", "environment", "plan", "plans", "events", "comparison"]


def render_schema(name: SchemaName, *, catalog: Catalog | None = None) -> str:
    """Return a published schema, ended by a line feed: of users' YAML `files` and `environment`, of our JSON the others."""
    if name in {"plan", "plans", "events", "comparison"}:
        return (schema_folder() / f"{name}.schema.json").read_text(encoding="utf-8")
    build = build_environment_schema if name == "environment" else build_users_schema
    return json.dumps(build(catalog or load_catalog()), indent=2) + "\n"


def check_schema(name: SchemaName, copy: Path) -> None:
    """Compare a copy of a schema, which editors point at, with what this version knows; raise Problem where it is old."""
    try:
        found = copy.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise _refuse(copy, f"cannot be read: {reason}", name) from error
    if found != render_schema(name):
        raise _refuse(copy, "is not the schema of this version", name)


def _refuse(copy: Path, what: str, name: SchemaName) -> Problem:
    again = f"reconciler schema{'' if name == 'files' else ' ' + name} > {copy}"
    diagnostic = Diagnostic(code="schema-stale", message=f"{copy} {what}", advice=f"Write it anew: {again}")
    return Problem(diagnostic, exit_code=Exit.FAILED)
