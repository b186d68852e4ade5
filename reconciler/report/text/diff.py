"""Show how a long text or a structure changed: a unified diff with the changed words marked."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from reconciler.model.paths import Json
from reconciler.model.plan_values import encode_value
from reconciler.report.diff_words import Row, RowKind, Segment, count_lines, diff_texts
from reconciler.report.escape import escape_terminal
from reconciler.report.phrases import count_noun
from reconciler.report.text.paint import Line, Span, indent, wrap

_CONTEXT: Final = 2
GUTTER: Final[Line] = (("dim", "│ "),)
"""Stands before every line of a foreign text, so that none of it can pass for a line of the plan itself."""


def spell_text(value: Json) -> str:
    """Return the text that a value is compared as: a string as it is, null as nothing, a structure as indented JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(encode_value(value), ensure_ascii=False, indent=2)


def _compare(before: Json, after: Json, *, context: int | None) -> tuple[Row, ...]:
    """Compare two values line by line; a line feed that ends both sides is no line of its own."""
    old, new = spell_text(before), spell_text(after)
    if old.endswith("\n") and new.endswith("\n"):
        old, new = old[:-1], new[:-1]
    return diff_texts(old, new, context=context)


def render_diff(before: Json, after: Json, *, width: int, colour: bool, verbose: bool) -> list[Line]:
    """Return the lines of a diff, wrapped. Without colour the changed words stand in `[-...-]` and `{+...+}`."""
    rows = _compare(before, after, context=None if verbose else _CONTEXT)
    lines: list[Line] = []
    for block in _group_changes(rows):
        lines.extend(_render_block(block, colour=colour))
    return [part for line in lines for part in _wrap_row(line, width=width)]


def count_changes(before: Json, after: Json) -> str:
    """Say how many lines were added and removed, e.g. `+3 -2 lines`."""
    added, removed = count_lines(_compare(before, after, context=0))
    return f"+{added} -{removed} {'line' if max(added, removed) == 1 else 'lines'}"


def render_block(value: Json, *, width: int, limit: int | None) -> list[Line]:
    """Return the lines of a text that is new as a whole; after `limit` lines it only says how many more there are."""
    texts = spell_text(value).removesuffix("\n").split("\n")
    shown = texts if limit is None or len(texts) <= limit + 1 else texts[:limit]
    lines: list[Line] = [(("after", "+ " + escape_terminal(text)),) for text in shown]
    if len(shown) < len(texts):
        lines.append((("dim", f"⋯ {count_noun(len(texts) - len(shown), 'more line')}"),))
    return [part for line in lines for part in _wrap_row(line, width=width)]


def _wrap_row(line: Line, *, width: int) -> list[Line]:
    return indent(wrap(line, width=max(8, width - 2), hang=2), GUTTER)


def _group_changes(rows: Iterable[Row]) -> Iterable[list[Row]]:
    """Keep neighbouring changed lines together, so that all removed ones stand before all added ones."""
    group: list[Row] = []
    for row in rows:
        if row.kind is not RowKind.CHANGE and group:
            yield group
            group = []
        if row.kind is RowKind.CHANGE:
            group.append(row)
        else:
            yield [row]
    if group:
        yield group


def _render_block(rows: Sequence[Row], *, colour: bool) -> list[Line]:
    removed = [_render_side(row, RowKind.DELETE, colour=colour) for row in rows if row.before_line is not None]
    added = [_render_side(row, RowKind.INSERT, colour=colour) for row in rows if row.after_line is not None]
    match rows[0].kind:
        case RowKind.GAP:
            return [(("dim", f"⋯ {count_noun(rows[0].hidden, 'unchanged line')}"),)]
        case RowKind.EQUAL:
            return [(("", "  " + _join(rows[0].before)),)]
        case RowKind.DELETE:
            return removed
        case RowKind.INSERT:
            return added
        case RowKind.CHANGE:
            return [*removed, *added]


def _join(segments: Sequence[Segment]) -> str:
    return "".join(segment.face for segment in segments)


def _render_side(row: Row, side: RowKind, *, colour: bool) -> Line:
    segments = row.before if side is RowKind.DELETE else row.after
    sign, style = ("- ", "before") if side is RowKind.DELETE else ("+ ", "after")
    marked = row.kind is RowKind.CHANGE
    joined = _join_changed(segments)
    return ((style, sign), *(_render_segment(segment, style, marked=marked, colour=colour) for segment in joined))


def _join_changed(segments: Sequence[Segment]) -> list[Segment]:
    """Mark what stands between two changed words too, where that is only a sign or a space: `17:00`, not `17` and `00`."""
    joined: list[Segment] = []
    for index, segment in enumerate(segments):
        inner = 0 < index < len(segments) - 1 and segments[index - 1].changed and segments[index + 1].changed
        changed = segment.changed or (inner and len(segment.text) == 1 and not segment.text.isalnum())
        if joined and joined[-1].changed == changed:
            joined[-1] = joined[-1].join(segment)
        else:
            joined.append(replace(segment, changed=changed))
    return joined


def _render_segment(segment: Segment, style: str, *, marked: bool, colour: bool) -> Span:
    text = segment.face
    if not (marked and segment.changed and text):
        return (style, text)
    if colour:
        return (f"{style}_word", text)
    return (style, f"[-{text}-]" if style == "before" else f"{{+{text}+}}")
