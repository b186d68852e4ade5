"""Show in Markdown what a plan leaves alone for a while."""

from __future__ import annotations

from reconciler.model.exemption import Ignored
from reconciler.model.plan import Plan
from reconciler.report.markdown.escape import code, cut_line, link_code, prose
from reconciler.report.phrases import count_noun, name_field, show_value
from reconciler.report.source_links import SourceLinks

_VALUE = 60


def write_ignored(plan: Plan, *, links: SourceLinks | None, listed: int) -> str:
    """Return a list of the ignored differences that can be unfolded; empty where there are none."""
    if not plan.ignored:
        return ""
    lines = [_write_each(ignored, links) for ignored in plan.ignored[:listed]]
    more = len(plan.ignored) - len(lines)
    lines += [f"<li><i>and {more:,} more</i></li>"] if more else []
    head = f"<details><summary>{count_noun(len(plan.ignored), 'difference')} ignored for a while</summary>"
    return "\n".join([head, "", "<ul>", *lines, "</ul>", "", "</details>"])


def _write_each(ignored: Ignored, links: SourceLinks | None) -> str:
    place = ignored.location
    where = link_code(f"{place.file}:{place.line}", links.link(place) if links else None)
    sides = (ignored.live, ignored.declared)
    live, declared = (code(cut_line(show_value(value, secret=ignored.secret), _VALUE)) for value in sides)
    name = f"{code(cut_line(ignored.address, 200))} {code(cut_line(name_field(ignored.path), 80))}"
    why = prose(cut_line(ignored.reason, 300))
    return f"<li>{name}: {live} stays, git says {declared}, until {ignored.until}: <i>{why}</i> ({where})</li>"
