"""Write what an update took from other resources as JSON, and read it back; part of the document of a plan."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.model.paths import Json, format_pointer, parse_pointer
from reconciler.model.plan import Taken
from reconciler.model.plan_values import decode_value, encode_value
from reconciler.model.resource_type import Identity


def write_identity(identity: Identity) -> list[Json]:
    """Return the parts of an identity, in order."""
    return [{"name": name, "value": value} for name, value in identity.parts]


def read_identity(parts: Json) -> Identity:
    """Return the identity with the given parts; raise TypeError where they are no texts."""
    return Identity(tuple((_text(part["name"]), _text(part["value"])) for part in parts))


def write_taken(taken: Taken) -> dict[str, Json]:
    """Return a value that was taken, with all that is needed to look at it again."""
    return {
        "address": taken.address,
        "provider": taken.provider,
        "account": taken.account,
        "kind": taken.kind,
        "generation": taken.generation,
        "identity": write_identity(taken.identity),
        "path": format_pointer(taken.path),
        "part": taken.part,
        "value": encode_value(taken.value),
        "match": dict(taken.match),
        "into": format_pointer(taken.into),
    }


def read_taken(entry: Mapping[str, Json]) -> Taken:
    """Undo `write_taken`; raise TypeError, KeyError or ValueError where the entry is none."""
    return Taken(
        address=_text(entry["address"]),
        provider=_text(entry["provider"]),
        account=_text(entry["account"]),
        kind=_text(entry["kind"]),
        identity=read_identity(entry["identity"]),
        path=parse_pointer(_text(entry["path"])),
        part=_text(entry["part"]),
        value=decode_value(entry["value"]),
        match={_text(name): _text(value) for name, value in entry["match"].items()},
        into=parse_pointer(_text(entry["into"])),
        generation=_text(entry["generation"]),
    )


def _text(value: Json) -> str:
    if not isinstance(value, str):
        message = f"a text was expected, not {type(value).__name__}"
        raise TypeError(message)
    return value
