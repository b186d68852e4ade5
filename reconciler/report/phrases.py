"""The words that all reports for a browser or a code review share."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.model.paths import MISSING, FieldPath, Json, Missing
from reconciler.model.plan import DIALS, CallGraph, Cause, Change, Plan, Planned, Status, Subject, Update
from reconciler.model.plan_values import encode_value
from reconciler.model.secret import HIDDEN
from reconciler.report.diff_words import Row, diff_texts, show_added, show_removed
from reconciler.report.escape import escape_json

CAUSE_WORDS: Mapping[Cause, str] = {
    Cause.CONFLICT: "conflict",
    Cause.DRIFT: "drift",
    Cause.CONFIG: "from this change",
    Cause.UNATTRIBUTED: "not attributed",
    Cause.UNVERIFIABLE: "cannot be read back",
}
"""In order of weight: the first cause that occurs in an update is the one it is counted under."""

CAUSE_MEANINGS: Mapping[Cause, str] = {
    Cause.CONFLICT: "Both git and somebody outside git changed this field since the last apply.",
    Cause.DRIFT: "Somebody changed this field outside git; applying puts it back.",
    Cause.CONFIG: "Git changed this field.",
    Cause.UNATTRIBUTED: "Nothing was ever applied to this field from here, so nobody can tell who changed it.",
    Cause.UNVERIFIABLE: "The vendor's API cannot be read back, so the live value is not known.",
}

STATUS_WORDS: Mapping[Status, str] = {
    Status.UPDATE: "to update",
    Status.IN_SYNC: "in sync",
    Status.UNKNOWN: "could not be read",
    Status.ABSENT: "absent",
    Status.REFUSED: "refused",
}


def name_status(planned: Planned) -> str:
    """Say what became of a resource, and through whom where it is not its own doing."""
    return f"{planned.status.value}, through {planned.through}" if planned.through else STATUS_WORDS[planned.status]


TROUBLES = (Status.REFUSED, Status.ABSENT, Status.UNKNOWN)

LONG_TEXT = 60
"""Characters from which on a text is shown as a diff instead of two values side by side."""

_SHOWN_COMMIT = 12

LONG_VALUE = 160
"""The same for lists and mappings, as JSON on one line."""


@dataclass(frozen=True, slots=True)
class Sides:
    """What the two values of a change are called, and what a resource with changes is."""

    before: str
    after: str
    noun: str


_SIDES: Mapping[Subject, Sides] = {
    Subject.PLAN: Sides("Before", "After", "update"),
    Subject.DRIFT: Sides("Git says", "Live says", "resource"),
}


def name_sides(subject: Subject) -> Sides:
    """Return what the sides of changes are called."""
    return _SIDES[subject]


def name_subject(plan: Plan) -> str:
    """Return the word that heads a report."""
    return plan.subject.value.capitalize()


def tell_scope(plan: Plan) -> str:
    """Say what a plan did not look at; empty where it looked at everything."""
    scope = plan.scope
    left = f"{count_noun(scope.left_out, 'declared resource')} {'was' if scope.left_out == 1 else 'were'} not looked at"
    if scope.plans:
        whole = "together they looked at all that is declared"
        return f"{scope.plans:,} plans as one: {left if scope.left_out else whole}."
    if not scope.words or not scope.left_out:
        return ""
    commit = scope.since_commit[:_SHOWN_COMMIT]
    named = f" ({commit})" if scope.since and not scope.since.startswith(commit) else ""
    return f"Narrowed by {' '.join(scope.words)}{named}: {left}."


def show_time(created_at: str) -> str:
    """Write a time in UTC as people do: `2026-03-02 09:30 UTC`; one that is none of ours stays."""
    day, mark, clock = created_at.partition("T")
    zones = tuple(zone for zone in ("Z", "+00:00") if clock.endswith(zone))
    return f"{day} {clock[:5]} UTC" if mark and zones else created_at


def write_headline(plan: Plan) -> str:
    """Return the one line that says it all; every update is counted once, under its weightiest cause."""
    parts = [_count_drift(plan) if plan.subject is Subject.DRIFT else _count_updates(plan)]
    numbers = len(find_affected_numbers(plan.calls))
    if plan.updates and numbers:
        parts.append(f"{count_noun(numbers, 'number')} affected")
    risky = sum(is_risky(update) for update in plan.updates)
    if risky:
        parts.append(f"{risky} high risk")
    troubles = [f"{plan.count(status)} {STATUS_WORDS[status]}" for status in TROUBLES if plan.count(status)]
    parts += [", ".join(troubles)] if troubles else []
    return "; ".join([*parts, *([f"{len(plan.ignored)} ignored"] if plan.ignored else [])])


def _count_drift(plan: Plan) -> str:
    if not plan.updates:
        return "Nothing moved outside git since the last apply"
    conflicts = plan.count_cause(Cause.CONFLICT)
    words = f", {conflicts:,} of them changed in git too" if conflicts else ""
    return f"{count_noun(len(plan.updates), 'resource')} moved outside git: git and live differ{words}"


def _count_updates(plan: Plan) -> str:
    if not plan.updates and not plan.resources and plan.scope.left_out:
        return "No changes: no resource was looked at"
    if not plan.updates:
        matching = count_noun(plan.count(Status.IN_SYNC), "resource")
        return f"No changes: {matching} {'matches' if matching.startswith('1 ') else 'match'} the live state"
    causes = Counter(choose_cause(update) for update in plan.updates)
    words = ", ".join(f"{causes[cause]} {CAUSE_WORDS[cause]}" for cause in CAUSE_WORDS if causes[cause])
    return f"{count_noun(len(plan.updates), 'update')}: {words}"


def count_noun(count: int, noun: str) -> str:
    """Write a count with its noun, in the plural where there is not exactly one."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def choose_cause(update: Update) -> Cause:
    """Return the weightiest cause among the changes of an update."""
    return next((cause for cause in CAUSE_WORDS if cause in update.causes), Cause.UNATTRIBUTED)


