"""Write JSON values as YAML that every reader takes for the same value: ours, YAML 1.1 (`no`, 8:30, dates) and 1.2 alike.

What could be read as anything but text stands in double quotes, with what is invisible or would reorder as an escape.
Texts of several lines are literal blocks, indented by two. A literal `${` is written `$${`, as the tool wants it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from reconciler.config.text.leftovers import find_leftover, is_blank
from reconciler.model.invisible import find_denormal, is_clear, is_invisible
from reconciler.model.log_commands import WITHIN_LINE, holds_command
from reconciler.model.paths import Json

_PLAIN: Final = re.compile(r"[^\W\d_](?:[^#:\x00-\x1f]|(?<! )#|:(?! ))*")
"""What may go without quotes: it begins with a letter, and holds neither a comment nor a key. Blanks at its end count too."""
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""No version of YAML takes this for a number or a date."""
_PLAIN_KEY: Final = re.compile(r"[A-Za-z_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_-])?")
_WORDS: Final = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
"""Words that some version of YAML takes for a boolean or null."""
_ESCAPES: Final = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r", "\0": "\\0"}
FLOW_SIGNS: Final = frozenset(",?[]{}")
"""What some reader takes within braces for more than text."""
_LONGEST_KEY: Final = 1000
"""Characters of a key with all escapes written out: YAML itself gives up at 1024."""
_LONGEST_NUMBER: Final = 200
_DEEPEST: Final = 20
_ONE_BYTE: Final = 0xFF
_TWO_BYTES: Final = 0xFFFF


class Spelled(str):
    """A text whose `${…}` is meant: a reference, or the name of a file."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Noted:
    """A value on one line with a comment behind it; the comment is safe on one line."""

    value: Json
    comment: str


def find_obstacle(value: Json, *, depth: int = 0) -> str:
    """Say why a value cannot be written as YAML, or not be declared; empty where it can."""
    if depth > _DEEPEST:
        return "it nests too deep"
    if isinstance(value, str):
        return _find_surrogate(value) or _find_leftover(value)
    if isinstance(value, (int, float)):
        return _find_odd_number(value)
    if isinstance(value, Mapping):
        long = any(len(write_key(key)) > _LONGEST_KEY for key in value)
        found = ["a key in it is too long"] if long else [_find_surrogate(key) for key in value]
        found += [find_obstacle(below, depth=depth + 1) for below in value.values()]
        return next(filter(None, found), "")
    below = value if isinstance(value, (list, tuple)) else ()
    return next(filter(None, (find_obstacle(entry, depth=depth + 1) for entry in below)), "")


def _find_odd_number(value: int | float) -> str:  # noqa: PYI041 - they are told apart
    if isinstance(value, float):
        return "" if math.isfinite(value) else "it is not a finite number"
    return "the number is too long" if abs(value) >= 10**_LONGEST_NUMBER else ""


def _find_leftover(text: str) -> str:
    """Say why a text is refused where it is declared; one that is empty is not."""
    leftover = find_leftover(text)
    if leftover:
        return f"it holds {leftover.message}"
    return "it holds white space only" if text and is_blank(text) else ""


def _find_surrogate(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        return "it holds half of a character (a lone surrogate), which no file in UTF-8 can hold"
    return ""


def write_entries(values: Mapping[str, Json], *, indent: int = 0) -> Iterator[str]:
    """Write a mapping that is not empty as lines, each key at `indent`."""
    for key, value in values.items():
        start = f"{' ' * indent}{write_key(key)}:"
        yield from write_after(start, value, indent=indent)


def write_after(start: str, value: Json, *, indent: int) -> Iterator[str]:
    """Write a value behind what introduces it: on the same line, or on the lines below where it takes several."""
    below = indent + 2
    if isinstance(value, Noted):
        written = write_scalar(value.value)
        yield f"{start} {written}  # {value.comment}" if written else f"{start} # {value.comment}"
    elif isinstance(value, Mapping) and value:
        yield start
        yield from write_entries(value, indent=below)
    elif isinstance(value, (list, tuple)) and value:
        yield start
        yield from _write_list(value, indent=below)
    elif isinstance(value, str) and is_block(value):
        header, *lines = write_block(value)
        yield f"{start} {header}"
        yield from (f"{' ' * below}{line}" if line else "" for line in lines)
    else:
        yield f"{start} {write_scalar(value)}"


def write_flat(values: Mapping[str, Json]) -> str:
    """Write a mapping on one line, within braces."""
    return "{" + ", ".join(f"{write_key(key)}: {_write_within(value)}" for key, value in values.items()) + "}"


def _write_within(value: Json) -> str:
    """Write a value within braces, where a plain text may hold no sign that ends it."""
    if isinstance(value, Mapping):
        return write_flat(value)
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_write_within, value))}]"
    written = write_scalar(value)
    plain = isinstance(value, str) and not written.startswith('"')
    return quote_text(written) if plain and FLOW_SIGNS & set(written) else written


def _write_list(entries: Sequence[Json], *, indent: int) -> Iterator[str]:
    for entry in entries:
        yield from write_element(entry, indent=indent)


def write_element(entry: Json, *, indent: int) -> Iterator[str]:
    """Write an element of a list as lines, the dash at `indent`; a mapping begins on the line of its dash."""
    if isinstance(entry, Mapping) and entry:
        first, *rest = write_entries(entry, indent=indent + 2)
        yield f"{' ' * indent}- {first[indent + 2 :]}"
        yield from rest
    else:
        yield from write_after(f"{' ' * indent}-", entry, indent=indent)


def write_scalar(value: Json) -> str:
    """Write a value on one line: text, number, boolean, null, an empty mapping or list."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, str):
        text = value if isinstance(value, Spelled) else escape_interpolation(value)
        return text if isinstance(value, Spelled) or _is_plain(text) else quote_text(text)
    return "{}" if isinstance(value, Mapping) else "[]"


