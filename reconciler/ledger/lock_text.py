"""The text of a lock: who holds it, each over accounts of its own.

A single holder is written as builds before there were accounts wrote it, and one of theirs is read as holding all accounts.
Several are a list, which they take for a damaged lock: they leave that alone for as long as one of its holders renews it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields

from reconciler.ledger.holder import LockHolder
from reconciler.ledger.times import parse_time
from reconciler.model.paths import Json


@dataclass(frozen=True, slots=True)
class Stored:
    """The text in a lock's place, the version to swap it by, and when it was put there if the place can tell."""

    text: str
    version: str
    when: str = ""


def format_holders(holders: Sequence[LockHolder]) -> str | None:
    """Write who holds a lock as indented JSON; None where nobody does."""
    rows = [_write_holder(holder) for holder in holders]
    document = rows[0] if len(rows) == 1 else {"holders": rows}
    return json.dumps(document, indent=1, sort_keys=True) + "\n" if rows else None


def _write_holder(holder: LockHolder) -> dict[str, Json]:
    row = asdict(holder)
    return {name: row[name] for name in row if name != "accounts" or holder.accounts is not None}


def read_holders(stored: Stored | None, *, ttl_seconds: float) -> tuple[LockHolder, ...]:
    """Read who holds a lock. What is damaged is somebody who holds all accounts for one time to live after it was written."""
    if stored is None:
        return ()
    return tuple(_read_holder(row) or _suspect(stored.when, ttl_seconds) for row in _list_rows(stored.text))


def _list_rows(text: str) -> list[Json]:
    """List the holders in a text; it may stand behind the subject of a commit."""
    try:
        document = json.loads(text[text.index("{") :])
    except (ValueError, RecursionError):
        return [None]
    several = document.get("holders")
    return several if isinstance(several, list) and several else [document]


def _read_holder(row: Json) -> LockHolder | None:
    try:
        known = {"machine": "", "accounts": None, **row, "ttl_seconds": float(str(row["ttl_seconds"]))}
        return _check_holder({field.name: known[field.name] for field in fields(LockHolder)})
    except (ValueError, KeyError, TypeError):
        return None


def _check_holder(row: dict[str, Json]) -> LockHolder | None:
    types: dict[str, type] = {"pid": int, "ttl_seconds": float}
    accounts = row.pop("accounts")
    if not all(isinstance(value, types.get(name, str)) for name, value in row.items()):
        return None
    if accounts is None:
        return LockHolder(**row)
    if not isinstance(accounts, list) or not all(isinstance(name, str) for name in accounts):
        return None
    return LockHolder(**row, accounts=tuple(accounts))


def _suspect(when: str, ttl_seconds: float) -> LockHolder:
    unknown = LockHolder("somebody unknown", "an unknown host", 0, "", when, when, ttl_seconds, "")
    since = parse_time(when)
    return unknown.extend(since) if since else unknown
