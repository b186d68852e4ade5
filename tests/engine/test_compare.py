"""Two worlds side by side: what git declares in each, what is live there, and whether git means them to differ."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.engine.compare import World, compare_worlds
from reconciler.model.comparison import Difference, Pair, Place, Side
from reconciler.model.diagnostic import Location
from reconciler.model.exemption import Exemption
from reconciler.model.live import Absent, Present, Reading, Unknown
from reconciler.model.paths import MISSING, Json, Missing
from reconciler.model.project import Declared
from reconciler.model.resource_type import Catalog, Identity
from tests.vendors.made_up import IDENTITY, declare, make_type

TEXT: Json = {"type": "string"}
KIND = make_type(
    {
        "shop": TEXT,
        "name": {**TEXT, "x-null": {"clear": "null", "equals": [""]}},
        "hook": {"type": "object", "x-merge": "merge", "properties": {"url": TEXT, "mode": TEXT}},
        "seen": {**TEXT, "readOnly": True},
        "sent": {**TEXT, "writeOnly": True},
        "token": {**TEXT, "x-secret": True},
    }
)
MOVING = replace(KIND, fields={**KIND.fields, "shop": replace(KIND.fields["shop"], moves="id")})
OPEN = replace(KIND, fields={**KIND.fields, "token": replace(KIND.fields["name"], name="token")})
CATALOG = Catalog({}, {("acme", "lines"): MOVING}, {("acme", "lines", "old"): OPEN})
LEFT, RIGHT = Location("left.yaml", 2), Location("right.yaml", 2)


def side(declared: Json | Missing = MISSING, live: Json | Missing = MISSING, place: Location | None = None) -> Side:
    return Side(declared, live, place)


def present(**value: Json) -> Present:
    return Present(IDENTITY, {"id": "line_1", **value})


def resource(place: Location, spec: Json, **settings: object) -> Declared:
    return replace(declare(spec), location=place, **settings)  # type: ignore[arg-type]


def compare(
    left: Declared | None, right: Declared | None, *, first: Reading | None = None, second: Reading | None = None
) -> Pair:
    worlds = [
        World([one] if one else [], {"lines.main": reading} if reading else {})
        for one, reading in ((left, first), (right, second))
    ]
    (pair,) = compare_worlds(*worlds, catalog=CATALOG)
    return pair


def differ(left: Json, right: Json, first: Reading | None = None, second: Reading | None = None) -> list[Difference]:
    return list(compare(resource(LEFT, left), resource(RIGHT, right), first=first, second=second).differences)


def test_what_git_declares_otherwise_is_intended() -> None:
    assert differ({"name": "a"}, {"name": "b"}, present(name="a"), present(name="b")) == [
        Difference(("name",), side("a", "a", LEFT), side("b", "b", RIGHT), intended=True)
    ]
    assert differ({"name": "a"}, {}, present(name="a"), present(name="a")) == [
        Difference(("name",), side("a", "a", LEFT), side(MISSING, "a"), intended=True)
    ]


@pytest.mark.parametrize(
    ("first", "second", "astray"),
    [("a", "b", False), ("a", "c", True), ("c", "b", True), ("b", "b", True), ("", "b", True)],
)
def test_an_intended_difference_that_is_live_in_another_way_is_told(first: str, second: str, astray: bool) -> None:
    (found,) = differ({"name": "a"}, {"name": "b"}, present(name=first), present(name=second))
    assert (found.intended, found.astray) == (True, astray)
    (alike,) = differ({"name": None}, {"name": "b"}, present(name=""), present(name="b"))
    assert not alike.astray, "null and the empty text are one here"


def test_what_is_ignored_or_not_read_is_not_astray() -> None:
    exempt = resource(LEFT, {}, exemptions=(Exemption(("name",), "a test", "2026-05-05", LEFT, "a"),))
    found = compare(exempt, resource(RIGHT, {"name": "b"}), first=present(name="c"), second=present(name="b"))
    assert [one.astray for one in found.differences] == [False]
    assert [one.astray for one in differ({"name": "a"}, {"name": "b"})] == [False]


def test_all_declared_and_live_fields_are_looked_at() -> None:
    left, right = {"name": "a", "sent": "s"}, {"name": "b", "sent": "t"}
    assert [one.path for one in differ(left, right)] == [("name",), ("sent",)]
    first, second = present(shop="x", name="a", hook={"url": "u"}), present(shop="y", name="b", hook={"url": "v"})
    assert [one.path for one in differ({}, {}, first, second)] == [("name",), ("hook", "url")]


def test_what_is_live_otherwise_and_not_declared_so_is_not_intended() -> None:
    assert differ({"name": "a"}, {"name": "a"}, present(name="a"), present(name="b")) == [
        Difference(("name",), side("a", "a", LEFT), side("a", "b", RIGHT), intended=False)
    ]
    assert differ({}, {}, present(name="a"), present()) == [
        Difference(("name",), side(MISSING, "a"), side(MISSING, None), intended=False)
    ]


@pytest.mark.parametrize(
    ("left", "right", "first", "second"),
    [
        ({"name": "a"}, {"name": "a"}, present(name="a"), present(name="a")),
        ({"name": ""}, {"name": None}, present(name=None), present(name="")),
        ({"name": "a"}, {"name": "a"}, present(name="a"), Unknown("503")),
        ({"name": "a"}, {"name": "a"}, Absent("404"), present(name="b")),
        ({"name": "a"}, {"name": "a"}, None, None),
        ({}, {}, present(seen="a"), present(seen="b")),
        ({}, {}, present(shop="a"), present(shop="b")),
        ({"sent": "a"}, {"sent": "a"}, present(), present()),
        ({}, {}, present(hook={"url": None}), present(hook={"mode": None})),
    ],
    ids=["same", "same-form", "unread", "gone", "nothing-read", "read-only", "moving", "write-only", "null-is-no-key"],
)
def test_what_is_alike_or_not_to_be_told_is_no_difference(
    left: Json, right: Json, first: Reading | None, second: Reading | None
) -> None:
    assert differ(left, right, first, second) == []


def test_objects_are_compared_leaf_by_leaf() -> None:
    assert differ(
        {"hook": {"url": "u", "mode": "m"}},
        {"hook": {"url": "v", "mode": "m"}},
        present(hook={"url": "u", "mode": "x"}),
        present(hook={"url": "v", "mode": "y"}),
    ) == [
        Difference(("hook", "url"), side("u", "u", LEFT), side("v", "v", RIGHT), intended=True),
        Difference(("hook", "mode"), side("m", "x", LEFT), side("m", "y", RIGHT), intended=False),
    ]
    assert differ({"hook": {}}, {}) == [Difference(("hook",), side({}, MISSING, LEFT), side(), intended=True)]


def test_a_field_that_is_left_alone_in_either_world_is_intended_and_declared_all_the_same() -> None:
    for ignored in (0, 1):
        sides = [resource(LEFT, {"hook": {"url": "u"}}), resource(RIGHT, {"hook": {"url": "u"}})]
        exemption = Exemption(("hook",), "a test", "2026-05-05", LEFT, {"url": "u"})
        sides[ignored] = replace(sides[ignored], spec={}, exemptions=(exemption,))
        (found,) = compare(*sides, first=present(hook={"url": "x"}), second=present(hook={"url": "y"})).differences
        assert (found.path, found.intended) == (("hook", "url"), True)
        assert (found.left.declared, found.right.declared) == ("u", "u")
    elsewhere = Exemption(("name",), "a test", "2026-05-05", LEFT)
    sides = [resource(LEFT, {"hook": {"url": "u"}}, exemptions=(elsewhere,)), resource(RIGHT, {"hook": {"url": "u"}})]
    rest = compare(*sides, first=present(hook={"url": "x"}), second=present(hook={"url": "y"})).differences
    assert [(one.path, one.intended) for one in rest] == [(("hook", "url"), False)]


def test_a_secret_is_marked_as_one_whichever_world_holds_it() -> None:
    for generations in (("", ""), ("old", ""), ("", "old")):
        left, right = (resource(LEFT, {"token": name}, generation=name) for name in generations)
        (found,) = compare(left, replace(right, spec={"token": "b"})).differences
        assert (found.path, found.secret) == (("token",), True)
    (found,) = differ({"name": "a"}, {"name": "b"})
    assert found.secret is False


@pytest.mark.parametrize(
    ("reading", "place"),
    [
        (Present(Identity((("id", "elsewhere"),)), {}), Place("acme", "elsewhere")),
        (Absent("404"), Place("acme", "line_1", "404")),
        (Unknown("503"), Place("acme", "line_1", "503", unknown=True)),
        (None, Place("acme", "line_1", "not read", unknown=True)),
    ],
)
def test_where_a_resource_is_in_each_world(reading: Reading | None, place: Place) -> None:
    there = resource(LEFT, {})
    assert compare(there, None, first=reading) == Pair("lines.main", place, None)
    assert compare(None, there, second=reading) == Pair("lines.main", None, place)
    matched = replace(there, identity=None)
    assert compare(matched, None).left == Place("acme", "", "not read", unknown=True)


def test_resources_come_in_order_of_declaration_those_of_the_second_world_last() -> None:
    def world(*names: str) -> World:
        return World([replace(declare({}), address=f"lines.{name}") for name in names], {})

    pairs = compare_worlds(world("b", "a"), world("c", "a"), catalog=CATALOG)
    assert [pair.address for pair in pairs] == ["lines.b", "lines.a", "lines.c"]
