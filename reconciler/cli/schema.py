"""`reconciler schema`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.options import Globals, command

if TYPE_CHECKING:
    from reconciler.app.learn.schemas import SchemaName

EXAMPLE = """
reconciler schema > reconciler.schema.json
reconciler schema --check reconciler.schema.json
reconciler schema environment > environment.schema.json
reconciler schema plan
"""


@command("schema", example=EXAMPLE)
@click.argument(
    "name", type=click.Choice(("files", "environment", "plan", "plans", "events", "comparison")), default="files"
)
@click.option(
    "--check",
    "copy",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Compare a copy with it instead; exit 1 when they differ.",
)
def schema(_options: Globals, name: SchemaName, copy: Path | None) -> int:
    """Print the JSON Schema of the files (or of an environment's file, of one plan or several, or of an apply's events).

    Editors with a YAML language server complete, explain and check with it. Name a copy of it in the first line of a
    file: # yaml-language-server: $schema=reconciler.schema.json
    """
    from reconciler.app.learn.schemas import check_schema, render_schema
    from reconciler.cli.terminal import tell, write

    if copy is None:
        write(render_schema(name), style="json")
    else:
        check_schema(name, copy)
        tell(f"{copy} is the schema of this version.")
    return 0
