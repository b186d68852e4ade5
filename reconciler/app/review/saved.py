"""Saved plans read back: one, or several as one report."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from reconciler.app.named_files import read_named
from reconciler.app.problem import Exit, Problem
from reconciler.engine.merge_plans import merge_plans
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.plan import Plan
from reconciler.model.plan_document import PlanError, read_plan
from reconciler.model.plan_report import PlanReport, SavedPlan


def load_plan(source: Path) -> Plan:
    """Read a saved plan; raise Problem where it is none, was edited, or speaks a newer format."""
    try:
        text = read_named(source).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else f"it is not a saved plan: {error}"
        raise _refuse("plan-invalid", f"{source}: {reason}") from error
    return parse_plan(text, source=str(source))


def parse_plan(text: str, *, source: str) -> Plan:
    """Return the plan of a saved text; raise Problem where it is none, was edited, or speaks a newer format."""
    try:
        return read_plan(json.loads(text))
    except PlanError as error:
        raise _refuse(error.code, f"{source}: {error}") from error
    except (ValueError, RecursionError) as error:
        raise _refuse("plan-invalid", f"{source}: it is not a saved plan: {error}") from error


def _refuse(code: str, message: str) -> Problem:
    return Problem(Diagnostic(code, message, advice="Make a new plan: plan --out FILE."), exit_code=Exit.REFUSED)


def load_report(sources: Sequence[Path]) -> PlanReport:
    """Read several saved plans as one report; raise Problem with all that keeps them from being shown so.

    A file that is named twice counts once.
    """
    saved: list[SavedPlan] = []
    problems: list[Diagnostic] = []
    for source in dict.fromkeys(sources):
        try:
            saved.append(SavedPlan(str(source), load_plan(source)))
        except Problem as problem:
            problems += problem.diagnostics
    report = merge_plans(saved)
    if problems or report.refusals:
        raise Problem(*problems, *report.refusals, exit_code=Exit.REFUSED)
    return report
