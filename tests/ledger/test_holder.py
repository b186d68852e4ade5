"""Who holds a lock: over which accounts, until when, and whether the process is still there."""

from __future__ import annotations

import os
import signal
import socket
import uuid
from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from reconciler.ledger.holder import LockHolder, create_holder, identify_machine

NOW = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)
HOLDER = LockHolder(
    "alice",
    "host-1",
    7,
    "r1",
    "2026-11-21T08:30:00Z",
    "2026-11-21T08:40:00Z",
    600.0,
    "token",
    "another machine",
    ("a",),
)
NO_PROCESS = 2**22 + 1
"""No system gives out a number as high."""


@pytest.mark.parametrize(
    ("own", "asked", "meet"),
    [
        (None, None, True),
        (None, ("a",), True),
        (None, (), False),
        ((), None, False),
        ((), (), False),
        ((), ("a",), False),
        (("a",), None, True),
        (("a", "b"), ("b", "c"), True),
        (("a", "b"), ("c",), False),
        (("a",), (), False),
    ],
)
def test_holders_meet_where_their_accounts_do(
    own: tuple[str, ...] | None, asked: Collection[str] | None, meet: bool
) -> None:
    assert replace(HOLDER, accounts=own).meets(asked) is meet


@pytest.mark.parametrize(
    ("expires", "after", "expired"),
    [
        ("2026-11-21T08:40:00Z", 599, False),
        ("2026-11-21T08:40:00Z", 600, True),
        ("2026-11-21T08:40:00Z", 601, True),
        ("soon", 0, True),
    ],
)
def test_a_lock_ends_at_its_time(expires: str, after: float, expired: bool) -> None:
    holder = replace(HOLDER, expires=expires)
    assert holder.has_expired(NOW + timedelta(seconds=after)) is expired
    assert holder.is_running(NOW + timedelta(seconds=after)) is not expired


def here(**settings: Any) -> LockHolder:
    return replace(HOLDER, machine=identify_machine(), pid=os.getpid(), **settings)


@pytest.mark.parametrize(
    ("holder", "local", "running"),
    [
        (here(), True, True),
        (replace(here(), pid=NO_PROCESS), True, False),
        (replace(here(), pid=2**80), True, True),
        (replace(here(), pid=0), False, True),
        (replace(here(), pid=-NO_PROCESS), False, True),
        (replace(here(), pid=NO_PROCESS, machine=""), False, True),
        (replace(here(), pid=NO_PROCESS, machine="another machine"), False, True),
    ],
)
def test_only_the_machine_of_a_process_knows_that_it_is_gone(holder: LockHolder, local: bool, running: bool) -> None:
    assert (holder.is_local, holder.is_running(NOW)) == (local, running)


def test_asking_after_a_process_sends_it_nothing() -> None:
    heard: list[int] = []
    before = signal.signal(signal.SIGHUP, lambda number, _: heard.append(number))
    try:
        assert here().is_running(NOW)
    finally:
        signal.signal(signal.SIGHUP, before)
    assert heard == []


def test_a_time_to_live_starts_anew() -> None:
    later = HOLDER.extend(NOW + timedelta(seconds=60))
    assert later == replace(HOLDER, expires="2026-11-21T08:41:00Z")


@pytest.mark.parametrize(
    ("accounts", "first", "named"),
    [
        (None, None, "all accounts"),
        ((), None, "accounts none"),
        (("a",), None, "account a"),
        (("b", "a"), None, "accounts a, b"),
        (("a", "b", "c"), None, "accounts a, b, c"),
        (("a", "b", "c", "d", "e"), None, "accounts a, b, c and 2 more"),
        (("a", "b", "c", "d", "e"), ("e", "d"), "accounts d, e, a and 2 more"),
        (("a", "b", "c", "d", "e"), (), "accounts a, b, c and 2 more"),
    ],
)
def test_a_holder_is_told_with_the_accounts_that_matter_most(
    accounts: tuple[str, ...] | None, first: Collection[str] | None, named: str
) -> None:
    told = replace(HOLDER, accounts=accounts).describe(first=first)
    assert told == (
        f"alice (process 7 on host-1, run r1, {named}) since 2026-11-21T08:30:00Z, until 2026-11-21T08:40:00Z"
    )


def test_a_holder_without_a_run_is_told_without_one() -> None:
    nameless = replace(HOLDER, run="")
    assert nameless.describe().startswith("alice (process 7 on host-1, account a)")
    assert (HOLDER.name, nameless.name) == ("r1", "unknown")


def test_a_new_holder_is_this_process_on_this_machine() -> None:
    identify_machine.cache_clear()
    holder = create_holder("alice", run="r1", ttl_seconds=600, now=NOW, accounts=["b", "a", "b"])
    other = create_holder("alice", run="r1", ttl_seconds=600, now=NOW)
    assert holder.token != other.token
    assert len(holder.token) == 16
    assert holder == LockHolder(
        "alice",
        socket.gethostname(),
        os.getpid(),
        "r1",
        "2026-11-21T08:30:00Z",
        "2026-11-21T08:40:00Z",
        600,
        holder.token,
        identify_machine(),
        ("a", "b"),
    )
    assert other.accounts is None
    assert holder.is_local


def test_a_machine_is_known_by_its_boot_and_by_the_container_on_it() -> None:
    boot = Path("/proc/sys/kernel/random/boot_id")
    if boot.exists():
        known = f"{boot.read_text().strip()} {Path('/proc/self/ns/pid').readlink()}"
    else:
        known = f"{uuid.getnode():x} {socket.gethostname()}"
    assert identify_machine() == known
