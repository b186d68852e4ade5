"""Keep our keys out of all that comes in: in clear, percent-encoded or base64, whole or as the longer part.

A *part* counts from `_LEAST` characters on, and where it is more than half of the key: the few signs by which a vendor names a
key ("gsk_…4f2a") are no secret. Case does not matter, since ids and host names are often folded.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from reconciler.model.secret import HIDDEN, Secret, redact_all

_LEAST: Final = 12
_SHORTEST_KEY: Final = 8
"""A shorter key cannot be told from ordinary words inside a value: it is redacted from messages only."""
_FOLD: Final = {ord(sign): sign.lower() for sign in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
_WEB_ALPHABET: Final = {ord("-"): "+", ord("_"): "/"}
_LAYERS: Final = 3
"""How many times over a text may be percent-encoded."""
_MANY: Final = 64


@dataclass(frozen=True, slots=True)
class _Form:
    """One spelling of a key, folded; `window` is how much of it, in a row, gives it away."""

    text: str
    window: int

    def list_blocks(self) -> tuple[str, ...]:
        """Cut the spelling into blocks of which every part that gives it away holds at least one whole."""
        size = (self.window + 1) // 2
        return tuple(self.text[start : start + size] for start in range(0, len(self.text) - size + 1, size))

    def find_spans(self, text: str) -> list[tuple[int, int]]:
        """Find where a folded text holds so much of the spelling that it gives it away."""
        spans = []
        for start in range(len(self.text) - self.window + 1):
            piece, place = self.text[start : start + self.window], -1
            while (place := text.find(piece, place + 1)) >= 0:
                spans.append((place, place + self.window))
        return spans


def can_be_found(secret: Secret) -> bool:
    """Tell whether a secret can be told from ordinary words inside a value."""
    return len(secret.reveal()) >= _SHORTEST_KEY


class Sieve:
    """Tell whether texts hold one of a set of keys, and take it out."""

    def __init__(self, keys: Iterable[Secret]) -> None:
        self._keys = tuple(keys)
        long = [key.reveal() for key in self._keys if can_be_found(key)]
        self._clear = tuple(_spell_clear(key) for key in long)
        self._coded = tuple(form for key in long for form in _spell_coded(key))
        self._blocks = frozenset(block for form in (*self._clear, *self._coded) for block in form.list_blocks())
        self._gram = min(map(len, self._blocks), default=0)
        self._grams = frozenset(block[: self._gram] for block in self._blocks)

    def widen(self, secrets: Iterable[Secret]) -> Sieve:
        """Return a sieve that also looks for the secrets that one request carries."""
        more = tuple(secrets)
        return Sieve((*self._keys, *more)) if more else self

    def holds(self, text: str) -> bool:
        """Tell whether a text gives a key away, in any spelling."""
        return any(self._suspects(layer) and self._finds(layer) for layer in _unwrap(_fold(text)))

    def redact(self, text: str) -> str:
        """Take every key out of a text. Where one stands there encoded, nothing of the text is left."""
        text = redact_all(text, self._keys)
        if not self.holds(text):
            return text
        folded = _fold(text)
        spans = [span for form in self._clear for span in form.find_spans(folded)]
        text = _cut_out(text, spans)
        return HIDDEN if self.holds(text) else text

    def _suspects(self, folded: str) -> bool:
        """Look for the blocks, quickly: of ten thousand texts none holds one."""
        coded = folded.translate(_WEB_ALPHABET) if "-" in folded or "_" in folded else folded
        if len(self._blocks) <= _MANY:
            return any(block in folded or block in coded for block in self._blocks)
        return any(
            not self._grams.isdisjoint(layer[start : start + self._gram] for start in range(len(layer)))
            for layer in {folded, coded}
        )

    def _finds(self, folded: str) -> bool:
        coded = folded.translate(_WEB_ALPHABET)
        return any(form.find_spans(folded) for form in self._clear) or any(
            form.find_spans(coded) for form in self._coded
        )


def _fold(text: str) -> str:
    """Fold the letters of keys, which are ASCII; every sign keeps its place."""
    return text.lower() if text.isascii() else text.translate(_FOLD)


def _unwrap(folded: str) -> Iterable[str]:
    yield folded
    for _ in range(_LAYERS):
        if "%" not in folded or (inner := _fold(unquote(folded))) == folded:
            return
        folded = inner
        yield folded


def _spell_clear(key: str) -> _Form:
    return _Form(key.lower(), min(len(key), max(_LEAST, len(key) // 2 + 1)))


def _spell_coded(key: str) -> Iterable[_Form]:
    """Spell a key in base64 at each of the three places that a text before it can push it to.

    Only signs that the key alone decides count; those at its ends also hold bits of its neighbours.
    """
    octets = key.encode()
    telling = min(len(octets), max(_LEAST, len(octets) // 2 + 1))
    for offset in range(3):
        signs = b64encode(bytes(offset) + octets).decode()
        sure = signs[-(-offset * 8 // 6) : (offset + len(octets)) * 8 // 6]
        yield _Form(sure.lower(), min(len(sure), (telling * 8 - 10) // 6))


def _cut_out(text: str, spans: Iterable[tuple[int, int]]) -> str:
    pieces, end = [], 0
    for start, stop in sorted(spans):
        if start >= end:
            pieces += [text[end:start], HIDDEN]
        end = max(end, stop)
    return "".join([*pieces, text[end:]])
