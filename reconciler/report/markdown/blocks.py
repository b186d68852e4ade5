"""One update as a collapsible block of Markdown, and many updates as a table of addresses."""

from __future__ import annotations

import textwrap
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from reconciler.model.diagnostic import Location
from reconciler.model.plan import Change, Update
from reconciler.report.diff_words import Row, RowKind, Segment, count_lines
from reconciler.report.escape import escape_terminal
from reconciler.report.markdown.escape import code, cut_line, fence, link_code, prose
from reconciler.report.phrases import (
    CAUSE_WORDS,
    choose_cause,
    count_noun,
    diff_change,
    explain_cause,
    is_grave,
    is_risky,
    is_text_change,
    list_risks,
    name_field,
    name_owner_before,
    name_owners,
    recall_before,
    show_value,
    tell_consequences,
    tell_reach,
    write_body,
)
from reconciler.report.source_links import SourceLinks

RISK_MARK = "▲ high risk"
_SUMMARY_FIELDS = 4
_LONGEST_ADDRESS = 200
_LONGEST_NAME = 120
_LONGEST_SIDE = 60


class Values(StrEnum):
    """Which updates of a group show before and after, on one line for each change."""

    ALL = "all"
    GRAVE = "grave"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Detail:
    """How much of each update is shown."""

    value: int = 2_000
    """Characters of a value in the table of fields."""
    body: int | None = None
    """Characters of a text in the exact request; None for all."""
    diff_lines: int = 400
    requests: bool = True
    context: int = 3


def write_block(update: Update, *, detail: Detail, links: SourceLinks | None, opened: bool = False) -> str:
    """Return the collapsible block of one update."""
    parts = [
        f"<details{' open' if opened else ''}><summary>{_summarise(update)}</summary>",
        f"<p>{_place(update, links)}</p>",
        *(f"<p><b>{RISK_MARK}:</b> {prose(cut_line(risk, detail.value))}</p>" for risk in list_risks(update)),
        _write_fields(update, detail, links),
        *(
            f"<p>{prose(cut_line(text, detail.value))}</p>"
            for text in (*tell_consequences(update), tell_reach(update))
            if text
        ),
        *(_write_diff(change, detail) for change in update.changes if is_text_change(change)),
        *([_write_request(update, detail)] if detail.requests else []),
        "</details>",
    ]
    return "\n\n".join(parts)


def shows_whole(update: Update, detail: Detail) -> bool:
    """Tell whether the block of an update holds its address, its id and both sides of every change, uncut."""
    names = len(update.address) <= _LONGEST_ADDRESS and len(str(update.identity)) <= _LONGEST_ADDRESS
    return names and all(_shows_change(change, detail) for change in update.changes)


def _shows_change(change: Change, detail: Detail) -> bool:
    if is_text_change(change):
        lines = list(_write_lines(diff_change(change, context=detail.context)))
        return len(lines) <= detail.diff_lines and all(len(line) <= detail.value for line in lines)
    sides = (show_value(value, secret=change.secret) for value in (change.before, change.after))
    return all(len(side) <= detail.value for side in sides)


def _summarise(update: Update) -> str:
    names = [code(cut_line(name_field(change.path), 80)) for change in update.changes[:_SUMMARY_FIELDS]]
    more = [f"and {len(update.changes) - _SUMMARY_FIELDS} more"] if len(update.changes) > _SUMMARY_FIELDS else []
    marks = [CAUSE_WORDS[choose_cause(update)]]
    marks += [RISK_MARK] if is_risky(update) else []
    marks += ["protected"] if update.protected else []
    return f"<b>{code(cut_line(update.address, _LONGEST_ADDRESS))}</b> · {', '.join([*names, *more])} · <i>{' · '.join(marks)}</i>"


def _place(update: Update, links: SourceLinks | None) -> str:
    account = update.account if update.account == update.provider else f"{update.account} ({update.provider})"
    label = [f"{code(cut_line(update.label, 120))}"] if update.label else []
    identity = code(cut_line(str(update.identity), _LONGEST_ADDRESS))
    return " · ".join([code(account), *label, identity, _link(update.location, links)])


