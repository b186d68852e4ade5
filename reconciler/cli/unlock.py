"""`reconciler unlock`."""

from __future__ import annotations

import click

from reconciler.cli.options import Globals, approval, command


@command("unlock", example="reconciler unlock 20261121-083000-4f3a1c", deed=True)
@click.argument("run", required=False)
@approval
def unlock(options: Globals, run: str | None, *, auto_approve: bool) -> int:
    """Remove the lock of RUN, which is certainly dead.

    The lock of a process on this machine that is gone is taken over by the next apply at once, and any other one a few
    minutes after its run was killed: this is for those who cannot wait. Without RUN it says who holds the lock. A process
    that lives on this machine is refused.
    """
    from reconciler.app.look_back.unlock import find_lock
    from reconciler.app.problem import Exit
    from reconciler.cli.terminal import ask, tell, write

    held = find_lock(options.build_context(), run)
    if held is None:
        write("There was no lock.")
        return Exit.DONE
    if not auto_approve:
        tell(f"The lock is held by {held.describe()}. If that run is alive, both will write at once.")
        if not ask("Remove the lock?", what_not="The lock stays."):
            return Exit.REFUSED
    gone = held.remove()
    write(f"Removed the lock of {held.describe()}." if gone else "The lock was gone already, or is another run's now.")
    return Exit.DONE
