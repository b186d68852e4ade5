"""Journals read back: runs, their records, and what they left in doubt. Never raises over a damaged journal."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import unquote

from reconciler.ledger.journals.journal import SUFFIX
from reconciler.model.outcome import Result
from reconciler.model.paths import MISSING, FieldPath, Json, Missing, parse_pointer
from reconciler.model.plan import Cause
from reconciler.model.resource_type import Identity

_PAIR = 2
_MOST = 1e15
_RESULTS = tuple(result.value for result in Result)
_CAUSES = tuple(cause.value for cause in Cause)
_CHANGING = (Result.VERIFIED, Result.ACCEPTED, Result.MISMATCH, Result.IN_DOUBT)
_KNOWN_NOW = frozenset({Result.VERIFIED, Result.ACCEPTED, Result.REJECTED, Result.MISMATCH, Result.STALE})
"""Results of a later run that settle a doubt: the object was read or answered for. The others never got that far."""


@dataclass(frozen=True, slots=True)
class RecordedChange:
    """One field as a run changed it; MISSING where it could not be read. Both are fingerprints where `secret`."""

    path: FieldPath
    before: Json | Missing
    after: Json | Missing
    cause: Cause = Cause.UNATTRIBUTED
    secret: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One update of a run. `result` is None where the journal holds an intent and no outcome: in doubt."""

    address: str
    provider: str = ""
    account: str = ""
    kind: str = ""
    identity: Identity = field(default_factory=lambda: Identity(()))
    changes: tuple[RecordedChange, ...] = ()
    method: str = ""
    url: str = ""
    sent_at: str = ""
    """When the request was about to be sent; "" where none was."""
    result: Result | None = None
    message: str = ""
    status: int = 0
    request_id: str = ""
    seconds: float = 0.0
    concluded_at: str = ""
    wrong_fields: tuple[FieldPath, ...] = ()
    collateral: tuple[RecordedChange, ...] = ()

    @property
    def is_in_doubt(self) -> bool:
        """Tell whether a request may have been sent and nobody knows what became of it."""
        return bool(self.sent_at) and self.result in (None, Result.IN_DOUBT)


@dataclass(frozen=True, slots=True)
class Intention:
    """A step that a run left in doubt."""

    run: str
    step: Step

    @property
    def address(self) -> str:
        """Name the resource."""
        return self.step.address


@dataclass(frozen=True, slots=True)
class Sighting:
    """A field that a drift check saw moved outside git: `change` goes from what was applied last to what was live.

    `gone` says that a later check no longer saw it.
    """

    address: str
    change: RecordedChange
    gone: bool = False

    @property
    def place(self) -> tuple[str, FieldPath]:
        """Name the field, whatever its value."""
        return (self.address, self.change.path)


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A run on one line. `interrupted` says that it did not reach its end; `in_doubt` counts steps, not all results."""

    run: str
    when: str = ""
    author: str = ""
    commit: str = ""
    command: str = ""
    environment: str | None = None
    undoes: str = ""
    counts: Mapping[Result, int] = field(default_factory=dict)
    in_doubt: int = 0
    interrupted: bool = True
    ended: bool = False
    """Whether its last line was written: a run that was killed has none."""
    exit_code: int | None = None
    """How it ended, where it did."""
    message: str = ""
    damaged_lines: int = 0
    subject: str = ""
    """The first line of the commit's message."""
    pull_request: str = ""
    """As the commit's message names it: `#12`, `!12`, or nothing."""
    left_out: int = 0
    """How many declared resources it did not look at."""
    scope: str = ""
    """What it was narrowed to; "" where it looked at everything."""
    addresses: tuple[str, ...] = ()
    """What it tried to change, in order."""
    forgotten: tuple[str, ...] = ()
    """What it took out of the ledger."""
    sightings: tuple[Sighting, ...] = ()

    @property
    def changed(self) -> bool:
        """Tell whether the run changed something at a vendor, or may have."""
        return self.in_doubt > 0 or any(self.counts.get(result) for result in _CHANGING)


