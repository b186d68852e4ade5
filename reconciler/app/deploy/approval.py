"""What stands between a plan and its apply: guards, protections, and whether a saved plan still holds true."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from reconciler.app.workspace import SANDBOX_HOST, Workspace
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
    """List why a saved plan no longer holds true for this project; one made for another world says only that."""
    now, then = workspace.binding, plan.binding
    foreign = _find_other_world(plan, workspace)
    if foreign is not None:
        return (foreign,)
    reasons = [
        ("the configuration changed since", then.configuration != now.configuration),
        ("the schemas are of another version", then.schemas != now.schemas),
        (f"it was made by reconciler {then.tool_version}", then.tool_version != now.tool_version),
        ("the accounts' hosts changed since", dict(then.hosts) != dict(now.hosts)),
    ]
    return tuple(_tell_stale(reason) for reason, holds in reasons if holds)


def _tell_stale(reason: str, advice: str = "Make and review a new plan.") -> Diagnostic:
    return Diagnostic(code="plan-stale", message=f"the saved plan is stale: {reason}", advice=advice)


def _find_other_world(plan: Plan, workspace: Workspace) -> Diagnostic | None:
    """Say that a plan was made for another environment, or for the sandbox: it was not meant for here."""
    simulated = any(host.startswith(SANDBOX_HOST) for host in plan.binding.hosts.values())
    if plan.binding.hosts and simulated != workspace.context.sandbox:
        worlds = ("the sandbox", "the vendors themselves")
        then, now = worlds if simulated else reversed(worlds)
        advice = f"Apply it {'with' if simulated else 'without'} --sandbox, or make and review a new plan."
        return _tell_stale(f"it was made for {then}, not for {now}", advice)
    if plan.environment != workspace.project.environment:
        chosen = f"with --env {plan.environment}" if plan.environment else "without --env"
        return _tell_stale(_name_environments(plan, workspace), f"Apply it {chosen}, or make and review a new plan.")
    return None


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
