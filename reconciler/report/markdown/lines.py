"""Many updates in few characters: a line a change where there is room, else their names alone."""

from __future__ import annotations

import textwrap
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reconciler.model.plan import Change, Update
from reconciler.report.escape import escape_terminal
from reconciler.report.markdown.escape import code, cut_line, fence
from reconciler.report.markdown.tables import RISK_MARK, tell_lines
from reconciler.report.phrases import (
    CAUSE_WORDS,
    choose_cause,
    count_noun,
    is_long_change,
    is_risky,
    name_field,
    show_value,
)
from reconciler.report.reading_order import weigh

_LONGEST_NAME = 120
_LONGEST_SIDE = 60


@dataclass(frozen=True, slots=True)
class Lines:
    """Groups of updates as text. `short` names the updates whose names and short values all stand in it, uncut.

    `unvalued` counts the updates of which it shows only the names, or not even these.
    """

    text: str
    short: frozenset[str] = frozenset()
    unvalued: int = 0


@dataclass(frozen=True, slots=True)
class _Group:
    members: tuple[Update, ...]
    named: str
    valued: str


def write_lines(updates: Iterable[Update], *, room: int) -> Lines:
    """Return updates grouped by kind, account, cause and fields, in at most `room` characters.

    All are named first; then, as far as the room goes, groups get their values: those that deserve the first look, then
    large ones. What finds no room for its name is counted.
    """
    groups = _make_groups(updates)
    kept, left = _keep_named(groups, room - 100)
    used = sum(len(group.named) + 2 for group in kept)
    parts: list[str] = []
    short: list[Update] = []
    for group in kept:
        more = len(group.valued) - len(group.named)
        fits = used + more <= room - 100
        used += more if fits else 0
        parts.append(group.valued if fits else group.named)
        short += group.members if fits else ()
    if left:
        count = sum(len(group.members) for group in left)
        parts.append(f"<p><i>{count_noun(count, 'more update')} in {count_noun(len(left), 'group')}.</i></p>")
    unvalued = sum(len(group.members) for group in groups) - len(short)
    return Lines("\n\n".join(parts), frozenset(each.address for each in short if _is_short(each)), unvalued)


def _make_groups(updates: Iterable[Update]) -> list[_Group]:
    groups: defaultdict[tuple[str, ...], list[Update]] = defaultdict(list)
    for update in updates:
        fields = ", ".join(name_field(change.path) for change in update.changes)
        key = (update.kind, update.account, choose_cause(update), str(is_risky(update)), fields)
        groups[key].append(update)
    ordered = sorted(groups.items(), key=lambda group: (weigh(group[1][0]), -len(group[1]), group[0]))
    return [_write_group(tuple(members)) for _, members in ordered]


def _write_group(members: tuple[Update, ...]) -> _Group:
    first = members[0]
    fields = ", ".join(name_field(change.path) for change in first.changes)
    cause = CAUSE_WORDS[choose_cause(first)] + (f" · {RISK_MARK}" if is_risky(first) else "")
    head = (
        f"<p><b>{count_noun(len(members), 'update')}</b> · {code(cut_line(first.kind, 80))} at"
        f" {code(cut_line(first.account, 80))} · {code(cut_line(fields, 200))} · <i>{cause}</i></p>"
    )
    names = ", ".join(escape_terminal(cut_line(_name(member), _LONGEST_NAME)) for member in members)
    named = textwrap.wrap(names, 100, break_on_hyphens=False, break_long_words=False)
    valued = [line for member in members for line in _list_values(member)]
    return _Group(members, *(f"{head}\n\n{fence(chr(10).join(lines), 'text')}" for lines in (named, valued)))


def _keep_named(groups: Sequence[_Group], room: int) -> tuple[list[_Group], list[_Group]]:
    for index, group in enumerate(groups):
        room -= len(group.named) + 2
        if room < 0:
            return list(groups[:index]), list(groups[index:])
    return list(groups), []


def _list_values(update: Update) -> list[str]:
    """Return a line for each change; the address stands in the first."""
    name = cut_line(_name(update), _LONGEST_NAME)
    lines = []
    for change in update.changes:
        lines.append(f"{name}  {cut_line(name_field(change.path), _LONGEST_SIDE)}  {_show(change)}")
        name = " " * len(name)
    return lines


def _show(change: Change) -> str:
    if is_long_change(change):
        return tell_lines(change)
    before, after = (show_value(value, secret=change.secret) for value in (change.before, change.after))
    return f"{cut_line(before, _LONGEST_SIDE)} → {cut_line(after, _LONGEST_SIDE)}"


def _is_short(update: Update) -> bool:
    if len(_name(update)) > _LONGEST_NAME:
        return False
    sides = (
        show_value(value, secret=change.secret)
        for change in update.changes
        if not is_long_change(change)
        for value in (change.before, change.after)
    )
    names = (name_field(change.path) for change in update.changes)
    return all(len(text) <= _LONGEST_SIDE for text in (*sides, *names))


def _name(update: Update) -> str:
    return update.address.removeprefix(f"{update.kind}.")
