"""The `reconciler` command: its subcommands, loaded when they run, and what a mistake looks like."""

from __future__ import annotations

import errno
import importlib
import os
from collections.abc import Sequence
from typing import Any

import click

from reconciler import __version__
from reconciler.cli.options import GLOBAL_OPTIONS, Globals
from reconciler.cli.signals import interrupt_on_hangup
from reconciler.cli.terminal import find_loss, open_outlets, tell

USAGE, INTERRUPTED, FAILED, CHANGES = 64, 130, 1, 2
SECTIONS: dict[str, dict[str, tuple[str, str]]] = {
    "Every day": {
        "validate": ("reconciler.cli.validate", "Check the files without a network."),
        "plan": ("reconciler.cli.plan", "Show what would change, and every request; sends only GETs."),
        "apply": ("reconciler.cli.apply", "Make it so: send the smallest requests and prove them."),
        "show": ("reconciler.cli.show", "Show a saved plan in any format."),
        "compare": ("reconciler.cli.compare", "Show what differs between two environments."),
        "drift": ("reconciler.cli.drift", "Show what moved outside git since the last apply."),
    },
    "On call": {
        "history": ("reconciler.cli.history", "List the runs, or what happened to one resource."),
        "undo": ("reconciler.cli.undo", "Take an apply back, field by field."),
        "unlock": ("reconciler.cli.unlock", "Remove the lock of an apply that is gone."),
        "forget": ("reconciler.cli.forget", "Take out of the ledger what git no longer declares."),
    },
    "First steps": {
        "init": ("reconciler.cli.init", "Write a small commented project."),
        "doctor": ("reconciler.cli.doctor", "Check each account: key, host, region, clock, proxy."),
        "pull": ("reconciler.cli.pull", "Write live objects as YAML."),
        "explain": ("reconciler.cli.explain", "Tell what is known of a kind, a field or an error code."),
        "schema": ("reconciler.cli.schema", "Print the JSON Schema of the files, for editors."),
        "completion": ("reconciler.cli.completion", "Print the script that completes words in your shell."),
        "sandbox": ("reconciler.cli.sandbox", "Serve, reset and trouble the simulated vendors."),
    },
    "In CI": {
        "ci": ("reconciler.cli.ci", "Post the plan to a pull request, or the drift to an issue."),
    },
}
"""Section -> command -> (module that defines it under the same name, one line for the list)."""

COMMANDS = {name: place for section in SECTIONS.values() for name, place in section.items()}


class Root(click.Group):
    """Load a subcommand's module only when it runs, so that `--help`, `--version` and completion stay fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """List the commands in the order of their sections."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import the module of a command and return it."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(importlib.import_module(COMMANDS[cmd_name][0]), cmd_name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Name the nearest command for one that does not exist."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from difflib import get_close_matches

            near = get_close_matches(args[0], COMMANDS, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise click.UsageError(f"No such command {args[0]!r}.{hint}", ctx)  # noqa: EM102
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the commands by section without importing them."""
        for title, commands in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(name, line) for name, (_, line) in commands.items()], col_max=12)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[Any]:
        """Complete command names without importing the commands."""
        from click.shell_completion import CompletionItem

        named = [CompletionItem(name, help=line) for name, (_, line) in COMMANDS.items() if name.startswith(incomplete)]
        return named + click.Command.shell_complete(self, ctx, incomplete)


EPILOG = """\b
Examples:
  reconciler -C examples/quickstart --sandbox plan     see it work, no credentials
  reconciler plan --out plan.json                      in the pull request
  reconciler apply plan.json --auto-approve            after the merge
"""


@click.command(
    cls=Root,
    params=list(GLOBAL_OPTIONS),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=EPILOG,
    no_args_is_help=True,
)
@click.version_option(__version__, prog_name="reconciler", message="%(prog)s %(version)s")
@click.pass_context
def root(ctx: click.Context) -> None:
    """Keep phone connections, numbers, phone agents and connectors as git declares them.

    `plan` reads the live state and shows each change with its exact request. `apply` sends only those requests and
    proves them. Nothing is ever created, bought, released, deleted or called.
    """
    ctx.ensure_object(Globals)


def run(arguments: Sequence[str] | None = None, *, outside: Globals | None = None) -> int:
    """Run the command line; return its exit code (docs/exit-codes.md). A user's mistake never shows a traceback.

    `outside` hands in another transport, clock or environment than the process's own.
    """
    options = outside or Globals()
    with open_outlets(), interrupt_on_hangup():
        code = _run(arguments, options)
        return _judge_output(code, options)


def _run(arguments: Sequence[str] | None, options: Globals) -> int:
    try:
        words = list(arguments) if arguments is not None else None
        result = root.main(args=words, prog_name="reconciler", standalone_mode=False, obj=options)
    except click.UsageError as error:
        error.show()
        return USAGE
    except click.ClickException as error:
        error.show()
        return FAILED
    except (click.Abort, KeyboardInterrupt):
        tell("Interrupted.")
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the last net: whatever comes here is our bug, and is said so
        return _report_bug(error)
    return int(result) if isinstance(result, int) else 0


def _judge_output(code: int, options: Globals) -> int:
    """Return the exit code of a command whose output may be lost: where the output is the result, it has failed.

    A reader that left (`| head`) knows that it did, and is told nothing.
    """
    lost = find_loss()
    if not lost or options.deed:
        return code
    if lost != os.strerror(errno.EPIPE):
        tell(f"The output could not be written: {lost}.")
    return FAILED if code in {0, CHANGES} else code


def _report_bug(error: Exception) -> int:
    """Say that it is our bug (law 9); the traceback is for whoever asks for it."""
    if os.environ.get("RECONCILER_TRACEBACK"):
        import traceback

        tell("".join(traceback.format_exception(error)))
    tell(f"This is a bug in reconciler {__version__}: {type(error).__name__}: {error}")
    tell("Please report it with the output of RECONCILER_TRACEBACK=1 and the same command.")
    return FAILED
