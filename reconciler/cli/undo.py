"""`reconciler undo`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from reconciler.cli.options import Globals, allowance, command, complete_addresses, complete_lazily

if TYPE_CHECKING:
    from reconciler.app.deploy.deployment import Deployment

EXAMPLE = """
reconciler undo latest
reconciler undo 20261121-083000-4f3a1c --target numbers.front-desk
reconciler undo latest --auto-approve
"""


@command("undo", example=EXAMPLE, deed=True)
@click.argument("run", shell_complete=complete_lazily("complete_run"))
@click.option(
    "--target",
    "targets",
    metavar="ADDRESS",
    multiple=True,
    shell_complete=complete_addresses,
    help="Only this resource (repeatable, globs).",
)
@allowance
@click.option("--accept-conflicts", is_flag=True, help="Take fields back, too, that moved since.")
def undo(
    options: Globals,
    run: str,
    targets: tuple[str, ...],
    max_updates: int | None,
    protected: tuple[str, ...],
    *,
    auto_approve: bool,
    accept_conflicts: bool,
) -> int:
    """Take RUN back, field by field; `latest` is the last run that changed something.

    Plans the reverse changes, shows them, asks and sends them like any apply. Fields that moved since are left alone
    and named; then the exit code is 5. Git still declares what it did: revert the commit too, or the next apply brings
    it back.
    """
    from reconciler.app.deploy.approval import Allowances
    from reconciler.app.look_back.undo import open_undo
    from reconciler.app.workspace import open_workspace
    from reconciler.cli.deploying import TextReport, deploy
    from reconciler.cli.terminal import tell_diagnostics

    allowances = Allowances(max_updates, protected, accept_conflicts)
    workspace = open_workspace(options.build_context())
    with open_undo(workspace, run, allowances, targets=targets, on_notes=tell_diagnostics) as prepared:
        if prepared.plan.updates:
            return deploy(prepared, allowances, auto_approve=auto_approve, report=TextReport(verbose=options.verbose))
    return _explain_nothing(prepared)


def _explain_nothing(prepared: Deployment) -> int:
    """Say why there is nothing to send; a run that undoes nothing is not written down."""
    from reconciler.app.problem import Exit
    from reconciler.app.review.review import judge_plan
    from reconciler.cli.terminal import tell_diagnostics, write

    plan = prepared.plan
    tell_diagnostics(plan.diagnostics)
    verdict = judge_plan(plan, detailed=False)
    if prepared.left or verdict is not Exit.DONE:
        write(f"Nothing was taken back of run {prepared.undoes}: what stands against it is named above.")
        return verdict if verdict is not Exit.DONE else Exit.REFUSED
    done = any(found.code == "not-undone" for found in plan.diagnostics)
    why = "everything is as it was before it" if done else "it changed nothing"
    write(f"There is nothing to take back of run {prepared.undoes}: {why}.")
    return Exit.DONE
