"""Several plans as one Markdown text: each part with a heading of its own, within one limit."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.engine.merge_plans import name_some
from reconciler.model.plan_report import Part, PlanReport
from reconciler.report.drift import turn
from reconciler.report.markdown.escape import code, cut_line, prose
from reconciler.report.markdown.plan import LIMIT, render_markdown
from reconciler.report.parts import is_quiet, name_part, sum_up
from reconciler.report.phrases import count_noun, name_subject, write_headline
from reconciler.report.source_links import SourceLinks, lie_within

MARKER = "<!-- reconciler:plans -->"
_LEAST = 1_500
"""Characters that a part needs to say anything."""
_LISTED = 30
_FOOT = 600


def render_report(report: PlanReport, *, links: SourceLinks | None = None, limit: int = LIMIT) -> str:
    """Return several plans in at most `limit` characters.

    Parts with nothing to look at are a line each. The others share the room, and what one leaves is for the next; those
    that have no room are named.
    """
    loud = [part for part in report.parts if not is_quiet(part)]
    head = "\n\n".join(filter(None, (_write_head(report), _list_quiet(report.parts))))
    texts: list[str] = []
    gone: list[str] = []
    room = limit - len(head) - _FOOT
    for number, part in enumerate(loud):
        share = room // (len(loud) - number)
        text = _write_part(part, links, limit=share) if share >= _LEAST else ""
        texts += [text] if text else []
        gone += [] if text else [name_part(part)]
        room -= len(text) + 2
    return "\n\n".join([head, *texts, *_write_gone(gone, limit)]) + "\n"


def _write_head(report: PlanReport) -> str:
    notes = [f"<li><b>{note.severity}</b> {code(note.code)}: {prose(cut_line(note.message, 400))}</li>" for note in report.notes[:_LISTED]]  # fmt: skip
    rest = [f"<li><i>and {len(report.notes) - _LISTED:,} more</i></li>"] if len(report.notes) > _LISTED else []
    listed = "\n".join(["<ul>", *notes, *rest, "</ul>"]) if notes else ""
    return "\n\n".join(filter(None, (f"{MARKER}\n<h2>{prose(sum_up(report))}</h2>", listed)))


def _list_quiet(parts: Sequence[Part]) -> str:
    quiet = [part for part in parts if is_quiet(part)]
    lines = [f"<li>{prose(cut_line(name_part(part), 120))}: {prose(write_headline(turn(part.plan)))}</li>" for part in quiet[:_LISTED]]  # fmt: skip
    rest = [f"<li><i>and {len(quiet) - _LISTED:,} more without changes</i></li>"] if len(quiet) > _LISTED else []
    return "\n".join(["<ul>", *lines, *rest, "</ul>"]) if quiet else ""


def _write_part(part: Part, links: SourceLinks | None, *, limit: int) -> str:
    title = f"{name_subject(part.plan)} {part.name}".rstrip()
    text = render_markdown(part.plan, links=lie_within(links, part.plan.project), limit=limit, title=title)
    shown = text.partition("\n")[2].rstrip("\n")  # without the marker: the whole is one text
    return shown if len(shown) <= limit else ""


def _write_gone(gone: Sequence[str], limit: int) -> list[str]:
    if not gone:
        return []
    named = prose(cut_line(name_some(gone), 300))
    return [f"<p><i>Left out to stay within {limit:,} characters: {count_noun(len(gone), 'part')} ({named}). The HTML and JSON formats have everything.</i></p>"]  # fmt: skip
