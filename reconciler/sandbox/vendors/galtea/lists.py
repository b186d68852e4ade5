"""Filter and sort rows as the query of a list asks."""

from collections.abc import Callable, Sequence
from datetime import datetime

from reconciler.sandbox.state.world import Document
from reconciler.sandbox.vendors.calls import Call, Refusal
from reconciler.sandbox.vendors.galtea.sheets import Sheet
from reconciler.sandbox.vendors.kinds import fits, read_moment

Filter = Callable[[Document], bool]


def read_filters(call: Call, sheet: Sheet) -> list[Filter]:
    """Return what the query demands of a row."""
    exact = ((name, frozenset(call.find_all(parameter))) for parameter, name in sheet.exact.items())
    partial = ((name, (call.find(name) or "").lower()) for name in sheet.partial)
    filters = [_is_one_of(name, wanted) for name, wanted in exact if wanted]
    filters += [_contains(name, text) for name, text in partial if text]
    since, until = _moment(call, "fromCreatedAt"), _moment(call, "toCreatedAt")
    if since or until:
        filters.append(lambda row: _is_between(read_moment(row["createdAt"]), since, until))
    return filters


def sort(rows: list[Document], words: Sequence[str], sheet: Sheet) -> list[Document]:
    """Sort by `sort=field&sort=desc` (what its client sends, M) or `sort=-field` (what its pages show).

    Without a sort the newest comes first: an order that nobody promised.
    """
    if not words:
        return sorted(rows, key=lambda row: str(row["createdAt"]), reverse=True)
    name = words[0].removeprefix("-")
    if name not in sheet.fields:
        raise Refusal(400, f"Cannot sort by {name}")
    down = words[0].startswith("-") or (len(words) > 1 and words[1].lower() == "desc")
    return sorted(rows, key=lambda row: str(row.get(name)), reverse=down)


def read_number(call: Call, name: str, default: int) -> int:
    """Return a whole number of the query."""
    text = call.find(name)
    if text is None:
        return default
    if not text.isdecimal():
        raise Refusal(400, f"{name} must be a non-negative integer")
    return int(text)


def _is_one_of(name: str, wanted: frozenset[str]) -> Filter:
    return lambda row: row[name] in wanted


def _contains(name: str, text: str) -> Filter:
    return lambda row: text in row[name].lower()


def _is_between(moment: datetime, since: datetime | None, until: datetime | None) -> bool:
    return (since is None or moment >= since) and (until is None or moment <= until)


def _moment(call: Call, name: str) -> datetime | None:
    text = call.find(name)
    if text is not None and not fits(text, "moment"):
        raise Refusal(400, f"{name} must be an ISO 8601 date")
    return read_moment(text) if text else None
