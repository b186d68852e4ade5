"""The faces of a plan by the name that `--format` gives them."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.cli.terminal import measure_width, wants_colour

if TYPE_CHECKING:
    from reconciler.model.diagnostic import Diagnostic
    from reconciler.model.plan import Plan
    from reconciler.model.plan_report import PlanReport

PLAN_FORMATS = ("text", "json", "markdown", "html", "github", "gitlab", "sarif", "junit")

ANNOTATIONS = ("github", "gitlab", "sarif", "junit")
"""Forms that CI systems show beside the code; their paths are those of the repository."""


def render_annotations(
    diagnostics: Sequence[Diagnostic], plan: Plan | None = None, *, style: str, prefix: str = ""
) -> str:
    """Render findings, and of a plan its updates, as one of `ANNOTATIONS`."""
    from reconciler.report.machine import annotations

    render: Callable[..., str] = getattr(annotations, f"render_{style}")
    return render(diagnostics, plan, prefix=prefix)


def render_plan_as(plan: Plan, *, style: str, verbose: bool, folder: Path | None = None) -> str:
    """Render a plan for stdout. Only the text format looks at the terminal; `folder` is where the project is."""
    if style == "text":
        from reconciler.report.text.plan import render_plan

        return render_plan(plan, width=measure_width(), colour=wants_colour(sys.stdout), verbose=verbose)
    if style == "json":
        from reconciler.report.machine.documents import render_plan_json

        return render_plan_json(plan)
    from reconciler.app.ci.place import find_prefix

    prefix = find_prefix(folder or Path(), os.environ)
    if style in ANNOTATIONS:
        return render_annotations(plan.diagnostics, plan, style=style, prefix=prefix)
    from reconciler.report.source_links import source_links

    links = source_links(os.environ, prefix=prefix)
    if style == "markdown":
        from reconciler.report.markdown.plan import render_markdown

        return render_markdown(plan, links=links)
    from reconciler.report.html.page import render_html

    return render_html(plan, links=links)


def render_report_as(report: PlanReport, *, style: str, verbose: bool, folder: Path | None = None) -> str:
    """Render several plans for stdout, as `render_plan_as` does one. Several that are parts of one are shown as that one."""
    if style == "json":
        from reconciler.report.machine.documents import render_report_json

        return render_report_json(report)
    if len(report.parts) == 1:
        return render_plan_as(report.whole, style=style, verbose=verbose, folder=folder)
    if style == "text":
        from reconciler.report.text.parts import render_report

        return render_report(report, width=measure_width(), colour=wants_colour(sys.stdout), verbose=verbose)
    from reconciler.app.ci.place import find_prefix

    prefix = find_prefix(folder or Path(), os.environ)
    if style in ANNOTATIONS:
        from reconciler.report.machine import annotations

        return annotations.render_report(report, style=style, prefix=prefix)
    from reconciler.report.html import page
    from reconciler.report.markdown import parts
    from reconciler.report.source_links import source_links

    links = source_links(os.environ, prefix=prefix)
    if style == "markdown":
        return parts.render_report(report, links=links)
    return page.render_report(report, links=links)
