"""Put secrets into the fields that the schema marks as secret.

`${secret.NAME}` is the environment variable `RECONCILER_SECRET_NAME`, and nothing else can be reached. What comes of it is a
`Secret`, not a text. A secret field holds nothing but text with a secret in it, null, or "": any other text is one that stands
in git in clear.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from reconciler.config.settings.variables import NAME
from reconciler.config.text.source import quote
from reconciler.config.values.interpolate import PART, InterpolationError, Interpolator
from reconciler.model.secret import Secret

PREFIX: Final = "RECONCILER_SECRET_"

Absence = Literal["refuse", "note", "stand-in"]
"""What a secret that is not set means: an error, a note (to check files needs no secrets), or nothing, since every secret is
played by a stand-in (the sandbox never sees a real one)."""

_SECRET: Final = re.compile(r"\$\{\s*secret\.([^{}]*?)\s*\}")


@dataclass(slots=True)
class Filled:
    """A secret that was put together. `absent` are the secrets in it that are not set; `played` tells whether any part is a stand-in."""

    secret: Secret
    absent: list[str] = field(default_factory=list)
    played: bool = False


class SecretSource:
    """Look up secrets in the environment."""

    __slots__ = ("_absence", "_environ")

    def __init__(self, environ: Mapping[str, str], absence: Absence) -> None:
        self._environ = environ
        self._absence = absence

    def fill(self, text: str, interpolator: Interpolator) -> Filled:
        """Return a text with its secrets and all other `${...}` replaced, as a secret; raise InterpolationError."""
        pieces = list(_split(text))
        names = [found[1] for piece in pieces if (found := _SECRET.fullmatch(piece))]
        if not names:
            raise refuse_clear_text()
        values = {name: self._find(name) for name in names}
        whole = "".join(
            values[found[1]] or stand_in(found[1])
            if (found := _SECRET.fullmatch(piece))
            else interpolator.expand(piece)
            for piece in pieces
        )
        absent = [name for name, value in values.items() if value is None and self._absence == "note"]
        played = any(value is None for value in values.values())
        return Filled(Secret(whole, name=", ".join(values)), absent, played)

    def _find(self, name: str) -> str | None:
        """Return a secret, or None where a stand-in takes its place."""
        if not NAME.fullmatch(name):
            message = f"{quote(name)} is no name for a secret"
            raise InterpolationError("bad-interpolation", message, "Use letters, digits and `_`: ${secret.NAME}.")
        if self._absence == "stand-in":
            return None
        value = self._environ.get(PREFIX + name, "")
        if value.strip():
            return _check_text(name, value)
        if self._absence == "note":
            return None
        what = "is empty" if PREFIX + name in self._environ else "is not set"
        raise InterpolationError("secret-missing", f"the secret {quote(name)} {what}", advise(name))


def stand_in(name: str) -> str:
    """Return what plays a secret that must not be there."""
    return f"stand-in-for-{name}"


def advise(name: str) -> str:
    """Say how a secret is set."""
    return f"Set the environment variable {PREFIX}{name}, in the shell or as a secret of the CI job."


def refuse_clear_text() -> InterpolationError:
    """Refuse a secret that stands in git; the message does not hold it."""
    message = "a secret must not stand here in clear"
    advice = (
        f"Put it into the environment variable {PREFIX}NAME, in the shell or as a secret of the CI job, and write ${{secret.NAME}}"
        " here. Revoke it if it was pushed."
    )
    return InterpolationError("secret-in-clear", message, advice)


def _split(text: str) -> Iterator[str]:
    """Cut a text into its interpolations and what stands between them."""
    end = 0
    for found in PART.finditer(text):
        yield from (text[end : found.start()], found[0])
        end = found.end()
    yield text[end:]


def _check_text(name: str, value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        message = f"the secret {quote(name)} is not UTF-8 text"
        raise InterpolationError("bad-encoding", message, "Set it to UTF-8 text.") from None
    return value
