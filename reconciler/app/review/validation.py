"""`validate`: check everything that can be checked without a network, or remember that it was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.app.context import Context
from reconciler.config.discover import find_project
from reconciler.model.diagnostic import Diagnostic

EVERY = "*"
"""The name that stands for every environment."""


@dataclass(frozen=True, slots=True)
class Validation:
    """What checking found. `counts` are the resources of each environment that is valid, by its name ("" for none)."""

    diagnostics: tuple[Diagnostic, ...]
    counts: Mapping[str, int]
    files: int
    valid: bool


def validate(context: Context) -> Validation:
    """Check the chosen environment; every one for `*`, and where a project has some and none is chosen.

    Only a verdict without errors is remembered, with its warnings and notes.
    """
    from reconciler.app.review.recall import open_memory

    root = find_project(context.folder)
    memory = open_memory(context, root) if root else None
    known = memory.recall() if memory else None
    if known:
        return known
    from reconciler.app.review.checking import check

    found, grounds = check(context)
    if memory and grounds and found.valid:
        memory.keep(found, grounds)
    return found
