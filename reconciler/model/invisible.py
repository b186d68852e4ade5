"""Tell which characters cannot be seen, by Unicode's own tables.

General categories come with Python (`str.isprintable`): controls, format characters, surrogates, private use, what is not
assigned, line and paragraph separators, and every blank but the blank itself. Some characters of other categories are
drawn as nothing too; Python does not know them, so they stand here as data.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

DEFAULT_IGNORABLE: Final = (
    (0x00AD, 0x00AD), (0x034F, 0x034F), (0x061C, 0x061C), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F),
    (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF),
)  # fmt: skip
"""The property Default_Ignorable_Code_Point: DerivedCoreProperties.txt of Unicode 17.0.0, unchanged since 9.0."""

BLANK_SIGNS: Final = (0x2800, 0x13441, 0x13442, 0x16FE4, 0x1D159)
"""Signs and fillers that are drawn as a blank, though no property of Unicode says so: code charts of Unicode 17.0.0."""

_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp", "Zs"})
_RUN: Final = re.compile(r".?[^\x00-\x7f]+", re.DOTALL)
_NOTHING: Final = frozenset(
    {code for first, last in DEFAULT_IGNORABLE for code in range(first, last + 1)} | {*BLANK_SIGNS}
)


def is_invisible(character: str) -> bool:
    """Tell whether a character is drawn as nothing, as a blank that is not the blank, or moves what is around it."""
    return not character.isprintable() or ord(character) in _NOTHING


def draws_nothing(character: str) -> bool:
    """Tell whether nothing is to be seen where a character stands; an icon of private use may be."""
    return character.isspace() or ord(character) in _NOTHING or unicodedata.category(character) in _UNSEEN


def is_clear(text: str) -> bool:
    """Tell whether all of a text can be seen, and no other text looks like it by its normal form alone."""
    if text.isascii():
        return text.isprintable()
    return not any(map(is_invisible, text)) and unicodedata.is_normalized("NFC", text)


def find_denormal(text: str) -> Iterator[tuple[int, int]]:
    """Yield the stretches of a text that are not in Unicode's normal form C: another text can look just like them."""
    if text.isascii() or unicodedata.is_normalized("NFC", text):
        return
    for run in _RUN.finditer(text):
        if not unicodedata.is_normalized("NFC", run.group()):
            yield from _split_run(text, run.start(), run.end())


def _split_run(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Part a run where nothing joins across, and yield the parts that are not in normal form."""
    begin = start
    for index in range(start + 1, end + 1):
        if index < end and _joins(text[index - 1], text[index]):
            continue
        if not unicodedata.is_normalized("NFC", text[begin:index]):
            yield begin, index
        begin = index


def _joins(before: str, character: str) -> bool:
    return unicodedata.combining(character) != 0 or not unicodedata.is_normalized("NFC", before + character)
