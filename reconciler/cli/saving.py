"""Write a plan to a file that only its owner can read: prompts and numbers are nobody else's business."""

from __future__ import annotations

import shlex
from pathlib import Path

from reconciler.cli.options import Globals
from reconciler.model.plan import Plan


def name_apply(options: Globals, target: Path) -> str:
    """Return the command that applies a saved plan, with the global options that it was made with, quoted for a shell.

    An environment that a variable of the process chose is written out: the variable may have been set for one command only.
    """
    from reconciler.config.load import ENVIRONMENT_VARIABLE

    environment = options.environment or options.build_context().environ.get(ENVIRONMENT_VARIABLE)
    words = ["reconciler"]
    words += ["-C", options.folder] if options.folder != "." else []
    words += ["--env", environment] if environment else []
    words += [word for name, value in options.variables.items() for word in ("--var", f"{name}={value}")]
    words += ["--sandbox"] if options.sandbox or options.vices else []
    path = str(target)
    return shlex.join([*words, "apply", *(["--"] if path.startswith("-") else []), path])


def save_plan(plan: Plan, target: Path) -> None:
    """Write the plan's JSON document; raise Problem where the file cannot be written."""
    from reconciler.app.named_files import replace_named
    from reconciler.app.problem import Exit, Problem
    from reconciler.model.diagnostic import Diagnostic
    from reconciler.report.machine.documents import render_plan_json

    try:
        replace_named(target, render_plan_json(plan), mode=0o600)
    except OSError as error:
        diagnostic = Diagnostic(code="cannot-write", message=f"{target}: {error.strerror}", advice="Name another file.")
        raise Problem(diagnostic, exit_code=Exit.FAILED) from error
