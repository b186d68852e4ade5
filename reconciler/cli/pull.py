"""`reconciler pull`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from reconciler.cli.options import Globals, account_option, command, complete_lazily

EXAMPLE = """
reconciler pull --into .
reconciler pull --out config/pulled.yaml
reconciler pull numbers phone_connections
reconciler pull connectors --group agentId=PROJECT-58RP822I
reconciler pull --into . --match 'label=Hotline *' --filter fromCreatedAt=2026-11-01T00:00:00Z
reconciler pull --seed --out sandbox.yaml
"""
ORIGIN = "as `reconciler pull` found them. Keep what git should own."
_SHAPES = {"--group": "PART=VALUE", "--match": "FIELD=GLOB", "--filter": "NAME=VALUE"}
SEED_ORIGIN = "as `reconciler pull --seed` found them, without secrets: what --sandbox holds before the first apply."


@command("pull", example=EXAMPLE)
@click.argument("kinds", metavar="[KIND]...", nargs=-1, shell_complete=complete_lazily("complete_kind"))
@account_option
@click.option(
    "--group",
    "groups",
    metavar="PART=VALUE",
    multiple=True,
    help="Where to look: agentId=PROJECT-1, or agentId=@FILE with one a line.",
)
@click.option("--product", "products", metavar="ID", multiple=True, help="Only objects of this product (repeatable).")
@click.option(
    "--match", "matches", metavar="FIELD=GLOB", multiple=True, help="Only objects whose field fits (repeatable)."
)
@click.option(
    "--filter",
    "filters",
    metavar="NAME=VALUE",
    multiple=True,
    help='A query parameter of the vendor\'s own list: `explain KIND` names them under "narrowed by" (repeatable).',
)
@click.option("--all-fields", is_flag=True, help="Also fields that are not set, as null, and those in the id.")
@click.option("--declared", is_flag=True, help="Also objects that the project declares already.")
@click.option("--seed", is_flag=True, help="Write a sandbox.yaml with all that is live instead.")
@click.option("--into", type=click.Path(path_type=Path), metavar="DIR", help="Write files as a person would, in DIR.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write to a new file.")
def pull(
    options: Globals,
    kinds: tuple[str, ...],
    accounts: tuple[str, ...],
    groups: tuple[str, ...],
    products: tuple[str, ...],
    matches: tuple[str, ...],
    filters: tuple[str, ...],
    *,
    into: Path | None,
    out: Path | None,
    all_fields: bool,
    declared: bool,
    seed: bool,
) -> int:
    """Write live objects as YAML that can be declared as it is, or that a sandbox plays (--seed).

    A plan with it is empty. Fields that cannot be read or changed are left out; secrets always are. Sends only GETs, and
    never writes over a file.

    --match looks at all that is read, and lets the vendor filter where its list can. --filter is the vendor's own way:
    a list that has none of the named filters is not read.

    --into lays them out as a person would: a file an account and kind, long texts under prompts/, references between
    them, names people know them by. It begins a project where there is none, and adds what is new where there is one. In
    one of several environments that goes into the environment's own file, laid over what is declared for all of them.
    """
    from reconciler.app.adopt.lists import Wish
    from reconciler.app.adopt.pull import pull as fetch
    from reconciler.app.adopt.seeding import write_seed_text
    from reconciler.app.workspace import open_workspace
    from reconciler.cli.adopting import tell_left_out
    from reconciler.cli.terminal import show_reading, tell, tell_diagnostics, write
    from reconciler.report.declarations.pulled import render_pulled
    from reconciler.report.phrases import count_noun

    wish = Wish(
        kinds,
        accounts,
        groups=tuple(group for text in groups for group in _split_group(text)),
        all_fields=all_fields,
        declared=declared,
        filters=tuple(_split("--filter", text) for text in filters),
        matches=(*(("productId", product) for product in products), *(_split("--match", text) for text in matches)),
    )
    if into is not None:
        if out is not None or seed or declared:
            raise click.UsageError(
                "--into writes new files only: it goes with neither --out nor --seed nor --declared."
            )
        from reconciler.cli.adopting import adopt

        return adopt(options, into, wish)
    if out is not None:
        _refuse_existing(out)
    with show_reading() as on_request:
        context = options.build_context(on_request=on_request)
        workspace = open_workspace(context)
        haul = fetch(workspace, wish)
    tell_diagnostics(haul.diagnostics)
    # What is declared, or has nothing to own, stands in a seed as everything else that is live.
    tell_left_out(replace(haul, skipped=0, blank=0) if seed else haul, shown_by=" --declared shows them too.")
    if seed:
        found, check = count_noun(len(haul.live), "live object"), "reconciler --sandbox plan"
        text = write_seed_text(haul, workspace.project, remark=f"{found}, {SEED_ORIGIN}")
    else:
        found, check = count_noun(haul.count, "resource"), "reconciler plan"
        text = render_pulled(haul.kinds, remarks=[f"{count_noun(haul.count, 'live object')}, {ORIGIN}"])
    if out is None:
        write(text, style="yaml")
    else:
        _write_new(out, text)
        tell(f"Wrote {found} to {out}. Check with: {check}")
    return haul.exit_code


def _split_group(text: str) -> list[tuple[str, str]]:
    """Return the groups that an option names: one, or those of a file, one a line, `#` begins a comment."""
    part, value = _split("--group", text)
    if not value.startswith("@"):
        return [(part, value)]
    try:
        lines = Path(value[1:]).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise click.UsageError(f"--group {text}: {reason}") from error  # noqa: EM102
    return [(part, line.strip()) for line in lines if line.strip() and not line.strip().startswith("#")]


def _split(option: str, text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals and value):
        raise click.UsageError(f"{option} {text!r} is not {_SHAPES[option]}")  # noqa: EM102
    return name, value


def _refuse_existing(out: Path) -> None:
    import os

    from reconciler.app.problem import Exit, Problem
    from reconciler.model.diagnostic import Diagnostic

    if os.path.lexists(out):
        advice = "Nothing is ever overwritten. Name a new file."
        diagnostic = Diagnostic(code="file-exists", message=f"{out} exists", advice=advice)
        raise Problem(diagnostic, exit_code=Exit.REFUSED)


def _write_new(out: Path, text: str) -> None:
    from reconciler.app.named_files import create_named
    from reconciler.app.problem import Exit, Problem
    from reconciler.model.diagnostic import Diagnostic

    try:
        create_named(out, text, within=Path())
    except FileExistsError:
        _refuse_existing(out)
    except OSError as error:
        diagnostic = Diagnostic(code="cannot-write", message=f"{out}: {error.strerror}", advice="Name another file.")
        raise Problem(diagnostic, exit_code=Exit.FAILED) from error
