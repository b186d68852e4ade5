"""Bend commits, pages and batches as the vices say. Everything counts, nothing is drawn by lot."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reconciler.sandbox.state.world import Document
from reconciler.sandbox.trouble.vices import Vice


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows, whether more follow, and where the next page starts."""

    rows: list[Document]
    more: bool
    following: int


class Dial:
    """Hold the vices that are on, and how often each has struck at each vendor."""

    def __init__(self, vices: Sequence[Vice]) -> None:
        self._vices = tuple(vices)
        self._counts: Counter[tuple[str, str]] = Counter()

    def find(self, name: str, provider: str, side: str | None = None) -> Vice | None:
        """Return a vice that is on for a vendor, on one side (`reads`, `writes`) where it matters."""
        fitting = (vice for vice in self._vices if vice.name == name and vice.concerns(provider))
        return next((vice for vice in fitting if side is None or side in vice.sides), None)

    def has(self, name: str, provider: str) -> bool:
        """Tell whether a vice without a counter is on for a vendor."""
        return self.find(name, provider) is not None

    def count(self, name: str, provider: str) -> int:
        """Count one more occasion for a vice, and return how many there were."""
        self._counts[name, provider] += 1
        return self._counts[name, provider]

    def strikes(self, name: str, provider: str, side: str) -> bool:
        """Count an occasion and tell whether the vice uses it: the first N do, all where there is no N."""
        vice = self.find(name, provider, side)
        return vice is not None and (vice.count is None or self.count(name, provider) <= vice.count)

    def bend(
        self, provider: str, before: Document, fields: Mapping[str, object], writable: Mapping[str, object]
    ) -> Document | None:
        """Return the fields that are really written, None for nothing at all."""
        if self.strikes("lost-write", provider, "writes"):
            return None
        wanted = dict(fields)
        if self.has("trim-text", provider):
            wanted = {name: value.strip() if isinstance(value, str) else value for name, value in wanted.items()}
        if self.has("partial-write", provider):
            wanted = dict(list(wanted.items())[:1])
        if self.has("wipe-on-patch", provider):
            wanted = {**_wipe(before, fields, writable), **wanted}
        if self.has("collateral", provider):
            wanted = {**wanted, **_spoil(before, fields, writable)}
        return wanted

    def clamp(self, provider: str, size: int) -> int:
        """Return the page size that the server really uses."""
        vice = self.find("clamp-limit", provider)
        return size if vice is None or vice.count is None else min(size, vice.count)

    def cut(self, provider: str, rows: Sequence[Document], start: int, size: int) -> Page:
        """Return `size` rows from `start` on, or what the vices make of them."""
        size = self.clamp(provider, size)
        if self.has("cursor-loop", provider) and rows:
            return self._cut_in_circles(rows, start, size)
        places = self._lay_out(provider, rows, size)
        if self.has("repeat-rows", provider) and start > 0:
            start -= 1
            return Page(_present(places[start : start + size]), start + size < len(places), start + size + 1)
        return Page(_present(places[start : start + size]), start + size < len(places), start + size)

    def shuffle(self, provider: str, entries: Sequence[Document]) -> list[Document]:
        """Return the entries of a batch in their order, or in another."""
        return list(reversed(entries)) if self.has("shuffle-batch", provider) else list(entries)

    def garble(self, provider: str, results: Sequence[Document]) -> list[Document]:
        """Return the results of a batch, or most of them."""
        kept = results[:-1] if self.has("omit-from-batch", provider) else results
        return self.shuffle(provider, kept)

    def spoils(self, provider: str, place: int) -> bool:
        """Tell whether the entry of a batch at a place, counted from 1, fails."""
        vice = self.find("fail-in-batch", provider)
        return vice is not None and bool(vice.count) and place % (vice.count or 1) == 0

    def _cut_in_circles(self, rows: Sequence[Document], start: int, size: int) -> Page:
        first = start % len(rows)
        return Page(list(rows[first : first + size]), more=True, following=start + size)

    def _lay_out(self, provider: str, rows: Sequence[Document], size: int) -> list[Document | None]:
        """Return the rows as the server counts them: a short page comes from rows that are hidden afterwards."""
        places: list[Document | None] = list(rows)
        if self.has("short-page", provider) and len(places) > size:
            places[size:size] = [None] * (size // 2)
        return places


def _present(places: Sequence[Document | None]) -> list[Document]:
    return [row for row in places if row is not None]


def _wipe(before: Document, fields: Mapping[str, object], writable: Mapping[str, object]) -> Document:
    """Reset what the object has and the body leaves out."""
    return {name: empty for name, empty in writable.items() if name in before and name not in fields}


def _spoil(before: Document, fields: Mapping[str, object], writable: Mapping[str, object]) -> Document:
    """Change the first text or boolean that was not sent."""
    for name in writable:
        live = before.get(name)
        if name in fields or not isinstance(live, bool | str):
            continue
        return {name: not live if isinstance(live, bool) else f"{live} (changed)"}
    return {}
