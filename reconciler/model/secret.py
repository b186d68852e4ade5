"""A secret is a type, not a string (law 8)."""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import NoReturn

from reconciler.model.paths import Json

HIDDEN = "(secret)"


def seal(value: Json) -> Secret | None:
    """Return the value of a secret field as a secret; null, which is none, stays null."""
    if value is None or isinstance(value, Secret):
        return value
    return Secret(value if isinstance(value, str) else json.dumps(reveal_within(value), sort_keys=True))


def reveal_within(value: Json) -> Json:
    """Return a value with the secrets at any depth in clear: for the body of a request, or to judge it unseen."""
    if isinstance(value, Secret):
        return value.reveal()
    if isinstance(value, Mapping):
        return {key: reveal_within(part) for key, part in value.items()}
    return [reveal_within(part) for part in value] if isinstance(value, list | tuple) else value


def list_secrets(value: Json) -> Iterator[Secret]:
    """Yield the secrets that stand in a value, at any depth."""
    if isinstance(value, Secret):
        yield value
    elif isinstance(value, Mapping | list | tuple):
        for part in value.values() if isinstance(value, Mapping) else value:
            yield from list_secrets(part)


def redact_all(text: str, secrets: Iterable[Secret]) -> str:
    """Replace each of the secrets in a text; the longest first, since one may be part of another."""
    for secret in sorted(secrets, key=lambda each: -len(each.reveal())):
        text = secret.redact(text)
    return text


class Secret:
    """Hold a credential so that it cannot be printed, formatted, pickled or compared by accident.

    `name` says where it comes from, for people; it is no secret.
    """

    __slots__ = ("_value", "name")

    def __init__(self, value: str, *, name: str = "") -> None:
        self._value = value
        self.name = name

    def reveal(self) -> str:
        """Return the secret itself: only for a request to its own vendor, and to judge it where nothing is shown."""
        return self._value

    def matches(self, value: Json) -> bool:
        """Tell whether another secret, or a text in clear, is the same."""
        plain = value.reveal() if isinstance(value, Secret) else value
        return isinstance(plain, str) and hmac.compare_digest(self._value.encode(), plain.encode())

    def fingerprint(self, key: bytes) -> str:
        """Return a keyed fingerprint (HMAC-SHA-256, hexadecimal) that tells equal secrets, not the secret."""
        return hmac.new(key, self._value.encode(), "sha256").hexdigest()

    def redact(self, text: str) -> str:
        """Replace the secret wherever a vendor echoed it into a text."""
        return text.replace(self._value, HIDDEN) if self._value else text

    def __repr__(self) -> str:
        return HIDDEN

    __str__ = __repr__

    def __format__(self, _spec: str) -> str:
        return HIDDEN

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret cannot be pickled")
