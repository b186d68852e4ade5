"""`pull --seed`: live objects as the seed of a sandbox that plays them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.app.adopt.pull import Haul
from reconciler.app.sowing import name_world
from reconciler.config.text.writing import quote_text
from reconciler.model.field import Field
from reconciler.model.paths import Json
from reconciler.model.project import Project
from reconciler.model.spoiled import find_spoiled

_PLAIN = re.compile(r"(?!(?:true|false|null|yes|no|on|off)\Z)[A-Za-z][A-Za-z_]*", re.IGNORECASE)


def write_seed_text(haul: Haul, project: Project, *, remark: str) -> str:
    """Return a `sandbox.yaml` with the live objects that were pulled: one row a line, no secrets, nothing spoiled."""
    from reconciler.sandbox import Described, write_seed

    objects = [
        Described(
            provider=known.provider,
            kind=known.kind,
            parts=dict(present.identity.parts),
            values=_drop_secrets(present.value, known.fields),
            world=name_world(project, account.name),
        )
        for account, known, present in haul.live
    ]
    return "\n".join([f"# {remark}", *_write_section(write_seed(objects), indent=0)]) + "\n"


def _write_section(section: Mapping[str, Any], *, indent: int) -> Iterator[str]:
    """Yield the lines of a mapping whose ends are lists of rows: each row on a line of its own."""
    for name, held in section.items():
        yield f"{' ' * indent}{_write(name)}:"
        if isinstance(held, Mapping):
            yield from _write_section(held, indent=indent + 2)
        else:
            yield from (f"{' ' * (indent + 2)}- {_write(row)}" for row in held)


def _write(value: Json) -> str:
    """Write a value on one line as JSON does, but for what cannot be seen; a plain word alone as it is."""
    return value if isinstance(value, str) and _PLAIN.fullmatch(value) else _write_json(value)


def _write_json(value: Json) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{quote_text(name)}: {_write_json(held)}" for name, held in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_write_json, value)) + "]"
    return quote_text(value) if isinstance(value, str) else json.dumps(value)


def _drop_secrets(value: Mapping[str, Json], fields: Mapping[str, Field]) -> dict[str, Json]:
    kept: dict[str, Json] = {}
    for name, inner in value.items():
        known = fields.get(name)
        if not find_spoiled({name: inner}) and (known is None or not known.secret):
            nested = isinstance(inner, Mapping) and known is not None
            kept[name] = _drop_secrets(inner, known.fields) if nested and known else inner
    return kept
