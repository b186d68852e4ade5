"""An apply as a stream of events, one JSON object a line (`schemas/events.schema.json`), and read back.

A program can follow the stream while the run goes on. Fields may be added; `format_version` rises where one changes.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from reconciler import __version__
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.outcome import SETTLED, Outcome, Result
from reconciler.model.paths import Json
from reconciler.model.plan import Plan
from reconciler.model.plan_document import write_diagnostic
from reconciler.report.escape import escape_json
from reconciler.report.folding import name_many
from reconciler.report.machine.documents import write_outcome
from reconciler.report.phrases import is_risky

FORMAT_VERSION = 1
_RESULTS = {result.value: result for result in Result}


def write_start(plan: Plan, *, run: str, command: str, time: str, requests: int) -> str:
    """Return the first event: what is about to be done."""
    return _write(
        "start",
        {
            "format_version": FORMAT_VERSION,
            "tool_version": __version__,
            "time": time,
            "run": run,
            "command": command,
            "environment": plan.environment,
            "updates": len(plan.updates),
            "high_risk": sum(is_risky(update) for update in plan.updates),
            "requests": requests,
        },
    )


def write_found(diagnostic: Diagnostic) -> str:
    """Return the event of something that was found."""
    return _write("diagnostic", write_diagnostic(diagnostic))


def write_sending(address: str) -> str:
    """Return the event of a request that is about to be sent."""
    return _write("sending", {"address": address})


def write_ended(outcome: Outcome) -> str:
    """Return the event of an update that came to its end."""
    return _write("outcome", write_outcome(outcome))


def write_end(*, run: str = "", exit_code: int, time: str, outcomes: Sequence[Outcome] = (), updates: int = 0) -> str:
    """Return the last event. Updates without an outcome count as not attempted."""
    counts = Counter(outcome.result for outcome in outcomes)
    counts[Result.NOT_ATTEMPTED] += max(0, updates - len(outcomes))
    summary: dict[str, Json] = {result.value: counts[result] for result in Result}
    return _write("end", {"time": time, "run": run, "exit_code": exit_code, "updates": updates, "summary": summary})


def _write(event: str, content: Mapping[str, Json]) -> str:
    return escape_json(json.dumps({"event": event, **content}, ensure_ascii=False))


@dataclass(frozen=True, slots=True)
class Told:
    """One update as its event told it."""

    address: str
    result: Result
    message: str = ""


@dataclass(frozen=True, slots=True)
class RunEvents:
    """What a stream of events told. `exit_code` is None where it has no end: the run was killed, or never began."""

    run: str = ""
    environment: str | None = None
    updates: int = 0
    told: tuple[Told, ...] = ()
    found: tuple[str, ...] = ()
    """What was found wrong, each with its code."""
    exit_code: int | None = None
    started: bool = False
    counts: Mapping[Result, int] = field(default_factory=dict)

    @property
    def settled(self) -> int:
        """Count the updates that are live now."""
        return sum(self.counts.get(result, 0) for result in SETTLED)


def read_events(lines: Iterable[str], *, environment: str | None = None) -> RunEvents:
    """Read a stream of events; a line that is none is passed over, for the stream may have been cut.

    `environment` is that of a run that did not come to say its own.
    """
    events = [event for line in lines if (event := _parse(line)) is not None]
    start = next((event for event in events if event["event"] == "start"), None)
    end = next((event for event in reversed(events) if event["event"] == "end"), {})
    told = tuple(_read_told(event) for event in events if event["event"] == "outcome")
    updates = _count(start or {}, "updates")
    counts = Counter(one.result for one in told)
    counts[Result.NOT_ATTEMPTED] += max(0, updates - len(told))
    code = end.get("exit_code")
    named = start.get("environment") if start else environment
    return RunEvents(
        run=_text(start or end, "run"),
        environment=named if isinstance(named, str) else None,
        updates=updates,
        told=told,
        found=tuple(_fold_found(event for event in events if _is_error(event))),
        exit_code=code if isinstance(code, int) else None,
        started=start is not None,
        counts=counts,
    )


def _parse(line: str) -> dict[str, Json] | None:
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return event if isinstance(event, dict) and isinstance(event.get("event"), str) else None


def _read_told(event: Mapping[str, Json]) -> Told:
    result = _RESULTS.get(_text(event, "result"), Result.IN_DOUBT)
    return Told(_text(event, "address"), result, _text(event, "message"))


def _is_error(event: Mapping[str, Json]) -> bool:
    return event["event"] == "diagnostic" and event.get("severity") == "error"


def _fold_found(events: Iterable[Mapping[str, Json]]) -> Iterator[str]:
    """Yield what was found wrong; what is said of many resources, once."""
    groups: dict[str, list[Mapping[str, Json]]] = {}
    for event in events:
        address = _text(event, "address")
        said = _describe(event)
        groups.setdefault(said.replace(address, "\0") if address else said, []).append(event)
    for first, *others in groups.values():
        rest = [address for event in others if (address := _text(event, "address"))]
        yield _describe(first) + (f" (the same for {name_many(rest)})" if rest else "")


def _describe(event: Mapping[str, Json]) -> str:
    return f"{_text(event, 'code')}: {_text(event, 'message')}"


def _text(event: Mapping[str, Json], name: str) -> str:
    value = event.get(name)
    return value if isinstance(value, str) else ""


def _count(event: Mapping[str, Json], name: str) -> int:
    value = event.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
