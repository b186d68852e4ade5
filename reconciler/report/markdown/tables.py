"""The changes of a plan as tables: one line a change, grouped by kind and account."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reconciler.model.plan import Change, Update
from reconciler.report.diff_words import count_lines
from reconciler.report.markdown.escape import code, cut_line, link_code, prose
from reconciler.report.phrases import (
    Sides,
    count_noun,
    diff_change,
    explain_cause,
    is_long_change,
    is_risky,
    name_account,
    name_field,
    name_owner_before,
    name_owners,
    recall_before,
    show_value,
)
from reconciler.report.reading_order import group_updates
from reconciler.report.source_links import SourceLinks

RISK_MARK = "▲ high risk"
LONGEST_NAME = 200
"""Characters of an address or an id that are shown."""
_LONGEST_VALUE = 1_000
_LONGEST_LABEL = 80


@dataclass(frozen=True, slots=True)
class Tables:
    """Tables of updates; `whole` are the addresses of those that they show with their names and all short values uncut."""

    text: str
    whole: frozenset[str]


def estimate_rows(updates: Sequence[Update], *, links: SourceLinks | None) -> int:
    """Return about how many characters the rows of updates take, without writing one."""
    markup = 230 + (2 * len(links.link(updates[0].location)) if links and updates else 0)
    return sum(
        markup
        + 2
        * sum(markup // 2 if is_long_change(each) else _measure_sides(each) + markup // 2 for each in update.changes)
        for update in updates
    )


def _measure_sides(change: Change) -> int:
    return min(_LONGEST_VALUE, len(str(change.before))) + min(_LONGEST_VALUE, len(str(change.after)))


def write_tables(updates: Sequence[Update], *, links: SourceLinks | None, sides: Sides) -> Tables:
    """Return a table for each kind and account. Why a field differs stands above a table where it is the same for all of it."""
    tables = ("\n".join(_write_table(group, links=links, sides=sides)) for group in group_updates(updates))
    return Tables("\n\n".join(tables), frozenset(update.address for update in updates if _is_whole(update)))


def _write_table(group: Sequence[Update], *, links: SourceLinks | None, sides: Sides) -> Iterator[str]:
    first, causes = group[0], {explain_cause(change) for update in group for change in update.changes}
    risky, alike = sum(map(is_risky, group)), len(causes) == 1 and not any(each.request.companions for each in group)
    account = code(cut_line(name_account(first), 80))
    said = [f"<b>{count_noun(len(group), sides.noun)}</b>", f"{code(cut_line(first.kind, 80))} at {account}"]
    said += [prose(*causes)] if alike else []
    said += [f"{risky:,} {RISK_MARK}"] if risky else []
    yield f"<p>{' · '.join(said)}</p>"
    yield ""
    yield "<table>"
    why = "" if alike else "<th>Why</th>"
    yield f"<tr><th>Resource</th><th>Field</th><th>{sides.before}</th><th>{sides.after}</th>{why}</tr>"
    for update in group:
        yield from _write_rows(update, links, why=not alike)
    yield "</table>"


def _write_rows(update: Update, links: SourceLinks | None, *, why: bool) -> Iterator[str]:
    """Yield the row of each change of an update; its name stands beside the first."""
    cells = [_write_change(change, links, why=why) for change in update.changes]
    for name in update.request.companions:
        value = code(cut_line(show_value(update.request.body.get(name)), _LONGEST_VALUE))
        cells.append(f'<td>{code(name)}</td><td colspan="2">{value}</td><td>sent because the API demands it</td>')
    span = f' rowspan="{len(cells)}"' if len(cells) > 1 else ""
    first, *rest = cells
    yield f"<tr><td{span}>{_name(update, links)}</td>{first}</tr>"
    yield from (f"<tr>{each}</tr>" for each in rest)


def _is_whole(update: Update) -> bool:
    names = max(len(update.address), len(str(update.identity)))
    return names <= LONGEST_NAME and all(map(_is_shown, update.changes))


def _is_shown(change: Change) -> bool:
    sides = (show_value(value, secret=change.secret) for value in (change.before, change.after))
    return is_long_change(change) or all(len(side) <= _LONGEST_VALUE for side in sides)


def _name(update: Update, links: SourceLinks | None) -> str:
    """Name a resource by its address, with the vendor's name and id of it below."""
    address = link_code(cut_line(update.address, LONGEST_NAME), links.link(update.location) if links else None)
    label = [code(cut_line(update.label, _LONGEST_LABEL))] if update.label else []
    below = " · ".join([*label, code(cut_line(str(update.identity), LONGEST_NAME))])
    marks = [RISK_MARK] if update.risks and not any(change.risk for change in update.changes) else []
    marks += ["protected"] if update.protected else []
    return "<br>".join([address, below, *marks])


def _write_change(change: Change, links: SourceLinks | None, *, why: bool) -> str:
    name = link_code(name_field(change.path), links.link(change.location) if links and change.location else None)
    mark = f"<br>{RISK_MARK}" if change.risk else ""
    cause = f"<td>{prose(explain_cause(change))}</td>" if why else ""
    return f"<td>{name}{mark}</td>{_write_sides(change)}{cause}"


def _write_sides(change: Change) -> str:
    if is_long_change(change):
        kept = " since the last apply" if change.before is not recall_before(change) else ""
        return f'<td colspan="2"><i>{tell_lines(change)}{kept}</i>{_tell(name_owners(change))}</td>'
    before, after = (
        code(cut_line(show_value(value, secret=change.secret), _LONGEST_VALUE))
        for value in (change.before, change.after)
    )
    return f"<td>{before}{_tell(name_owner_before(change))}</td><td>{after}{_tell(name_owners(change))}</td>"


def tell_lines(change: Change) -> str:
    """Say how many lines of a long value were added and removed."""
    added, removed = count_lines(diff_change(change))
    return f"text: {count_noun(added, 'line')} added, {removed:,} removed"


def _tell(whose: str) -> str:
    return f" <i>{prose(whose)}</i>" if whose else ""
