"""The journal of a run: append-only JSON Lines, written at once and flushed to disk before a request leaves.

`intend` and `flush` stand before its request is sent, `conclude` after it was answered. So whatever the moment of a kill, a
request that may have been sent has its intent on disk, and an intent without an outcome is in doubt. An outcome goes to the
disk with the next flush: one that a power cut takes leaves a doubt, which the next run settles by reading.
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from reconciler.ledger.atomic import make_state_folder, sync_folder
from reconciler.ledger.encoding import encode_line, name_safely
from reconciler.ledger.errors import LedgerUnavailable
from reconciler.ledger.fingerprints import fingerprint_value
from reconciler.ledger.reserve import FULL, Reserve
from reconciler.ledger.state_files import append_to_file, check_folder, read_file
from reconciler.ledger.times import Clock, format_time
from reconciler.model.outcome import Outcome
from reconciler.model.paths import MISSING, FieldPath, Json, Missing, format_pointer
from reconciler.model.plan import Change, Request, Update
from reconciler.model.secret import Secret

FORMAT_VERSION: Final = 1
SUFFIX: Final = ".jsonl"


@dataclass(frozen=True, slots=True)
class RunHeader:
    """Who runs what. `command` is `apply`, `undo` ...; `commit` is "" where unknown."""

    author: str
    commit: str = ""
    command: str = "apply"
    environment: str | None = None
    tool_version: str = ""
    undoes: str = ""
    """The run that this one takes back, for `undo`."""
    subject: str = ""
    """The first line of the commit's message."""
    pull_request: str = ""
    left_out: int = 0
    """How many declared resources it did not look at."""
    scope: str = ""
    """What it was narrowed to, as the options of the command line say it; "" where it looked at everything."""


@dataclass(frozen=True, slots=True)
class RunEnd:
    """How a run ended: by itself, or interrupted by the user."""

    interrupted: bool = False
    exit_code: int = 0
    message: str = ""


def name_journal(run: str) -> str:
    """Return the file name of a run's journal."""
    return name_safely(run) + SUFFIX


