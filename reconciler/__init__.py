"""Reconcile voice-AI telephony with what git declares: plan, then the smallest patches.

`open_project` begins the Python API (docs/python.md); what it hands out are the frozen values of `model`.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reconciler.api.plans import judge_plan, merge_plans, read_plan, render_plans, write_plan
    from reconciler.api.project import OpenProject, open_project
    from reconciler.app.adopt.accept import Accepted
    from reconciler.app.adopt.into import Adopted
    from reconciler.app.adopt.pull import Haul
    from reconciler.app.deploy.carry_out import Deployed
    from reconciler.app.problem import Exit, Problem
    from reconciler.model.comparison import Comparison
    from reconciler.model.diagnostic import Diagnostic, Location, Severity
    from reconciler.model.outcome import Outcome, Result
    from reconciler.model.plan import Cause, Change, Plan, Planned, Request, Status, Update
    from reconciler.model.plan_report import PlanReport

__version__ = "0.1.0"
__all__ = [
    "Accepted",
    "Adopted",
    "Cause",
    "Change",
    "Comparison",
    "Deployed",
    "Diagnostic",
    "Exit",
    "Haul",
    "Location",
    "OpenProject",
    "Outcome",
    "Plan",
    "PlanReport",
    "Planned",
    "Problem",
    "Request",
    "Result",
    "Severity",
    "Status",
    "Update",
    "__version__",
    "judge_plan",
    "merge_plans",
    "open_project",
    "read_plan",
    "render_plans",
    "write_plan",
]
_HOMES = {
    "Accepted": "app.adopt.accept",
    "Adopted": "app.adopt.into",
    "Comparison": "model.comparison",
    "Deployed": "app.deploy.carry_out",
    "Diagnostic": "model.diagnostic",
    "Exit": "app.problem",
    "Haul": "app.adopt.pull",
    "Location": "model.diagnostic",
    "OpenProject": "api.project",
    "Outcome": "model.outcome",
    "PlanReport": "model.plan_report",
    "Problem": "app.problem",
    "Result": "model.outcome",
    "Severity": "model.diagnostic",
    "open_project": "api.project",
    **dict.fromkeys(("judge_plan", "merge_plans", "read_plan", "render_plans", "write_plan"), "api.plans"),
    **dict.fromkeys(("Cause", "Change", "Plan", "Planned", "Request", "Status", "Update"), "model.plan"),
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is asked for: `import reconciler` loads nothing."""
    if name not in _HOMES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
