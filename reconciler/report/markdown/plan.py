"""A plan as a Markdown comment for a pull request."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from reconciler.model.diagnostic import Diagnostic
from reconciler.model.plan import Plan, Planned, Status, Subject
from reconciler.report.calls import mermaid, tell_legend
from reconciler.report.drift import turn
from reconciler.report.folding import fold_by_weight, group_troubles, name_many
from reconciler.report.markdown.escape import code, cut_line, link_code, prose
from reconciler.report.markdown.folds import write_diffs, write_requests
from reconciler.report.markdown.ignored import write_ignored
from reconciler.report.markdown.lines import write_lines
from reconciler.report.markdown.tables import RISK_MARK, estimate_rows, write_tables
from reconciler.report.phrases import (
    count_noun,
    find_affected_numbers,
    list_risks,
    name_sides,
    name_status,
    name_subject,
    show_time,
    tell_scope,
    write_headline,
)
from reconciler.report.reach_words import tell_consequences, tell_reach, tell_unseen
from reconciler.report.reading_order import sort_updates
from reconciler.report.source_links import SourceLinks, source_links

__all__ = ["SourceLinks", "render_markdown", "source_links", "write_marker"]

LIMIT = 60_000
"""Characters. GitHub refuses comments of more than 65,536."""

_LISTED = 30
"""Diagnostics, resources in trouble and notes that are listed at most."""
_FOOT = 500
"""Characters that are kept for the foot, with all that it may say."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A text, and the addresses of the updates that it shows whole: each change with both of its sides, uncut."""

    text: str
    whole: frozenset[str] = frozenset()


def render_markdown(plan: Plan, *, links: SourceLinks | None = None, limit: int = LIMIT, title: str = "") -> str:
    """Return a plan as a comment of at most `limit` characters. See `compose_markdown`."""
    return compose_markdown(plan, links=links, limit=limit, title=title).text


