"""`reconciler undo`."""

from __future__ import annotations

import click

from reconciler.cli.options import Globals, allowance, command

EXAMPLE = """
reconciler undo 20261121-083000-4f3a1c
reconciler undo latest --auto-approve
"""


@command("undo", example=EXAMPLE, deed=True)
@click.argument("run")
@allowance
def undo(
    options: Globals,
    run: str,
    max_updates: int | None,
    protected: tuple[str, ...],
    *,
    auto_approve: bool,
    accept_conflicts: bool,
) -> int:
    """Take RUN back (or `latest`), field by field.

    Plans the reverse changes, shows them, asks and sends them like any apply. Fields that moved since are left alone
    and named. Git still declares what it did: revert the commit too, or the next apply brings it back.
    """
    from reconciler.app.deploy.approval import Allowances
    from reconciler.app.deploy.locking import open_store_locked
    from reconciler.app.look_back.past import prepare_undo
    from reconciler.app.problem import Exit
    from reconciler.app.workspace import open_workspace
    from reconciler.cli.deploying import deploy
    from reconciler.cli.terminal import tell, tell_diagnostics

    allowances = Allowances(max_updates, protected, accept_conflicts)
    workspace = open_workspace(options.build_context())
    with open_store_locked(workspace, on_notes=tell_diagnostics) as (store, lock, new_run):
        prepared = prepare_undo(workspace, run, allowances, store=store, lock=lock, new_run=new_run)
        exit_code = deploy(prepared, allowances, auto_approve=auto_approve, verbose=options.verbose)
    if prepared.plan.updates and exit_code in {Exit.DONE, Exit.PARTLY}:
        tell("Git still declares what it did: revert the commit too, or the next apply brings it back.")
    return exit_code
