"""Show plans, outcomes and diagnostics on a terminal: the one place that others import these from."""

from __future__ import annotations

from reconciler.report.text_diagnostics import render_diagnostics
from reconciler.report.text_outcomes import render_outcome_line, render_run_summary
from reconciler.report.text_plan import list_next_steps, render_plan

__all__ = ["list_next_steps", "render_diagnostics", "render_outcome_line", "render_plan", "render_run_summary"]