def compose_markdown(plan: Plan, *, links: SourceLinks | None = None, limit: int = LIMIT, title: str = "") -> Shown:
    """Return a plan as a comment of at most `limit` characters, with the addresses of the updates that it shows whole.

    The first line is a hidden marker by which the comment is found again. The room goes, in this order, to what is in
    trouble; to tables of all changes, or where those are too large to lines, or at last to names; to what follows from the
    changes; to the diffs of texts, in equal shares; to the picture of the calls; to the exact requests. Each part is
    written once; the foot says what had no room. The one line that says it all is never left out.
    """
    plan = turn(plan)
    head = _write_head(plan, title or name_subject(plan))
    page = _Page(limit - len(head) - _FOOT)
    page.add(_write_troubles(plan, room=page.room // 3))
    page.add(_write_diagnostics(plan.diagnostics, links, room=page.room // 3))
    short = _add_changes(page, plan, links)
    page.add(_write_notes(plan, room=page.room // 3))
    diffs = write_diffs(plan.updates, room=page.room)
    page.add(diffs.text)
    page.gone += [f"the ends of {count_noun(diffs.cut, 'text diff')}"] if diffs.cut else []
    page.gone += [f"{count_noun(diffs.gone, 'text diff')}"] if diffs.gone else []
    page.add(write_ignored(plan, links=links, listed=_LISTED), otherwise="what is ignored for a while")
    page.add(_write_calls(plan), otherwise="the picture of the calls")
    if plan.subject is Subject.PLAN:
        requests = write_requests(plan.updates, room=page.room)
        page.add(requests.text)
        page.gone += [f"the exact requests of {count_noun(requests.gone, 'update')}"] if requests.gone else []
    foot = _write_foot(plan, page.gone, limit)
    text = _assemble(head, *page.parts, foot)
    return Shown(text if len(text) <= limit else _assemble(head, foot), short & diffs.whole)


@dataclass(slots=True)
class _Page:
    """What was written so far, and the room that is left."""

    room: int
    parts: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)

    def add(self, text: str, *, otherwise: str = "") -> None:
        """Add a part; one that has no room is left out, and `otherwise` names it."""
        if text and len(text) + 2 <= self.room:
            self.parts.append(text)
            self.room -= len(text) + 2
        elif text and otherwise:
            self.gone.append(otherwise)


def _add_changes(page: _Page, plan: Plan, links: SourceLinks | None) -> frozenset[str]:
    """Add all updates as tables, as lines or as names; return the addresses whose short values are all shown."""
    if estimate_rows(plan.updates, links=links) <= page.room:
        tables = write_tables(plan.updates, links=links, sides=name_sides(plan.subject))
        if len(tables.text) <= page.room:
            page.add(tables.text)
            return tables.whole
    lines = write_lines(plan.updates, room=page.room)
    page.add(lines.text)
    page.gone += [f"before and after of {count_noun(lines.unvalued, 'update')}"] if lines.unvalued else []
    return lines.short


def write_marker(environment: str | None) -> str:
    """Return the hidden line by which the comment of a plan for the same environment is found again."""
    return f"<!-- reconciler:plan:{write_safely(environment or 'default')} -->"


def write_safely(name: str, *, keep: str = "") -> str:
    """Return a name in few characters, unlike that of any other name."""
    safe = re.sub(rf"[^A-Za-z0-9._{keep}]+", "-", name)
    if safe == name:
        return name
    return f"{safe.strip('-')[:60]}-{hashlib.sha256(name.encode(errors='replace')).hexdigest()[:8]}"


def _assemble(*parts: str) -> str:
    return "\n\n".join(part for part in parts if part) + "\n"


def _write_head(plan: Plan, title: str) -> str:
    place = f" for {code(cut_line(plan.environment, 60))}" if plan.environment else ""
    scope = f"\n\n<p><b>{prose(tell_scope(plan))}</b></p>" if tell_scope(plan) else ""
    return f"{write_marker(plan.environment)}\n<h3>{prose(title)}{place} — {write_headline(plan)}</h3>{scope}"


def _write_troubles(plan: Plan, *, room: int) -> str:
    return _write_list([_write_trouble(planned, others) for planned, others in group_troubles(plan)], room)


def _write_trouble(planned: Planned, others: Sequence[str]) -> str:
    more = f" <i>The same for {prose(name_many(others))}.</i>" if others else ""
    name = f"{code(cut_line(planned.address, 200))} <b>{prose(name_status(planned))}</b>"
    return f"<li>{name}: {prose(cut_line(planned.reason, 300))}{more}</li>"


def _write_diagnostics(diagnostics: Iterable[Diagnostic], links: SourceLinks | None, *, room: int) -> str:
    return _write_list([_write_diagnostic(folded.told, links) for folded in fold_by_weight(diagnostics)], room)


def _write_diagnostic(diagnostic: Diagnostic, links: SourceLinks | None) -> str:
    place = diagnostic.location
    where = ""
    if place:
        where = f" ({link_code(f'{place.file}:{place.line}', links.link(place) if links else None)})"
    advice = f" <i>{prose(cut_line(diagnostic.advice, 300))}</i>" if diagnostic.advice else ""
    message = prose(cut_line(diagnostic.message, 400))
    return f"<li><b>{diagnostic.severity}</b> {code(diagnostic.code)}: {message}{where}{advice}</li>"


def _write_notes(plan: Plan, *, room: int) -> str:
    """Say why updates are high risk, what follows from them, and whom they reach; what is said of many, once."""
    told: dict[tuple[str, str], list[str]] = {}
    for update in sort_updates(plan.updates):
        mark = f"<b>{RISK_MARK}:</b> "
        sentences = [(mark, risk) for risk in list_risks(update)]
        sentences += [("", text) for text in (*tell_consequences(update), tell_reach(update)) if text]
        for sentence in sentences:
            told.setdefault(sentence, []).append(update.address)
    lines = [_write_note(*sentence, addresses) for sentence, addresses in told.items()]
    unseen = f"<p><i>{prose(tell_unseen(plan))}</i></p>" if tell_unseen(plan) else ""
    return "\n\n".join(filter(None, (_write_list(lines, room - len(unseen)), unseen)))


def _write_note(mark: str, text: str, addresses: Sequence[str]) -> str:
    more = f" and {prose(name_many(addresses[1:]))}" if addresses[1:] else ""
    return f"<li>{code(cut_line(addresses[0], 200))}{more} {mark}{prose(cut_line(text, 600))}</li>"


def _write_list(lines: list[str], room: int) -> str:
    """Return a list of as many lines as have room, with a count of the others."""
    kept: list[str] = []
    for line in lines[:_LISTED]:
        room -= len(line) + 1
        if room < 0:
            break
        kept.append(line)
    if not lines:
        return ""
    more = [f"<li><i>and {len(lines) - len(kept):,} more</i></li>"] if len(lines) > len(kept) else []
    return "\n".join(["<ul>", *kept, *more, "</ul>"])


def _write_calls(plan: Plan) -> str:
    drawn = mermaid(plan.calls, subject=plan.subject)
    if not drawn:
        return ""
    numbers = len(find_affected_numbers(plan.calls))
    head = f"<details><summary>Picture of the calls · {count_noun(numbers, 'number')} affected</summary>"
    return "\n\n".join(
        [
            head,
            f"```mermaid\n{drawn}\n```",
            f"<p><i>{prose(tell_legend(plan.calls, subject=plan.subject))}</i></p>",
            "</details>",
        ]
    )


def _write_foot(plan: Plan, gone: list[str], limit: int) -> str:
    matching = plan.count(Status.IN_SYNC)
    counts = [count_noun(plan.forecast_requests, "request")] if plan.updates and plan.subject is Subject.PLAN else []
    counts += [f"{matching:,} in sync"] if matching and plan.updates else []
    made = f"<sub>{' · '.join([*counts, f'read {show_time(plan.created_at)}'])}</sub>"
    if not gone:
        return made
    reason = f"Left out to stay within {limit:,} characters: {'; '.join(gone)}."
    return f"<p><i>{reason} The HTML and JSON formats of this plan have everything.</i></p>\n\n{made}"
