"""`reconciler doctor`."""

from __future__ import annotations

import sys

import click

from reconciler.cli.options import Globals, account_option, command

EXAMPLE = """
reconciler doctor
reconciler doctor --account polyai --format json
"""


@command("doctor", example=EXAMPLE)
@account_option
@click.option("--format", "style", type=click.Choice(("text", "json")), default="text", show_default=True, help="How to show it.")  # fmt: skip
def doctor(options: Globals, accounts: tuple[str, ...], style: str) -> int:
    """Check each account and the ledger, and say what to do.

    Key, proxy, host, answer, region, generation of the API and clock, one after the other. Sends at most one GET to each
    account, and a key to no other host than its account's. Exit 1 when anything failed.
    """
    from reconciler.app.learn.doctor import examine, judge_health
    from reconciler.app.workspace import open_workspace
    from reconciler.cli.terminal import measure_width, tell_diagnostics, wants_colour, write
    from reconciler.report.text.checks import render_checks, render_checks_json

    # Keys are checked before a new world is pulled, whose resources are not found yet.
    workspace = open_workspace(options.build_context(), placed=False)
    tell_diagnostics(workspace.diagnostics)
    found = examine(workspace, accounts=accounts)
    if style == "json":
        write(render_checks_json(found), style=style)
    else:
        write(render_checks(found, width=measure_width(), colour=wants_colour(sys.stdout)))
    return judge_health(found)
