"""Who holds the lock, as text that a person can read and we can read back."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
import uuid
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from reconciler.ledger.times import format_time, parse_time


@dataclass(frozen=True, slots=True)
class LockHolder:
    """Who holds the lock, where and until when. Times are ISO 8601 in UTC; `token` makes each lock unlike any other."""

    owner: str
    host: str
    pid: int
    run: str
    created: str
    expires: str
    ttl_seconds: float
    token: str
    machine: str = ""
    """What only processes share that see each other's numbers: a host name is not enough, and a container has its own."""

    @property
    def name(self) -> str:
        """Name the lock for a person who removes it: by its run, where that is known."""
        return self.run or "unknown"

    def has_expired(self, now: datetime) -> bool:
        """Tell whether the time to live is over. The clocks of two machines must agree within it."""
        end = parse_time(self.expires)
        return end is None or end <= now

    def is_running(self, now: datetime) -> bool:
        """Tell whether the run may still be alive: its lock holds, and its process is not known to be gone."""
        return not self.has_expired(now) and not self._is_gone()

    @property
    def is_local(self) -> bool:
        """Tell whether the process lives, or lived, on this machine."""
        return bool(self.machine) and self.machine == identify_machine() and self.pid > 0

    def _is_gone(self) -> bool:
        """Tell whether the process is certainly gone. Only its machine can tell, and a number may be given out again."""
        if os.name != "posix" or not self.is_local:
            return False
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        except (OSError, OverflowError):
            return False
        return False

    def extend(self, now: datetime) -> LockHolder:
        """Return the same lock with a time to live that starts now."""
        return replace(self, expires=format_time(now + timedelta(seconds=self.ttl_seconds)))

    def describe(self) -> str:
        """Name owner, place and times for a person."""
        run = f", run {self.run}" if self.run else ""
        return f"{self.owner} (process {self.pid} on {self.host}{run}) since {self.created}, until {self.expires}"


@cache
def identify_machine() -> str:
    """Name what processes share that see each other: this boot of this machine, and the container within it."""
    marks = [_read_mark(Path("/proc/sys/kernel/random/boot_id"))]
    with contextlib.suppress(OSError):
        marks.append(str(Path("/proc/self/ns/pid").readlink()))
    return " ".join(marks) if marks[0] else f"{uuid.getnode():x} {socket.gethostname()}"


def _read_mark(path: Path) -> str:
    try:
        return path.read_text("ascii").strip()
    except (OSError, ValueError):
        return ""


def create_holder(owner: str, *, run: str, ttl_seconds: float, now: datetime) -> LockHolder:
    """Return this process as the holder of a new lock."""
    start = format_time(now)
    place = (socket.gethostname(), os.getpid())
    holder = LockHolder(owner, *place, run, start, start, ttl_seconds, secrets.token_hex(8), identify_machine())
    return holder.extend(now)


def format_holder(holder: LockHolder) -> str:
    """Write a holder as indented JSON."""
    return json.dumps(asdict(holder), indent=1, sort_keys=True) + "\n"


def parse_holder(text: str) -> LockHolder | None:
    """Read a holder, or return None where the text is none."""
    try:
        row = json.loads(text[text.index("{") :])
        return _check_holder(row)
    except (ValueError, RecursionError, KeyError, TypeError):
        return None


def _check_holder(row: dict[str, object]) -> LockHolder | None:
    numbers: dict[str, type] = {"pid": int, "ttl_seconds": float}
    row["ttl_seconds"] = float(str(row["ttl_seconds"]))
    row.setdefault("machine", "")
    known = {field.name: row[field.name] for field in fields(LockHolder)}
    if all(isinstance(value, numbers.get(name, str)) for name, value in known.items()):
        return LockHolder(**known)  # type: ignore[arg-type] # checked the line before
    return None