class Journal:
    """Write what a run does. Raises LedgerUnavailable where a line cannot be written: then nothing may be sent.

    `begin` and `end` are on the disk when they return; of the others `flush` makes sure, also from another thread.

    Where the disk fills up, what `hold_back` took is given back, and all but intents still fits: `filled` says so.

    Secrets are never written: a `Secret`, and both values of a change marked secret, become keyed fingerprints; their
    plain text is hidden in messages, URLs and request ids. Of a body only the names of its fields are written.
    """

    def __init__(
        self,
        path: Path,
        *,
        run: str,
        clock: Clock,
        key: Callable[[], bytes],
        sync: Callable[[int], None] = os.fsync,
    ) -> None:
        self.path = path
        self.run = run
        self._clock = clock
        self._read_key = key
        self._sync = sync
        self._handle: int | None = None
        self._intended: set[str] = set()
        self._broken: OSError | None = None
        self._reserve = Reserve()
        self.filled: LedgerUnavailable | None = None
        """Why nothing new may be sent although every outcome can be written: the disk is full."""

    def hold_back(self, octets: int) -> None:
        """Keep disk space for what must be written once the disk is full, until the journal is closed."""
        try:
            self._open()
            self._reserve.hold(self.path.parent, octets=octets)
        except OSError as problem:
            size = f"{max(1, octets // 1024**2)} MiB"
            message = f"the disk of {self.path.parent} has no room for {size} that this run may have to write: {problem.strerror or problem}"
            raise LedgerUnavailable(message, advice="Free some space. Nothing was sent.") from problem

    def begin(self, header: RunHeader) -> None:
        """Write who runs what; the first line."""
        self._append("begin", asdict(header) | {"format_version": FORMAT_VERSION, "run": self.run})
        self.flush()

    def intend(self, update: Update, request: Request | None = None) -> None:
        """Write that a request for an update is about to be sent; `request` where it is not the update's own."""
        sent = request or update.request
        target = {"method": sent.method, "url": _blot_out(sent.url, update), "fields": sorted(sent.body)}
        if self.filled is not None:
            raise self.filled
        self._append("intend", self._describe(update) | {"request": target})
        self._intended.add(update.address)

    def conclude(self, outcome: Outcome) -> None:
        """Write what became of an update, sent or not."""
        update = outcome.update
        row = {} if update.address in self._intended else self._describe(update)
        self._append("outcome", row | self._describe_outcome(outcome))

    def settle(self, address: str, *, message: str) -> None:
        """Write that reading again has settled what an earlier run left in doubt; `message` says what was found."""
        self._append("settle", {"address": address, "message": message})

    def forget(self, address: str) -> None:
        """Write that an address was taken out of the ledger."""
        self._append("forget", {"address": address})

    def see(self, update: Update, change: Change) -> None:
        """Write that a field was seen moved outside git: what was applied last, and what is live."""
        row: dict[str, Json] = {"path": format_pointer(change.path), "cause": change.cause.value}
        for name, value in (("before", change.last_applied), ("after", change.before)):
            if value is not MISSING:
                row[name] = self._cover(value) if change.secret else value
        marks = {"secret": True} if change.secret else {}
        self._append("saw", {"address": update.address, **row, **marks})

    def miss(self, address: str, path: FieldPath) -> None:
        """Write that a field which was seen moved is as it was applied again."""
        self._append("saw", {"address": address, "path": format_pointer(path), "gone": True})

    def flush(self) -> None:
        """Put every line that was written before this call on the disk.

        Once that failed it fails for good: the system may have dropped the lines, and a second try would not say so.
        """
        with _report_failure(self.path):
            try:
                if self._broken is None and self._handle is not None:
                    self._sync(self._handle)
            except OSError as problem:
                self._broken = problem
            if self._broken is not None:
                raise self._broken

    def end(self, summary: RunEnd = RunEnd()) -> None:
        """Write how the run ended, and close the file; the last line."""
        self._append("end", asdict(summary))
        self.flush()
        self.close()

    def close(self) -> None:
        """Close the file and let go what was held back; a journal without `end` reads as interrupted."""
        self._reserve.release()
        if self._handle is not None:
            with contextlib.suppress(LedgerUnavailable):
                self.flush()
            os.close(self._handle)
            self._handle = None

    def _describe(self, update: Update) -> dict[str, Json]:
        return {
            "address": update.address,
            "provider": update.provider,
            "account": update.account,
            "kind": update.kind,
            "identity": [list(part) for part in update.identity.parts],
            "changes": [self._describe_change(change) for change in update.changes],
        }

    def _describe_change(self, change: Change) -> dict[str, Json]:
        row: dict[str, Json] = {"path": format_pointer(change.path), "cause": change.cause.value}
        # Where the API cannot be read back, what was applied last is the best that is known of the value before.
        before = change.last_applied if change.before is MISSING else change.before
        for name, value in (("before", before), ("after", change.after)):
            if value is not MISSING:
                row[name] = self._cover(value) if change.secret else value
        return row | {"secret": True} if change.secret else row

    def _describe_outcome(self, outcome: Outcome) -> dict[str, Json]:
        secret = {change.path for change in outcome.update.changes if change.secret}
        return {
            "address": outcome.update.address,
            "result": outcome.result.value,
            "message": _blot_out(outcome.message, outcome.update),
            "status": outcome.status,
            "request_id": _blot_out(outcome.request_id, outcome.update),
            "seconds": outcome.seconds,
            "wrong_fields": [format_pointer(path) for path in outcome.wrong_fields],
            "collateral": [
                self._describe_collateral(hit.path, before=hit.before, after=hit.after, secret=secret)
                for hit in outcome.collateral
            ],
        }

    def _describe_collateral(
        self, path: FieldPath, *, before: Json | Missing, after: Json | Missing, secret: set[FieldPath]
    ) -> dict[str, Json]:
        row: dict[str, Json] = {"path": format_pointer(path)}
        for name, value in (("before", before), ("after", after)):
            if value is not MISSING:
                row[name] = self._cover(value) if path in secret else value
        return row

    def _cover(self, value: Json) -> str | None:
        """Fingerprint a secret; that it is not set is none."""
        return None if value is None else fingerprint_value(value, key=self._read_key())

    def _append(self, event: str, row: Mapping[str, Json]) -> None:
        line = {"event": event, "when": format_time(self._clock()), **row}
        try:
            content = encode_line(line, key=None) + b"\n"
        except TypeError:
            content = encode_line(line, key=self._read_key()) + b"\n"
        with _report_failure(self.path):
            self._write(event, content)

    def _write(self, event: str, content: bytes) -> None:
        """Write a line; an intent that finds the disk full is not worth what was held back."""
        handle = self._open()
        try:
            _write_whole(handle, content)
        except OSError as problem:
            if problem.errno not in FULL:
                raise
            self.filled = self.filled or _report_full(self.path)
            if event == "intend" or not self._reserve.release():
                raise
            _write_whole(handle, content)

    def _open(self) -> int:
        if self._handle is None:
            make_state_folder(self.path.parent.parent)
            check_folder(self.path.parent).mkdir(exist_ok=True)
            _end_torn_line(self.path)
            self._handle = append_to_file(self.path, mode=0o600)
            sync_folder(self.path.parent)
        return self._handle


def _write_whole(handle: int, content: bytes) -> None:
    """Append a line; what did not fit is taken back, so that a later line is not glued to it."""
    written = os.write(handle, content)
    if written < len(content):
        with contextlib.suppress(OSError):
            os.ftruncate(handle, os.fstat(handle).st_size - written)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _report_full(path: Path) -> LedgerUnavailable:
    message = f"the disk of {path.parent} is full"
    return LedgerUnavailable(
        message, advice="Free some space, then apply again: nothing new was sent, and what was sent is recorded."
    )


@contextlib.contextmanager
def _report_failure(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as problem:
        message = f"the journal {path} cannot be written: {problem.strerror or problem}"
        advice = "Make the folder writable or free some space. Without a journal nothing is sent."
        raise LedgerUnavailable(message, advice=advice) from problem


def _end_torn_line(path: Path) -> None:
    """Close a line that a kill left open, so that the next one can be read."""
    if not os.path.lexists(path) or read_file(path)[-1:] in (b"", b"\n"):
        return
    with path.open("ab") as stream:
        stream.write(b"\n")


def _blot_out(text: str, update: Update) -> str:
    """Hide the secrets of an update in a text that a vendor may have put them in; the longest first."""
    values = [value for change in update.changes if change.secret for value in (change.before, change.after)]
    plain = [value.reveal() if isinstance(value, Secret) else value for value in values]
    for value in sorted((value for value in plain if isinstance(value, str)), key=len, reverse=True):
        text = Secret(value).redact(text)
    return text
