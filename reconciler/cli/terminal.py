"""Where output goes: results to stdout, everything else to stderr; colour and width as the terminal has them."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import IO, Any

import click

from reconciler.model.diagnostic import Diagnostic

WIDEST = 200
"""Beyond this a line is hard to read, however wide the terminal."""


def wants_colour(stream: IO[str]) -> bool:
    """Tell whether to colour a stream: a terminal, unless NO_COLOR is set; FORCE_COLOR overrides both."""
    if os.environ.get("FORCE_COLOR"):
        return True
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return stream.isatty()


def measure_width() -> int:
    """Return the columns to write for: the terminal's, or 100 into a file."""
    return max(20, min(WIDEST, shutil.get_terminal_size((100, 24)).columns))


def write(text: str) -> None:
    """Write a result to stdout."""
    click.echo(text.rstrip("\n"), color=True)


def tell(text: str) -> None:
    """Write anything that is no result to stderr; nothing for an empty text."""
    if not text:
        return
    sys.stdout.flush()
    click.echo(text.rstrip("\n"), err=True, color=True)


def tell_diagnostics(diagnostics: Sequence[Diagnostic]) -> None:
    """Write diagnostics to stderr."""
    if diagnostics:
        from reconciler.report.text.diagnostics import render_diagnostics

        tell(render_diagnostics(diagnostics, colour=wants_colour(sys.stderr), width=measure_width()))


def report_problems(function: Callable[..., Any], *args: Any, **kwargs: Any) -> int:
    """Run a command; a Problem becomes its diagnostics on stderr and its exit code."""
    from reconciler.app.problem import Problem

    try:
        return int(function(*args, **kwargs) or 0)
    except Problem as problem:
        tell_diagnostics(problem.diagnostics)
        return int(problem.exit_code)


@contextmanager
def show_reading() -> Iterator[Callable[[], None] | None]:
    """Show on a terminal how many requests were sent while reading; yield what counts one."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console

    console, count = Console(stderr=True), 0
    with console.status("Reading the live state ...") as status:

        def on_request() -> None:
            nonlocal count
            count += 1
            status.update(f"Reading the live state ... {count} requests")

        yield on_request


@contextmanager
def show_progress(total: int) -> Iterator[Callable[[], None]]:
    """Show a progress bar where there are many updates and a terminal; yield what advances it."""
    if total < MANY or not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True, redirect_stdout=sys.stdout.isatty()) as progress:
        task = progress.add_task("Applying", total=total)
        yield lambda: progress.advance(task)


MANY = 20
"""From this many updates on, a bar says more than lines alone."""
