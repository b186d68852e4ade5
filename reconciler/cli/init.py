"""`reconciler init`."""

from __future__ import annotations

from pathlib import Path

import click

from reconciler.cli.options import Globals, command

EXAMPLE = """
reconciler init phone-lines
cd phone-lines && reconciler --sandbox plan
reconciler init --empty phone-lines
"""


@command("init", example=EXAMPLE, deed=True)
@click.argument("target", metavar="[DIR]", type=click.Path(file_okay=False, path_type=Path), default=Path())
@click.option("--empty", is_flag=True, help="Only reconciler.yaml, without the examples.")
def init(options: Globals, target: Path, *, empty: bool) -> int:
    """Write a small commented project into DIR (default: here).

    Its examples can be planned and applied in the sandbox at once. Nothing is overwritten: where one of its files exists,
    nothing is written at all (exit 5); only a .gitignore may be there already.
    """
    from reconciler.app.adopt.init import write_project
    from reconciler.cli.terminal import tell, write

    place = options.build_context().folder / target
    made = write_project(place, empty=empty)
    for name in made.written:
        write(str(place / name))
    for name in made.kept:
        tell(f"{place / name} was left as it is; see that it names .reconciler/")
    inside = "" if place == Path() else f" -C {place}"
    if not empty:
        tell(f"\nTry it without any key:   reconciler{inside} --sandbox plan")
    tell(f"With your keys:           reconciler{inside} doctor, then reconciler{inside} pull")
    return 0
