"""An entry of the ledger belongs to a live object, whatever git calls it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.engine.renames import find_old_addresses, find_undeclared, follow_renames
from reconciler.model.ledger import Applied, Ledger
from reconciler.model.live import Absent, Present, Reading
from reconciler.model.paths import Json
from reconciler.model.project import Declared
from reconciler.model.resource_type import Identity
from tests.vendors.made_up import declare

PAIR = Identity((("agentId", "P"), ("connectorId", "c")))


def point(identity: str | Identity) -> Identity:
    return identity if isinstance(identity, Identity) else Identity((("id", identity),))


def named(name: str, identity: str | Identity | None, **settings: str) -> Declared:
    declared = replace(declare({}), address=f"lines.{name}", identity=None if identity is None else point(identity))
    return replace(declared, **settings)  # type: ignore[arg-type]


def entry(name: str, identity: Json, *, account: str = "acme", kind: str = "lines") -> Applied:
    return Applied(f"lines.{name}", account, "acme", kind, identity, {"/x": name}, when="w", commit="", run=name)


def keep(*entries: Applied) -> Ledger:
    return Ledger({one.address: one for one in entries})


def follow(ledger: Ledger, *resources: Declared, **readings: Reading) -> dict[str, str]:
    """Return by which run each address is known."""
    found = follow_renames(ledger, resources, readings={f"lines.{name}": one for name, one in readings.items()})
    assert all(address == one.address for address, one in found.entries.items())
    return {address.removeprefix("lines."): one.run for address, one in found.entries.items()}


def test_an_object_keeps_its_entry_under_another_name() -> None:
    ledger = keep(entry("old", "1"), entry("other", "2"))
    assert follow(ledger, named("new", "1"), named("other", "2")) == {"new": "old", "other": "other"}


def test_two_objects_that_change_names_change_entries() -> None:
    ledger = keep(entry("a", "1"), entry("b", "2"))
    assert follow(ledger, named("a", "2"), named("b", "1")) == {"a": "b", "b": "a"}


def test_another_object_under_an_old_name_has_no_entry_and_the_old_one_goes() -> None:
    assert follow(keep(entry("a", "1")), named("a", "2")) == {}


@pytest.mark.parametrize(
    "resource",
    [named("new", "1", account="else"), named("new", "1", kind="trunks"), named("new", "2"), named("new", PAIR)],
)
def test_what_is_not_the_same_object_leaves_the_entry_where_it_is(resource: Declared) -> None:
    assert follow(keep(entry("old", "1")), resource) == {"old": "old"}


def test_an_id_of_several_parts_is_another_where_one_part_is() -> None:
    assert follow(keep(entry("old", {"agentId": "Q", "connectorId": "c"})), named("new", PAIR)) == {"old": "old"}


def test_the_order_of_the_parts_of_an_id_means_nothing() -> None:
    assert follow(keep(entry("old", {"connectorId": "c", "agentId": "P"})), named("new", PAIR)) == {"new": "old"}


def test_the_live_id_counts_before_the_declared_one() -> None:
    ledger = keep(entry("old", "1"), entry("else", "2"))
    there = Present(point("1"), {})
    assert follow(ledger, named("new", None), new=there) == {"new": "old", "else": "else"}
    assert follow(ledger, named("new", "2"), new=there) == {"new": "old", "else": "else"}
    assert follow(ledger, named("new", "2"), new=Absent("404")) == {"new": "else", "old": "old"}
    assert follow(ledger, named("old", None), old=Absent("404")) == {"old": "old", "else": "else"}


def test_what_git_no_longer_declares_is_listed_in_order() -> None:
    ledger = keep(
        entry("z", "9"), entry("gone", "1"), entry("kept", "2"), entry("renamed", "3"), entry("moved", PAIR.as_json())
    )
    declared = [named("kept", "5"), named("new", "3"), named("matched", None), named("there", PAIR)]
    assert find_undeclared(ledger, iter(declared)) == ("lines.gone", "lines.z")
    assert find_undeclared(ledger, [named("x", "1", account="else"), named("y", "9", kind="trunks")]) == (
        "lines.gone",
        "lines.kept",
        "lines.moved",
        "lines.renamed",
        "lines.z",
    )


def test_an_address_whose_object_was_applied_under_another_is_old() -> None:
    ledger = keep(entry("a", "1"), entry("b", "2"), entry("c", "3"))
    assert find_old_addresses(ledger, [entry("new", "1"), entry("b", "2"), entry("d", "3", kind="trunks")]) == (
        "lines.a",
    )
    assert find_old_addresses(ledger, []) == ()
