"""The messages of ledger commits, so that `git log refs/reconciler/ledger` reads as the history of applies."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.ledger.journals.history import RunRecord, RunSummary, Step

_LINES = 200


def describe_run(record: RunRecord) -> str:
    """Say who ran what, with which result for each address."""
    run = record.summary
    head = f"{run.command or 'run'} {run.run} by {run.author or 'unknown'}: {_describe_counts(run)}"
    facts = [("Commit", run.commit), ("Environment", run.environment or ""), ("Undoes", run.undoes)]
    trailer = [f"{name}: {value}" for name, value in facts if value]
    return _compose(head, [_describe_step(step) for step in record.steps], trailer)


def describe_save(run: str, addresses: Sequence[str]) -> str:
    """Say which addresses a run recorded, while its journal has not ended."""
    noun = "resource" if len(addresses) == 1 else "resources"
    return _compose(f"Record {len(addresses)} {noun} of run {run}", sorted(addresses), [])


def _describe_counts(run: RunSummary) -> str:
    counts = [f"{count} {result.value.replace('_', ' ')}" for result, count in run.counts.items()]
    return ", ".join(counts or ["nothing to do"]) + (" (interrupted)" if run.interrupted else "")


def _describe_step(step: Step) -> str:
    fields = ", ".join(sorted("/".join(change.path) for change in step.changes))
    return f"{step.address}: {step.result.value.replace('_', ' ') if step.result else 'in doubt'} ({fields})"


def _compose(head: str, lines: Sequence[str], trailer: Sequence[str]) -> str:
    shown = list(lines[:_LINES])
    if len(lines) > _LINES:
        shown.append(f"and {len(lines) - _LINES} more")
    parts = [[head], shown, list(trailer)]
    return "\n\n".join("\n".join(_flatten(line) for line in part) for part in parts if part) + "\n"


def _flatten(line: str) -> str:
    """Keep a name on its line, and its controls out of terminals."""
    return "".join(letter if letter.isprintable() else "?" for letter in line)
