"""`pull --seed`: live objects as the seed of a sandbox that plays them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.app.adopt.pull import Haul
from reconciler.app.sowing import name_world
from reconciler.model.field import Field
from reconciler.model.paths import Json
from reconciler.model.project import Project

_UNSEEN = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")
"""What JSON may hold as it is, and YAML may not."""
_PLAIN = re.compile(r"(?!(?:true|false|null|yes|no|on|off)\Z)[A-Za-z][A-Za-z_]*", re.IGNORECASE)


def write_seed_text(haul: Haul, project: Project, *, remark: str) -> str:
    """Return a `sandbox.yaml` with the live objects that were pulled: one row a line, no secrets."""
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
    """Write a value as JSON, which is YAML where nothing unprintable stands in it; a plain word as it is."""
    text = value if isinstance(value, str) and _PLAIN.fullmatch(value) else json.dumps(value, ensure_ascii=False)
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _drop_secrets(value: Mapping[str, Json], fields: Mapping[str, Field]) -> dict[str, Json]:
    kept: dict[str, Json] = {}
    for name, inner in value.items():
        known = fields.get(name)
        if known is None or not known.secret:
            nested = isinstance(inner, Mapping) and known is not None
            kept[name] = _drop_secrets(inner, known.fields) if nested and known else inner
    return kept
