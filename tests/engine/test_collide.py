"""Two declarations of one live object, or of one name that must be its own, are refused together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from reconciler.engine.collide import find_collisions, find_namesakes
from reconciler.model.diagnostic import Diagnostic, Location
from reconciler.model.live import Absent, LiveState, Present, Reading
from reconciler.model.paths import FieldPath, Json
from reconciler.model.project import Account, Declared
from reconciler.model.resource_type import Catalog, Identity
from tests.vendors.made_up import ACCOUNT, make_type

KIND = make_type({"name": {"type": "string"}, "shop": {"type": "string"}})
UNIQUE = replace(KIND, unique=("shop", "name"))
ACCOUNTS = {
    "acme": ACCOUNT,
    "again": replace(ACCOUNT, name="again"),
    "else": Account("else", "acme", "https://eu.acme.example", "KEY"),
}


def point(name: str) -> Identity:
    return Identity((("id", name),))


def declared(name: str, account: str = "acme", kind: str = "lines", /, **spec: Json) -> Declared:
    place = Location(f"{name}.yaml", 2)
    positions: dict[FieldPath, Location] = {(key,): Location(f"{name}.yaml", 5) for key in spec}
    return Declared(f"lines.{name}", kind, account, "acme", None, {}, spec, place, positions=positions)


def live(**readings: Reading) -> LiveState:
    return LiveState({f"lines.{name}": reading for name, reading in readings.items()}, {})


def collide(
    resources: list[Declared], state: LiveState, known: list[Declared] | None = None
) -> Mapping[str, Diagnostic]:
    return find_collisions(resources, live=state, accounts=ACCOUNTS, known=known or ())


def test_each_owner_of_one_object_is_told_of_all_others() -> None:
    here = Present(point("1"), {})
    found = collide(
        [declared("a"), declared("b", "again"), declared("c")],
        live(a=here, b=here, c=here),
    )
    assert found == {
        f"lines.{one}": Diagnostic(
            code="collision",
            message=f"lines.{one} is the same live object as "
            + ", ".join(f"lines.{other} ({other}.yaml:2:1)" for other in "abc" if other != one),
            advice="Keep one of them.",
            location=Location(f"{one}.yaml", 2),
            address=f"lines.{one}",
        )
        for one in "abc"
    }


@pytest.mark.parametrize(
    ("other", "reading"),
    [
        (declared("b", "else"), Present(point("1"), {})),
        (declared("b", "acme", "trunks"), Present(point("1"), {})),
        (replace(declared("b"), provider="other"), Present(point("1"), {})),
        (declared("b"), Present(point("2"), {})),
        (declared("b"), Absent("404")),
    ],
)
def test_what_is_another_object_or_none_collides_with_nothing(other: Declared, reading: Reading) -> None:
    assert collide([declared("a"), other], live(a=Present(point("1"), {}), b=reading)) == {}


def test_of_what_was_not_read_the_declared_id_counts() -> None:
    first = declared("a")
    state = live(a=Present(point("1"), {}), gone=Absent("404"))
    others = [
        replace(declared("same"), identity=point("1")),
        replace(declared("gone"), identity=point("1")),
        replace(declared("other"), identity=point("2")),
        replace(declared("far", "else"), identity=point("1")),
        replace(declared("odd", "acme", "trunks"), identity=point("1")),
        declared("matched"),
        first,
    ]
    found = collide([first], state, others)
    assert {address: one.message for address, one in found.items()} == {
        "lines.a": "lines.a is the same live object as lines.same (same.yaml:2:1)",
        "lines.same": "lines.same is the same live object as lines.a (a.yaml:2:1)",
    }


def share(
    resources: list[Declared], state: LiveState, unique: tuple[str, ...] = ("shop", "name")
) -> Mapping[str, Diagnostic]:
    catalog = Catalog({}, {("acme", "lines"): replace(UNIQUE, unique=unique)})
    return find_namesakes(resources, live=state, accounts=ACCOUNTS, catalog=catalog)


def test_a_name_that_is_declared_and_anothers_too_is_told_where_it_stands() -> None:
    state = live(
        a=Present(point("1"), {"shop": "s", "name": "old"}),
        b=Present(point("2"), {"shop": "s", "name": "desk"}),
        c=Present(point("3"), {"shop": "x", "name": "old"}),
    )
    found = share([declared("a", name="desk"), declared("b"), declared("c", "again", shop="s", name="desk")], state)
    assert found == {
        f"lines.{one}": Diagnostic(
            code="collision",
            message=f"lines.{one} would have the same shop and name as {others}, which Acme lines may not",
            advice="Give each its own name.",
            location=Location(f"{one}.yaml", 5),
            address=f"lines.{one}",
            path="/name",
        )
        for one, others in {
            "a": "lines.b (b.yaml:2:1), lines.c (c.yaml:2:1)",
            "c": "lines.a (a.yaml:2:1), lines.b (b.yaml:2:1)",
        }.items()
    }


@pytest.mark.parametrize(
    ("spec", "account", "reading"),
    [
        ({"name": "desk", "shop": "other"}, "acme", Present(point("2"), {"shop": "s"})),
        ({"name": "hall"}, "acme", Present(point("2"), {"shop": "s"})),
        ({"name": "desk"}, "else", Present(point("2"), {"shop": "s"})),
        ({"name": "desk"}, "acme", Absent("404")),
    ],
)
def test_names_that_differ_in_the_end_do_not_collide(spec: dict[str, Json], account: str, reading: Reading) -> None:
    first = Present(point("1"), {"shop": "s", "name": "desk"})
    assert share([declared("a", name="desk"), declared("b", account, **spec)], live(a=first, b=reading)) == {}


def test_a_name_of_one_word_is_told_at_that_word() -> None:
    state = live(a=Present(point("1"), {}), b=Present(point("2"), {}))
    found = share([declared("a", name="desk"), declared("b", name="desk")], state, unique=("name",))
    assert {one.path for one in found.values()} == {"/name"}
    assert {str(one.location) for one in found.values()} == {"a.yaml:5:1", "b.yaml:5:1"}
    assert "the same name as" in found["lines.a"].message


def test_a_part_of_the_identity_may_belong_to_the_name() -> None:
    state = live(
        a=Present(Identity((("shop", "s"), ("id", "1"))), {"shop": "ignored", "name": "desk"}),
        b=Present(Identity((("shop", "t"), ("id", "2"))), {"shop": "ignored", "name": "desk"}),
    )
    resources = [declared("a", name="desk"), declared("b", name="desk")]
    assert share(resources, state) == {}
    same = live(a=state.readings["lines.a"], b=Present(Identity((("shop", "s"), ("id", "2"))), {}))
    assert share(resources, same).keys() == {"lines.a", "lines.b"}


def test_a_kind_whose_names_may_repeat_has_no_namesakes() -> None:
    state = live(a=Present(point("1"), {"name": "x"}), b=Present(point("2"), {"name": "x"}))
    assert share([declared("a", name="x"), declared("b", name="x")], state, unique=()) == {}
