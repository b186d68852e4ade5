"""`ci outputs`: what a workflow may decide by, as its CI system takes it."""

from __future__ import annotations

from pathlib import Path

from reconciler.app.context import Context
from reconciler.app.problem import Exit, Problem
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.plan import Plan
from reconciler.report.phrases import is_risky


def list_outputs(plan: Plan) -> dict[str, int]:
    """Count what a workflow may decide by."""
    return {"changes": len(plan.updates), "high-risk": sum(is_risky(update) for update in plan.updates)}


def append_outputs(context: Context, plan: Plan) -> Path | None:
    """Append the counts to the file that GitHub reads a step's outputs from; None where there is none."""
    named = context.environ.get("GITHUB_OUTPUT", "")
    if not named:
        return None
    try:
        with Path(named).open("a", encoding="utf-8") as stream:
            stream.writelines(f"{name}={count}\n" for name, count in list_outputs(plan).items())
    except OSError as error:
        message = f"{named}: {error.strerror or 'cannot be written'}"
        raise Problem(Diagnostic(code="cannot-write", message=message), exit_code=Exit.FAILED) from error
    return Path(named)
