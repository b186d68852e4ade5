"""Show plans, outcomes and diagnostics on a terminal: the one place that others import these from."""

from __future__ import annotations

from reconciler.report.text_plan import render_plan

__all__ = ["render_plan"]
