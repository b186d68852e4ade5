"""What stands between a plan and its apply: guards, protections, and whether a saved plan still holds true."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from reconciler.app.workspace import Workspace
from reconciler.engine.guard import check_guards, lift
from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.model.plan import Plan


@dataclass(frozen=True, slots=True)
class Allowances:
    """What the person lifts for this one run."""

    max_updates: int | None = None
    protected: Collection[str] = ()
    accept_conflicts: bool = False


def find_stale(plan: Plan, workspace: Workspace) -> tuple[Diagnostic, ...]:
    """List why a saved plan no longer holds true for this project."""
    now, then = workspace.binding, plan.binding
    reasons = [
        ("the configuration changed since", then.configuration != now.configuration),
        ("the schemas are of another version", then.schemas != now.schemas),
        (f"it was made by reconciler {then.tool_version}", then.tool_version != now.tool_version),
        ("the accounts' hosts changed since", dict(then.hosts) != dict(now.hosts)),
        (_name_environments(plan, workspace), plan.environment != workspace.project.environment),
    ]
    return tuple(
        Diagnostic(
            code="plan-stale", message=f"the saved plan is stale: {reason}", advice="Make and review a new plan."
        )
        for reason, holds in reasons
        if holds
    )


def _name_environments(plan: Plan, workspace: Workspace) -> str:
    then, now = (
        f"environment {name}" if name else "no environment"
        for name in (plan.environment, workspace.project.environment)
    )
    return f"it was made for {then}, not for {now}"


def find_forbidden(plan: Plan, workspace: Workspace, allowances: Allowances) -> tuple[Diagnostic, ...]:
    """List the guards and protections that stand against a plan."""
    return check_guards(
        plan,
        lift(workspace.project.guards, max_updates=allowances.max_updates),
        declared_kinds=[declared.kind for declared in workspace.project.resources],
        allow_protected=allowances.protected,
        accept_conflicts=allowances.accept_conflicts,
    )


def note_lifted(allowances: Allowances) -> tuple[Diagnostic, ...]:
    """Say visibly which guards were lifted for this run."""
    lifted = [f"--allow-protected {address}" for address in allowances.protected]
    lifted += [f"--max-updates {allowances.max_updates}"] if allowances.max_updates is not None else []
    lifted += ["--accept-conflicts"] if allowances.accept_conflicts else []
    return tuple(
        Diagnostic(code="guard-lifted", message=f"lifted for this run: {option}", severity=Severity.WARNING)
        for option in lifted
    )
