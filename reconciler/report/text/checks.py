"""Show what `doctor` found."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from reconciler.model.check import Check, Examination, Verdict
from reconciler.report.escape import escape_json, escape_terminal
from reconciler.report.phrases import count_noun
from reconciler.report.text.paint import Line, paint, wrap

_WORDS: Final = {
    Verdict.OK: ("good", "ok"),
    Verdict.WARNING: ("warning", "warning"),
    Verdict.FAILED: ("bad", "FAILED"),
    Verdict.SKIPPED: ("dim", "skipped"),
}
_VERDICT_WIDTH: Final = 9
_NAME_WIDTH: Final = 12


def render_checks(examinations: Sequence[Examination], *, width: int, colour: bool) -> str:
    """Render examinations for a terminal: a line a check, what to do below it, and a count at the end."""
    lines: list[Line] = []
    for examination in examinations:
        lines += [(("address", escape_terminal(examination.subject)),)]
        for check in examination.checks:
            lines += _render_check(check, width)
        lines += [()]
    return paint([*lines, _count(examinations)], colour=colour)


def _render_check(check: Check, width: int) -> Iterator[Line]:
    style, word = _WORDS[check.verdict]
    hang = 2 + _VERDICT_WIDTH + _NAME_WIDTH
    head: Line = (("", "  "), (style, word), ("", " " * (_VERDICT_WIDTH - len(word))), ("field", f"{escape_terminal(check.name):<{_NAME_WIDTH}}"))  # fmt: skip
    yield from wrap((*head, ("", escape_terminal(check.message))), width=width, hang=hang)
    if check.advice:
        advice: Line = (("", " " * hang), ("help", "help: "), ("", escape_terminal(check.advice)))
        yield from wrap(advice, width=width, hang=hang)


def _count(examinations: Sequence[Examination]) -> Line:
    counts = Counter(check.verdict for each in examinations for check in each.checks)
    warnings = count_noun(counts[Verdict.WARNING], "warning")
    if not counts[Verdict.FAILED]:
        return (("good", f"All is well, with {warnings}." if counts[Verdict.WARNING] else "All is well."),)
    return (("bad", f"{counts[Verdict.FAILED]} failed, {warnings}."),)


def render_checks_json(examinations: Sequence[Examination]) -> str:
    """Render examinations for programs."""
    counts = Counter(check.verdict for each in examinations for check in each.checks)
    document = {
        "well": all(each.well for each in examinations),
        "summary": {verdict.value: counts[verdict] for verdict in Verdict},
        "examinations": [
            {"subject": each.subject, "well": each.well, "checks": [_write_check(check) for check in each.checks]}
            for each in examinations
        ],
    }
    return escape_json(json.dumps(document, indent=2, ensure_ascii=False)) + "\n"


def _write_check(check: Check) -> dict[str, str]:
    return {
        "name": check.name,
        "verdict": check.verdict.value,
        "message": check.message,
        "advice": check.advice,
    }