def _link(location: Location, links: SourceLinks | None) -> str:
    return link_code(f"{location.file}:{location.line}", links.link(location) if links else None)


def _write_fields(update: Update, detail: Detail, links: SourceLinks | None) -> str:
    rows = [_write_row(change, detail, links) for change in update.changes]
    for name in update.request.companions:
        value = code(cut_line(show_value(update.request.body.get(name)), detail.value))
        rows.append(
            f'<tr><td>{code(name)}</td><td colspan="2">{value}</td><td>sent because the API demands it</td></tr>'
        )
    head = "<tr><th>Field</th><th>Before</th><th>After</th><th>Cause</th></tr>"
    return "\n".join(["<table>", head, *rows, "</table>"])


def _write_row(change: Change, detail: Detail, links: SourceLinks | None) -> str:
    name = name_field(change.path)
    field = link_code(name, links.link(change.location) if links and change.location else None)
    cause = prose(explain_cause(change)) + (f"<br>{RISK_MARK}" if change.risk else "")
    if is_text_change(change):
        added, removed = count_lines(diff_change(change))
        kept = " since the last apply" if change.before is not recall_before(change) else ""
        lines = f"text: {count_noun(added, 'line')} added, {removed:,} removed{kept}"
        shown = f'<td colspan="2"><i>{lines}</i>{_tell(name_owners(change))}</td>'
    else:
        before = code(cut_line(show_value(change.before, secret=change.secret), detail.value))
        after = code(cut_line(show_value(change.after, secret=change.secret), detail.value))
        shown = f"<td>{before}{_tell(name_owner_before(change))}</td><td>{after}{_tell(name_owners(change))}</td>"
    return f"<tr><td>{field}</td>{shown}<td>{cause}</td></tr>"


def _tell(whose: str) -> str:
    return f" <i>{prose(whose)}</i>" if whose else ""


def _write_diff(change: Change, detail: Detail) -> str:
    """Return a text's diff; without room for a single line of it, only the table's count of lines remains."""
    if not detail.diff_lines:
        return ""
    rows = diff_change(change, context=detail.context)
    lines = [cut_line(line, detail.value) for line in _write_lines(rows)]
    if len(lines) > detail.diff_lines:
        lines = [*lines[: detail.diff_lines], f"@@ {len(lines) - detail.diff_lines:,} more lines @@"]
    return fence("\n".join(lines), "diff")


def _write_lines(rows: Iterable[Row]) -> Iterator[str]:
    """Yield diff lines: a run of changed rows as all removed lines, then all added ones."""
    removed: list[str] = []
    added: list[str] = []
    for row in rows:
        if row.kind in {RowKind.EQUAL, RowKind.GAP}:
            yield from (*removed, *added)
            removed, added = [], []
            yield f"@@ {row.hidden:,} unchanged lines @@" if row.kind is RowKind.GAP else f"  {_join(row.before)}"
            continue
        if row.before_line is not None:
            removed.append(f"- {_join(row.before)}")
        if row.after_line is not None:
            added.append(f"+ {_join(row.after)}")
    yield from (*removed, *added)


def _join(segments: tuple[Segment, ...]) -> str:
    return "".join(segment.face for segment in segments)


def _write_request(update: Update, detail: Detail) -> str:
    request = f"{update.request.method} {update.request.url}"
    carrier = f"\n\n# as one entry of {update.request.method} {update.request.batch}" if update.request.batch else ""
    text = f"{request.replace(chr(10), ' ')}\n\n{write_body(update, longest=detail.body)}"
    return fence(text + carrier.replace("\r", " "), "http")


@dataclass(frozen=True, slots=True)
class Shown:
    """A text, and the addresses of the updates that it shows whole: each change with both of its sides, uncut."""

    text: str
    whole: frozenset[str] = frozenset()


