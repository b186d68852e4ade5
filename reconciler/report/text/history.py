"""Show what earlier runs did: a line a run, or one run field by field."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

from reconciler.ledger.journals.history import RecordedChange, RunRecord, RunSummary, Sighting, Step
from reconciler.model.paths import MISSING, Json, Missing, format_pointer
from reconciler.report.escape import disarm, escape_json, escape_terminal
from reconciler.report.text.paint import Line, fit, indent, measure, measure_line, paint, wrap

_COLUMNS: Final = ("RUN", "WHEN", "WHO", "COMMIT", "WHAT")
_WIDEST_NAME: Final = 20
_NAMED: Final = 3
LONGEST = 60
"""Characters of a value on a line; the JSON format has all of it."""


Shown: TypeAlias = Sequence[RunSummary] | Sequence[RunRecord] | RunRecord
"""A list of runs, what several did to one address, or one run."""


def render_history(shown: Shown, *, width: int, colour: bool) -> str:
    """Render the list of runs, one run, or what happened to one address."""
    if isinstance(shown, RunRecord):
        return disarm(_render_run(shown))
    records = [one for one in shown if isinstance(one, RunRecord)]
    if records:
        return disarm("\n\n".join(_render_run(record) for record in records))
    return disarm(_render_list([one for one in shown if isinstance(one, RunSummary)], width=width, colour=colour))


def _render_list(runs: Sequence[RunSummary], *, width: int, colour: bool) -> str:
    """Render a line a run, and below it what it touched and from which commit."""
    if not runs:
        return "No runs yet."
    rows = [_COLUMNS, *(_list_cells(run) for run in runs)]
    widths = tuple(max(measure(cells[place]) for cells in rows) for place in range(len(_COLUMNS) - 1))
    lines = _place_cells(_COLUMNS, widths, width=width, style="dim")
    for run, cells in zip(runs, rows[1:], strict=True):
        lines += _place_cells(cells, widths, width=width, style="")
        for text in (_name_places(run), _quote(run)):
            lines += indent(wrap((("", escape_terminal(text)),), width=width - 2), (("", "  "),)) if text else []
    return paint(lines, colour=colour).rstrip("\n")


def _list_cells(run: RunSummary) -> tuple[str, ...]:
    cells = (run.run, run.when, fit(run.author, _WIDEST_NAME), run.commit[:10], _describe_counts(run))
    return tuple(escape_terminal(cell) for cell in cells)


def _place_cells(cells: Sequence[str], widths: Sequence[int], *, width: int, style: str) -> list[Line]:
    """Put cells on one line, or what does not fit below it; the run's name is copied into the next command, and is whole."""
    padded = [cell + " " * (size - measure(cell)) for cell, size in zip(cells, widths, strict=False)]
    line: Line = ((style, "  ".join((*padded, cells[-1]))),)
    if measure_line(line) <= width:
        return [line]
    fits = measure("  ".join(padded)) <= width
    head, below = ("  ".join(padded).rstrip(), cells[-1:]) if fits else (cells[0], cells[1:])
    rest = "  ".join(cell for cell in below if cell)
    return [((style, head),), *indent(wrap(((style, rest),), width=width - 2), (("", "  "),))]


def _describe_counts(run: RunSummary) -> str:
    parts = [f"{count} {result.value.replace('_', ' ')}" for result, count in run.counts.items()]
    parts += [f"{run.in_doubt} in doubt"] if run.in_doubt else []
    parts += [f"forgot {len(run.forgotten)}"] if run.forgotten else []
    seen = sum(not sighting.gone for sighting in run.sightings)
    parts += [f"saw {seen} moved outside git"] if seen else []
    parts += [f"{len(run.sightings) - seen} moved back"] if len(run.sightings) > seen else []
    what = f"undo of {run.undoes}: " if run.undoes else ""
    ending = "; interrupted" if run.interrupted else ""
    return what + (", ".join(parts) or "nothing to do") + ending


