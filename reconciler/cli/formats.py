"""The faces of a plan as this terminal and this job show them."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.cli.terminal import measure_width, wants_colour
from reconciler.report.formats import ANNOTATIONS, PLAN_FORMATS, Look, render_plan, render_report

if TYPE_CHECKING:
    from reconciler.model.diagnostic import Diagnostic
    from reconciler.model.plan import Plan
    from reconciler.model.plan_report import PlanReport

__all__ = ["ANNOTATIONS", "PLAN_FORMATS", "render_annotations", "render_plan_as", "render_report_as"]


def render_annotations(
    diagnostics: Sequence[Diagnostic], plan: Plan | None = None, *, style: str, prefix: str = ""
) -> str:
    """Render findings, and of a plan its updates, as one of `ANNOTATIONS`."""
    from reconciler.report.machine.annotations import render_as

    return render_as(diagnostics, plan, style=style, prefix=prefix)


def render_plan_as(plan: Plan, *, style: str, verbose: bool, folder: Path | None = None) -> str:
    """Render a plan for stdout. Only the text format looks at the terminal; `folder` is where the project is."""
    return render_plan(plan, style=style, look=_look(style, verbose=verbose, folder=folder))


def render_report_as(report: PlanReport, *, style: str, verbose: bool, folder: Path | None = None) -> str:
    """Render several plans for stdout, as `render_plan_as` does one."""
    return render_report(report, style=style, look=_look(style, verbose=verbose, folder=folder))


def _look(style: str, *, verbose: bool, folder: Path | None) -> Look:
    if style == "text":
        return Look(measure_width(), wants_colour(sys.stdout), verbose)
    if style == "json":
        return Look()
    from reconciler.app.ci.place import find_prefix
    from reconciler.report.source_links import source_links

    prefix = find_prefix(folder or Path(), os.environ)
    return Look(prefix=prefix, links=source_links(os.environ, prefix=prefix))
