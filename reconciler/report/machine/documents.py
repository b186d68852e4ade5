"""Write plans, outcomes and diagnostics as JSON for programs.

The text is safe to print on a terminal as well: invisible and reordering characters stand as escapes within strings.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from reconciler.model.comparison import Comparison, Difference, Pair
from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.model.json_text import write_json
from reconciler.model.outcome import SETTLED, Outcome, Result
from reconciler.model.paths import MISSING, FieldPath, Json, Missing, format_pointer
from reconciler.model.plan import Plan
from reconciler.model.plan_document import summarise_plan, write_diagnostic, write_plan
from reconciler.model.plan_report import PlanReport
from reconciler.model.plan_values import WITHHELD, encode_value
from reconciler.report.escape import escape_json


def render_plan_json(plan: Plan) -> str:
    """Return the document of `schemas/plan.schema.json`: what `read_plan` reads."""
    return _dump(write_plan(plan))


def render_report_json(report: PlanReport) -> str:
    """Return the document of `schemas/plans.schema.json`: each part with the plan that its files come to, and a count of all."""
    return _dump(
        {
            "format_version": 1,
            "summary": summarise_plan(report.whole),
            "plans": [
                {"name": part.name, "files": list(part.sources), "plan": write_plan(part.plan)} for part in report.parts
            ],
            "diagnostics": [write_diagnostic(note) for note in report.notes],
        }
    )


def render_diagnostics_json(diagnostics: Sequence[Diagnostic]) -> str:
    """Return the diagnostics in order of file and line, with a count by severity."""
    ordered = sorted(diagnostics, key=lambda diagnostic: diagnostic.sort_key)
    counts = Counter(diagnostic.severity for diagnostic in ordered)
    summary = {severity.value: counts[severity] for severity in Severity}
    return _dump({"summary": summary, "diagnostics": [write_diagnostic(diagnostic) for diagnostic in ordered]})


def render_outcomes_json(outcomes: Sequence[Outcome], *, run: str | None = None) -> str:
    """Return what became of each update, in the order in which they ended, with a count by result."""
    counts = Counter(outcome.result for outcome in outcomes)
    summary = {result.value: counts[result] for result in Result}
    return _dump({"run": run, "summary": summary, "outcomes": [write_outcome(outcome) for outcome in outcomes]})


def render_comparison_json(comparison: Comparison) -> str:
    """Return two environments side by side: every resource, what differs, and whether git says so."""
    counts = {
        name: comparison.count(intended=intended) for name, intended in (("intended", True), ("unintended", False))
    }
    return _dump(
        {
            "format_version": 1,
            "environments": list(comparison.environments),
            "summary": {"resources": len(comparison.pairs), **counts, "astray": comparison.astray},
            "resources": [_write_pair(pair, comparison.environments) for pair in comparison.pairs],
            "diagnostics": [write_diagnostic(diagnostic) for diagnostic in comparison.diagnostics],
        }
    )


def _write_pair(pair: Pair, environments: tuple[str, str]) -> dict[str, Json]:
    return {
        "address": pair.address,
        "in": {
            name: {"account": place.account, "id": place.identity, "trouble": place.trouble} if place else None
            for name, place in zip(environments, (pair.left, pair.right), strict=True)
        },
        "differences": [_write_difference(difference, environments) for difference in pair.differences],
    }


def _write_difference(difference: Difference, environments: tuple[str, str]) -> dict[str, Json]:
    sides = dict(zip(environments, (difference.left, difference.right), strict=True))
    return {
        "path": format_pointer(difference.path),
        "intended": difference.intended,
        "astray": difference.astray,
        "declared": _write_known({name: side.declared for name, side in sides.items()}, difference),
        "live": _write_known({name: side.live for name, side in sides.items()}, difference),
        "secret": difference.secret,
    }


def _write_known(values: Mapping[str, Json | Missing], difference: Difference) -> dict[str, Json]:
    """Write a value for each environment that has one; what a secret holds is never written."""
    known = {name: value for name, value in values.items() if value is not MISSING}
    return {
        name: encode_value(WITHHELD if difference.secret and value is not None else value)
        for name, value in known.items()
    }


def write_outcome(outcome: Outcome) -> dict[str, Json]:
    """Return what became of one update, without secrets."""
    update = outcome.update
    secrets = frozenset(change.path for change in update.changes if change.secret)
    return {
        "address": update.address,
        "provider": update.provider,
        "account": update.account,
        "id": update.identity.as_json(),
        "result": outcome.result.value,
        "settled": outcome.result in SETTLED,
        "message": outcome.message,
        "status": outcome.status,
        "request_id": outcome.request_id,
        "seconds": round(outcome.seconds, 3),
        "wrong_fields": [format_pointer(path) for path in outcome.wrong_fields],
        "mismatches": [
            {
                "path": format_pointer(one.path),
                "planned": _write_side(one.path, one.planned, secrets),
                "live": _write_side(one.path, one.live, secrets),
                "reason": one.reason,
            }
            for one in outcome.mismatches
        ],
        "collateral": [
            {
                "path": format_pointer(collateral.path),
                "before": _write_side(collateral.path, collateral.before, secrets),
                "after": _write_side(collateral.path, collateral.after, secrets),
            }
            for collateral in outcome.collateral
        ],
    }


def _write_side(path: FieldPath, value: Json, secrets: frozenset[FieldPath]) -> Json:
    return encode_value(WITHHELD if path in secrets else value)


def _dump(document: Json) -> str:
    return escape_json(write_json(document).decode("utf-8", "surrogatepass")) + "\n"
