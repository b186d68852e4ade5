"""Every face of a plan, or of several, by the name that `--format` gives it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from reconciler.model.plan import Plan
    from reconciler.model.plan_report import PlanReport
    from reconciler.report.source_links import SourceLinks

PlanFormat = Literal["text", "json", "markdown", "html", "github", "gitlab", "sarif", "junit"]
PLAN_FORMATS: Final[tuple[PlanFormat, ...]] = ("text", "json", "markdown", "html", "github", "gitlab", "sarif", "junit")
ANNOTATIONS: Final = ("github", "gitlab", "sarif", "junit")
"""Forms that CI systems show beside the code; their paths are those of the repository."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a rendering depends on beside the plan: the terminal for text, the repository for what links to files."""

    width: int = 100
    colour: bool = False
    verbose: bool = False
    prefix: str = ""
    """The project's folder in its repository, "" for its top."""
    links: SourceLinks | None = None


def render_plan(plan: Plan, *, style: str, look: Look) -> str:
    """Render one plan."""
    if style == "text":
        from reconciler.report.text import plan as text

        return text.render_plan(plan, width=look.width, colour=look.colour, verbose=look.verbose)
    if style == "json":
        from reconciler.report.machine.documents import render_plan_json

        return render_plan_json(plan)
    if style in ANNOTATIONS:
        from reconciler.report.machine.annotations import render_as

        return render_as(plan.diagnostics, plan, style=style, prefix=look.prefix)
    if style == "markdown":
        from reconciler.report.markdown.plan import render_markdown

        return render_markdown(plan, links=look.links)
    from reconciler.report.html.page import render_html

    return render_html(plan, links=look.links)


def render_report(report: PlanReport, *, style: str, look: Look) -> str:
    """Render several plans. Those that are parts of one are shown as that one; as JSON they are always a list."""
    if style == "json":
        from reconciler.report.machine.documents import render_report_json

        return render_report_json(report)
    if len(report.parts) == 1:
        return render_plan(report.whole, style=style, look=look)
    if style == "text":
        from reconciler.report.text import parts as text

        return text.render_report(report, width=look.width, colour=look.colour, verbose=look.verbose)
    if style in ANNOTATIONS:
        from reconciler.report.machine import annotations

        return annotations.render_report(report, style=style, prefix=look.prefix)
    if style == "markdown":
        from reconciler.report.markdown import parts as markdown

        return markdown.render_report(report, links=look.links)
    from reconciler.report.html import page

    return page.render_report(report, links=look.links)
