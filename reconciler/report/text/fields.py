"""Show the changes of one update, a field a line, and the request that carries them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from reconciler.model.paths import MISSING, Json, Missing
from reconciler.model.plan import Cause, Change, Subject, Update
from reconciler.model.plan_values import list_body
from reconciler.model.secret import HIDDEN, Secret
from reconciler.report.escape import escape_terminal
from reconciler.report.phrases import LONG_TEXT, count_noun, name_field, name_owner_before, name_owners, recall_before
from reconciler.report.text.diff import GUTTER, count_changes, render_block, render_diff
from reconciler.report.text.paint import Line, indent, measure, measure_line, wrap

_BLOCK_LINES: Final = 12
"""Lines of a new text that are shown without `--verbose`."""
_BODY_TEXT: Final = 48
"""Characters of a text within a request body that are shown without `--verbose`."""
_WIDEST_NAME: Final = 32
_NARROWEST: Final = 24
"""Cells that a value gets at least beside its name; with fewer it stands below."""
_ARROW: Final = ("dim", "→ ")
_CAUSE_STYLES: Final = {Cause.DRIFT: "drift", Cause.CONFLICT: "conflict"}


@dataclass(frozen=True, slots=True)
class View:
    """How a plan is looked at. `compact` leaves out diffs and requests: only what changes is said."""

    width: int
    colour: bool
    verbose: bool = False
    compact: bool = False
    subject: Subject = Subject.PLAN

    def narrow(self, cells: int) -> View:
        """Return the view that remains beside an indentation."""
        return View(max(16, self.width - cells), self.colour, self.verbose, self.compact, self.subject)


def show_literal(value: Json | Missing, *, secret: bool = False) -> str:
    """Write a value on one line as JSON, safe for a terminal."""
    if value is MISSING:
        return "(cannot be read)"
    if value is None:
        return "(none)"
    if secret or isinstance(value, Secret):
        return HIDDEN
    return escape_terminal(json.dumps(value, ensure_ascii=False, default=str))


def render_changes(update: Update, view: View) -> list[Line]:
    """Return the aligned lines of all changes of an update, then its companions."""
    names = [escape_terminal(name_field(change.path)) for change in update.changes]
    companions = [escape_terminal(name) for name in update.request.companions]
    widest = max((measure(name) for name in [*names, *companions]), default=0)
    column = min(widest, _WIDEST_NAME, max(8, view.width // 3))
    lines: list[Line] = []
    margin = leave_margin(update)
    for name, change in zip(names, update.changes, strict=True):
        head: Line = (("risk", "▲ ") if change.risk else ("", margin), ("field", _pad(name, column)), ("", "  "))
        lines.extend(_part_block(lines))
        lines.extend(_render_change(head, change, view))
    lines.extend(_part_block(lines) if companions else ())
    for name in companions:
        because: Line = (("dim", "sent because the API demands it"),)
        lines.extend(_place((("dim", margin + _pad(name, column)), ("", "  ")), (because,), (), view))
    return lines


def leave_margin(update: Update) -> str:
    """Return the room before a name: where one field is flagged as high risk, the others keep it free."""
    return "  " if any(change.risk for change in update.changes) else ""


def _part_block(lines: list[Line]) -> list[Line]:
    """Return an empty line where the last one belongs to a block."""
    return [()] if lines and GUTTER[0] in lines[-1] else []


def _pad(name: str, column: int) -> str:
    return name + " " * max(0, column - measure(name))


def _render_change(head: Line, change: Change, view: View) -> list[Line]:
    marker = _mark(change, view.subject)
    if _needs_block(change):
        return _render_long(head, marker, change, view)
    return _place(head, _render_sides(change, view.subject), marker, view)


def _render_sides(change: Change, subject: Subject) -> tuple[Line, Line]:
    before, after = recall_before(change), change.after
    old = show_literal(before, secret=change.secret)
    new = show_literal(after, secret=change.secret)
    style = "dim" if before is MISSING or before is None else "before"
    whose, whose_before = _tell(name_owners(change)), _tell(name_owner_before(change))
    sides = (style, old), ("dim" if after is None else "after", new)
    if subject is Subject.DRIFT:
        return (("dim", "git says "), sides[0], *whose_before), (("dim", "live says "), sides[1], *whose)
    return (sides[0], *whose_before), (_ARROW, sides[1], *whose)


def _tell(words: str) -> Line:
    return (("dim", f" {escape_terminal(words)}"),) if words else ()


def _place(head: Line, value: tuple[Line, ...], marker: Line, view: View) -> list[Line]:
    """Put a field on one line; where it does not fit, below each other; where even that fails, below its name."""
    parts = (*value, marker) if marker else value
    if measure_line(head + _join(parts)) <= view.width:
        return [head + _join(parts)]
    hang = measure_line(head)
    room = view.width - hang
    if any(measure_line(part) > room for part in value) or room < _NARROWEST:
        lines = _stack(parts, view.width - 2)
        return [*wrap(head, width=view.width), *indent(lines, (("", "  "),))]
    lines = _stack(parts, room)
    return [head + lines[0], *indent(lines[1:], (("", " " * hang),))]


def _stack(parts: tuple[Line, ...], width: int) -> list[Line]:
    """Keep before and after together on a line where they fit; a marker never parts them."""
    stack = list(parts)
    for count in range(len(parts), 1, -1):
        if measure_line(_join(parts[:count])) <= width:
            stack = [_join(parts[:count]), *parts[count:]]
            break
    return [piece for part in stack for piece in wrap(part, width=width, hang=2)]


def _join(parts: tuple[Line, ...]) -> Line:
    line: Line = ()
    for part in parts:
        gap = " " if part[0] == _ARROW else "  "
        line = (*line, ("", gap), *part) if line else part
    return line


def _mark(change: Change, subject: Subject) -> Line:
    words = _explain_cause(change) if subject is Subject.PLAN else ""
    if change.cause is Cause.CONFLICT and not words:
        words = "conflict: git changed it too"
    return ((_CAUSE_STYLES.get(change.cause, "dim"), words),) if words else ()


def _explain_cause(change: Change) -> str:
    if change.cause is Cause.DRIFT:
        return "drift: changed outside git"
    if change.cause is Cause.CONFLICT:
        last = show_literal(change.last_applied, secret=change.secret)
        words = "conflict: git and somebody else changed it"
        return words if change.last_applied is MISSING else f"{words}; last applied {last}"
    if change.undone_by:
        return f"undone by run {escape_terminal(change.undone_by)}; git still declares it"
    if change.cause is Cause.UNVERIFIABLE and change.before is MISSING and change.last_applied is not MISSING:
        return "since the last apply; cannot be read back"
    return ""


def _needs_block(change: Change) -> bool:
    sides = (recall_before(change), change.after)
    return not change.secret and any(_is_long(side) for side in sides)


def _is_long(value: Json | Missing) -> bool:
    if isinstance(value, str):
        return "\n" in value or len(value) > LONG_TEXT
    return isinstance(value, Mapping | list | tuple) and len(show_literal(value)) > LONG_TEXT


def _render_long(head: Line, marker: Line, change: Change, view: View) -> list[Line]:
    before = recall_before(change)
    if before is MISSING or before is None:
        summary: Line = (("dim", f"{show_literal(before)} → "), ("after", _size(change.after)))
        block = render_block(change.after, width=view.width - 2, limit=None if view.verbose else _BLOCK_LINES)
    elif change.after is None:
        summary, block = (("before", _size(before)), ("dim", " → (none)")), []
    else:
        whose = " (- git, + live)" if view.subject is Subject.DRIFT else ""
        summary = (("", count_changes(before, change.after) + whose),)
        block = [] if view.compact else _diff(before, change, view)
    return [
        *_place(head, ((*summary, *_tell(name_owners(change))),), marker, view),
        *([] if view.compact else indent(block, (("", "  "),))),
    ]


def _diff(before: Json, change: Change, view: View) -> list[Line]:
    return render_diff(before, change.after, width=view.width - 2, colour=view.colour, verbose=view.verbose)


def _size(value: Json) -> str:
    if not isinstance(value, str):
        return count_noun(len(value), "entry").replace("entrys", "entries")
    lines = value.rstrip("\n").count("\n") + 1
    return (
        f"{count_noun(lines, 'line')}, {count_noun(len(value), 'character')}"
        if lines > 1
        else f"{len(value):,} characters"
    )


def render_request(update: Update, view: View) -> list[Line]:
    """Return method, URL and JSON body of the request; long texts in it are cut unless the view is verbose."""
    request = update.request
    line: Line = (("method", escape_terminal(request.method)), ("dim", " " + escape_terminal(request.url)))
    body = _show_body(list_body(update), longest=None if view.verbose else _BODY_TEXT)
    lines = [*wrap(line, width=view.width, hang=len(request.method) + 1)]
    lines += wrap((("", body),), width=view.width, hang=2)
    if request.batch:
        carrier: Line = (("dim", f"as one entry of {request.method} {escape_terminal(request.batch)}"),)
        lines += wrap(carrier, width=view.width, hang=2)
    return lines


def _show_body(value: Json, *, longest: int | None) -> str:
    if isinstance(value, Mapping):
        if value.get("secret") is True and len(value) == 1:
            return HIDDEN
        inner = ", ".join(
            f"{show_literal(str(key))}: {_show_body(part, longest=longest)}" for key, part in value.items()
        )
        return f"{{{inner}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_show_body(part, longest=longest) for part in value)}]"
    if isinstance(value, str) and longest is not None and len(value) > longest + 16:
        return f'{show_literal(value[:longest])[:-1]}…" (+{len(value) - longest:,} characters)'
    return "null" if value is None else show_literal(value)
