"""The faces of a plan by the name that `--format` gives them."""

from __future__ import annotations

import os
import sys

from reconciler.cli.terminal import measure_width, wants_colour
from reconciler.model.plan import Plan

PLAN_FORMATS = ("text", "json", "markdown", "html", "github")


def render_plan_as(plan: Plan, *, style: str, verbose: bool) -> str:
    """Render a plan for stdout. Only the text format looks at the terminal."""
    if style == "text":
        from reconciler.report.text import render_plan

        return render_plan(plan, width=measure_width(), colour=wants_colour(sys.stdout), verbose=verbose)
    if style == "json":
        from reconciler.report.json_report import render_plan_json

        return render_plan_json(plan)
    if style == "github":
        from reconciler.report.annotations import render_github

        return render_github(plan.diagnostics, plan)
    from reconciler.report.source_links import source_links

    links = source_links(os.environ)
    if style == "markdown":
        from reconciler.report.markdown import render_markdown

        return render_markdown(plan, links=links)
    from reconciler.report.html import render_html

    return render_html(plan, links=links)
