"""Plans as values that travel: written and read back, put together, judged, and rendered in every format."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.app.problem import Exit, Problem
from reconciler.model.plan import Plan
from reconciler.model.plan_report import PlanReport
from reconciler.report.formats import PLAN_FORMATS, Look, PlanFormat


def write_plan(plan: Plan) -> str:
    """Return a plan as the text of the file that `plan --out` saves; no secret is in it."""
    from reconciler.report.machine.documents import render_plan_json

    return render_plan_json(plan)


def read_plan(text: str) -> Plan:
    """Return the plan of such a text; raise Problem where it is none, was edited, or speaks a newer format."""
    from reconciler.app.review.saved import parse_plan

    return parse_plan(text, source="the plan")


def merge_plans(plans: Mapping[str, Plan]) -> PlanReport:
    """Return several plans as one report; the names say where each comes from.

    Those of one project and environment, made from the same files, are put together; others stand beside each other. Raise
    Problem where two say different things of one resource. `report.whole` is all of them as one, for counting.
    """
    from reconciler.engine.merge_plans import merge_plans as merge
    from reconciler.model.plan_report import SavedPlan

    report = merge([SavedPlan(source, plan) for source, plan in plans.items()])
    if report.refusals:
        raise Problem(*report.refusals, exit_code=Exit.REFUSED)
    return report


def judge_plan(plan: Plan) -> Exit:
    """Return what `plan --detailed-exitcode` exits with: 6 before 5 before 1 before 2, which says that there are changes."""
    from reconciler.app.review.review import judge_plan as judge

    return judge(plan, detailed=True)


def render_plans(plans: Plan | PlanReport, *, style: PlanFormat = "text", width: int = 100) -> str:
    """Return one plan or several as text, JSON, Markdown, HTML, or in a form of a CI system; `width` is for text."""
    from reconciler.report.formats import render_plan, render_report

    if style not in PLAN_FORMATS:
        message = f"style is one of {', '.join(PLAN_FORMATS)}, not {style!r}"
        raise ValueError(message)
    if isinstance(plans, Plan):
        return render_plan(plans, style=style, look=Look(width))
    return render_report(plans, style=style, look=Look(width))
