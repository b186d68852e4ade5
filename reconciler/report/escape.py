r"""Make untrusted text safe to show: on a terminal, in a CI log, and to a reviewer's eye.

What cannot be seen is shown as an escape, and so is what is not in Unicode's normal form C: two texts that differ never
look alike by it. There is no exception for emoji or for scripts that join letters by what cannot be seen: names can
differ by a joiner or a variation selector alone. Their visible parts all stay: `👩\u200d👧`, `❤\ufe0f`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from reconciler.model.invisible import find_denormal, is_invisible
from reconciler.model.log_commands import AT_START, WITHIN_LINE

_ONE_BYTE: Final = 0xFF
_TWO_BYTES: Final = 0xFFFF
_SHORT: Final = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}


def escape_terminal(text: str) -> str:
    r"""Return text for one line: what would move, hide, reorder, colour or deceive is shown as `\x1b` or `\u202e`.

    Letters of all scripts and emoji stay as they are. What a CI system obeys anywhere in a line is shown escaped too.
    """
    shown = text if text.isascii() and text.isprintable() else _spell(text, _TERMINAL, spell_character)
    return WITHIN_LINE.sub(_disarm_match, shown)


def escape_json(text: str) -> str:
    r"""Return JSON text in which all that `escape_terminal` shows stands as `\uXXXX`: the same JSON value.

    Line breaks between tokens stay; within strings JSON has escaped them already.
    """
    shown = text if text.isascii() and text.isprintable() else _spell(text, _JSON, _spell_json)
    return WITHIN_LINE.sub(_disarm_json, shown)


def disarm(text: str) -> str:
    """Return whole lines, as they are about to be written, of which no CI system obeys any."""
    lines = (AT_START.sub(r"\1\\x3a", line) for line in WITHIN_LINE.sub(_disarm_match, text).split("\n"))
    return "\n".join(lines)


def spell_character(character: str) -> str:
    r"""Write a character as its escape: `\n`, `\x1b`, `\u202e` or `\U000e0041`."""
    code = ord(character)
    if character in _SHORT:
        return _SHORT[character]
    if code > _TWO_BYTES:
        return f"\\U{code:08x}"
    return f"\\x{code:02x}" if code <= _ONE_BYTE else f"\\u{code:04x}"


def _spell_json(character: str) -> str:
    code = ord(character)
    if code > _TWO_BYTES:
        high, low = divmod(code - 0x10000, 0x400)
        return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"
    return f"\\u{code:04x}"


class _Shown(dict[int, str]):
    """What stands for each character, worked out when it is first met."""

    def __init__(self, spell: Callable[[str], str], *, kept: str = "") -> None:
        super().__init__((ord(character), character) for character in kept)
        self._spell = spell

    def __missing__(self, code: int) -> str:
        character = chr(code)
        self[code] = shown = self._spell(character) if is_invisible(character) else character
        return shown


_TERMINAL: Final = _Shown(spell_character)
_JSON: Final = _Shown(_spell_json, kept="\n")


def _spell(text: str, shown: _Shown, spell: Callable[[str], str]) -> str:
    parts: list[str] = []
    done = 0
    for start, end in find_denormal(text):
        parts.append(text[done:start])
        parts += [character if character.isascii() else spell(character) for character in text[start:end]]
        done = end
    return ("".join(parts) + text[done:] if parts else text).translate(shown)


def _disarm_match(match: re.Match[str]) -> str:
    return r"#\x23" if match.group() == "##" else r"section\x5f"


def _disarm_json(match: re.Match[str]) -> str:
    return r"#\u0023" if match.group() == "##" else r"section\u005f"