@dataclass(frozen=True, slots=True)
class RunRecord:
    """All that a run did, in order."""

    summary: RunSummary
    steps: tuple[Step, ...] = ()
    settled: tuple[str, ...] = ()
    """Addresses whose earlier doubt this run settled by reading."""


def read_run(name: str, content: bytes) -> RunRecord:
    """Read a journal, however far it was written; `name` is its file name.

    A line that is torn or damaged is counted and left out. A torn intent was never sent: its line is flushed first.
    """
    rows, damaged = parse_lines(content)
    return build_record(name, rows, damaged=damaged)


def build_record(name: str, rows: Sequence[Mapping[str, Json]], *, damaged: int) -> RunRecord:
    """Build a run from the rows of its journal."""
    steps = _collect_steps(rows)
    settled = tuple(_text(row, "address") for row in rows if row.get("event") == "settle")
    summary = _summarise(name, rows, steps=steps, damaged=damaged)
    return RunRecord(summary, steps, settled)


def parse_lines(content: bytes) -> tuple[list[dict[str, Json]], int]:
    """Return the rows of a journal, and how many of its lines are torn or damaged."""
    lines = [line for line in content.split(b"\n") if line.strip()]
    rows = [row for line in lines if (row := _parse_line(line)) is not None]
    return rows, len(lines) - len(rows)


def _parse_line(line: bytes) -> dict[str, Json] | None:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return row if isinstance(row, dict) and isinstance(row.get("event"), str) else None


def _collect_steps(rows: Iterable[Mapping[str, Json]]) -> tuple[Step, ...]:
    """Pair intents and outcomes by address; a second intent before the outcome is another try of the same step."""
    steps: list[Step] = []
    places: dict[str, int] = {}
    for row in rows:
        address = _text(row, "address")
        place = places.get(address)
        if row["event"] == "intend" and (place is None or steps[place].result is not None):
            places[address] = len(steps)
            steps.append(_read_intent(row))
        elif row["event"] == "intend" and place is not None:
            steps[place] = _read_intent(row)
        elif row["event"] == "outcome" and place is not None:
            steps[place] = _read_outcome(steps[place], row)
        elif row["event"] == "outcome":
            places[address] = len(steps)
            steps.append(_read_outcome(_read_target(row), row))
    return tuple(steps)


def _read_target(row: Mapping[str, Json]) -> Step:
    return Step(
        address=_text(row, "address"),
        provider=_text(row, "provider"),
        account=_text(row, "account"),
        kind=_text(row, "kind"),
        identity=_read_identity(row.get("identity")),
        changes=_read_changes(row.get("changes")),
    )


def _read_intent(row: Mapping[str, Json]) -> Step:
    request = row.get("request")
    sent = request if isinstance(request, dict) else {}
    return replace(_read_target(row), method=_text(sent, "method"), url=_text(sent, "url"), sent_at=_text(row, "when"))


def _read_outcome(step: Step, row: Mapping[str, Json]) -> Step:
    return replace(
        step,
        result=_read_result(row.get("result")),
        message=_text(row, "message"),
        status=int(_number(row, "status")),
        request_id=_text(row, "request_id"),
        seconds=_number(row, "seconds"),
        concluded_at=_text(row, "when"),
        wrong_fields=tuple(_read_path(path) for path in _list(row.get("wrong_fields"))),
        collateral=_read_changes(row.get("collateral")),
    )


def _read_result(value: Json) -> Result:
    """Read a result; one that this version does not know counts as in doubt."""
    return Result(value) if value in _RESULTS else Result.IN_DOUBT


def _read_changes(value: Json) -> tuple[RecordedChange, ...]:
    return tuple(_read_change(row) for row in _list(value) if isinstance(row, dict))


