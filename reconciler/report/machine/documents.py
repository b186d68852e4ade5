"""Write plans, outcomes and diagnostics as JSON for programs.

The text is safe to print on a terminal as well: invisible and reordering characters stand as escapes within strings.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.model.json_text import write_json
from reconciler.model.outcome import SETTLED, Outcome, Result
from reconciler.model.paths import FieldPath, Json, format_pointer
from reconciler.model.plan import Plan
from reconciler.model.plan_document import write_diagnostic, write_plan
from reconciler.model.plan_values import WITHHELD, encode_value
from reconciler.report.escape import escape_json


def render_plan_json(plan: Plan) -> str:
    """Return the document of `schemas/plan.schema.json`: what `read_plan` reads."""
    return _dump(write_plan(plan))


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
    return _dump({"run": run, "summary": summary, "outcomes": [_write_outcome(outcome) for outcome in outcomes]})


def _write_outcome(outcome: Outcome) -> dict[str, Json]:
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
