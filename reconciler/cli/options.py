"""Options that several commands share. The global ones are accepted before or after the command."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

if TYPE_CHECKING:
    from reconciler.app.context import Context

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass
class Globals:
    """What the global options said, wherever they stood."""

    folder: str = "."
    environment: str | None = None
    variables: dict[str, str] = field(default_factory=dict)
    sandbox: bool = False
    vices: tuple[str, ...] = ()
    verbose: bool = False
    transport: Any = None
    environ: Mapping[str, str] | None = None
    now: Any = None
    patience: Any = None
    deed: bool = False
    """Whether the command that runs does something beyond its output, so that its exit code tells of that."""

    def build_context(self, *, on_request: Callable[[], None] | None = None) -> Context:
        """Turn the options into what `app` is told from outside."""
        import os

        from reconciler.app.context import Context, tell_time

        return Context(
            folder=Path(self.folder),
            environment=self.environment,
            variables=self.variables,
            sandbox=self.sandbox or bool(self.vices),
            vices=self.vices,
            environ=os.environ if self.environ is None else self.environ,
            now=self.now or tell_time,
            transport=self.transport,
            patience=self.patience,
            on_request=on_request,
        )


def _store(name: str) -> Callable[[click.Context, click.Parameter, Any], None]:
    """Keep a global option's value unless it was not given here."""

    def keep(ctx: click.Context, _parameter: click.Parameter, value: Any) -> None:
        if value not in (None, False, ()):
            setattr(ctx.ensure_object(Globals), name, value)

    return keep


