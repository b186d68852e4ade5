"""Show several plans on a terminal, each part under its own heading, and count them all in the last line."""

from __future__ import annotations

from reconciler.model.plan_report import PlanReport
from reconciler.report.escape import escape_terminal
from reconciler.report.parts import name_part, sum_up
from reconciler.report.text.paint import Line, paint, wrap
from reconciler.report.text.plan import render_plan


def render_report(report: PlanReport, *, width: int, colour: bool, verbose: bool = False) -> str:
    """Return several plans for a terminal."""
    shown = [render_plan(part.plan, width=width, colour=colour, verbose=verbose) for part in report.parts]
    heads = [_render_line(f"## {name_part(part)}", width=width, colour=colour) for part in report.parts]
    texts = [f"{head}\n{text}" for head, text in zip(heads, shown, strict=True)]
    return "\n".join([*texts, _render_line(f"{sum_up(report)}.", width=width, colour=colour)])


def _render_line(text: str, *, width: int, colour: bool) -> str:
    line: Line = (("strong", escape_terminal(text)),)
    return paint(wrap(line, width=max(24, width), hang=2), colour=colour)