def explain_cause(change: Change) -> str:
    """Return who made a field differ, in a word or two."""
    return f"undone by run {change.undone_by}" if change.undone_by else CAUSE_WORDS[change.cause]


def is_risky(update: Update) -> bool:
    """Tell whether an update or one of its fields is marked high risk."""
    return bool(update.risks) or any(change.risk for change in update.changes)


def list_risks(update: Update) -> tuple[str, ...]:
    """Return the sentences that say why an update is high risk, each once."""
    fields = (f"{name_field(change.path)}: {change.risk}" for change in update.changes if change.risk)
    known = "\n".join(update.risks).casefold()
    return (*update.risks, *(risk for risk in fields if risk.casefold() not in known))


def find_affected_numbers(calls: CallGraph) -> frozenset[str]:
    """Return the phone numbers whose calls pass a touched stop: their own, or one further on their way.

    A number that only a test caller dials is not one: its own callers meet nothing new.
    """
    callers = {edge.source for edge in calls.edges if edge.label == DIALS}
    reached = {node.key for node in calls.nodes if node.touched}
    leading: dict[str, list[str]] = {}
    for edge in calls.edges:
        leading.setdefault(edge.target, []).append(edge.source)
    queue = list(reached)
    while queue:
        for source in leading.get(queue.pop(), ()):
            if source not in reached:
                reached.add(source)
                queue.append(source)
    met = (node for node in calls.nodes if node.key in reached and node.key not in callers)
    return frozenset(node.phone_number for node in met if node.phone_number)


def list_troubles(plan: Plan) -> tuple[Planned, ...]:
    """Return the resources that are refused, absent or unknown, the weightiest first."""
    return tuple(planned for status in TROUBLES for planned in plan.resources if planned.status is status)


def name_account(update: Update) -> str:
    """Name the account of an update, with its vendor where the name does not say it."""
    return update.account if update.account == update.provider else f"{update.account} ({update.provider})"


def name_field(path: FieldPath) -> str:
    """Write a path for a person."""
    return ".".join(path)


def show_value(value: Json | Missing, *, secret: bool = False) -> str:
    """Write a value on one line, as JSON; what a secret holds is never written."""
    if value is MISSING:
        return "(cannot be read)"
    if secret:
        return HIDDEN
    return "(none)" if value is None else escape_json(json.dumps(value, ensure_ascii=False, default=str))


def name_owners(change: Change) -> str:
    """Say whose value a change brings; empty where it is nobody's."""
    return f"({', '.join(change.owners)})" if change.owners else ""


def name_owner_before(change: Change) -> str:
    """Say whose value was there before."""
    return f"({change.owner_before})" if change.owner_before else ""


def recall_before(change: Change) -> Json | Missing:
    """Return the live value or, where it cannot be read, the one that was applied last."""
    return change.last_applied if change.before is MISSING else change.before


def is_text_change(change: Change) -> bool:
    """Tell whether a change is best shown as a diff of two texts; one that is not there or not known is empty."""
    sides = (recall_before(change), change.after)
    if change.secret or not all(side is None or side is MISSING or isinstance(side, str) for side in sides):
        return False
    return any("\n" in text or len(text) > LONG_TEXT for text in sides if isinstance(text, str))


def is_long_change(change: Change) -> bool:
    """Tell whether a change is too long for one line: a long text, or a long list or mapping."""
    if change.secret:
        return False
    sides = (recall_before(change), change.after)
    return is_text_change(change) or any(len(show_value(side)) > LONG_VALUE for side in sides)


def diff_change(change: Change, *, context: int | None = 3) -> tuple[Row, ...]:
    """Return the rows of a long change; a line end that both texts have at their very end shows no empty line.

    What is no text is compared as indented JSON.
    """
    before, after = (
        side if side is None or side is MISSING or isinstance(side, str) else _spell(side)
        for side in (recall_before(change), change.after)
    )
    if not isinstance(before, str):
        return show_added(str(after).removesuffix("\n"))
    if not isinstance(after, str):
        return show_removed(before.removesuffix("\n"))
    if before.endswith("\n") and after.endswith("\n"):
        before, after = before[:-1], after[:-1]
    return diff_texts(before, after, context=context)


def _spell(value: Json) -> str:
    return json.dumps(encode_value(value), ensure_ascii=False, indent=2, default=str)


def write_body(update: Update, *, longest: int | None = None) -> str:
    """Write the exact JSON body of an update's request, without its secrets.

    Texts longer than `longest` characters are cut, with the count of what is missing.
    """
    body: Json = update.request.body
    for change in update.changes:
        if change.secret:
            body = _hide(body, change.path)
    shown = body if longest is None else _cut_texts(body, longest)
    return escape_json(json.dumps(shown, ensure_ascii=False, indent=2, default=str))


def _hide(body: Json, path: FieldPath) -> Json:
    """Replace what stands at a path, or the first thing on the way that is no mapping; where the key is not found, all of it."""
    if not path or not isinstance(body, Mapping):
        return HIDDEN
    if path[0] not in body:
        return dict.fromkeys(body, HIDDEN) if body else body
    return {key: _hide(value, path[1:]) if key == path[0] else value for key, value in body.items()}


def _cut_texts(value: Json, longest: int) -> Json:
    if isinstance(value, str) and len(value) > longest:
        return f"{value[:longest]}… ({len(value) - longest:,} more characters)"
    if isinstance(value, Mapping):
        return {key: _cut_texts(inner, longest) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_cut_texts(inner, longest) for inner in value]
    return value
