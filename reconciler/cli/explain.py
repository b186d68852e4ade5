"""`reconciler explain`."""

from __future__ import annotations

import sys

import click

from reconciler.cli.options import Globals, command, complete_lazily

EXAMPLE = """
reconciler explain connectors
reconciler explain connectors.voiceName
reconciler explain numbers.front-desk
reconciler explain unknown-field
"""


@command("explain", example=EXAMPLE)
@click.argument(
    "topic", metavar="[ADDRESS|FIELD|CODE]", required=False, shell_complete=complete_lazily("complete_topic")
)
def explain(options: Globals, topic: str | None) -> int:
    """Tell what is known of a kind, a field, a provider, an error code or a resource of the project.

    Of an error code: why it exists, a wrong example and the right one. Without an argument: which kinds and providers
    there are. Needs no network.
    """
    from reconciler.app.learn.explain import explain as look_up
    from reconciler.cli.terminal import measure_width, wants_colour, write
    from reconciler.report.text.explanation import render_explanations

    found = look_up(options.build_context(), topic)
    write(render_explanations(found, width=measure_width(), colour=wants_colour(sys.stdout)))
    return 0
