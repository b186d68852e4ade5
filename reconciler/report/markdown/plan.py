"""A plan as a Markdown comment for a pull request."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.model.plan import Plan, Planned, Status
from reconciler.report.calls import mermaid
from reconciler.report.markdown.blocks import Detail, Shown, Values, shows_whole, write_block, write_groups
from reconciler.report.markdown.escape import code, cut_line, link_code, prose
from reconciler.report.markdown.ignored import write_ignored
from reconciler.report.phrases import (
    count_noun,
    find_affected_numbers,
    list_troubles,
    name_status,
    write_headline,
)
from reconciler.report.source_links import SourceLinks, source_links

__all__ = ["SourceLinks", "render_markdown", "source_links", "write_marker"]

LIMIT = 60_000
"""Characters. GitHub refuses comments of more than 65,536."""

_OPENED = 3


_WHOLE = Detail(value=20_000, diff_lines=4_000)
"""What has room is shown uncut: what a review did not show counts as not reviewed."""


@dataclass(frozen=True, slots=True)
class _Level:
    """One step of shrinking; `left_out` says what this step gives up beyond the one before.

    `groups` is None where each update has its own block, `calls` the most stops of the picture, `listed` the length of lists.
    """

    left_out: str
    detail: Detail = _WHOLE
    groups: Values | None = None
    calls: int = 60
    listed: int = 50


_LEVELS = (
    _Level(""),
    _Level("unchanged lines around changed ones and the ends of long texts", Detail(600, 200, 120, context=1)),
    _Level("the exact requests", Detail(400, 0, 60, requests=False, context=1)),
    _Level("the picture of the calls", Detail(300, 0, 60, requests=False, context=1), calls=0),
    _Level("most lines of the text diffs", Detail(200, 0, 12, requests=False, context=0), calls=0),
    _Level("the text diffs", Detail(120, 0, 0, requests=False), calls=0, listed=30),
    _Level("all but one line for each change", groups=Values.ALL, calls=0, listed=20),
    _Level("before and after of all but drift, conflicts and high risk", groups=Values.GRAVE, calls=0, listed=20),
    _Level("before and after of every field", groups=Values.NONE, calls=0, listed=10),
)


def render_markdown(plan: Plan, *, links: SourceLinks | None = None, limit: int = LIMIT, title: str = "Plan") -> str:
    """Return a plan as a comment of at most `limit` characters. See `compose_markdown`."""
    return compose_markdown(plan, links=links, limit=limit, title=title).text


def compose_markdown(plan: Plan, *, links: SourceLinks | None = None, limit: int = LIMIT, title: str = "Plan") -> Shown:
    """Return a plan as a comment of at most `limit` characters, with the addresses of the updates that it shows whole.

    The first line is a hidden marker by which the comment is found again. Over the limit, detail is left out in this
    order until it fits, and the comment says what is missing: unchanged lines around changes and the ends of long texts;
    the exact requests; the picture of the calls; most lines of text diffs; text diffs altogether; all but one line for
    each change; before and after of all but drift, conflicts and high risk; before and after of every field, so that
    only addresses by group remain; at last the ends of these lists. The one line that says it all is never left out.
    """
    head = _write_head(plan, title)
    for index, level in enumerate(_LEVELS):
        gone = [step.left_out for step in _LEVELS[1 : index + 1]]
        body = _write_body(plan, level, links)
        text = _assemble(head, body.text, _write_foot(plan, gone, limit))
        if len(text) <= limit:
            return Shown(text, body.whole)
    return Shown(_squeeze(plan, head, limit))


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


def _squeeze(plan: Plan, head: str, limit: int) -> str:
    """Fill what room there is with addresses; the headline stays whatever the limit is."""
    foot = _write_foot(plan, ["everything but the addresses"], limit)
    room = limit - len(head) - len(foot) - 10
    groups = write_groups(plan.updates, room=room, values=Values.NONE).text if room > 0 else ""
    return _assemble(head, groups if len(groups) <= room else "", foot)


def _write_head(plan: Plan, title: str) -> str:
    place = f" for {code(cut_line(plan.environment, 60))}" if plan.environment else ""
    return f"{write_marker(plan.environment)}\n<h3>{prose(title)}{place} — {write_headline(plan)}</h3>"


def _write_body(plan: Plan, level: _Level, links: SourceLinks | None) -> Shown:
    updates = _write_updates(plan, level, links)
    troubles, found = list_troubles(plan), _write_diagnostics(plan.diagnostics, level, links)
    ignored = write_ignored(plan, links=links, listed=level.listed)
    parts = [_write_troubles(troubles, level), found, updates.text, ignored, _write_calls(plan, level)]
    return Shown("\n\n".join(part for part in parts if part), updates.whole)


def _write_updates(plan: Plan, level: _Level, links: SourceLinks | None) -> Shown:
    if level.groups is not None:
        return write_groups(plan.updates, room=1_000_000_000, values=level.groups)
    opened = len(plan.updates) <= _OPENED
    blocks = (write_block(update, detail=level.detail, links=links, opened=opened) for update in plan.updates)
    whole = frozenset(update.address for update in plan.updates if shows_whole(update, level.detail))
    return Shown("\n\n".join(blocks), whole)


def _write_troubles(troubles: tuple[Planned, ...], level: _Level) -> str:
    lines = [
        f"<li>{code(cut_line(planned.address, 200))} <b>{prose(name_status(planned))}</b>: {prose(cut_line(planned.reason, 300))}</li>"
        for planned in troubles[: level.listed]
    ]
    return _write_list(lines, len(troubles))


def _write_diagnostics(diagnostics: Iterable[Diagnostic], level: _Level, links: SourceLinks | None) -> str:
    weights = list(Severity)
    ordered = sorted(diagnostics, key=lambda diagnostic: (weights.index(diagnostic.severity), diagnostic.sort_key))
    return _write_list([_write_diagnostic(diagnostic, links) for diagnostic in ordered[: level.listed]], len(ordered))


def _write_diagnostic(diagnostic: Diagnostic, links: SourceLinks | None) -> str:
    place = diagnostic.location
    where = ""
    if place:
        where = f" ({link_code(f'{place.file}:{place.line}', links.link(place) if links else None)})"
    advice = f" <i>{prose(cut_line(diagnostic.advice, 300))}</i>" if diagnostic.advice else ""
    message = prose(cut_line(diagnostic.message, 400))
    return f"<li><b>{diagnostic.severity}</b> {code(diagnostic.code)}: {message}{where}{advice}</li>"


def _write_list(lines: list[str], total: int) -> str:
    if not lines:
        return ""
    more = [f"<li><i>and {total - len(lines):,} more</i></li>"] if total > len(lines) else []
    return "\n".join(["<ul>", *lines, *more, "</ul>"])


def _write_calls(plan: Plan, level: _Level) -> str:
    if not plan.calls.nodes or not level.calls:
        return ""
    numbers = len(find_affected_numbers(plan.calls))
    head = f"<details><summary>Picture of the calls · {count_noun(numbers, 'number')} affected</summary>"
    return "\n\n".join([head, f"```mermaid\n{mermaid(plan.calls, limit=level.calls)}\n```", "</details>"])


def _write_foot(plan: Plan, gone: list[str], limit: int) -> str:
    matching = plan.count(Status.IN_SYNC)
    counts = [count_noun(plan.forecast_requests, "request")] if plan.updates else []
    counts += [f"{matching:,} in sync"] if matching and plan.updates else []
    made = f"<sub>{' · '.join([*counts, f'planned {plan.created_at}'])}</sub>"
    if not gone:
        return made
    reason = f"Left out to stay within {limit:,} characters: {'; '.join(gone)}."
    return f"<p><i>{reason} The HTML and JSON formats of this plan have everything.</i></p>\n\n{made}"
