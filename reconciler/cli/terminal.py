"""Where output goes: results to stdout, everything else to stderr; colour, width and signs as the stream has them.

Nothing else in the project writes to a stream, so one place decides what happens where one fails: the output is lost,
and nothing else is (law 11).
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import IO, Any, TextIO, cast

import click

from reconciler.cli.outlet import Outlet
from reconciler.model.diagnostic import Diagnostic

WIDEST = 200
"""Beyond this a line is hard to read, however wide the terminal."""


@contextmanager
def open_outlets() -> Iterator[None]:
    """Put outlets before stdout and stderr for as long as a command runs."""
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = (cast("TextIO", Outlet(stream)) for stream in before)
    try:
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        sys.stdout, sys.stderr = before


def occupy_closed_streams() -> None:
    """Open nothing in the places of stdin, stdout and stderr where they are closed.

    Else the next file that is opened gets that number, and whoever writes to "stdout" writes into it.
    """
    for place in range(3):
        try:
            os.fstat(place)
        except OSError:
            with contextlib.suppress(OSError):
                os.open(os.devnull, os.O_RDWR)


def find_loss(stream: IO[str] | None = None) -> str:
    """Say why a stream, stdout unless another is named, can no longer be written; "" while it can."""
    shown = stream or sys.stdout
    return shown.look() if isinstance(shown, Outlet) else ""


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


def write(text: str, *, style: str = "text") -> str:
    """Write a result to stdout; return why it is lost, "" where it is not.

    Every style but `text` is read by programs, and is written in UTF-8 whatever the code page. Of a text no CI system
    obeys a line; the other styles see to that themselves.
    """
    from reconciler.report.escape import disarm

    _wipe_status()
    if style != "text" and isinstance(sys.stdout, Outlet):
        sys.stdout.use_utf8()
    shown = disarm(text) if style == "text" else text
    sys.stdout.write(shown.rstrip("\n") + "\n")
    sys.stdout.flush()
    return find_loss()


def tell(text: str) -> None:
    """Write anything that is no result to stderr, where no CI system obeys it; nothing for an empty text."""
    if not text:
        return
    from reconciler.report.escape import disarm

    _wipe_status()
    sys.stdout.flush()
    sys.stderr.write(disarm(text).rstrip("\n") + "\n")
    sys.stderr.flush()


def tell_diagnostics(diagnostics: Sequence[Diagnostic]) -> None:
    """Write diagnostics to stderr."""
    if diagnostics:
        from reconciler.report.text.diagnostics import render_diagnostics

        tell(render_diagnostics(diagnostics, colour=wants_colour(sys.stderr), width=measure_width()))


def ask(question: str, *, what_not: str) -> bool:
    """Ask on the terminal; only `yes` is a yes. Else tell what was not done."""
    if sys.stdin is None or not sys.stdin.isatty() or find_loss(sys.stderr):
        tell(f"Refused: there is no terminal to ask on. In CI, use --auto-approve. {what_not}")
        return False
    _wipe_status()
    answer = click.prompt(f"{question} Only 'yes' is accepted", default="", show_default=False, err=True)
    if answer != "yes":
        tell(f"Not approved. {what_not}")
    return bool(answer == "yes")


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
    """Show on a terminal how many requests were sent while reading; yield what counts one.

    The garbage collector rests meanwhile: what is read stays until the command ends.
    """
    from reconciler.model.collector import pause_collector

    with pause_collector():
        if not _can_show_status():
            yield None
        else:
            with _count_requests() as on_request:
                yield on_request


@contextmanager
def _count_requests() -> Iterator[Callable[[], None]]:
    from reconciler.report.phrases import count_noun

    count = 0

    def on_request() -> None:
        nonlocal count
        count += 1
        _show_status(f"Reading the live state: {count_noun(count, 'request')}")

    try:
        _show_status("Reading the live state")
        yield on_request
    finally:
        _wipe_status()


@contextmanager
def show_progress(total: int) -> Iterator[Callable[[str], None]]:
    """Show on a terminal which update is being sent, `23/68 numbers.front-desk`; yield what is told its address."""
    sent: set[str] = set()

    def on_send(address: str) -> None:
        sent.add(address)
        if _can_show_status():
            from reconciler.report.escape import escape_terminal

            _show_status(f"{len(sent)}/{total} {escape_terminal(address)}")

    try:
        yield on_send
    finally:
        _wipe_status()


def _can_show_status() -> bool:
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


def _show_status(text: str) -> None:
    """Rewrite the last line of the terminal."""
    sys.stderr.write(f"\r\x1b[K{text[: measure_width() - 1]}")
    sys.stderr.flush()


def _wipe_status() -> None:
    """Clear the last line of the terminal, so that a whole line can take its place."""
    if _can_show_status():
        sys.stderr.write("\r\x1b[K")
