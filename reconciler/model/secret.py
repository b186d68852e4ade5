"""A secret is a type, not a string (law 8)."""

from __future__ import annotations

import hmac
import json
from typing import NoReturn

from reconciler.model.paths import Json

HIDDEN = "(secret)"


def seal(value: Json) -> Secret | None:
    """Return the value of a secret field as a secret; null, which is none, stays null."""
    if value is None or isinstance(value, Secret):
        return value
    return Secret(value if isinstance(value, str) else json.dumps(value, sort_keys=True))


class Secret:
    """Hold a credential so that it cannot be printed, formatted, pickled or compared by accident."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the secret itself: only for the header of a request to its own vendor."""
        return self._value

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