def _is_plain(text: str) -> bool:
    """Tell whether every reader takes the characters for this very text without quotes."""
    if WITHIN_LINE.search(text):
        return False
    sound = (_PLAIN.fullmatch(text) or _UUID.fullmatch(text)) and is_clear(text) and not text.endswith((" ", ":"))
    return bool(sound) and text.casefold() not in _WORDS and not text.startswith("${")


def write_key(key: str) -> str:
    """Write a key; nothing is interpolated in keys."""
    return key if _PLAIN_KEY.fullmatch(key) and key.casefold() not in _WORDS else quote_text(key)


def escape_interpolation(text: str) -> str:
    """Write a literal `${` as the tool reads it."""
    return text.replace("${", "$${")


def is_block(text: str) -> bool:
    """Tell whether a text is best written as a literal block: several lines, and nothing that a block cannot show.

    A text that ends in empty lines is quoted: a block would take in the empty lines that follow it in the file. So is one
    with a line that a CI system would obey: what `pull` prints may stand in a log.
    """
    if not text.strip() or "\n" not in text or text.endswith("\n\n") or holds_command(text):
        return False
    return can_be_shown(text)


def can_be_shown(text: str) -> bool:
    """Tell whether a block shows all of a text; an escape takes double quotes."""
    return is_clear(text.replace("\n", " ").replace("\t", " "))


def write_block(text: str) -> list[str]:
    """Write the header and the lines of a literal block, not yet indented."""
    written = escape_interpolation(text)
    trimmed = written.rstrip("\n")
    indentation = "2" if written[0] in " \n\t" else ""
    chomping = "-" if trimmed == written else ""
    return [f"|{indentation}{chomping}", *trimmed.split("\n")]


def quote_text(text: str) -> str:
    """Write a text in double quotes; interpolation is left to the caller."""
    parts, done = list[str](), 0
    for start, end in find_denormal(text):
        parts += map(_escape, text[done:start])
        parts += (_escape(sign) if sign.isascii() else _spell(sign) for sign in text[start:end])
        done = end
    return WITHIN_LINE.sub(_disarm, '"' + "".join([*parts, *map(_escape, text[done:])]) + '"')


def _disarm(match: re.Match[str]) -> str:
    return r"#\x23" if match.group() == "##" else r"section\x5f"


def _escape(sign: str) -> str:
    if sign in _ESCAPES:
        return _ESCAPES[sign]
    return _spell(sign) if is_invisible(sign) else sign


def _spell(sign: str) -> str:
    code = ord(sign)
    if code > _TWO_BYTES:
        return f"\\U{code:08X}"
    return f"\\x{code:02X}" if code <= _ONE_BYTE else f"\\u{code:04X}"
