"""What became of an apply, as a comment, an issue and a line for a chat."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from reconciler.model.outcome import SETTLED, Result
from reconciler.report.folding import name_many
from reconciler.report.machine.events import RunEvents, Told
from reconciler.report.markdown.escape import code, cut_line, prose
from reconciler.report.markdown.notes import Origin, mark, write_foot
from reconciler.report.phrases import count_noun

_WORDS: Final[Mapping[Result, str]] = {
    Result.REJECTED: "rejected",
    Result.MISMATCH: "not verified",
    Result.IN_DOUBT: "in doubt",
    Result.STALE: "stale",
    Result.REFUSED: "refused",
    Result.NOT_ATTEMPTED: "not attempted",
    Result.VERIFIED: "verified",
    Result.ACCEPTED: "accepted, cannot be read back",
}
"""In the order in which they are told: what needs somebody comes first."""
_LISTED = 100
_LONGEST = 500


def write_result(events: RunEvents) -> str:
    """Return the one line that says it all, such as `Applied 5, 1 rejected`."""
    if events.exit_code is None:
        return "The apply did not come to its end" if events.started else "Nothing was applied"
    if not events.started:
        return "Nothing was applied"
    if not events.updates:
        return "Nothing to apply" if events.exit_code == 0 else "Nothing was applied"
    if not events.told:
        return f"Nothing was sent of {count_noun(events.updates, 'update')}"
    troubles = [f"{events.counts[result]:,} {word}" for result, word in _WORDS.items() if _is_trouble(events, result)]
    return ", ".join([f"Applied {events.settled:,}", *troubles])


def _is_trouble(events: RunEvents, result: Result) -> bool:
    return result not in SETTLED and events.counts.get(result, 0) > 0


def write_outcome_note(events: RunEvents, origin: Origin, *, subject: str = "outcome") -> str:
    """Return the note about an apply: the line that says it all, what was found wrong, each update with its words."""
    place = f" for {code(cut_line(events.environment, 60))}" if events.environment else ""
    label = f" — {prose(origin.label)}" if origin.label else ""
    run = [
        f"<p>Run {code(events.run)}: {prose('`reconciler history` shows it, `reconciler undo` plans the way back.')}</p>"
    ]
    parts = [
        mark(events.environment, origin, subject=subject),
        f"<h3>{write_result(events)}{label}{place}</h3>",
        "",
        *_write_found(events),
        *_write_told(events),
        *(run if events.run and events.told else []),
        *(["<p>The log of the job has the reason.</p>"] if not events.told and events.exit_code != 0 else []),
    ]
    return "\n".join(parts) + "\n" + write_foot(origin)


def _write_found(events: RunEvents) -> Iterator[str]:
    if events.found:
        lines = [f"<li>{prose(cut_line(found, _LONGEST))}</li>" for found in events.found[:_LISTED]]
        yield "\n".join(["<ul>", *lines, *_count_rest(len(events.found)), "</ul>", ""])


def _write_told(events: RunEvents) -> Iterator[str]:
    if events.told:
        order = list(_WORDS)
        ordered = sorted(events.told, key=lambda told: order.index(told.result))
        folded = list(_fold_waiting(ordered))
        lines = [_write_line(told) for told in folded[:_LISTED]]
        yield "\n".join(["<ul>", *lines, *_count_rest(len(folded)), "</ul>", ""])


def _fold_waiting(ordered: Sequence[Told]) -> Iterator[Told]:
    """Yield what was not attempted for one reason as one."""
    groups: dict[tuple[str, str], list[Told]] = {}
    for told in ordered:
        alike = told.message.replace(told.address, "it")
        own = "" if told.result is Result.NOT_ATTEMPTED else told.address
        groups.setdefault((own, alike), []).append(told)
    for first, *others in groups.values():
        more = f" (the same for {name_many([told.address for told in others])})" if others else ""
        yield replace(first, message=f"{first.message}{more}".strip())


def _write_line(told: Told) -> str:
    words = f"<b>{_WORDS[told.result]}</b>" if told.result not in SETTLED else _WORDS[told.result]
    message = f": {prose(cut_line(told.message, _LONGEST))}" if told.message else ""
    return f"<li>{code(cut_line(told.address, 200))} {words}{message}</li>"


def _count_rest(total: int) -> list[str]:
    return [f"<li><i>and {total - _LISTED:,} more</i></li>"] if total > _LISTED else []