def write_groups(updates: Iterable[Update], *, room: int, values: Values) -> Shown:
    """Return many updates, grouped by kind, account, cause and changed fields, in at most `room` characters.

    Groups that deserve the first look come first, then large ones; what finds no room is counted.
    """
    groups: defaultdict[tuple[str, ...], list[Update]] = defaultdict(list)
    for update in updates:
        groups[_choose_group(update)].append(update)
    ordered = sorted(groups.items(), key=lambda group: (not is_grave(group[1][0]), -len(group[1]), group[0]))
    parts: list[str] = []
    whole: set[str] = set()
    for position, (_, members) in enumerate(ordered):
        group = _write_group(members, room - sum(len(part) + 2 for part in parts) - 100, values)
        if not group.text:
            left = count_noun(sum(len(rest) for _, rest in ordered[position:]), "more update")
            parts.append(f"<p><i>{left} in {count_noun(len(ordered) - position, 'group')}.</i></p>")
            break
        parts.append(group.text)
        whole |= group.whole
    return Shown("\n\n".join(parts), frozenset(whole))


def _choose_group(update: Update) -> tuple[str, ...]:
    fields = ", ".join(name_field(change.path) for change in update.changes)
    return (update.kind, update.account, choose_cause(update), str(is_risky(update)), fields)


def _write_group(members: list[Update], room: int, values: Values) -> Shown:
    """Return one group, or nothing where not even its first line has room."""
    first = members[0]
    fields = ", ".join(name_field(change.path) for change in first.changes)
    cause = CAUSE_WORDS[choose_cause(first)] + (f" · {RISK_MARK}" if is_risky(first) else "")
    head = (
        f"<details><summary><b>{count_noun(len(members), 'update')}</b> · {code(cut_line(first.kind, 80))} at"
        f" {code(cut_line(first.account, 80))} · {code(cut_line(fields, 200))} · <i>{cause}</i></summary>"
    )
    valued = values is Values.ALL or (values is Values.GRAVE and is_grave(first))
    lines = [line for member in members for line in _list_values(member)] if valued else _list_names(members)
    kept = _keep_lines(lines, room - len(head) - 120)
    if not kept:
        return Shown("")
    more = [f"<p><i>and {len(lines) - len(kept):,} more lines.</i></p>"] if len(kept) < len(lines) else []
    text = "\n\n".join([head, fence("\n".join(kept), "text"), *more, "</details>"])
    return Shown(text, frozenset(_find_whole(members, kept=len(kept)) if valued else ()))


def _find_whole(members: list[Update], *, kept: int) -> Iterator[str]:
    """Yield the addresses of the members whose lines are among those kept, and say all."""
    last = 0
    for member in members:
        last += len(member.changes)
        short = len(_name_within_kind(member)) <= _LONGEST_NAME
        if last <= kept and short and all(_is_one_line(change) for change in member.changes):
            yield member.address


def _is_one_line(change: Change) -> bool:
    sides = (show_value(value, secret=change.secret) for value in (change.before, change.after))
    texts = [name_field(change.path), *sides]
    return not is_text_change(change) and all(len(text) <= _LONGEST_SIDE for text in texts)


def _list_values(update: Update) -> Iterator[str]:
    """Yield a line for each change; the address stands in the first."""
    name = cut_line(_name_within_kind(update), _LONGEST_NAME)
    for change in update.changes:
        if is_text_change(change):
            added, removed = count_lines(diff_change(change))
            shown = f"text, +{added:,} -{removed:,} lines"
        else:
            before, after = (show_value(value, secret=change.secret) for value in (change.before, change.after))
            shown = f"{cut_line(before, _LONGEST_SIDE)} → {cut_line(after, _LONGEST_SIDE)}"
        yield escape_terminal(f"{name}  {cut_line(name_field(change.path), _LONGEST_SIDE)}  {shown}")
        name = " " * len(name)


def _list_names(members: list[Update]) -> list[str]:
    names = ", ".join(escape_terminal(cut_line(_name_within_kind(member), _LONGEST_NAME)) for member in members)
    return textwrap.wrap(names, 100, break_on_hyphens=False, break_long_words=False)


def _name_within_kind(update: Update) -> str:
    return update.address.removeprefix(f"{update.kind}.")


def _keep_lines(lines: list[str], room: int) -> list[str]:
    kept: list[str] = []
    for line in lines:
        room -= len(line) + 1
        if room < 0:
            break
        kept.append(line)
    return kept
