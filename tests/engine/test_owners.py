"""A value that is the id or the phone number of a declared resource is told as that resource's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from reconciler.engine.owners import Owners
from reconciler.model.diagnostic import Location
from reconciler.model.live import Absent, LiveState, Present, Reading
from reconciler.model.paths import MISSING, FieldPath, Json
from reconciler.model.plan import Change
from reconciler.model.project import Declared
from reconciler.model.reference import Reference, Template, Use
from reconciler.model.resource_type import Identity
from tests.engine.shop import ACCOUNTS, CATALOG, declare, update_of

PLACE = Location("shop.yaml")
RESOURCES = [
    declare("voices.v1"),
    declare("voices.v2"),
    declare("prompts.p1"),
    declare("prompts.p2"),
    declare("agents.a1"),
    declare("numbers.+1"),
    declare("connectors.c1"),
    declare("lines.+2"),
]


def own(resources: Iterable[Declared] = RESOURCES, **readings: Reading) -> Owners:
    state = LiveState({key.replace("_", ".", 1): one for key, one in readings.items()}, {})
    return Owners(resources, live=state, catalog=CATALOG, accounts=ACCOUNTS)


@pytest.mark.parametrize(
    ("address", "path", "value", "owners"),
    [
        ("agents.x", ("voice",), "v1", ("voices.v1",)),
        ("agents.x", ("voice",), "v9", ()),
        ("agents.x", ("voice",), None, ()),
        ("agents.x", ("voice",), MISSING, ()),
        ("agents.x", ("voice",), "a1", ()),
        ("agents.x", ("name",), "v1", ()),
        ("agents.x", ("unheard",), "v1", ()),
        ("agents.x", ("voice", "deep"), "v1", ()),
        ("agents.x", ("more", "voice"), "v1", ("voices.v1",)),
        ("agents.x", ("prompts",), ["p1", "p2", 7, "p1", "p9"], ("prompts.p1", "prompts.p2")),
        ("agents.x", ("prompts",), ("p2",), ("prompts.p2",)),
        ("agents.x", ("prompts", "0"), "p1", ("prompts.p1",)),
        ("agents.x", ("prompts",), {"p1": 1}, ()),
        ("agents.a1", ("successor",), "a1", ()),
        ("agents.x", ("successor",), "a1", ("agents.a1",)),
        ("lines.x", ("phone",), "+1", ("numbers.+1",)),
        ("lines.x", ("phone",), "+2", ()),
        ("lines.x", ("name",), "+1", ()),
        ("agents.x", ("voice",), "c1", ()),
    ],
)
def test_a_value_is_known_by_where_it_stands(
    address: str, path: FieldPath, value: Json, owners: tuple[str, ...]
) -> None:
    assert own().find(declare(address), path, value) == owners


def test_an_id_counts_at_its_own_vendor_only_and_a_phone_number_everywhere() -> None:
    owners = own()
    assert owners.find(declare("agents.x", "again"), ("voice",), "v1") == ("voices.v1",)
    assert owners.find(declare("agents.x", "else"), ("voice",), "v1") == ()
    assert owners.find(declare("lines.x", "else"), ("phone",), "+1") == ("numbers.+1",)


def test_the_live_id_counts_before_the_declared_one_and_the_first_owner_stays() -> None:
    moved = Present(Identity((("id", "v7"),)), {})
    owners = own([declare("voices.v1"), declare("voices.v2")], voices_v1=moved, voices_v2=Absent("404"))
    assert owners.find(declare("agents.x"), ("voice",), "v7") == ("voices.v1",)
    assert owners.find(declare("agents.x"), ("voice",), "v1") == ()
    assert owners.find(declare("agents.x"), ("voice",), "v2") == ("voices.v2",)
    both = own([declare("voices.v1"), replace(declare("voices.v1"), address="voices.again")])
    assert both.find(declare("agents.x"), ("voice",), "v1") == ("voices.v1",)
    assert own([replace(declare("voices.v1"), identity=None)]).find(declare("agents.x"), ("voice",), "v1") == ()


def use(address: str, *path: str, section: str = "spec") -> Use:
    return Use(section, path, Template((Reference(address, PLACE, ("id",)),)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("path", "uses", "owners"),
    [
        (("more",), [use("voices.z", "more", "voice")], ("voices.z",)),
        (("more", "voice"), [use("voices.z", "more")], ("voices.z",)),
        (("more", "voice"), [use("voices.z", "more", "voice")], ("voices.z",)),
        (("more", "voice"), [use("voices.z", "more", "other")], ("voices.v1",)),
        (("more",), [use("voices.z", "name")], ()),
        (("more", "voice"), [use("voices.z", "more", section="match")], ("voices.v1",)),
        (
            ("more",),
            [use("voices.z", "more", "a"), use("voices.y", "more"), use("voices.z", "more", "b")],
            ("voices.z", "voices.y"),
        ),
    ],
)
def test_a_reference_tells_before_a_plain_id_does(path: FieldPath, uses: list[Use], owners: tuple[str, ...]) -> None:
    declared = replace(declare("agents.x"), uses=tuple(uses))
    noted = own().note(update_of("agents.x", Change(path, "v2", "v1")), declared)
    before = "voices.v2" if path == ("more", "voice") else ""
    assert noted.changes == (Change(path, "v2", "v1", owners=owners, owner_before=before),)


def test_owners_are_told_of_both_values_and_nothing_of_others() -> None:
    changes = (
        Change(("voice",), "v1", "free"),
        Change(("name",), "v1", "v2"),
        Change(("prompts",), ["p1", "p2"], ["p2"]),
    )
    update = update_of("agents.x", *changes)
    noted = own().note(update, declare("agents.x"))
    assert noted == replace(
        update,
        changes=(
            replace(changes[0], owner_before="voices.v1"),
            changes[1],
            replace(changes[2], owners=("prompts.p2",), owner_before="prompts.p1, prompts.p2"),
        ),
    )
