"""Read a list to its end, whatever the server does to its pages.

- Rows are kept by identity, so rows that repeat between pages count once. One that comes back with other content is *torn*: nobody
  can tell which of the two is so.
- By offset: the end is an empty page, never a short one. The next offset follows from the rows that came, not from the limit that was
  asked for, so a server that clamps the limit or sends a short page in the middle loses nothing. A short first page is mostly the
  only one, so one request asks what follows; after that pages are asked for in parallel. Where one brings fewer rows than the others, the
  rest is fetched one after another until every offset is covered.
- By page number: the end is `more: false` or an empty page; `total` only says how many pages to ask for at once.
- By cursor: the end is `null`; a cursor that comes twice, or pages that bring nothing new, never end: that is said, not guessed.
- All stop as soon as every wanted object was seen, and at the latest where the allowance of a list ends (`allowance`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from reconciler.engine.normal_form import normalise_live, same
from reconciler.model.endpoints import ListEndpoint, Paging
from reconciler.model.live import Present, Unknown
from reconciler.model.paths import MISSING, Json, pick
from reconciler.model.resource_type import Identity, ResourceType
from reconciler.model.spoiled import find_spoiled
from reconciler.remote.reading.allowance import Allowance
from reconciler.remote.reading.classify import believe, is_absence, read_rows
from reconciler.remote.reading.source import Source, run_all
from reconciler.remote.wire.routes import fill_path, fill_query

IDLE_PAGES = 3
"""How many pages in a row may bring nothing new before the list counts as endless."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its rows, and the whole document for the vendor's word on what follows."""

    rows: tuple[Present, ...]
    document: Json


@dataclass(slots=True)
class Listing:
    """What was seen of a list so far.

    At most one of the three reasons is set; without any the list was read to its end,
    or until all that was wanted had been seen.
    """

    rows: dict[Identity, Present] = field(default_factory=dict)
    torn: dict[Identity, Present] = field(default_factory=dict)
    """Objects that came twice with different content, each as it was answered the second time."""
    failure: Unknown | None = None
    """A page could not be read."""
    odd: str = ""
    """The pages make no sense: the list never ended."""
    nowhere: str = ""
    """The vendor says that what holds the list does not exist."""

    @property
    def stopped(self) -> bool:
        """Tell whether nothing more can be read."""
        return bool(self.failure or self.odd or self.nowhere)


class Lister:
    """Read one list: a group, filters, and what is wanted of it (None for all)."""

    def __init__(
        self,
        source: Source,
        resource_type: ResourceType,
        *,
        group: Mapping[str, str],
        filters: Sequence[tuple[str, str]] = (),
        wanted: frozenset[Identity] | None = None,
    ) -> None:
        self.endpoint: ListEndpoint = resource_type.list
        self.paging: Paging = resource_type.list.paging
        self.listing = Listing()
        self._source = source
        self._resource_type = resource_type
        self._group = group
        self._filters = tuple(filters)
        self._unseen = None if wanted is None else set(wanted)
        self.allowance = Allowance(source.clock)

    @property
    def done(self) -> bool:
        """Tell whether reading on would bring nothing: all wanted seen, or no way on."""
        return self.listing.stopped or (self._unseen is not None and not self._unseen)

    @property
    def missing(self) -> int:
        """Return how many wanted objects were not seen yet."""
        return len(self._unseen or ())

    @property
    def width(self) -> int:
        """Return how many pages to ask for at once."""
        return max(1, self._source.account.concurrency)

    def take(self, page: Page) -> int:
        """Take in a page's rows and return how many were new."""
        before = len(self.listing.rows)
        for row in page.rows:
            self._keep(row)
        if self._unseen is not None:
            self._unseen.difference_update(row.identity for row in page.rows)
        return len(self.listing.rows) - before

    def _keep(self, row: Present) -> None:
        kept = self.listing.rows.setdefault(row.identity, row)
        if kept is not row and not same(self._normalise(kept), self._normalise(row)):
            self.listing.torn[row.identity] = row

    def _normalise(self, row: Present) -> Json:
        """Leave out what we do not know of: a vendor may count the reads of an object in it."""
        return normalise_live(self._resource_type, row.value)

    async def read_page(self, position: str | None) -> Page | None:
        """Read the page at a position; None (and the reason in the listing) where it cannot be read."""
        over = self.allowance.take_page()
        if over:
            self.listing.odd = over
            return None
        told = await self._source.get(fill_path(self.endpoint.path, self._group), self._build_query(position))
        if is_absence(told.answer, source=self._source):
            self.listing.nowhere = told.answer.describe()
            return None
        answer = believe(told.answer, source=self._source)
        if isinstance(answer, Unknown):
            self.listing.failure = answer
            return None
        rows = read_rows(
            answer,
            asked_at=told.asked_at,
            resource_type=self._resource_type,
            endpoint=self.endpoint,
            group=self._group,
        )
        if isinstance(rows, Unknown):
            self.listing.failure = rows
            return None
        self.allowance.octets += answer.size
        return Page(rows, answer.value)

    def _build_query(self, position: str | None) -> tuple[tuple[str, str], ...]:
        size = ((self.paging.size_parameter, str(self.paging.size)),) if self.paging.size_parameter else ()
        place = ((self.paging.position_parameter, position),) if position is not None else ()
        return (*fill_query(self.endpoint.query, self._group), *self._filters, *size, *place)


