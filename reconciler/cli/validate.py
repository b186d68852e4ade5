"""`reconciler validate`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.formats import ANNOTATIONS
from reconciler.cli.options import Globals, command
from reconciler.model.diagnostic import Diagnostic

if TYPE_CHECKING:
    from reconciler.app.review.validation import Validation

EXAMPLE = """
reconciler validate
reconciler validate --env '*'
reconciler validate --format github
"""


@command("validate", example=EXAMPLE)
@click.option(
    "--format",
    "style",
    type=click.Choice(("text", "json", *ANNOTATIONS)),
    default="text",
    show_default=True,
    help="How to show findings.",
)
@click.argument("files", nargs=-1, type=click.Path())
def validate(options: Globals, style: str, files: tuple[str, ...]) -> int:
    """Check everything that can be checked without a network.

    FILES are accepted and ignored, so that a pre-commit hook may name the changed ones: the whole project is checked
    each time, since one file can break another.

    A project with environments is checked in the chosen one, and in every one with --env '*', or where none is chosen.
    """
    from reconciler.app.problem import Exit
    from reconciler.app.review.validation import validate as check
    from reconciler.cli.terminal import tell_diagnostics, write

    del files
    found = check(options.build_context())
    if style == "text":
        tell_diagnostics(found.diagnostics)
        if found.valid:
            write(_sum_up(found))
    else:
        write(_render(style, found.diagnostics, Path(options.folder)), style=style)
    return Exit.DONE if found.valid else Exit.INVALID


def _sum_up(found: Validation) -> str:
    counts = [f"{count} resource{'' if count == 1 else 's'}{f' in {name}' if name else ''}" for name, count in found.counts.items()]  # fmt: skip
    named = any(found.counts)
    files = f"{found.files} file{'' if found.files == 1 else 's'}"
    return f"Valid: {', '.join(counts)}{f' ({files})' if named else f' in {files}'}."


def _render(style: str, diagnostics: tuple[Diagnostic, ...], folder: Path) -> str:
    if style == "json":
        from reconciler.report.machine.documents import render_diagnostics_json

        return render_diagnostics_json(diagnostics)
    import os

    from reconciler.app.ci.place import find_prefix
    from reconciler.cli.formats import render_annotations

    return render_annotations(diagnostics, style=style, prefix=find_prefix(folder, os.environ))
