"""`ci summary`: the plan in the job summary, within what CI keeps of one."""

from __future__ import annotations

from pathlib import Path

from reconciler.app.ci.place import find_place
from reconciler.app.ci.posting import find_links
from reconciler.app.context import Context
from reconciler.app.problem import Exit, Problem
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.plan_report import PlanReport
from reconciler.report.source_links import SourceLinks

SUMMARY_BYTES = 1024 * 1024
"""GitHub drops a job summary of more than 1 MiB."""
SUMMARY_LIMIT = 250_000
"""Characters; a character is at most four bytes."""
_LEAST_SUMMARY = 2_000


def append_summary(context: Context, report: PlanReport) -> Path | None:
    """Append one or several plans to the file that CI offers for a job summary; None where it offers none."""
    named = context.environ.get("GITHUB_STEP_SUMMARY", "")
    if not named:
        return None
    place = find_place(context.environ) if context.environ.get("GITHUB_REPOSITORY") else None
    target, links = Path(named), find_links(context, place)
    try:
        room = SUMMARY_BYTES - (target.stat().st_size if target.exists() else 0) - 2
        text = _write_summary(report, links, limit=SUMMARY_LIMIT)
        if len(text.encode()) > room:
            text = _write_summary(report, links, limit=max(_LEAST_SUMMARY, room // 4))
        if len(text.encode()) > room:
            raise _refuse_summary(target, "the summary of this job is full")
        append_text(target, text)
    except OSError as error:
        raise _refuse_summary(target, error.strerror or "cannot be written") from error
    return target


def _write_summary(report: PlanReport, links: SourceLinks | None, *, limit: int) -> str:
    from reconciler.report.markdown.parts import render_report
    from reconciler.report.markdown.plan import render_markdown

    if len(report.parts) > 1:
        return render_report(report, links=links, limit=limit)
    return render_markdown(report.whole, links=links, limit=limit)


def append_text(target: Path, text: str) -> None:
    """Add a text to the end of a job's file."""
    with target.open("a", encoding="utf-8") as stream:
        stream.write(f"\n{text}")


def _refuse_summary(target: Path, why: str) -> Problem:
    return Problem(Diagnostic(code="cannot-write", message=f"{target}: {why}"), exit_code=Exit.FAILED)