async def read_list(
    source: Source,
    resource_type: ResourceType,
    *,
    group: Mapping[str, str],
    filters: Sequence[tuple[str, str]] = (),
    wanted: frozenset[Identity] | None = None,
) -> Listing:
    """Read a list to its end, or until all that is wanted was seen."""
    lister = Lister(source, resource_type, group=group, filters=filters, wanted=wanted)
    match lister.paging.style:
        case "none":
            await read_all_at_once(lister)
        case "offset":
            await read_by_offset(lister)
        case "page":
            first = await read_first_page(lister)
            await read_further_pages(lister, first)
        case "cursor":
            await read_by_cursor(lister)
    return lister.listing


async def read_all_at_once(lister: Lister) -> None:
    """Read a list that has no pages."""
    page = await lister.read_page(None)
    if page is not None:
        lister.take(page)


@dataclass(slots=True)
class _Cover:
    """Which offsets were read: spans by their start, and the lowest offset at which a page was empty."""

    spans: dict[int, int] = field(default_factory=dict)
    end: int | None = None

    @property
    def frontier(self) -> int:
        """Return the first offset that no span covers."""
        place = 0
        for start, length in sorted(self.spans.items()):
            if start > place:
                break
            place = max(place, start + length)
        return place

    def note(self, start: int, length: int) -> None:
        """Note a page; an empty one lowers the end."""
        if length:
            self.spans[start] = max(length, self.spans.get(start, length))
        else:
            self.end = start if self.end is None else min(self.end, start)


async def read_by_offset(lister: Lister) -> None:
    """Read by offset until every offset below an empty page is covered."""
    cover, idle, width, step = _Cover(), 0, 1, 0
    while not lister.done and (cover.end is None or cover.frontier < cover.end):
        frontier = cover.frontier
        starts = [frontier + place * step for place in range(width if cover.end is None else 1)]
        pages = await run_all(lister.read_page(str(start)) for start in starts)
        fresh = _take_in(lister, cover, starts, pages)
        step = step or cover.frontier
        even = cover.frontier - frontier == step * len(starts)
        width = lister.width if even and (frontier > 0 or step >= lister.paging.size) else 1
        idle = 0 if fresh else idle + len(starts)
        if idle >= IDLE_PAGES and cover.end is None:
            lister.listing.odd = f"the pages of {lister.endpoint.path} repeat without an end"


def _take_in(lister: Lister, cover: _Cover, starts: Sequence[int], pages: Sequence[Page | None]) -> bool:
    """Take in pages in the order of their offsets and tell whether any row was new.

    A page that repeats rows covers only as many offsets as it brought new rows: what it pushed out is asked for again.
    """
    news = []
    for start, page in zip(starts, pages, strict=True):
        if page is not None:
            new = lister.take(page)
            cover.note(start, new or len(page.rows))
            news.append(new)
    return any(news)


async def read_first_page(lister: Lister) -> Page | None:
    """Read page 1 of a list with numbered pages."""
    page = await lister.read_page("1")
    if page is not None:
        lister.take(page)
    return page


def estimate_further_pages(lister: Lister, first: Page | None) -> int:
    """Estimate from page 1 how many pages follow; a hint, at least one where there is more."""
    if first is None or _is_last(lister, first):
        return 0
    total = pick(first.document, lister.paging.total) if lister.paging.total else MISSING
    if isinstance(total, bool) or not isinstance(total, int):
        return 1
    return max(1, -(-total // len(first.rows)) - 1)


async def read_further_pages(lister: Lister, first: Page | None) -> None:
    """Read on after page 1: as many pages at once as the total suggests, then on until the vendor says that it is the last."""
    if first is None or _is_last(lister, first):
        return
    number, ahead, idle = 2, estimate_further_pages(lister, first), 0
    while not lister.done:
        count = min(max(1, ahead), lister.width)
        pages = await run_all(lister.read_page(str(number + place)) for place in range(count))
        read = [page for page in pages if page is not None]
        fresh = sum(lister.take(page) for page in read)
        if any(_is_last(lister, page) for page in read):
            return
        number, ahead, idle = number + count, ahead - count, 0 if fresh else idle + count
        if idle >= IDLE_PAGES:
            lister.listing.odd = f"the pages of {lister.endpoint.path} repeat without an end"


def _is_last(lister: Lister, page: Page) -> bool:
    return not page.rows or (bool(lister.paging.more) and pick(page.document, lister.paging.more) is False)


async def read_by_cursor(lister: Lister) -> None:
    """Follow cursors until null."""
    cursor: str | None = None
    seen: set[str] = set()
    idle = 0
    while not lister.done:
        page = await lister.read_page(cursor)
        if page is None:
            return
        idle = 0 if lister.take(page) else idle + 1
        following = pick(page.document, lister.paging.next)
        if following is None:
            return
        lister.listing.odd = _doubt_cursor(following, seen, idle)
        if lister.listing.odd:
            return
        cursor = following
        seen.add(cursor)


def _doubt_cursor(following: Json, seen: set[str], idle: int) -> str:
    if find_spoiled(following):
        return f"the list's cursor {find_spoiled(following)}"
    if not isinstance(following, str) or not following:
        return "the list does not say whether it goes on"
    if following in seen:
        return "the list's cursor came twice: it never ends"
    return "the list's cursors bring nothing new: it never ends" if idle >= IDLE_PAGES else ""
