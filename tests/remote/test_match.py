"""Objects are found by their natural keys: exactly one fits, or the reason is told; resources share requests where they can."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
import pytest

from reconciler.model.diagnostic import Location
from reconciler.model.live import Absent, Present, Reading, Unknown
from reconciler.model.paths import Json
from reconciler.model.project import Declared
from reconciler.model.resource_type import ResourceType
from reconciler.remote.reading.match import find_matches
from reconciler.remote.reading.source import Source
from tests.remote.line_stage import KIND, point
from tests.remote.source_stage import ask

PLAIN = replace(KIND, match=("text", "fixed"))
FILTERED = replace(
    KIND,
    match=("shop", "text", "fixed", "agent"),
    list=replace(
        KIND.list,
        path="/shops/{shop}/lines",
        group=("shop",),
        filters={"text": "t", "fixed": "f"},
        filter_size=2,
    ),
)


def declared(name: str, **keys: str) -> Declared:
    return Declared(f"lines.{name}", "lines", "shop", "acme", None, keys, {}, Location("lines.yaml"))


@dataclass
class Shelf:
    """Answers every list with the same rows, and notes what was asked."""

    rows: Sequence[Mapping[str, Json]]
    asked: list[str] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.raw_path.decode())
        return httpx.Response(200, json={"lines": self.rows})


def match(kind: ResourceType, script: Any, *resources: Declared) -> Mapping[str, Reading]:
    async def job(source: Source) -> Mapping[str, Reading]:
        return await find_matches(resources, resource_type=kind, source=source)

    return ask(job, script, kind=kind)


def match_one(kind: ResourceType, script: Any, **keys: str) -> Reading:
    return match(kind, script, declared("a", **keys))["lines.a"]


ROWS: list[dict[str, Json]] = [
    {"id": "1", "text": "x", "fixed": "y"},
    {"id": "2", "text": "x", "fixed": "z"},
    {"id": "3", "text": "X", "fixed": "y"},
    {"id": "4", "text": 5, "fixed": True},
    {"id": "5", "text": None},
]


@pytest.mark.parametrize(
    ("keys", "name"),
    [({"text": "x", "fixed": "z"}, "2"), ({"fixed": "y", "text": "X"}, "3"), ({"text": "5"}, "4")],
)
def test_the_one_object_that_fits_all_keys_is_found(keys: dict[str, str], name: str) -> None:
    row = next(row for row in ROWS if row["id"] == name)
    assert match_one(PLAIN, Shelf(ROWS), **keys) == Present(point(name), row, 7.0)


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"text": "nobody"}, "text 'nobody'"),
        ({"text": "x", "fixed": "nothing"}, "fixed 'nothing', text 'x'"),
        ({"fixed": "True"}, "fixed 'True'"),
        ({"text": "None"}, "text 'None'"),
    ],
)
def test_keys_that_nothing_fits_exactly_are_absent(keys: dict[str, str], words: str) -> None:
    assert match_one(PLAIN, Shelf(ROWS), **keys) == Absent(
        f"no object that GET /lines lists for this key has {words}", code="match-none"
    )


def test_an_empty_key_fits_empty_text_only() -> None:
    rows: list[dict[str, Json]] = [{"id": "1", "text": None}, {"id": "2"}, {"id": "3", "text": ["x"]}]
    assert isinstance(match_one(PLAIN, Shelf(rows), text=""), Absent)
    assert isinstance(match_one(PLAIN, Shelf([*rows, {"id": "4", "text": ""}]), text=""), Present)


def test_keys_that_fit_several_name_them_all() -> None:
    assert match_one(PLAIN, Shelf(ROWS), text="x") == Unknown(
        "2 objects have text 'x': 1, 2",
        code="match-ambiguous",
        advice="Use `id` with one of them, or add a key that tells them apart.",
    )


def test_what_was_deleted_softly_fits_nothing() -> None:
    buried = replace(PLAIN, tombstone="flag")
    rows: list[dict[str, Json]] = [{"id": "1", "text": "x", "flag": True}, {"id": "2", "text": "x"}]
    found = match_one(buried, Shelf(rows), text="x")
    assert isinstance(found, Present)
    assert found.identity == point("2")


def test_an_object_that_the_list_tells_in_two_ways_is_torn_under_each_of_its_keys() -> None:
    rows: list[dict[str, Json]] = [{"id": "1", "text": "a"}, {"id": "1", "text": "b"}, {"id": "2", "text": "c"}]
    found = match(PLAIN, Shelf(rows), *(declared(name, text=name) for name in "abc"))
    assert [getattr(found[f"lines.{name}"], "reason", "") for name in "abc"] == [
        "GET /lines listed '1' twice with different content",
        "GET /lines listed '1' twice with different content",
        "",
    ]


@pytest.mark.parametrize("torn", [False, True])
def test_a_key_that_cannot_be_compared_leaves_all_in_doubt(torn: bool) -> None:
    rows = [{"id": "1", "text": "x"}, {"id": "2", "text": "key-of-the-shop", "fixed": "y"}]
    rows = [{**rows[1], "text": "q"}, *rows] if torn else rows
    found = match(PLAIN, Shelf(rows), declared("a", text="x"), declared("b", text="y"))
    reason = "what was answered as text of '2' holds a key of ours, so nobody can tell which object fits"
    assert found == dict.fromkeys(("lines.a", "lines.b"), Unknown(reason, code="answer-spoiled"))


def test_a_spoiled_field_that_no_key_names_does_not_matter() -> None:
    rows = [{"id": "1", "text": "x", "fixed": "key-of-the-shop"}]
    assert isinstance(match_one(PLAIN, Shelf(rows), text="x"), Present)


def test_a_list_that_is_nowhere_has_no_match() -> None:
    found = match_one(PLAIN, lambda _: httpx.Response(404, json={"message": "no such shop"}), text="x")
    assert isinstance(found, Absent)
    assert found.code == "match-none"
    assert found.proof.endswith('-> 404: "no such shop"')


def test_a_list_that_fails_or_never_ends_rules_out_nothing() -> None:
    failed = match_one(PLAIN, lambda _: httpx.Response(503, json={"message": "down"}), text="x")
    assert isinstance(failed, Unknown)
    assert '503: "down"' in failed.reason
    endless = replace(PLAIN, list=replace(PLAIN.list, paging=replace(PLAIN.list.paging, style="cursor")))
    assert match_one(endless, Shelf(ROWS), text="x", fixed="z") == Unknown(
        "GET /lines: the list does not say whether it goes on"
    )


def test_filters_and_the_group_go_to_the_vendor_and_the_rest_is_compared_here() -> None:
    shelf = Shelf([{"id": "1", "text": "x", "fixed": "y", "agent": "z"}, {"id": "2", "text": "x", "fixed": "y"}])
    found = match_one(FILTERED, shelf, shop="s", text="x", fixed="y", agent="z")
    assert isinstance(found, Present)
    assert found.identity == point("1")
    assert shelf.asked == ["/shops/s/lines?t=x&f=y"]


@pytest.mark.parametrize(
    ("keys", "asked"),
    [
        (
            [{"shop": "s", "text": text} for text in "abc"],
            ["/shops/s/lines?t=a&t=b", "/shops/s/lines?t=c"],
        ),
        ([{"shop": "s", "text": "a"}, {"shop": "r", "text": "a"}], ["/shops/s/lines?t=a", "/shops/r/lines?t=a"]),
        (
            [{"shop": "s", "text": "a", "fixed": "b"}, {"shop": "s", "text": "c", "fixed": "b"}],
            ["/shops/s/lines?t=a&f=b&t=c"],
        ),
        (
            [{"shop": "s", "text": "a", "fixed": "b"}, {"shop": "s", "text": "a", "fixed": "c"}],
            ["/shops/s/lines?t=a&f=b&f=c"],
        ),
        (
            [{"shop": "s", "text": "a", "fixed": "b"}, {"shop": "s", "text": "c", "fixed": "d"}],
            ["/shops/s/lines?t=a&f=b", "/shops/s/lines?t=c&f=d"],
        ),
        ([{"shop": "s", "text": "a"}, {"shop": "s", "fixed": "b"}], ["/shops/s/lines?t=a", "/shops/s/lines?f=b"]),
        ([{"shop": "s", "text": "a"}, {"shop": "s"}], ["/shops/s/lines?t=a", "/shops/s/lines"]),
        ([{"shop": "s", "agent": "a"}, {"shop": "s", "agent": "b"}], ["/shops/s/lines"]),
        (
            [{"shop": "s", "text": "a", "agent": "1"}, {"shop": "s", "text": "a", "agent": "2"}],
            ["/shops/s/lines?t=a"],
        ),
    ],
    ids=[
        "as-many-values-as-fit",
        "two-groups",
        "one-filter-varies",
        "another-filter-varies",
        "two-filters-vary",
        "different-filters",
        "with-and-without",
        "no-filter",
        "the-rest-varies",
    ],
)
def test_resources_share_the_requests_that_can_answer_them(keys: list[dict[str, str]], asked: list[str]) -> None:
    shelf = Shelf([])
    found = match(FILTERED, shelf, *(declared(str(place), **each) for place, each in enumerate(keys)))
    assert sorted(shelf.asked) == sorted(asked)
    assert len(found) == len(keys)


def test_a_list_that_takes_no_filter_is_read_once_for_all() -> None:
    shelf = Shelf(ROWS)
    kind = replace(PLAIN, list=replace(PLAIN.list, filter_size=2))
    found = match(kind, shelf, *(declared(text, text=text) for text in ("X", "5", "q")))
    assert [type(reading) for reading in found.values()] == [Present, Present, Absent]
    assert shelf.asked == ["/lines"]


def test_a_filter_takes_one_value_at_least() -> None:
    shelf = Shelf([])
    kind = replace(FILTERED, list=replace(FILTERED.list, filter_size=0))
    match(kind, shelf, declared("a", shop="s", text="a"), declared("b", shop="s", text="b"))
    assert sorted(shelf.asked) == ["/shops/s/lines?t=a", "/shops/s/lines?t=b"]
