"""`reconciler unlock`."""

from __future__ import annotations

from reconciler.cli.options import Globals, command


@command("unlock", example="reconciler unlock", deed=True)
def unlock(options: Globals) -> int:
    """Remove the lock of an apply that is gone.

    A lock ends by itself a few minutes after its run was killed; this is for those who cannot wait. Do not use it on a
    run that is alive.
    """
    from reconciler.app.look_back.past import remove_lock
    from reconciler.cli.terminal import write

    holder = remove_lock(options.build_context())
    write(f"Removed the lock of {holder}." if holder else "There was no lock.")
    return 0
