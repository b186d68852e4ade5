"""Lists of every style are read to their end, in as few requests as their pages allow, and never for ever."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
import pytest

from reconciler.model.endpoints import Paging
from reconciler.model.live import Present, Unknown
from reconciler.model.paths import Json
from reconciler.model.resource_type import Identity, ResourceType
from reconciler.remote.reading.allowance import LONGEST_SECONDS, MOST_OCTETS, MOST_PAGES, Allowance
from reconciler.remote.reading.paging import (
    Lister,
    Listing,
    estimate_further_pages,
    read_first_page,
    read_further_pages,
    read_list,
)
from reconciler.remote.reading.source import Source
from tests.remote.line_stage import KIND, point
from tests.remote.source_stage import ask


def paged(paging: Paging, **settings: Any) -> ResourceType:
    return replace(KIND, list=replace(KIND.list, paging=paging, **settings))


OFFSET = paged(Paging("offset", 3, "limit", "offset"))
PAGE = paged(Paging("page", 2, "size", "page", more=("more",), total=("total",)))
CURSOR = paged(Paging("cursor", 2, "limit", "cursor", next=("next",)))


def lines(*names: object) -> list[dict[str, Json]]:
    return [{"id": str(name), "text": "x"} for name in names]


@dataclass
class Server:
    """Answers a list request by its query; what was asked stands in order."""

    serve: Callable[[dict[str, str]], Json]
    asked: list[dict[str, str]] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        query = dict(request.url.params)
        self.asked.append(query)
        answer = self.serve(query)
        return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)

    def values(self, name: str) -> list[str]:
        return [query[name] for query in self.asked]


def read(
    kind: ResourceType, server: Server, *, wanted: Sequence[str] | None = None, concurrency: int = 4, **choice: Any
) -> Listing:
    identities = None if wanted is None else frozenset(map(point, wanted))

    async def job(source: Source) -> Listing:
        return await read_list(source, kind, **{"group": {}, "wanted": identities, **choice})

    return ask(job, server, kind=kind, concurrency=concurrency)


def names(listing: Listing) -> list[str]:
    return [str(identity) for identity in listing.rows]


def slice_rows(count: int, *, most: int = 3) -> Server:
    """Serve rows by offset, `most` at once."""
    rows = lines(*range(count))
    return Server(lambda query: {"lines": rows[int(query["offset"]) :][: min(most, int(query["limit"]))]})


def test_a_list_without_pages_costs_one_request() -> None:
    server = Server(lambda _: {"lines": lines(1, 2)})
    listing = read(KIND, server)
    assert (names(listing), server.asked, listing.stopped) == (["1", "2"], [{}], False)
    assert listing.rows[point("1")] == Present(point("1"), {"id": "1", "text": "x"}, 7.0)


def test_a_request_holds_the_query_the_group_the_filters_the_size_and_the_place() -> None:
    asked: list[str] = []

    def serve(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(200, json={"lines": []})

    paging = Paging("offset", 3, "limit", "offset")
    kind = paged(paging, path="/shops/{shop}/lines", query=(("of", "{shop}"),), group=("shop",))

    async def job(source: Source) -> Listing:
        return await read_list(source, kind, group={"shop": "a b"}, filters=(("name", "x"), ("name", "y")))

    ask(job, serve, kind=kind)
    assert asked == ["https://api.acme.example/shops/a%20b/lines?of=a%20b&name=x&name=y&limit=3&offset=0"]


@pytest.mark.parametrize(
    ("count", "most", "concurrency", "offsets"),
    [
        (0, 3, 4, "0"),
        (2, 3, 4, "0 2"),
        (3, 3, 4, "0 3 6 9 12"),
        (10, 3, 4, "0 3 6 9 12 10"),
        (10, 3, 1, "0 3 6 9 10"),
        (5, 2, 4, "0 2 4 6 8 10 5"),
        (6, 2, 4, "0 2 4 6 8 10"),
        (4, 1, 4, "0 1 2 3 4 5"),
        (30, 3, 2, "0 3 6 9 12 15 18 21 24 27 30"),
    ],
    ids=["empty", "short", "one-page", "several", "one-by-one", "clamped", "clamped-even", "row-by-row", "two-by-two"],
)
def test_offsets_follow_the_rows_that_came(count: int, most: int, concurrency: int, offsets: str) -> None:
    server = slice_rows(count, most=most)
    listing = read(OFFSET, server, concurrency=concurrency)
    assert sorted(map(int, names(listing))) == list(range(count))
    assert server.values("offset") == offsets.split()
    assert not listing.stopped


def test_a_page_that_is_short_in_the_middle_loses_nothing() -> None:
    rows = lines(*range(12))

    def serve(query: dict[str, str]) -> Json:
        start = int(query["offset"])
        return {"lines": rows[start : start + (1 if start == 6 else 3)]}

    server = Server(serve)
    listing = read(OFFSET, server)
    assert len(listing.rows) == 12
    assert server.values("offset") == ["0", "3", "6", "9", "12", "7"]


def test_rows_that_repeat_count_once_and_what_they_pushed_out_is_asked_for() -> None:
    pages = {"0": lines(0, 1, 2), "3": lines(2, 3, 4), "5": lines(5), "6": lines(5)}
    server = Server(lambda query: {"lines": pages.get(query["offset"], [])})
    listing = read(OFFSET, server, concurrency=1)
    assert names(listing) == ["0", "1", "2", "3", "4", "5"]
    assert server.values("offset") == ["0", "3", "5", "6", "7"]


@pytest.mark.parametrize(("concurrency", "requests"), [(1, 4), (4, 5)])
def test_a_server_that_ignores_the_offset_is_found_out(concurrency: int, requests: int) -> None:
    server = Server(lambda _: {"lines": lines(0, 1, 2)})
    listing = read(OFFSET, server, concurrency=concurrency)
    assert (listing.odd, listing.stopped) == ("the pages of /lines repeat without an end", True)
    assert len(server.asked) == requests


def test_pages_that_bring_something_new_start_the_count_of_idle_ones_anew() -> None:
    kind = paged(Paging("offset", 1, "limit", "offset"))
    answers = iter([lines(0), lines(0), lines(0), lines(1), lines(1), lines(1), lines(2), []])
    server = Server(lambda _: {"lines": next(answers)})
    listing = read(kind, server, concurrency=1)
    assert (names(listing), listing.odd) == (["0", "1", "2"], "")


def test_one_page_of_several_that_brings_something_new_is_enough() -> None:
    rows = {0: lines(0, 1, 2), 3: lines(3, 4, 5)}

    def serve(query: dict[str, str]) -> Json:
        start = int(query["offset"])
        return {"lines": [] if start >= 15 else rows.get(start, lines(0, 1, 2))}

    listing = read(OFFSET, Server(serve))
    assert (len(listing.rows), listing.odd) == (6, "")


def test_rows_that_repeat_before_a_known_end_are_no_endless_list() -> None:
    def serve(query: dict[str, str]) -> Json:
        start = int(query["offset"])
        return {"lines": [] if start >= 12 else lines(0, 1, 2) if start < 3 else lines(0)}

    listing = read(OFFSET, Server(serve))
    assert (names(listing), listing.odd) == (["0", "1", "2"], "")


@pytest.mark.parametrize("kind", [OFFSET, PAGE, CURSOR], ids=["offset", "page", "cursor"])
def test_a_page_that_cannot_be_read_stops_the_list_and_gives_the_reason(kind: ResourceType) -> None:
    answers = [{"lines": lines(1, 2, 3), "more": True, "next": "b"}]
    server = Server(lambda _: answers.pop() if answers else httpx.Response(503, json={"message": "down"}))
    listing = read(kind, server, concurrency=1)
    assert listing.failure is not None
    assert '-> 503: "down"' in listing.failure.reason
    assert (names(listing), len(server.asked), listing.odd) == (["1", "2", "3"], 2, "")


@pytest.mark.parametrize("kind", [KIND, OFFSET, PAGE, CURSOR], ids=["none", "offset", "page", "cursor"])
def test_rows_that_are_not_as_documented_stop_the_list(kind: ResourceType) -> None:
    server = Server(lambda _: {"lines": ["x"]})
    listing = read(kind, server)
    assert isinstance(listing.failure, Unknown)
    assert listing.failure.code == "answer-shape"
    assert len(server.asked) == 1


@pytest.mark.parametrize("kind", [KIND, OFFSET, PAGE, CURSOR], ids=["none", "offset", "page", "cursor"])
def test_a_list_that_is_nowhere_by_the_vendors_own_word_is_no_failure(kind: ResourceType) -> None:
    server = Server(lambda _: httpx.Response(404, json={"message": "no such shop"}))
    listing = read(kind, server)
    assert listing.nowhere.endswith('-> 404: "no such shop"')
    assert (listing.failure, listing.odd, listing.stopped, len(server.asked)) == (None, "", True, 1)


@pytest.mark.parametrize("kind", [OFFSET, PAGE, CURSOR], ids=["offset", "page", "cursor"])
def test_a_list_is_read_no_further_than_what_is_wanted(kind: ResourceType) -> None:
    server = Server(lambda _: {"lines": lines(1, 2, 3), "more": True, "next": "b"})
    listing = read(kind, server, wanted=["3", "1"])
    assert (len(server.asked), listing.stopped) == (1, False)
    nothing = read(OFFSET, Server(lambda _: {"lines": []}), wanted=[])
    assert nothing.rows == {}


def test_one_object_with_two_contents_is_torn_unless_the_difference_means_nothing() -> None:
    def torn(first: dict[str, Json], second: dict[str, Json]) -> dict[Identity, Present]:
        return read(KIND, Server(lambda _: {"lines": [{"id": "1", **first}, {"id": "1", **second}]})).torn

    assert torn({"text": "a"}, {"text": "b"}) == {point("1"): Present(point("1"), {"id": "1", "text": "b"}, 7.0)}
    assert torn({"text": None}, {"text": ""}) == {}
    assert torn({"reads": 1}, {"reads": 2}) == {}
    assert torn({"text": "a"}, {"text": "a"}) == {}


def serve_pages(pages: Sequence[Sequence[int]], **words: Json) -> Server:
    """Serve numbered pages; the last one says that it is the last."""

    def serve(query: dict[str, str]) -> Json:
        number = int(query["page"])
        rows = lines(*pages[number - 1]) if number <= len(pages) else []
        return {"lines": rows, "more": number < len(pages), **words}

    return Server(serve)


@pytest.mark.parametrize(
    ("words", "concurrency", "numbers"),
    [
        ({"total": 7}, 4, "1 2 3 4"),
        ({"total": 7}, 2, "1 2 3 4"),
        ({}, 4, "1 2 3 4"),
        ({"total": 8}, 4, "1 2 3 4"),
        ({"total": 9}, 4, "1 2 3 4 5"),
        ({"total": 1}, 4, "1 2 3 4"),
        ({"total": 1000}, 4, "1 2 3 4 5"),
        ({"total": True}, 4, "1 2 3 4"),
        ({"total": "7"}, 4, "1 2 3 4"),
        ({"total": 5}, 4, "1 2 3 4"),
    ],
)
def test_pages_are_read_until_the_vendor_says_that_it_is_the_last(
    words: dict[str, Json], concurrency: int, numbers: str
) -> None:
    server = serve_pages([[0, 1], [2, 3], [4, 5], [6]], **words)
    listing = read(PAGE, server, concurrency=concurrency)
    assert names(listing) == [str(place) for place in range(7)]
    assert server.values("page") == numbers.split()
    assert server.values("size")[0] == "2"


def test_an_empty_page_is_the_last_one_whatever_it_says() -> None:
    server = serve_pages([[0, 1], []], more=True)
    assert names(read(PAGE, server)) == ["0", "1"]
    assert server.values("page") == ["1", "2"]
    assert len(serve_all(serve_pages([[]], more=True)).asked) == 1


def serve_all(server: Server) -> Server:
    read(PAGE, server)
    return server


def test_only_a_plain_no_says_that_a_page_is_the_last() -> None:
    for more in (None, 0, "false"):
        server = serve_pages([[0, 1]], more=more)
        read(PAGE, server)
        assert server.values("page") == ["1", "2"]


def test_a_vendor_without_a_word_on_more_ends_with_an_empty_page() -> None:
    kind = paged(Paging("page", 2, "size", "page"))
    server = serve_pages([[0, 1], [2]], more=False, total=9)
    read(kind, server)
    assert server.values("page") == ["1", "2", "3"]


def test_pages_that_repeat_for_ever_are_found_out() -> None:
    server = Server(lambda _: {"lines": lines(0, 1), "more": True})
    listing = read(PAGE, server)
    assert (listing.odd, len(server.asked)) == ("the pages of /lines repeat without an end", 4)
    server = Server(lambda _: {"lines": lines(0, 1), "more": True, "total": 7})
    listing = read(PAGE, server)
    assert (listing.odd != "", len(server.asked)) == (True, 4)


def test_new_rows_start_the_count_of_idle_pages_anew() -> None:
    server = serve_pages([[0], [0], [0], [1], [1], [1], [2]])
    listing = read(PAGE, server)
    assert (names(listing), listing.odd) == (["0", "1", "2"], "")


def test_the_number_of_further_pages_is_estimated_from_the_first() -> None:
    def estimate(**words: Json) -> int:
        async def job(source: Source) -> int:
            lister = Lister(source, PAGE, group={})
            return estimate_further_pages(lister, await read_first_page(lister))

        return ask(job, Server(lambda _: {"lines": lines(0, 1), "more": True, **words}), kind=PAGE)

    assert [estimate(total=total) for total in (None, 0, 2, 3, 4, 5, 7)] == [1, 1, 1, 1, 1, 2, 3]
    assert estimate(more=False, total=9) == 0


def test_without_a_first_page_nothing_follows() -> None:
    server = Server(lambda _: httpx.Response(503, json={"message": "down"}))

    async def job(source: Source) -> int:
        lister = Lister(source, PAGE, group={})
        first = await read_first_page(lister)
        await read_further_pages(lister, first)
        return estimate_further_pages(lister, first)

    assert (ask(job, server, kind=PAGE), len(server.asked)) == (0, 1)


def test_cursors_are_followed_to_null() -> None:
    pages = {None: (lines(1, 2), "b"), "b": (lines(3), "c"), "c": ([], None)}

    def serve(query: dict[str, str]) -> Json:
        rows, following = pages[query.get("cursor")]
        return {"lines": rows, "next": following}

    server = Server(serve)
    listing = read(CURSOR, server)
    assert (names(listing), listing.stopped) == (["1", "2", "3"], False)
    assert [query.get("cursor") for query in server.asked] == [None, "b", "c"]


@pytest.mark.parametrize(
    ("following", "odd"),
    [
        ("", "the list does not say whether it goes on"),
        (7, "the list does not say whether it goes on"),
        ({"at": "b"}, "the list does not say whether it goes on"),
        ("key-of-the-shop", "the list's cursor holds a key of ours"),
    ],
)
def test_what_is_no_cursor_leaves_the_list_open(following: Json, odd: str) -> None:
    server = Server(lambda _: {"lines": lines(1), "next": following})
    assert (read(CURSOR, server).odd, len(server.asked)) == (odd, 1)
    assert read(CURSOR, Server(lambda _: {"lines": lines(1)})).odd == "the list does not say whether it goes on"


def test_a_cursor_that_comes_twice_never_ends() -> None:
    server = Server(lambda query: {"lines": lines(query.get("cursor", "0")), "next": "a"})
    assert (read(CURSOR, server).odd, len(server.asked)) == ("the list's cursor came twice: it never ends", 2)


def test_cursors_that_bring_nothing_new_never_end() -> None:
    def serve(query: dict[str, str]) -> Json:
        place = int(query.get("cursor", "0"))
        return {"lines": lines(min(place, 2) // 2), "next": str(place + 1)}

    server = Server(serve)
    assert read(CURSOR, server).odd == "the list's cursors bring nothing new: it never ends"
    assert [query.get("cursor") for query in server.asked] == [None, "1", "2", "3", "4", "5"]


def test_pages_without_a_row_are_followed_for_a_while() -> None:
    server = Server(lambda query: {"lines": [], "next": query.get("cursor", "") + "x"})
    assert read(CURSOR, server).odd == "the list's cursors bring nothing new: it never ends"
    assert len(server.asked) == 3


def test_how_many_wanted_objects_are_missing_and_how_wide_to_read() -> None:
    async def job(source: Source) -> list[int]:
        lister = Lister(source, KIND, group={}, wanted=frozenset(map(point, "135")))
        found = [lister.missing, lister.width, Lister(source, KIND, group={}).missing]
        page = await lister.read_page(None)
        assert page is not None
        return [*found, lister.take(page), lister.missing, lister.take(page)]

    server = Server(lambda _: {"lines": lines(1, 2, 3)})
    assert ask(job, server, concurrency=6) == [3, 6, 0, 3, 1, 0]
    assert ask(job, server, concurrency=0)[1] == 1


def test_a_list_that_takes_too_much_ends_unread() -> None:
    async def job(source: Source) -> tuple[int, int, str]:
        lister = Lister(source, KIND, group={})
        await lister.read_page(None)
        await lister.read_page(None)
        taken = (lister.allowance.pages, lister.allowance.octets)
        lister.allowance.pages = MOST_PAGES
        assert await lister.read_page(None) is None
        return *taken, lister.listing.odd

    server = Server(lambda _: {"lines": lines(1)})
    body = len(httpx.Response(200, json={"lines": lines(1)}).content)
    assert ask(job, server) == (2, 2 * body, "the list does not end within 1,000 pages")
    assert len(server.asked) == 2


def test_the_allowance_of_a_list_has_three_bounds() -> None:
    now = [5.0]
    allowance = Allowance(lambda: now[0])
    assert [allowance.take_page() for _ in range(MOST_PAGES)] == [""] * MOST_PAGES
    assert allowance.take_page() == "the list does not end within 1,000 pages"
    assert allowance.pages == MOST_PAGES
    allowance = Allowance(lambda: now[0], octets=MOST_OCTETS)
    assert allowance.take_page() == ""
    allowance.octets += 1
    assert allowance.take_page() == "the list does not end within 128 MiB"
    allowance = Allowance(lambda: now[0])
    now[0] += LONGEST_SECONDS
    assert allowance.take_page() == ""
    now[0] += 0.5
    assert allowance.take_page() == "the list does not end within 15 minutes"