def _keep_variables(ctx: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> None:
    for text in values:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise click.BadParameter(f"{text!r} is not NAME=VALUE", ctx=ctx, param=parameter)  # noqa: EM102
        ctx.ensure_object(Globals).variables[name] = value


def complete_lazily(name: str) -> Callable[[click.Context, click.Parameter, str], list[str]]:
    """Return a completion of `cli.completing` that is imported when somebody presses the key."""

    def complete(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
        from importlib import import_module

        found: list[str] = getattr(import_module("reconciler.cli.completing"), name)(ctx, parameter, incomplete)
        return found

    return complete


def complete_environment(ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Complete the name of an environment of the project that is meant."""
    from reconciler.config.discover import find_project, list_environments

    root = find_project(Path(ctx.ensure_object(Globals).folder))
    return [name for name in list_environments(root) if name.startswith(incomplete)] if root else []


GLOBAL_OPTIONS = (
    click.Option(
        ["-C", "folder"],
        metavar="DIR",
        type=click.Path(exists=True, file_okay=False),
        expose_value=False,
        callback=_store("folder"),
        help="Use the project in DIR; other paths stay relative to where you are.",
    ),
    click.Option(
        ["--env", "environment"],
        metavar="NAME",
        expose_value=False,
        callback=_store("environment"),
        shell_complete=complete_environment,
        help="Use environments/NAME.yaml; without it RECONCILER_ENV counts, else `environment:` of reconciler.yaml.",
    ),
    click.Option(
        ["--var", "variables"],
        metavar="K=V",
        multiple=True,
        expose_value=False,
        callback=_keep_variables,
        help="Set a variable (repeatable).",
    ),
    click.Option(
        ["--sandbox"],
        is_flag=True,
        expose_value=False,
        callback=_store("sandbox"),
        help="Answer from the built-in simulated vendors: no credentials, no network.",
    ),
    click.Option(
        ["--vice", "vices"],
        metavar="VICE",
        shell_complete=complete_lazily("complete_vice"),
        multiple=True,
        expose_value=False,
        callback=_store("vices"),
        help="Trouble the sandbox (repeatable; see `sandbox vices`).",
    ),
    click.Option(
        ["-v", "--verbose"], is_flag=True, expose_value=False, callback=_store("verbose"), help="Show more detail."
    ),
)


class Command(click.Command):
    """A command that also takes the global options, listed apart in its help."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["params"] = [*(kwargs.get("params") or []), *GLOBAL_OPTIONS]
        kwargs.setdefault("context_settings", {"help_option_names": ["-h", "--help"], "max_content_width": 100})
        super().__init__(*args, **kwargs)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the command's own options first, then the global ones."""
        own = [parameter for parameter in self.get_params(ctx) if parameter not in GLOBAL_OPTIONS]
        for title, parameters in (("Options", own), ("Global options", list(GLOBAL_OPTIONS))):
            rows = [row for parameter in parameters if (row := parameter.get_help_record(ctx))]
            with formatter.section(title):
                formatter.write_dl(rows)


def command(name: str, *, example: str, deed: bool = False) -> Callable[[Callable[..., Any]], Command]:
    """Define a command whose help ends with examples and whose exit code is what it returns.

    `deed`: it does something beyond its output, which stays done where the output is lost.
    """

    def wrap(function: Callable[..., Any]) -> Command:
        @functools.wraps(function)
        def guarded(options: Globals, *args: Any, **kwargs: Any) -> Any:
            from reconciler.cli.terminal import report_problems

            options.deed = deed
            return report_problems(function, options, *args, **kwargs)

        epilog = "\b\nExamples:\n" + "\n".join(f"  {line}" for line in example.strip().splitlines())
        return click.command(name, cls=Command, epilog=epilog)(click.pass_obj(guarded))

    return wrap


class Duration(click.ParamType):  # type: ignore[type-arg]
    """A time as people write it: 90, 90s, 10m, 1h."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return seconds."""
        if isinstance(value, float):
            return value
        number, unit = (value[:-1], value[-1]) if value[-1:] in _UNITS else (value, "s")
        if not number.isascii() or not number.isdigit():
            self.fail(f"{value!r} is no time. Write 90s, 10m or 1h.", param, ctx)
        return float(number) * _UNITS[unit]


_UNITS = {"s": 1, "m": 60, "h": 3600}
DURATION = Duration()


def complete_addresses(ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Complete addresses of the project, for the shell; a project that cannot be loaded has none."""
    from reconciler.app.learn.addresses import list_addresses

    context = ctx.ensure_object(Globals).build_context()
    return [address for address in list_addresses(context) if address.startswith(incomplete)]


account_option = click.option(
    "--account",
    "accounts",
    metavar="NAME",
    multiple=True,
    shell_complete=complete_lazily("complete_account"),
    help="Only this account (repeatable).",
)


def selection(function: Function) -> Function:
    """Add `--target`, `--account` and `--exclude`; together they are handed over as `chosen`, a Scope."""

    @functools.wraps(function)
    def choose(
        *args: Any, targets: tuple[str, ...], accounts: tuple[str, ...], excluded: tuple[str, ...], **kwargs: Any
    ) -> Any:
        from reconciler.model.plan import Scope

        return function(*args, chosen=Scope(targets, accounts, excluded), **kwargs)

    target = click.option(
        "--target",
        "targets",
        metavar="ADDRESS",
        multiple=True,
        shell_complete=complete_addresses,
        help="Only this resource (repeatable, globs); what it takes values from is read too.",
    )
    exclude = click.option(
        "--exclude",
        "excluded",
        metavar="ADDRESS",
        multiple=True,
        shell_complete=complete_addresses,
        help="Without this resource (repeatable, globs).",
    )
    return cast("Function", target(account_option(exclude(choose))))


approval = click.option("--auto-approve", is_flag=True, help="Do not ask; for CI.")


def allowance(function: Function) -> Function:
    """Add the options that lift a guard for one run."""
    options = (
        approval,
        click.option("--max-updates", type=click.IntRange(min=0), metavar="N", help="Lift the guards up to N updates."),
        click.option(
            "--allow-protected",
            "protected",
            metavar="ADDRESS",
            multiple=True,
            shell_complete=complete_addresses,
            help="Allow a protected resource.",
        ),
    )
    for option in reversed(options):
        function = option(function)
    return function
