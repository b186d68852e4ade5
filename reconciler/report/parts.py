"""What all reports say of several plans that are shown as one."""

from __future__ import annotations

from reconciler.engine.merge_plans import name_some
from reconciler.model.plan import Status
from reconciler.model.plan_report import Part, PlanReport
from reconciler.report.drift import turn
from reconciler.report.phrases import TROUBLES, count_noun, write_headline


def name_part(part: Part) -> str:
    """Name a part by its project and environment, or by the files where there is neither."""
    named = " for ".join(name for name in (part.name, part.plan.environment or "") if name)
    return named or name_some(part.sources)


def sum_up(report: PlanReport) -> str:
    """Return the one line that says it all of several parts."""
    files = sum(len(part.sources) for part in report.parts)
    return f"{count_noun(files, 'plan')} in {len(report.parts):,} parts — {write_headline(turn(report.whole))}"


def is_quiet(part: Part) -> bool:
    """Tell whether a part has nothing to look at: no update, no trouble, no finding."""
    plan = part.plan
    troubled = any(plan.count(status) for status in (*TROUBLES, Status.UPDATE))
    return not (plan.updates or troubled or plan.diagnostics or plan.ignored)