def _name_places(run: RunSummary) -> str:
    """Name the first addresses that a run touched, and count the rest."""
    seen = (sighting.address for sighting in run.sightings)
    addresses = tuple(dict.fromkeys((*run.addresses, *run.forgotten, *seen)))
    more = len(addresses) - _NAMED
    return ", ".join(addresses[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def _quote(run: RunSummary) -> str:
    """Return the commit's subject with its pull request."""
    return " ".join(part for part in (run.subject, f"({run.pull_request})" if run.pull_request else "") if part)


def _render_run(record: RunRecord) -> str:
    run = record.summary
    head = [
        f"Run {run.run}  {run.when}",
        f"  by {run.author or 'somebody unknown'}, commit {run.commit[:12] or 'unknown'}, {run.command or 'apply'}"
        + (f" of {run.undoes}" if run.undoes else ""),
        *([f"  {_quote(run)}"] if run.subject or run.pull_request else []),
        f"  {_describe_counts(run)}",
        *(f"  forgot {address}" for address in run.forgotten),
    ]
    blocks = ["\n".join(_render_step(step)) for step in record.steps]
    blocks += ["\n".join(_render_sighting(sighting)) for sighting in run.sightings]
    return "\n\n".join(escape_lines(block) for block in ("\n".join(head), *blocks))


def _render_sighting(sighting: Sighting) -> list[str]:
    if sighting.gone:
        name = format_pointer(sighting.change.path).lstrip("/").replace("/", ".")
        return [f"{sighting.address}  no longer moved", f"  {name}"]
    return [f"{sighting.address}  first seen here: moved outside git", f"  {_render_change(sighting.change)}"]


def _render_step(step: Step) -> list[str]:
    result = step.result.value.replace("_", " ") if step.result else "in doubt: no outcome was written"
    lines = [f"{step.address}  {result}"]
    lines += [f"  {step.method} {step.url}"] if step.method else []
    lines += [f"  {_render_change(change)}" for change in step.changes]
    lines += [f"  also changed: {_render_change(change)}" for change in step.collateral]
    lines += [f"  {step.message}"] if step.message else []
    lines += [f"  request id {step.request_id}"] if step.request_id else []
    return lines


def _render_change(change: RecordedChange) -> str:
    name = format_pointer(change.path).lstrip("/").replace("/", ".")
    if change.secret:
        return f"{name}  (secret)"
    return f"{name}  {_show(change.before)} -> {_show(change.after)}"


def _show(value: Json | Missing) -> str:
    if value is MISSING:
        return "(not known)"
    if value is None:
        return "(none)"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def escape_lines(text: str) -> str:
    """Escape every line for the terminal and keep the line breaks, which are ours."""
    return "\n".join(escape_terminal(line) for line in text.splitlines())


def render_history_json(shown: Shown) -> str:
    """Render the list of runs, one run, or what happened to one address, as JSON."""
    document: Json = _write(shown) if isinstance(shown, RunRecord) else [_write(one) for one in shown]
    return escape_json(json.dumps(document, indent=2, ensure_ascii=False)) + "\n"


def _write(shown: RunRecord | RunSummary) -> dict[str, Json]:
    if isinstance(shown, RunSummary):
        return _summarise(shown)
    return _summarise(shown.summary) | {"steps": [_write_step(step) for step in shown.steps]}


def _summarise(run: RunSummary) -> dict[str, Json]:
    return {
        "run": run.run,
        "when": run.when,
        "author": run.author,
        "commit": run.commit,
        "subject": run.subject,
        "pull_request": run.pull_request,
        "command": run.command,
        "environment": run.environment,
        "undoes": run.undoes,
        "interrupted": run.interrupted,
        "in_doubt": run.in_doubt,
        "counts": {result.value: count for result, count in run.counts.items()},
        "addresses": list(run.addresses),
        "forgotten": list(run.forgotten),
        "sightings": [
            {"address": seen.address, "gone": seen.gone, **_write_change(seen.change)} for seen in run.sightings
        ],
    }


def _write_step(step: Step) -> dict[str, Json]:
    return {
        "address": step.address,
        "identity": step.identity.as_json() if step.identity.parts else None,
        "result": step.result.value if step.result else "in_doubt",
        "method": step.method,
        "url": step.url,
        "status": step.status,
        "request_id": step.request_id,
        "seconds": step.seconds,
        "message": step.message,
        "changes": [_write_change(change) for change in step.changes],
        "collateral": [_write_change(change) for change in step.collateral],
    }


def _write_change(change: RecordedChange) -> Mapping[str, Json]:
    row: dict[str, Json] = {"path": format_pointer(change.path), "cause": change.cause.value}
    for name, value in (("before", change.before), ("after", change.after)):
        row[name] = {"secret": True} if change.secret else {"unknown": True} if value is MISSING else value
    return row
