"""`reconciler plan`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.formats import PLAN_FORMATS
from reconciler.cli.options import Globals, command, complete_lazily, selection

if TYPE_CHECKING:
    from reconciler.app.context import Context
    from reconciler.app.problem import Problem
    from reconciler.model.plan import Scope

EXAMPLE = """
reconciler plan
reconciler plan --out plan.json --format markdown > comment.md
reconciler plan --target 'connectors.*' --detailed-exitcode
reconciler plan --since HEAD^1
"""


@command("plan", example=EXAMPLE)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Save the plan for apply.")
@click.option(
    "--format", "style", type=click.Choice(PLAN_FORMATS), default="text", show_default=True, help="How to show it."
)
@selection
@click.option(
    "--since",
    metavar="REF",
    shell_complete=complete_lazily("complete_revision"),
    help="Only what comes to something else than at this commit of git: files, texts, variables and all.",
)
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 when there are changes.")
def plan(
    options: Globals,
    out: Path | None,
    style: str,
    chosen: Scope,
    since: str | None,
    *,
    detailed_exitcode: bool,
) -> int:
    """Show what would change, with every request.

    Reads the live state with GET requests only and compares it with what the files declare. Nothing is written
    anywhere, except the plan itself with --out.
    """
    from reconciler.app.problem import Problem
    from reconciler.app.review.review import judge_plan, review
    from reconciler.cli.formats import render_plan_as
    from reconciler.cli.saving import name_apply, save_plan
    from reconciler.cli.terminal import show_reading, tell, tell_diagnostics, write
    from reconciler.report.text.plan import list_next_steps

    with show_reading() as on_request:
        context = options.build_context(on_request=on_request)
        pictured = out is not None or style != "text"
        try:
            made = review(
                context,
                targets=chosen.targets,
                accounts=chosen.accounts,
                excluded=chosen.excluded,
                since=since,
                with_numbers=pictured,
            ).plan
        except Problem as problem:
            _write_nothing(problem, context, style)
            raise
    if style == "text":
        tell_diagnostics(made.diagnostics)
    write(render_plan_as(made, style=style, verbose=options.verbose, folder=Path(options.folder)), style=style)
    if style == "text":
        tell("\n".join(list_next_steps(made)))
    if out is not None:
        save_plan(made, out)
        tell(f"Saved to {out}. Apply exactly this with: {name_apply(options, out)}")
    return judge_plan(made, detailed=detailed_exitcode)


def _write_nothing(problem: Problem, context: Context, style: str) -> None:
    """Write a document for programs where there is no plan: it holds what is wrong, and nothing that could be applied."""
    from reconciler.cli.formats import render_plan_as
    from reconciler.cli.terminal import write
    from reconciler.model.plan import Plan

    if style in {"text", "markdown", "html"}:
        return
    empty = Plan(context.now().isoformat(timespec="seconds"), (), (), problem.diagnostics)
    write(render_plan_as(empty, style=style, verbose=False, folder=Path(context.folder)), style=style)
