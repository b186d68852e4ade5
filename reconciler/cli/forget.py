"""`reconciler forget`."""

from __future__ import annotations

import click

from reconciler.cli.options import Globals, approval, command, complete_addresses


@command("forget", example="reconciler forget numbers.after-hours", deed=True)
@click.argument("addresses", metavar="ADDRESS...", nargs=-1, required=True, shell_complete=complete_addresses)
@approval
def forget(options: Globals, addresses: tuple[str, ...], *, auto_approve: bool) -> int:
    """Take ADDRESS out of the ledger: nothing is known any more of what was applied to it.

    For what git no longer declares. Nothing changes at a vendor. Declared again, it is a resource like any new one.
    """
    from reconciler.app.deploy.locking import open_store_locked
    from reconciler.app.look_back.forget import find_accounts, prepare_forgetting
    from reconciler.app.problem import Exit
    from reconciler.app.workspace import open_workspace
    from reconciler.cli.terminal import ask, tell, tell_diagnostics, write

    workspace = open_workspace(options.build_context())
    accounts = find_accounts(workspace, addresses)
    with open_store_locked(workspace, accounts=accounts, on_notes=tell_diagnostics) as (store, _lock, run):
        forgetting = prepare_forgetting(workspace, addresses, store=store, run=run)
        for entry in forgetting.entries:
            tell(f"{entry.address}: {len(entry.fields)} fields, last applied {entry.when} by run {entry.run}")
        for address in forgetting.declared:
            tell(f"{address} is still declared: who changed it cannot be told until the next apply.")
        if not auto_approve and not ask("Take this out of the ledger?", what_not="Nothing was forgotten."):
            return Exit.REFUSED
        forgetting.carry_out()
    write(f"Forgot {', '.join(entry.address for entry in forgetting.entries)}. Nothing changed at a vendor.")
    return Exit.DONE
