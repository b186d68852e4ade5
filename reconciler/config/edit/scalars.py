"""Decide how a value is written in place of another: in the old one's style where the new value allows it."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import yaml
from yaml.events import ScalarEvent

from reconciler.config.edit.nodes import BLOCKS
from reconciler.config.text.events import FASTEST_PARSER
from reconciler.config.text.writing import (
    FLOW_SIGNS,
    Spelled,
    escape_interpolation,
    is_block,
    quote_text,
    write_block,
    write_key,
    write_scalar,
)
from reconciler.config.values.scalars import NULLS, WrongTypeError, convert_scalar
from reconciler.config.values.shapes import ANY, Shape
from reconciler.model.invisible import is_clear
from reconciler.model.paths import Json

_LONGEST_PLAIN: Final = 512


@dataclass(frozen=True, slots=True)
class Written:
    """A value in one place: what stands on the line, and the lines below it, not yet indented."""

    inline: str
    below: tuple[str, ...] = ()


def write_in_style(value: Json, *, style: str, shape: Shape, flow: bool) -> Written:
    """Write a text, number, boolean or null where a scalar of a style stood; texts that grow lines become blocks."""
    if not isinstance(value, str):
        return Written(write_scalar(value))
    if not flow and is_block(value):
        header, *lines = write_block(value)
        return Written(header, tuple(lines))
    if not flow and style in BLOCKS and is_block(f"{value}\n{value}"):
        header, *lines = write_block(value)
        return Written(header, tuple(lines))
    return Written(_write_line(value, style=style, shape=shape, flow=flow))


def write_flow(value: Json, *, shape: Shape) -> str:
    """Write any value on one line, as it stands within `[]` and `{}`."""
    if isinstance(value, Mapping):
        known, extra = shape.fields, shape.extra or ANY
        pairs = [f"{write_key(key)}: {write_flow(below, shape=known.get(key, extra))}" for key, below in value.items()]
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(write_flow(entry, shape=shape.items or ANY) for entry in value) + "]"
    return write_in_style(value, style="", shape=shape, flow=True).inline


def _write_line(text: str, *, style: str, shape: Shape, flow: bool) -> str:
    if isinstance(text, Spelled) and style == "" and not flow:
        return text
    written = text if isinstance(text, Spelled) else escape_interpolation(text)
    if style == "" and _can_be_plain(written, shape.types, flow=flow):
        return written
    if style == "'" and is_clear(written):
        return "'" + written.replace("'", "''") + "'"
    return quote_text(written)


@functools.lru_cache(maxsize=4096)
def _can_be_plain(text: str, types: frozenset[str], *, flow: bool) -> bool:
    """Tell whether the reader takes unquoted characters for this very text, by asking it."""
    if text in NULLS or len(text) > _LONGEST_PLAIN or not is_clear(text) or "${" in text:
        return False
    if flow and FLOW_SIGNS & set(text):
        return False
    try:
        if convert_scalar(text, types) != text:
            return False
    except WrongTypeError:
        return False
    probe = f"k: [{text}, x]" if flow else f"k: {text}"
    return _list_scalars(probe) == [("k", None), (text, None), *([("x", None)] if flow else [])]


def _list_scalars(probe: str) -> list[tuple[str, str | None]]:
    parser: Any = FASTEST_PARSER(probe)
    found: list[tuple[str, str | None]] = []
    try:
        while parser.check_event():
            event = parser.get_event()
            if isinstance(event, ScalarEvent):
                found.append((event.value, event.style if event.anchor is None and event.tag is None else "!"))
    except yaml.YAMLError:
        return []
    return [(value, style or None) for value, style in found]
