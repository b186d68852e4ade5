"""Write a new text into a block scalar: its header, indentation and way of folding stay where the text allows it."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from typing import Final

from reconciler.config.text.writing import can_be_shown, escape_interpolation

_HEADER: Final = re.compile(r"([|>])([0-9+-]*)(.*)", re.DOTALL)
_DEEPEST: Final = 9


def rewrite_block(block: str, text: str, *, column: int, newline: str) -> str | None:
    """Return the block with another text, or None where a block cannot hold it there.

    `block` runs from its indicator to the end of its last line; `column` is that of the key or dash it belongs to.
    """
    header, _, body = block.partition("\n")
    found = _HEADER.fullmatch(header.rstrip("\r"))
    written = escape_interpolation(text)
    trimmed = written.rstrip("\n")
    if found is None or not trimmed.strip() or not can_be_shown(written):
        return None
    style, indicators, comment = found.groups()
    chomping = _choose_chomping(indicators, len(written) - len(trimmed))
    indent = _find_indent(body, indicators, column)
    if chomping is None:
        return None
    if style == ">" and any(line[:1] in (" ", "\t") for line in trimmed.split("\n")):
        style = "|"
    lines = trimmed.split("\n") if style == "|" else list(_fold(trimmed, body, indent))
    digits = re.sub(r"\D", "", indicators)
    if not digits and (trimmed[0] in " \t\n"):
        digits = str(indent - column)
    if digits and not 1 <= indent - column <= _DEEPEST:
        return None
    empty = max(0, len(written) - len(trimmed) - 1) if chomping == "+" else 0
    shown = [" " * indent + line if line else "" for line in (*lines, *[""] * empty)]
    ended = newline if block.endswith("\n") or chomping != "-" else ""
    return newline.join((f"{style}{digits}{chomping}{comment}", *shown)) + ended


def _choose_chomping(indicators: str, ends: int) -> str | None:
    """Return the indicator for a number of line ends; several need one that the block had, or lines below join it."""
    if ends > 1:
        return "+" if "+" in indicators else None
    if ends == 1:
        return "+" if "+" in indicators else ""
    return "-"


def _find_indent(body: str, indicators: str, column: int) -> int:
    digits = re.sub(r"\D", "", indicators)
    if digits:
        return column + int(digits)
    for line in body.split("\n"):
        if line.strip():
            return len(line) - len(line.lstrip(" "))
    return column + 2


def _fold(text: str, body: str, indent: int) -> Iterator[str]:
    """Write the lines of a folded block: paragraphs that it had keep their line breaks, others get its width."""
    known = {" ".join(lines): lines for lines in _list_paragraphs(body, indent)}
    width = max((len(line) for lines in known.values() for line in lines), default=0)
    for number, paragraph in enumerate(text.split("\n")):
        if number:
            yield ""
        if paragraph:
            yield from known.get(paragraph) or _wrap(paragraph, width)


def _list_paragraphs(body: str, indent: int) -> Iterator[list[str]]:
    lines: list[str] = []
    for line in (*body.replace("\r", "").split("\n"), ""):
        if line.strip():
            lines.append(line[indent:])
        elif lines:
            yield lines
            lines = []


def _wrap(paragraph: str, width: int) -> list[str]:
    lines = textwrap.wrap(paragraph, max(width, 20), break_long_words=False, break_on_hyphens=False)
    return lines if " ".join(lines) == paragraph else [paragraph]
