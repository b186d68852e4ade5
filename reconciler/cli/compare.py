"""`reconciler compare`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from reconciler.cli.options import Globals, command, complete_environment, selection

if TYPE_CHECKING:
    from reconciler.model.comparison import Comparison
    from reconciler.model.plan import Scope

FORMATS = ("text", "json", "markdown", "html")
EXAMPLE = """
reconciler compare staging production
reconciler compare staging production --format markdown
"""


@command("compare", example=EXAMPLE)
@click.argument("left", metavar="ENV", shell_complete=complete_environment)
@click.argument("right", metavar="ENV", shell_complete=complete_environment)
@click.option(
    "--format", "style", type=click.Choice(FORMATS), default="text", show_default=True, help="How to show it."
)
@selection
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 when something differs that git does not say.")
def compare(
    options: Globals,
    left: str,
    right: str,
    style: str,
    chosen: Scope,
    *,
    detailed_exitcode: bool,
) -> int:
    """Show what differs between two environments, declared and live.

    A difference is intended where git declares it: an environment lays it over. All others are not. Reads with GET
    requests only; nothing is written.
    """
    if left == right:
        raise click.UsageError("Name two environments; one differs from itself in nothing.")
    from reconciler.app.review.comparing import compare as read_both
    from reconciler.app.review.comparing import judge_comparison
    from reconciler.cli.terminal import show_reading, tell_diagnostics, write

    with show_reading() as on_request:
        made = read_both(
            options.build_context(on_request=on_request),
            left,
            right,
            targets=chosen.targets,
            accounts=chosen.accounts,
            excluded=chosen.excluded,
        )
    if style == "text":
        tell_diagnostics(made.diagnostics)
    write(_render(made, style), style=style)
    return judge_comparison(made, detailed=detailed_exitcode)


def _render(made: Comparison, style: str) -> str:
    if style == "json":
        from reconciler.report.machine.documents import render_comparison_json

        return render_comparison_json(made)
    if style == "markdown":
        from reconciler.report.markdown.comparison import render_comparison_markdown

        return render_comparison_markdown(made)
    if style == "html":
        from reconciler.report.html.comparison import render_comparison_html

        return render_comparison_html(made)
    from reconciler.cli.terminal import measure_width, wants_colour
    from reconciler.report.text.comparison import render_comparison

    return render_comparison(made, width=measure_width(), colour=wants_colour(sys.stdout))
