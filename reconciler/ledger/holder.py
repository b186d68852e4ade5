"""Who holds the lock, as text that a person can read and we can read back."""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import uuid
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Final

from reconciler.ledger.times import format_time, parse_time

_NAMED: Final = 3
"""How many accounts a person is told by name."""


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
    accounts: tuple[str, ...] | None = None
    """The accounts that the run may write to; None for all, as earlier builds wrote it."""

    @property
    def name(self) -> str:
        """Name the lock for a person who removes it: by its run, where that is known."""
        return self.run or "unknown"

    def meets(self, accounts: Collection[str] | None) -> bool:
        """Tell whether the run may write to one of some accounts, of which None means all."""
        if self.accounts is None:
            return accounts is None or len(accounts) > 0
        return len(self.accounts) > 0 if accounts is None else not set(self.accounts).isdisjoint(accounts)

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

    def describe(self, *, first: Collection[str] | None = None) -> str:
        """Name owner, place, accounts and times for a person; `first` are the accounts that matter most to that person."""
        run = f", run {self.run}" if self.run else ""
        place = f"process {self.pid} on {self.host}{run}, {self._name_accounts(first or ())}"
        return f"{self.owner} ({place}) since {self.created}, until {self.expires}"

    def _name_accounts(self, first: Collection[str]) -> str:
        if self.accounts is None:
            return "all accounts"
        names = sorted(self.accounts, key=lambda name: (name not in first, name))
        shown = ", ".join(names[:_NAMED]) or "none"
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        return f"{'account' if len(names) == 1 else 'accounts'} {shown}{more}"


@cache
def identify_machine() -> str:
    """Name what processes share that see each other: this boot of this machine, and the container within it."""
    marks: list[str] = []
    with contextlib.suppress(OSError):
        marks.append(Path("/proc/sys/kernel/random/boot_id").read_bytes().decode().strip())
        marks.append(str(Path("/proc/self/ns/pid").readlink()))
    return " ".join(marks) or f"{uuid.getnode():x} {socket.gethostname()}"


def create_holder(
    owner: str, *, run: str, ttl_seconds: float, now: datetime, accounts: Collection[str] | None = None
) -> LockHolder:
    """Return this process as a new holder of the lock."""
    start = format_time(now)
    return LockHolder(
        owner=owner,
        host=socket.gethostname(),
        pid=os.getpid(),
        run=run,
        created=start,
        expires=format_time(now + timedelta(seconds=ttl_seconds)),
        ttl_seconds=ttl_seconds,
        token=secrets.token_hex(8),
        machine=identify_machine(),
        accounts=None if accounts is None else tuple(sorted(set(accounts))),
    )
