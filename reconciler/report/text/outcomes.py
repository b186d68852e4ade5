"""Show what became of updates, in words that promise no more than is known (law 6)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile
from typing import Final

from reconciler.model.outcome import SETTLED, Collateral, Mismatch, Outcome, Result
from reconciler.model.plan import Plan
from reconciler.report.escape import escape_terminal
from reconciler.report.phrases import count_noun, name_field
from reconciler.report.text.explanation import tell_more
from reconciler.report.text.fields import show_literal
from reconciler.report.text.paint import Line, indent, measure, measure_line, paint, wrap

VERDICTS: Final[Mapping[Result, tuple[str, str, str]]] = {
    Result.VERIFIED: ("good", "✓", "verified"),
    Result.ACCEPTED: ("good", "✓", "accepted (the API cannot be read back)"),
    Result.REJECTED: ("bad", "✗", "rejected"),
    Result.MISMATCH: ("bad", "✗", "not verified: the live value is not the planned one"),
    Result.IN_DOUBT: ("doubt", "?", "in doubt: sent, no clear answer, and reading again did not settle it"),
    Result.STALE: ("doubt", "○", "stale: moved since it was planned, not overwritten"),
    Result.REFUSED: ("bad", "!", "refused, nothing was sent"),
    Result.NOT_ATTEMPTED: ("doubt", "·", "not attempted, nothing was sent"),
}
"""Style, sign and wording of each result."""

COUNTED: Final[Mapping[Result, str]] = {
    Result.VERIFIED: "verified",
    Result.ACCEPTED: "accepted (cannot be read back)",
    Result.REJECTED: "rejected",
    Result.MISMATCH: "not verified",
    Result.IN_DOUBT: "in doubt",
    Result.STALE: "stale",
    Result.REFUSED: "refused",
    Result.NOT_ATTEMPTED: "not attempted",
}
NEXT_STEPS: Final[Mapping[Result, str]] = {
    Result.REJECTED: "Rejected: read the vendor's message, correct the file, plan again.",
    Result.MISMATCH: "Not verified: the live state is not as planned. Plan again to see what stands there now.",
    Result.IN_DOUBT: "In doubt: the change may or may not be live. Plan again before anything else.",
    Result.STALE: "Stale: somebody changed a field in the meantime. Plan again and review what moved.",
    Result.REFUSED: "Refused: a guard or a protection held it back; the message says which.",
    Result.NOT_ATTEMPTED: "Not attempted: apply again to send the rest.",
}
_CODES: Final[Mapping[Result, str]] = {
    Result.MISMATCH: "not-verified",
    Result.IN_DOUBT: "in-doubt",
    Result.STALE: "stale-field",
}
_ADDRESS_COLUMN: Final = 30
_LEAD: Final = 20
_EXCERPT: Final = 120
"""How much of two values that part is shown, from how far before."""
_NAMED: Final = 3
_REPEAT_FROM: Final = 10
"""Runs with more outcomes than this name the troubled ones again at the end, where they can still be seen."""


def render_outcome_line(outcome: Outcome, *, colour: bool, width: int) -> str:
    """Return one line that says how an update ended, and below it what a person needs to act on it."""
    style, sign, words = VERDICTS[outcome.result]
    address = escape_terminal(outcome.update.address)
    column = min(_ADDRESS_COLUMN, max(8, width // 2))
    head: Line = ((style, f"{sign} "), ("address", address), ("", " " * max(0, column - measure(address)) + "  "))
    seconds: Line = (("dim", f"  {outcome.seconds:.1f} s"),) if outcome.seconds else ()
    line: Line = (*head, (style, words), *seconds)
    return paint([*_break_line(head, line, width=width), *_render_details(outcome, width=width)], colour=colour)


def _break_line(head: Line, line: Line, *, width: int) -> list[Line]:
    if measure_line(line) <= width:
        return [line]
    return [*wrap(head[:2], width=width, hang=2), *_indent_wrapped(line[len(head) :], width=width)]


def _indent_wrapped(line: Line, *, width: int) -> list[Line]:
    return indent(wrap(line, width=max(16, width - 4)), (("", "    "),))


def _render_details(outcome: Outcome, *, width: int) -> Iterator[Line]:
    if outcome.message:
        yield from _indent_wrapped((("", escape_terminal(outcome.message)),), width=width)
    wrong = ", ".join(escape_terminal(name_field(path)) for path in outcome.wrong_fields)
    if wrong:
        yield from _indent_wrapped((("bad", f"live is not as planned: {wrong}"),), width=width)
    secrets = frozenset(change.path for change in outcome.update.changes if change.secret)
    for mismatch in outcome.mismatches:
        for part in _describe_mismatch(mismatch, secret=mismatch.path in secrets):
            yield from _indent_wrapped(part, width=width)
    for collateral in outcome.collateral:
        line = _describe_collateral(collateral, secret=collateral.path in secrets)
        yield from _indent_wrapped(line, width=width)
    answered = _describe_answer(outcome)
    if answered and outcome.result not in SETTLED:
        yield from _indent_wrapped((("dim", answered),), width=width)


def _describe_mismatch(mismatch: Mismatch, *, secret: bool) -> Iterator[Line]:
    """Put both values below each other, from just before the place where they part."""
    planned, live = (show_literal(side, secret=secret) for side in (mismatch.planned, mismatch.live))
    alike = takewhile(lambda signs: signs[0] == signs[1], zip(planned, live, strict=False))
    start = max(0, sum(1 for _ in alike) - _LEAD)
    for word, text in (("planned", planned), ("live", live)):
        yield ("dim", f"{word}: "), ("", _cut(text, start))
    if mismatch.reason:
        yield (("", f"The vendor stores it in its own way: {mismatch.reason}. Write it in the file as it is live."),)


def _cut(text: str, start: int) -> str:
    end = start + _EXCERPT
    return ("…" if start else "") + text[start:end] + ("…" if end < len(text) else "")


def _describe_collateral(collateral: Collateral, *, secret: bool) -> Line:
    name = escape_terminal(name_field(collateral.path))
    moved = f"{show_literal(collateral.before, secret=secret)} → {show_literal(collateral.after, secret=secret)}"
    return ("bad", f"collateral damage: {name} was not sent, but changed: "), ("", f"{moved}; put the old value back")


def _describe_answer(outcome: Outcome) -> str:
    parts = [f"HTTP {outcome.status}"] if outcome.status else []
    if outcome.request_id:
        parts.append(f"request {escape_terminal(outcome.request_id)}")
    return " · ".join(parts)


def render_run_summary(outcomes: Sequence[Outcome], *, plan: Plan, colour: bool, width: int, run: str | None) -> str:
    """Return the end of a run: what was done, what was not, and what to do next.

    Updates of the plan without an outcome count as not attempted.
    """
    counts = Counter(outcome.result for outcome in outcomes)
    counts[Result.NOT_ATTEMPTED] += max(0, len(plan.updates) - len(outcomes))
    lines: list[Line] = [*_list_waiting(outcomes), *_repeat_trouble(outcomes)]
    lines.append(_count_results(counts, total=max(len(plan.updates), len(outcomes))))
    lines.extend((("", words),) for result, words in NEXT_STEPS.items() if counts[result])
    if any(outcome.collateral for outcome in outcomes):
        lines.append((("bad", "Collateral damage: fields that were not sent changed; their old values stand above."),))
    codes = [code for result, code in _CODES.items() if counts[result]]
    codes += ["collateral-damage"] if any(outcome.collateral for outcome in outcomes) else []
    lines.extend((("dim", words),) for words in tell_more(codes))
    if run and any(counts[result] for result in (*SETTLED, Result.MISMATCH, Result.IN_DOUBT)):
        name = escape_terminal(run)
        lines.append((("dim", f"Run {name}. `reconciler undo {name}` plans the way back."),))
    return paint([piece for line in lines for piece in wrap(line, width=width, hang=2)], colour=colour)


def _list_waiting(outcomes: Sequence[Outcome]) -> Iterator[Line]:
    """Say once why updates were not attempted, and which."""
    reasons: dict[str, list[str]] = {}
    for outcome in outcomes:
        if outcome.result is Result.NOT_ATTEMPTED:
            reasons.setdefault(outcome.message.replace(outcome.update.address, "it"), []).append(outcome.update.address)
    style, sign, words = VERDICTS[Result.NOT_ATTEMPTED]
    for reason, addresses in reasons.items():
        named = ", ".join(addresses[:_NAMED]) + (f" and {len(addresses) - _NAMED:,} more" if addresses[_NAMED:] else "")
        because = f": {escape_terminal(reason)}" if reason else ""
        yield (style, f"{sign} "), ("address", escape_terminal(named)), (style, f"  {words}"), ("", because)


def _repeat_trouble(outcomes: Sequence[Outcome]) -> Iterator[Line]:
    calm = SETTLED | {Result.NOT_ATTEMPTED}
    troubled = [outcome for outcome in outcomes if outcome.result not in calm]
    if len(outcomes) <= _REPEAT_FROM or not troubled:
        return
    for outcome in troubled:
        style, sign, words = VERDICTS[outcome.result]
        yield (style, f"{sign} "), ("address", escape_terminal(outcome.update.address)), (style, f"  {words}")
    yield ()


def _count_results(counts: Counter[Result], *, total: int) -> Line:
    settled = sum(counts[result] for result in SETTLED)
    if not total:
        return (("good", "Nothing to apply."),)
    words = ", ".join(f"{counts[result]:,} {name}" for result, name in COUNTED.items() if counts[result])
    done = count_noun(total, "update") if settled == total else f"{settled:,} of {count_noun(total, 'update')}"
    return ("good" if settled == total else "bad", f"Applied {done}"), ("", f": {words}.")
