"""`reconciler completion`."""

from __future__ import annotations

import click

from reconciler.cli.options import Globals, command

EXAMPLE = """
reconciler completion bash > ~/.reconciler-completion.bash
reconciler completion zsh > "${fpath[1]}/_reconciler"
reconciler completion fish > ~/.config/fish/completions/reconciler.fish
"""


@command("completion", example=EXAMPLE)
@click.argument("shell", type=click.Choice(("bash", "zsh", "fish")))
def completion(_options: Globals, shell: str) -> int:
    """Print the script that lets a shell complete commands, options and what the project holds.

    Addresses, accounts, environments, kinds, fields, runs and vices are completed. Start a new shell afterwards.
    """
    from click.shell_completion import ShellComplete, get_completion_class

    from reconciler.cli.root import root
    from reconciler.cli.terminal import write

    known = get_completion_class(shell)
    assert known is not None  # noqa: S101 - click has these three
    # Not `known.source`: for bash that starts a bash to see how old it is, and prints what it thinks of it.
    write(ShellComplete.source(known(root, {}, "reconciler", "_RECONCILER_COMPLETE")))
    return 0
