"""`reconciler validate`."""

from __future__ import annotations

from pathlib import Path

import click

from reconciler.cli.formats import ANNOTATIONS
from reconciler.cli.options import Globals, command
from reconciler.model.diagnostic import Diagnostic

EXAMPLE = """
reconciler validate
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
    """
    from reconciler.app.problem import Exit
    from reconciler.app.review.review import validate as check
    from reconciler.cli.terminal import tell_diagnostics, write

    del files
    loaded = check(options.build_context())
    if style == "text":
        tell_diagnostics(loaded.diagnostics)
        if loaded.project is not None:
            count = len(loaded.project.resources)
            write(
                f"Valid: {count} resource{'' if count == 1 else 's'} in {loaded.files} file{'' if loaded.files == 1 else 's'}."
            )
    else:
        write(_render(style, loaded.diagnostics, Path(options.folder)), style=style)
    return Exit.DONE if loaded.project is not None else Exit.INVALID


def _render(style: str, diagnostics: tuple[Diagnostic, ...], folder: Path) -> str:
    if style == "json":
        from reconciler.report.machine.documents import render_diagnostics_json

        return render_diagnostics_json(diagnostics)
    import os

    from reconciler.app.ci.place import find_prefix
    from reconciler.cli.formats import render_annotations

    return render_annotations(diagnostics, style=style, prefix=find_prefix(folder, os.environ))
