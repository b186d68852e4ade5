"""What every annotation format shows: diagnostics, resources in trouble, and the updates of a plan, weightiest first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.model.plan import Cause, Plan, Planned, Status, Subject, Update
from reconciler.model.plan_report import PlanReport
from reconciler.report.drift import turn
from reconciler.report.folding import Folded, fold_by_weight
from reconciler.report.markdown.escape import cut_line
from reconciler.report.parts import name_part
from reconciler.report.phrases import (
    CAUSE_WORDS,
    choose_cause,
    is_risky,
    list_risks,
    list_troubles,
    name_field,
    name_status,
    tell_scope,
)
from reconciler.report.reading_order import is_grave, sort_updates

_TROUBLES: Final[Mapping[Status, str]] = {
    Status.UNKNOWN: "read-failed",
    Status.ABSENT: "absent-object",
    Status.REFUSED: "update-refused",
}
_CAUSES: Final[Mapping[Cause, str]] = {Cause.CONFLICT: "conflict", Cause.DRIFT: "drift"}
_LONGEST_NAME: Final = 80


def list_findings(diagnostics: Iterable[Diagnostic], plan: Plan | None) -> list[Folded]:
    """Return each diagnostic once, many alike as one, errors first; each update of the plan as one more.

    An update is a warning where it is drift, a conflict or high risk, else a note. A resource in trouble that no
    diagnostic names is an error. What the plan did not look at is a note.
    """
    found = [*diagnostics, *(plan.diagnostics if plan else ())]
    updates: list[Diagnostic] = []
    if plan:
        plan = turn(plan)
        told = {one.address for one in found}
        found += [_describe_trouble(planned) for planned in list_troubles(plan) if planned.address not in told]
        if plan.scope.left_out:
            found.append(Diagnostic("not-looked-at", tell_scope(plan), Severity.NOTE))
        verb = "moved outside git in" if plan.subject is Subject.DRIFT else "would change"
        updates = [_describe_update(update, verb=verb) for update in sort_updates(plan.updates)]
    weights = list(Severity)
    rows = [*fold_by_weight(found), *(Folded((one,)) for one in updates)]
    return sorted(rows, key=lambda one: weights.index(one.first.severity))


def list_report_findings(report: PlanReport, *, prefix: str = "") -> list[Folded]:
    """Return the findings of several plans, errors first: each says its part, and names its file from the repository's top.

    `prefix` is the project folder of those plans that do not say theirs.
    """
    rows = [Folded((note,)) for note in report.notes]
    for part in report.parts:
        label, folder = name_part(part), part.plan.project or prefix
        rows += [
            Folded(tuple(_place(one, label, folder) for one in folded.alike)) for folded in list_findings((), part.plan)
        ]
    weights = list(Severity)
    return sorted(rows, key=lambda one: weights.index(one.first.severity))


def _place(found: Diagnostic, label: str, folder: str) -> Diagnostic:
    place = found.location
    if place and folder:
        place = replace(place, file=f"{folder.strip('/')}/{place.file}")
    return replace(found, message=f"{found.message.rstrip('.')} — in {label}", location=place)


def _describe_trouble(planned: Planned) -> Diagnostic:
    code = "reference-blocked" if planned.through else _TROUBLES[planned.status]
    message = f"{planned.address} {name_status(planned)}: {planned.reason}"
    return Diagnostic(code, message, address=planned.address)


def _describe_update(update: Update, *, verb: str) -> Diagnostic:
    cause = choose_cause(update)
    fields = ", ".join(cut_line(name_field(change.path), _LONGEST_NAME) for change in update.changes)
    return Diagnostic(
        code=_CAUSES.get(cause, "high-risk" if is_risky(update) else "update-planned"),
        message=f"{update.address} {verb} {fields} ({', '.join(_list_marks(update))})",
        severity=Severity.WARNING if is_grave(update) else Severity.NOTE,
        advice=" ".join(list_risks(update)),
        location=update.location,
        address=update.address,
    )


def _list_marks(update: Update) -> Iterator[str]:
    yield CAUSE_WORDS[choose_cause(update)]
    if is_risky(update):
        yield "high risk"
    if update.protected:
        yield "protected"
