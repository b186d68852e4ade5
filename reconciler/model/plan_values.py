"""Write values of a plan as plain JSON, with marks for what JSON has no word for.

`{"unknown": true}` is a value that cannot be read, `{"secret": true}` one that is never written down. A live value that
happens to look like a mark is kept whole as `{"value": ...}`; no other value is touched.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from reconciler.model.paths import MISSING, FieldPath, Json, Missing
from reconciler.model.plan import Update
from reconciler.model.secret import Secret

WITHHELD: Final = Secret("")
"""Stands where a document says that there was a secret. Whoever applies the plan resolves the secret again."""

_TELLING_LENGTH: Final = 8
"""A secret of at least this length is withheld inside longer texts too; a shorter one only where it stands alone."""


def encode_value(value: Json | Missing | Secret) -> Json:
    """Return a value as plain JSON, with a mark for what is missing or secret."""
    if value is MISSING:
        return {"unknown": True}
    if isinstance(value, Secret):
        return {"secret": True}
    if isinstance(value, Mapping):
        return {"value": value} if _is_mark(value) else {key: encode_value(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [encode_value(part) for part in value]
    return value


def decode_value(value: Json) -> Json | Missing | Secret:
    """Undo `encode_value`."""
    if isinstance(value, Mapping):
        return _decode_mapping(value)
    if isinstance(value, list):
        return [decode_value(part) for part in value]
    return value


def _decode_mapping(value: Mapping[str, Json]) -> Json | Missing | Secret:
    if not _is_mark(value):
        return {key: decode_value(part) for key, part in value.items()}
    if "unknown" in value:
        return MISSING
    return WITHHELD if "secret" in value else value["value"]


def _is_mark(value: Json) -> bool:
    if not isinstance(value, Mapping) or len(value) != 1:
        return False
    if "value" in value:
        return _is_mark(value["value"])
    return value.get("unknown") is True or value.get("secret") is True


def list_body(update: Update) -> dict[str, Json]:
    """Return the exact request body as plain JSON, with a mark for every secret of the update, wherever it stands."""
    secrets = tuple(change for change in update.changes if change.secret)
    texts = frozenset(text for change in secrets for text in _list_texts(change.after))
    paths = frozenset(change.path for change in secrets)
    body = update.request.body
    return {key: _withhold(part, path=(key,), paths=paths, texts=texts) for key, part in body.items()}


def _list_texts(value: Json) -> Iterator[str]:
    value = value.reveal() if isinstance(value, Secret) else value
    if isinstance(value, str) and value:
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _list_texts(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _list_texts(part)


def _withhold(value: Json, *, path: FieldPath, paths: frozenset[FieldPath], texts: frozenset[str]) -> Json:
    if (path in paths and value is not None) or (isinstance(value, str) and _tells(value, texts)):
        return encode_value(WITHHELD)
    if isinstance(value, Mapping) and not _is_mark(value):
        return {key: _withhold(part, path=(*path, key), paths=paths, texts=texts) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_withhold(part, path=path, paths=frozenset(), texts=texts) for part in value]
    return encode_value(value)


def _tells(text: str, secrets: frozenset[str]) -> bool:
    return any(text == secret or (len(secret) >= _TELLING_LENGTH and secret in text) for secret in secrets)