def _read_change(row: Mapping[str, Json]) -> RecordedChange:
    cause = row.get("cause")
    return RecordedChange(
        path=_read_path(row.get("path")),
        before=row.get("before", MISSING),
        after=row.get("after", MISSING),
        cause=Cause(cause) if cause in _CAUSES else Cause.UNATTRIBUTED,
        secret=row.get("secret") is True,
    )


def _read_path(value: Json) -> FieldPath:
    try:
        return parse_pointer(str(value))
    except ValueError:
        return (str(value),)


def _read_identity(value: Json) -> Identity:
    pairs = [pair for pair in _list(value) if isinstance(pair, list)]
    return Identity(tuple((str(name), str(part)) for name, part in (pair for pair in pairs if len(pair) == _PAIR)))


def _summarise(name: str, rows: Sequence[Mapping[str, Json]], *, steps: tuple[Step, ...], damaged: int) -> RunSummary:
    begin: Mapping[str, Json] = next((row for row in rows if row["event"] == "begin"), {})
    end: Mapping[str, Json] = next((row for row in rows if row["event"] == "end"), {})
    environment = begin.get("environment")
    return RunSummary(
        run=_text(begin, "run") or unquote(name.removesuffix(SUFFIX)),
        when=_text(begin, "when") or (_text(rows[0], "when") if rows else ""),
        author=_text(begin, "author"),
        commit=_text(begin, "commit"),
        command=_text(begin, "command"),
        environment=environment if isinstance(environment, str) else None,
        undoes=_text(begin, "undoes"),
        counts=dict(Counter(step.result for step in steps if step.result is not None)),
        in_doubt=sum(step.is_in_doubt for step in steps),
        ended=bool(end),
        exit_code=_read_number(end.get("exit_code")),
        interrupted=not end or end.get("interrupted") is not False,
        message=_text(end, "message"),
        damaged_lines=damaged,
        subject=_text(begin, "subject"),
        pull_request=_text(begin, "pull_request"),
        left_out=_read_number(begin.get("left_out")) or 0,
        scope=_text(begin, "scope"),
        addresses=tuple(dict.fromkeys(step.address for step in steps)),
        forgotten=tuple(_text(row, "address") for row in rows if row["event"] == "forget"),
        sightings=tuple(_read_sighting(row) for row in rows if row["event"] == "saw"),
    )


def _read_sighting(row: Mapping[str, Json]) -> Sighting:
    return Sighting(_text(row, "address"), _read_change(row), gone=row.get("gone") is True)


def list_open_sightings(runs: Iterable[RunSummary]) -> Mapping[tuple[str, FieldPath], Sighting]:
    """Return what drift checks saw and no later one saw gone, by field."""
    seen: dict[tuple[str, FieldPath], Sighting] = {}
    for run in sorted(runs, key=lambda run: run.run):
        for sighting in run.sightings:
            if sighting.gone:
                seen.pop(sighting.place, None)
            else:
                seen[sighting.place] = sighting
    return seen


def _read_number(value: Json) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def find_unsettled(records: Iterable[RunRecord]) -> tuple[Intention, ...]:
    """Return the steps that are in doubt, oldest first, unless a later run settled their address."""
    open_steps: dict[str, Intention] = {}
    for record in sorted(records, key=lambda record: record.summary.run):
        for address in record.settled:
            open_steps.pop(address, None)
        for step in record.steps:
            if step.is_in_doubt:
                open_steps[step.address] = Intention(record.summary.run, step)
            elif step.result in _KNOWN_NOW:
                open_steps.pop(step.address, None)
    return tuple(open_steps.values())


def _text(row: Mapping[str, Json], name: str) -> str:
    value = row.get(name)
    return value if isinstance(value, str) else ""


def _number(row: Mapping[str, Json], name: str) -> float:
    """Read a number that a run can have written: no endless one, and none that no float holds."""
    value = row.get(name)
    return value if isinstance(value, (int, float)) and abs(value) < _MOST else 0.0


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []
