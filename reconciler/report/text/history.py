"""Show what earlier runs did: a line a run, or one run field by field."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from io import StringIO

from reconciler.ledger.journals.history import RecordedChange, RunRecord, RunSummary, Step
from reconciler.model.paths import MISSING, Json, Missing, format_pointer
from reconciler.report.escape import escape_json, escape_terminal

LONGEST = 60
"""Characters of a value on a line; the JSON format has all of it."""


def render_history(shown: Sequence[RunSummary] | RunRecord, *, width: int, colour: bool) -> str:
    """Render the list of runs, or one run."""
    from rich.console import Console

    console = Console(file=StringIO(), width=width, force_terminal=colour, no_color=not colour, highlight=False)
    if isinstance(shown, RunRecord):
        return _render_run(shown)
    if not shown:
        return "No runs yet."
    console.print(_build_table(shown))
    stream = console.file
    assert isinstance(stream, StringIO)  # noqa: S101 - set four lines above
    return "\n".join(line.rstrip() for line in stream.getvalue().splitlines())


def _build_table(runs: Sequence[RunSummary]) -> object:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("RUN", no_wrap=True)  # it is copied into the next command
    for title in ("WHEN", "WHO", "COMMIT", "WHAT"):
        table.add_column(title, overflow="fold")
    for run in runs:
        cells = (run.run, run.when, run.author, run.commit[:10], _describe_counts(run))
        table.add_row(*(Text(escape_terminal(cell)) for cell in cells))
    return table


def _describe_counts(run: RunSummary) -> str:
    parts = [f"{count} {result.value.replace('_', ' ')}" for result, count in run.counts.items()]
    parts += [f"{run.in_doubt} in doubt"] if run.in_doubt else []
    what = f"undo of {run.undoes}: " if run.undoes else ""
    ending = "; interrupted" if run.interrupted else ""
    return what + (", ".join(parts) or "nothing to do") + ending


def _render_run(record: RunRecord) -> str:
    run = record.summary
    head = [
        f"Run {run.run}  {run.when}",
        f"  by {run.author or 'somebody unknown'}, commit {run.commit[:12] or 'unknown'}, {run.command or 'apply'}"
        + (f" of {run.undoes}" if run.undoes else ""),
        f"  {_describe_counts(run)}",
    ]
    blocks = ["\n".join(_render_step(step)) for step in record.steps]
    return "\n\n".join(escape_lines(block) for block in ("\n".join(head), *blocks))


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


def render_history_json(shown: Sequence[RunSummary] | RunRecord) -> str:
    """Render the list of runs, or one run, as JSON."""
    if isinstance(shown, RunRecord):
        document: Json = _summarise(shown.summary) | {"steps": [_write_step(step) for step in shown.steps]}
    else:
        document = [_summarise(run) for run in shown]
    return escape_json(json.dumps(document, indent=2, ensure_ascii=False)) + "\n"


def _summarise(run: RunSummary) -> dict[str, Json]:
    return {
        "run": run.run,
        "when": run.when,
        "author": run.author,
        "commit": run.commit,
        "command": run.command,
        "environment": run.environment,
        "undoes": run.undoes,
        "interrupted": run.interrupted,
        "in_doubt": run.in_doubt,
        "counts": {result.value: count for result, count in run.counts.items()},
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
