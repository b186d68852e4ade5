"""Several saved plans as one report."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.model.diagnostic import Diagnostic
from reconciler.model.plan import Plan


@dataclass(frozen=True, slots=True)
class SavedPlan:
    """A plan, and the file that it was read from."""

    source: str
    plan: Plan


@dataclass(frozen=True, slots=True)
class Part:
    """The plans of one project in one environment, put together."""

    plan: Plan
    sources: tuple[str, ...] = ()
    """The files that they were read from."""
    name: str = ""
    """What tells this part from the others beside its environment; empty where nothing need."""


@dataclass(frozen=True, slots=True)
class PlanReport:
    """All parts in order, all of them as one for what is counted, and what they say of one another."""

    parts: tuple[Part, ...]
    whole: Plan
    notes: tuple[Diagnostic, ...] = ()
    refusals: tuple[Diagnostic, ...] = ()
    """Why they cannot be shown as one."""
