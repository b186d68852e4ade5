"""An index of journals: what each says without its values, so that nobody reads a thousand to learn what is unsettled.

It is a cache and nothing else: a row counts for a journal of that name and size (journals only ever grow), what has no row is
read, and a lost index costs time. So whoever writes it, and whenever, nothing is told otherwise than the journals tell it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol
from zlib import crc32

from reconciler.ledger.journals.history import (
    Intention,
    RunRecord,
    RunSummary,
    build_record,
    find_unsettled,
    parse_lines,
)
from reconciler.model.paths import Json

INDEX_NAME: Final = "journal-index"
_STEPS: Final = frozenset({"intend", "outcome"})
_KEPT: Final = ("event", "address", "result")


@dataclass(frozen=True, slots=True)
class Digest:
    """What a journal of a certain size says: whole where it left something in doubt, else its steps without values."""

    name: str
    size: int
    damaged: int
    doubtful: bool
    rows: bytes
    """A JSON list of lines, which most commands never look into."""

    def read(self) -> RunRecord:
        """Return the run as far as a list of runs and the search for doubts go."""
        return build_record(self.name, _read_rows(self.rows), damaged=self.damaged)


class JournalSource(Protocol):
    """Where journals are kept. Every method raises LedgerUnavailable where they cannot be read."""

    def list_sizes(self) -> Mapping[str, int]:
        """Return the size in octets of each journal by file name."""

    def read_some(self, names: Sequence[str]) -> Mapping[str, bytes]:
        """Return some journals; what vanished meanwhile is left out."""

    def read_index(self) -> bytes:
        """Return the index, empty where there is none."""


def list_digests(source: JournalSource) -> list[Digest]:
    """Return what all journals of a source say, from its index as far as that goes."""
    sizes = source.list_sizes()
    known = parse_index(source.read_index()) if sizes else {}
    fitting = {name: known[name] for name, size in sizes.items() if name in known and known[name].size == size}
    rest = [name for name in sizes if name not in fitting]
    found = source.read_some(rest) if rest else {}
    return [*fitting.values(), *(digest_journal(name, content) for name, content in found.items())]


def merge_digests(kept: Iterable[Digest], local: Iterable[Digest]) -> list[Digest]:
    """Put together what is kept for all and what is only here; a journal that is in both places was just stored."""
    return list({digest.name: digest for digest in (*kept, *local)}.values())


def digest_journal(name: str, content: bytes) -> Digest:
    """Say what a journal says."""
    rows, damaged = parse_lines(content)
    doubtful = build_record(name, rows, damaged=damaged).summary.in_doubt > 0
    kept = rows if doubtful else list(_condense(rows))
    return Digest(name, len(content), damaged, doubtful, json.dumps(kept, separators=(",", ":")).encode())


def _condense(rows: Sequence[dict[str, Json]]) -> Iterator[dict[str, Json]]:
    """Keep of each step its address and result. Where a step has one intent and one outcome, one line tells both."""
    events = Counter((str(row["event"]), str(row.get("address"))) for row in rows)
    results = {str(row.get("address")): row.get("result") for row in rows if row["event"] == "outcome"}
    for place, row in enumerate(rows):
        address, event = str(row.get("address")), str(row["event"])
        single = events["intend", address] == events["outcome", address] == 1
        if event not in _STEPS:
            yield row
        elif not single:
            yield _thin_out(row, first=place == 0)
        elif event == "intend":
            yield _thin_out({**row, "event": "outcome", "result": results[address]}, first=place == 0)


def _thin_out(row: Mapping[str, Json], *, first: bool) -> dict[str, Json]:
    """Drop what a list of runs does not show; the first line tells when the run was, where its beginning is lost."""
    return {name: row[name] for name in (*_KEPT, *(("when",) if first else ())) if name in row}


def parse_index(content: bytes) -> dict[str, Digest]:
    """Read an index; a damaged line is as good as none."""
    digests = (_parse_line(line) for line in content.split(b"\n") if line)
    return {digest.name: digest for digest in digests if digest is not None}


def _parse_line(line: bytes) -> Digest | None:
    """Read the head of a line, and hold its rest to the checksum in it."""
    head, _, rows = line.partition(b"\t")
    try:
        name, size, damaged, doubtful, checksum = json.loads(head)
    except (ValueError, RecursionError, TypeError):
        return None
    fits = isinstance(name, str) and isinstance(size, int) and isinstance(damaged, int) and checksum == crc32(rows)
    return Digest(name, size, damaged, doubtful is not False, rows) if fits else None


def _read_rows(content: bytes) -> list[dict[str, Json]]:
    """Read the lines of a digest; whoever made up an index with a right checksum gets no more than a wrong list."""
    try:
        rows = json.loads(content)
    except (ValueError, RecursionError):
        return []
    listed = rows if isinstance(rows, list) else []
    return [row for row in listed if isinstance(row, dict) and isinstance(row.get("event"), str)]


def format_index(digests: Iterable[Digest]) -> bytes:
    """Write an index, a line for each journal in order of their names."""
    return b"".join(_format_line(digest) for digest in sorted(digests, key=lambda digest: digest.name))


def _format_line(digest: Digest) -> bytes:
    head = [digest.name, digest.size, digest.damaged, digest.doubtful, crc32(digest.rows)]
    return json.dumps(head).encode() + b"\t" + digest.rows + b"\n"


def list_summaries(digests: Iterable[Digest], *, environment: str | None) -> tuple[RunSummary, ...]:
    """Summarise the runs of an environment, the newest first."""
    runs = [record.summary for record in read_records(digests, environment)]
    return tuple(sorted(runs, key=lambda run: run.run, reverse=True))


def list_doubts(digests: Sequence[Digest], *, environment: str | None) -> tuple[Intention, ...]:
    """Return what all runs of an environment left in doubt, the running one among them."""
    if not any(digest.doubtful for digest in digests):
        return ()
    return find_unsettled(read_records(digests, environment))


def read_records(digests: Iterable[Digest], environment: str | None) -> Iterator[RunRecord]:
    """Yield the runs of an environment, or of all where none is chosen. A run whose beginning is lost may be of any."""
    for digest in digests:
        record = digest.read()
        if environment in {None, record.summary.environment} or not record.summary.command:
            yield record
