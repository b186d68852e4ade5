"""Make untrusted text safe to show on a terminal."""

from __future__ import annotations

import re
from typing import Final

_INVISIBLE: Final = re.compile(
    "["
    "\x00-\x1f\x7f-\x9f"  # control characters, with ESC and the one-byte CSI of C1
    "\xad\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"  # soft hyphen, Arabic letter mark, fillers
    "\u200b-\u200f\u2028-\u202f\u205f-\u206f"  # zero width, bidi marks, embeddings and isolates, line separators
    "\u3164\ufeff\uffa0\ufff9-\ufffb"  # fillers, byte order mark, interlinear notes
    "\ud800-\udfff"  # lone surrogates, which no encoder accepts
    "\U000e0000-\U000e007f"  # tags: invisible copies of ASCII
    "]"
)
_ONE_BYTE: Final = 0xFF
_TWO_BYTES: Final = 0xFFFF
_SHORT: Final = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}


def escape_terminal(text: str) -> str:
    r"""Return text for one line of a terminal: what would move, hide, reorder or colour is shown as `\x1b` or `\u202e`.

    Letters of all scripts and emoji stay as they are. A zero width joiner is shown, because names can differ by it alone.
    """
    if text.isascii() and text.isprintable():
        return text
    return _INVISIBLE.sub(_show_character, text)


def _show_character(match: re.Match[str]) -> str:
    character = match.group()
    code = ord(character)
    if character in _SHORT:
        return _SHORT[character]
    if code > _TWO_BYTES:
        return f"\\U{code:08x}"
    return f"\\x{code:02x}" if code <= _ONE_BYTE else f"\\u{code:04x}"


def escape_json(text: str) -> str:
    r"""Return JSON text in which what would reorder or hide, or cannot be encoded, stands as `\uXXXX`: the same JSON value.

    Line breaks between tokens stay; within strings JSON has escaped them already.
    """
    return _INVISIBLE.sub(_escape_character, text)


def _escape_character(match: re.Match[str]) -> str:
    character = match.group()
    code = ord(character)
    if character == "\n":
        return character
    if code > _TWO_BYTES:
        high, low = divmod(code - 0x10000, 0x400)
        return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"
    return f"\\u{code:04x}"
