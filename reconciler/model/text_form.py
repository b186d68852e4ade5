"""Bring a text to a normal form of Unicode in time that grows with its length, whoever wrote it.

The marks behind one letter are put in order by a sort whose time grows with their square. So a run of them is taken in parts:
no language has more than 30 in a row (Unicode's Stream-Safe Text Format, UAX #15), and what has more is only compared.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Final, Literal

MOST_MARKS: Final = 30


def normalise_text(text: str, *, form: Literal["NFC", "NFKC"]) -> str:
    """Return the normal form of a text; of a run of marks that no language has, that of its parts."""
    if text.isascii() or len(text) <= MOST_MARKS:
        return unicodedata.normalize(form, text)
    return "".join(unicodedata.normalize(form, part) for part in _part(text))


def _part(text: str) -> Iterator[str]:
    start = marks = 0
    for place, sign in enumerate(text):
        marks = marks + 1 if unicodedata.category(sign) == "Mn" else 0
        if marks > MOST_MARKS:
            yield text[start:place]
            start, marks = place, 1
    yield text[start:]
