"""Show a plan on a terminal: an update a block, then what cannot be updated, then one line that counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from reconciler.model.plan import Cause, Plan, Planned, Status, Subject, Update
from reconciler.report.drift import turn
from reconciler.report.escape import escape_terminal
from reconciler.report.folding import group_troubles
from reconciler.report.phrases import (
    count_noun,
    is_risky,
    list_risks,
    list_troubles,
    name_account,
    name_sides,
    tell_scope,
)
from reconciler.report.reach_words import tell_consequences, tell_reach, tell_unseen
from reconciler.report.reading_order import group_updates, sort_updates
from reconciler.report.text.fields import View, leave_margin, render_changes, render_request
from reconciler.report.text.ignored import render_ignored
from reconciler.report.text.paint import Line, indent, measure_line, paint, spread, wrap

COMPACT_FROM: Final = 30
"""Plans with more updates than this leave out diffs and requests, so that a reader still sees all of them."""
_WIDEST: Final = 120
"""Columns after which wider terminals are left empty: nobody reads longer lines."""
_TROUBLE_WORDS: Final = {
    Status.REFUSED: ("bad", "!", "refused: this change cannot be made"),
    Status.ABSENT: ("bad", "∅", "absent: proved not to exist, nothing is created"),
    Status.UNKNOWN: ("doubt", "?", "unknown: could not be read, so nothing is written"),
}
_STATUS_WORDS: Final = {
    Status.IN_SYNC: "in sync",
    Status.UNKNOWN: "unknown",
    Status.ABSENT: "absent",
    Status.REFUSED: "refused",
}
_PAD: Final[Line] = (("", "    "),)


def render_plan(plan: Plan, *, width: int, colour: bool, verbose: bool = False) -> str:
    """Return a plan for a terminal of `width` columns.

    Diagnostics are not part of it: they go to another stream. `verbose` lists what is in sync, too, and cuts nothing.
    What to run next is not part of it either: that depends on the command (`list_next_steps`).
    """
    plan = turn(plan)
    compact = len(plan.updates) > COMPACT_FROM and not verbose
    view = View(max(24, min(width, _WIDEST)), colour, verbose, compact, plan.subject)
    lines = [*_render_updates(plan, view), *_render_troubles(plan, view)]
    lines += [*render_ignored(plan, view), *_render_in_sync(plan, view)]
    return paint([*lines, *_render_summary(plan, view)], colour=colour)


def _render_updates(plan: Plan, view: View) -> Iterator[Line]:
    if not view.compact:
        for update in sort_updates(plan.updates):
            yield from _render_update(update, view)
            yield ()
        return
    for group in group_updates(plan.updates):
        yield from wrap(_name_group(group, view), width=view.width, hang=2)
        for update in group:
            yield from _render_compact(update, view)
        yield ()


def _name_group(group: Sequence[Update], view: View) -> Line:
    first, risky = group[0], sum(map(is_risky, group))
    name = escape_terminal(f"{first.kind} at {name_account(first)}")
    mark: Line = (("risk", f" · {risky:,} ▲ high risk"),) if risky else ()
    return (("strong", name), ("dim", f"  {count_noun(len(group), name_sides(view.subject).noun)}"), *mark)


def _render_update(update: Update, view: View) -> Iterator[Line]:
    yield from _render_heading(update, view)
    names = (("dim", _join_names(name_account(update), update.label, str(update.identity))),)
    yield from indent(wrap(names, width=view.width - 2), (("", "  "),))
    yield from indent(_render_warnings(update, view.narrow(2)), (("", "  "),))
    yield ()
    yield from indent(render_changes(update, view.narrow(4)), _PAD)
    yield from indent(_render_consequences(update, view.narrow(4)), _PAD)
    if view.subject is Subject.PLAN:
        yield ()
        yield from indent(render_request(update, view.narrow(4)), _PAD)


def _render_consequences(update: Update, view: View) -> Iterator[Line]:
    """Say what follows from the changes, under their names, and whom they reach."""
    margin = leave_margin(update)
    for text in tell_consequences(update):
        yield from indent(_note(text, view.narrow(len(margin))), (("", margin),))
    if reach := tell_reach(update):
        yield from _note(reach, view)


def _note(text: str, view: View) -> list[Line]:
    return wrap((("dim", escape_terminal(text)),), width=view.width, hang=2)


def _join_names(*names: str) -> str:
    return " · ".join(escape_terminal(name) for name in dict.fromkeys(names) if name)


def _render_heading(update: Update, view: View) -> list[Line]:
    return spread(_head(update), _name_source(update), width=view.width)


def _head(update: Update) -> Line:
    return (("update", "~ "), ("address", escape_terminal(update.address)))


def _name_source(update: Update) -> Line:
    return (("dim", f"{escape_terminal(update.location.file)}:{update.location.line}"),)


def _render_short_heading(update: Update, view: View) -> list[Line]:
    """Name an object as the vendor does on the line of its address, or below it where that is too long."""
    names: Line = (("dim", _join_names(update.label, str(update.identity))),)
    lines = spread((*_head(update), ("", "  "), *names), _name_source(update), width=view.width)
    if len(lines) == 1:
        return lines
    return [*_render_heading(update, view), *indent(wrap(names, width=view.width - 4), _PAD)]


def _render_warnings(update: Update, view: View) -> list[Line]:
    lines: list[Line] = [(("risk", f"▲ high risk: {escape_terminal(risk)}"),) for risk in list_risks(update)]
    if update.protected:
        lines.append((("conflict", "■ protected: apply refuses this update unless --allow-protected names it"),))
    return [part for line in lines for part in wrap(line, width=view.width, hang=2)]


def _render_compact(update: Update, view: View) -> Iterator[Line]:
    yield from indent(_render_short_heading(update, view.narrow(2)), (("", "  "),))
    yield from indent(_render_warnings(update, view.narrow(6)), (("", "      "),))
    yield from indent(render_changes(update, view.narrow(6)), (("", "      "),))
    yield from indent(_render_consequences(update, view.narrow(6)), (("", "      "),))


def _render_troubles(plan: Plan, view: View) -> Iterator[Line]:
    for planned, others in group_troubles(plan):
        yield from _render_trouble(planned, view, others=len(others))
        if view.verbose:
            yield from indent(((("dim", escape_terminal(address)),) for address in others), _PAD)
        yield ()


def _render_trouble(planned: Planned, view: View, *, others: int) -> list[Line]:
    style, sign, words = _TROUBLE_WORDS[planned.status]
    if planned.through:
        words = f"{planned.status.value} through {escape_terminal(planned.through)}: left alone"
    more = f" and {others:,} more of account {escape_terminal(planned.account)}" if others else ""
    left: Line = ((style, f"{sign} "), ("address", escape_terminal(planned.address) + more), (style, f"  {words}"))
    reason: Line = (("", escape_terminal(planned.reason)),)
    lines = wrap(left, width=view.width, hang=2)
    return [*lines, *indent(wrap(reason, width=view.width - 4), _PAD)] if planned.reason else lines


def _render_in_sync(plan: Plan, view: View) -> Iterator[Line]:
    quiet = [planned for planned in plan.resources if planned.status is Status.IN_SYNC]
    if not view.verbose or not quiet:
        return
    for planned in quiet:
        line: Line = (("good", "= "), ("", escape_terminal(planned.address)), ("dim", "  in sync"))
        yield from wrap(line, width=view.width, hang=2)
    yield ()


def _render_summary(plan: Plan, view: View) -> Iterator[Line]:
    counts, requests = _count(plan)
    fits = measure_line((*counts, *requests)) <= view.width
    yield from wrap((*counts, *requests) if fits else counts, width=view.width, hang=2)
    if not fits and requests:
        yield (("", requests[0][1].strip()),)
    if unseen := tell_unseen(plan):
        yield from wrap((("dim", escape_terminal(unseen)),), width=view.width, hang=2)
    if scope := tell_scope(plan):
        yield from wrap((("warning", escape_terminal(scope)),), width=view.width, hang=2)
    if view.compact:
        hint = "Diffs and requests are left out of a plan this large; --verbose shows them."
        yield from wrap((("dim", hint),), width=view.width)


def _count(plan: Plan) -> tuple[Line, Line]:
    where = f" for {escape_terminal(plan.environment)}" if plan.environment else ""
    quiet = plan.count(Status.IN_SYNC)
    if plan.subject is Subject.DRIFT and not plan.updates and not list_troubles(plan):
        return _tell_stillness(plan), ()
    if plan.subject is Subject.DRIFT:
        return (("strong", f"Drift{where}: {', '.join(_list_drift(plan))}."),), ()
    counts = _list_counts(plan)
    if not plan.updates and not list_troubles(plan):
        verb = "matches" if quiet == 1 else "match"
        nothing = "No resource was looked at." if plan.scope.left_out else "Nothing is declared."
        matched = f"{count_noun(quiet, 'resource')} {verb} the live state." if quiet else nothing
        left = f" {count_noun(len(plan.ignored), 'difference')} ignored." if plan.ignored else ""
        return (("good", f"No changes{where}."), ("", f" {matched}{left}")), ()
    requests: Line = (("", f" {count_noun(plan.forecast_requests, 'request')}."),) if plan.updates else ()
    return (("strong", f"Plan{where}: {', '.join(counts)}."),), requests


def _tell_stillness(plan: Plan) -> Line:
    """Say that nothing moved outside git, or that nobody can tell."""
    if any(found.code == "drift-unknown" for found in plan.diagnostics):
        return (("doubt", "What moved outside git cannot be told."),)
    if not plan.resources:
        return (("good", "Nothing is declared."),)
    left = f" {count_noun(len(plan.ignored), 'difference')} ignored." if plan.ignored else ""
    counted = count_noun(len(plan.resources), "resource")
    return (("good", f"Nothing moved outside git since the last apply: {counted}."), ("", left))


def _list_drift(plan: Plan) -> list[str]:
    conflicts = plan.count_cause(Cause.CONFLICT)
    both = f" ({conflicts:,} changed in git too)" if conflicts else ""
    moved = f"{count_noun(len(plan.updates), 'resource')} moved outside git{both}"
    return [moved, *_count_statuses(plan, (Status.UNKNOWN, Status.ABSENT, Status.REFUSED))]


def _list_counts(plan: Plan) -> list[str]:
    return [_count_updates(plan), *_count_statuses(plan, tuple(_STATUS_WORDS))]


def _count_statuses(plan: Plan, statuses: Sequence[Status]) -> list[str]:
    counted = [f"{plan.count(status):,} {_STATUS_WORDS[status]}" for status in statuses if plan.count(status)]
    return counted + ([f"{len(plan.ignored):,} ignored"] if plan.ignored else [])


def _count_updates(plan: Plan) -> str:
    if not plan.updates:
        return "nothing to update"
    risky = sum(is_risky(update) for update in plan.updates)
    details = {
        "drift": plan.count_cause(Cause.DRIFT),
        "conflict": plan.count_cause(Cause.CONFLICT),
        "high risk": risky,
        "protected": sum(update.protected for update in plan.updates),
    }
    words = ", ".join(f"{count:,} {name}" for name, count in details.items() if count)
    return f"{len(plan.updates):,} to update" + (f" ({words})" if words else "")


def list_next_steps(plan: Plan) -> Iterator[str]:
    """Say what a plan that was only looked at leads to, a sentence each."""
    if plan.count_cause(Cause.CONFLICT):
        yield "Apply refuses conflicts, unless --accept-conflicts says that git is right."
    if plan.count(Status.UNKNOWN):
        yield "Unknown resources are left alone; plan again when they can be read."
    if plan.updates:
        others = "`plan --out FILE` and `apply FILE` send these requests only; `apply` alone looks at everything."
        yield "Nothing was sent. " + (
            others if plan.scope.since else "`apply` with the same options sends these requests."
        )
