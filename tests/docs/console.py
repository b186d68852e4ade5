"""Run the `console` blocks of a page as one terminal session and compare what they print with what the page shows."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.docs.pages import Block

PROMPT = "$ "
ANYTHING = "..."
SHOW_STATUS = "echo $?"


@dataclass(slots=True)
class Step:
    """One command and the lines shown below it."""

    command: str
    place: str
    shown: list[str] = field(default_factory=list)


class BlockError(ValueError):
    """A console block that does not follow the convention of CONTRIBUTING."""


def read_steps(block: Block) -> list[Step]:
    steps: list[Step] = []
    for number, line in enumerate(block.lines, start=block.line + 1):
        if line.startswith(PROMPT):
            steps.append(Step(line.removeprefix(PROMPT), f"{block.page}:{number}"))
        elif steps:
            steps[-1].shown.append(line)
        else:
            message = f"{block.page}:{number}: a console block starts with a `$ ` line"
            raise BlockError(message)
    return steps


def run_steps(steps: Sequence[Step], *, folder: Path, environ: Mapping[str, str]) -> list[tuple[str, int]]:
    """Run commands one after the other in one shell; return what each printed (both streams) and its status."""
    marker = "-- end of step"
    script = "".join(
        f"{step.command}\n__status=$?; printf '\\n{marker} %s\\n' \"$__status\"; (exit $__status)\n" for step in steps
    )
    done = subprocess.run(
        ["bash", "--norc", "-s"],
        input=script,
        cwd=folder,
        env=dict(environ),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    parts = re.split(rf"\n{marker} (\d+)\n", done.stdout)
    printed, statuses = parts[:-1:2], parts[1::2]
    assert len(statuses) == len(steps), f"the session ended early:\n{done.stdout}"
    return [(text, int(status)) for text, status in zip(printed, statuses, strict=True)]


def find_mismatches(steps: Sequence[Step], results: Sequence[tuple[str, int]]) -> Iterator[str]:
    """Say what does not go as the page shows."""
    for number, (step, (printed, status)) in enumerate(zip(steps, results, strict=True)):
        shows_status = number + 1 < len(steps) and steps[number + 1].command == SHOW_STATUS
        if status and not shows_status:
            yield f"{step.place}: `{step.command}` exited with {status}:\n{printed}"
        elif step.shown and not fits(step.shown, printed):
            shown = "\n".join(step.shown)
            yield f"{step.place}: `{step.command}` shows\n{shown}\n-- but prints\n{printed}"


def fits(shown: Sequence[str], printed: str) -> bool:
    """Tell whether an output is what a page shows: `...` stands for any lines, or for anything within a line."""
    pattern = "".join(_translate(line.rstrip()) for line in shown)
    text = "".join(f"{line.rstrip()}\n" for line in printed.rstrip("\n").splitlines())
    return re.fullmatch(pattern, text) is not None


def _translate(line: str) -> str:
    if line == ANYTHING:
        return r"(?:.*\n)*?"
    return ".*".join(map(re.escape, line.split(ANYTHING))) + r"\n"


def make_shim(folder: Path) -> Path:
    """Write a `reconciler` command that runs the product under test, whether or not it is installed."""
    folder.mkdir()
    shim = folder / "reconciler"
    shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m reconciler "$@"\n', encoding="utf-8")
    shim.chmod(0o755)
    return folder
