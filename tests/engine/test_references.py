"""Values that resources take from others: in which order, from where, and what is said where there is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from reconciler.engine.references import (
    LOST,
    Resolution,
    Trouble,
    close,
    list_sources,
    list_upstream,
    pick_live,
    resolve,
    sort_by_references,
)
from reconciler.model.diagnostic import Location
from reconciler.model.live import Absent, Present, Reading, Unknown
from reconciler.model.paths import MISSING, FieldPath, Json
from reconciler.model.plan import Taken
from reconciler.model.project import Declared
from reconciler.model.reference import Reference, Sought, Template, Use
from reconciler.model.resource_type import Catalog, Identity, IdentityPart
from tests.engine.shop import declare, make_kind, text
from tests.engine.worlds import LINE

HERE = Location("lines.yaml", 7)
VOICES = make_kind("voices", text("pitch"), text("more", fields={"tone": text("tone", equals_null=("",))}))
SHELVES = make_kind("shelves", parts=(IdentityPart("id", "id", r"[a-z]+", uuid=True, description="Letters."),))
CATALOG = Catalog({}, {("acme", "lines"): LINE, ("acme", "voices"): VOICES, ("acme", "shelves"): SHELVES})
STRING = frozenset({"string"})


def refer(address: str, *path: str, part: str = "") -> Reference:
    return Reference(address, HERE, path or ("name",), part)


def use(*path: str, of: Reference, types: frozenset[str] = STRING, open_: bool = True, around: str = "") -> Use:
    parts = (around, of) if around else (of,)
    return Use("spec", path, Template(parts, types), open_)


def taking(address: str, *uses: Use, **spec: Json) -> Declared:
    templates: dict[str, Json] = {}
    for one in uses:
        if one.open:
            templates[one.path[0]] = {one.path[1]: one.template} if one.path[1:] else one.template
    return replace(declare(address, **{**spec, **templates}), uses=uses)


def linked(name: str, *others: str, open_: bool = True) -> Declared:
    return taking(f"lines.{name}", *(use("text", of=refer(f"lines.{other}"), open_=open_) for other in others))


def names(resources: Sequence[Declared]) -> str:
    return "".join(declared.address.removeprefix("lines.") for declared in resources)


GRAPH = {
    one.address: one
    for one in (
        linked("a", "b", "c"),
        linked("b", "d"),
        linked("c", "d", "x"),
        linked("d"),
        linked("e", "a"),
        linked("f", "f"),
    )
}


@pytest.mark.parametrize(
    ("chosen", "closed"),
    [("a", "abcd"), ("c", "cd"), ("d", "d"), ("ea", "eabcd"), ("f", "f"), ("de", "deabc"), ("", "")],
)
def test_resources_come_with_all_that_they_refer_to(chosen: str, closed: str) -> None:
    assert names(close([GRAPH[f"lines.{name}"] for name in chosen], iter(GRAPH.values()))) == closed


def test_only_open_values_need_a_source() -> None:
    known = [
        linked("a", "b", "c"),
        linked("b", "d"),
        linked("c", open_=False),
        linked("d"),
        linked("e", "d", open_=False),
    ]
    assert names(list_sources([known[0]], iter(known))) == "bcd"
    assert names(list_sources([known[4], known[2]], known)) == ""
    mixed = replace(known[0], uses=(*known[0].uses[:1], *linked("a", "e", open_=False).uses))
    assert names(list_sources([mixed], known)) == "bd"


@pytest.mark.parametrize(
    ("given", "ordered"),
    [
        ("abcd", "dbca"),
        ("dcba", "dcba"),
        ("bd", "db"),
        ("eab", "bae"),
        ("ce", "ce"),
        ("d", "d"),
        ("ade", "ade"),
        ("cad", "dca"),
    ],
)
def test_each_comes_after_those_it_refers_to_and_in_its_own_order_otherwise(given: str, ordered: str) -> None:
    assert names(sort_by_references([GRAPH[f"lines.{name}"] for name in given])) == ordered


def test_what_lies_upstream_is_listed_nearest_first() -> None:
    assert list_upstream(GRAPH["lines.e"], GRAPH) == tuple(f"lines.{name}" for name in "abcdx")
    assert list_upstream(GRAPH["lines.c"], GRAPH) == ("lines.d", "lines.x")
    assert list_upstream(GRAPH["lines.d"], GRAPH) == ()


def settle(*resources: Declared, **readings: Reading) -> Resolution:
    return resolve(
        resources, catalog=CATALOG, readings={key.replace("_", ".", 1): one for key, one in readings.items()}
    )


def present(name: str = "v", /, **value: Json) -> Present:
    return Present(Identity((("id", name),)), value)


def taken(
    path: FieldPath, value: Json, *, part: str = "", into: FieldPath = ("text",), match: Mapping[str, str] | None = None
) -> Taken:
    here = Identity((("id", "v"),))
    return Taken("voices.v", "acme", "acme", "voices", here, path, part, value, match or {}, into)


def test_resources_without_open_values_stay_as_they_are() -> None:
    resources = (linked("a", "b", open_=False), linked("b"))
    found = settle(*resources)
    assert found == Resolution({one.address: one for one in resources})
    assert found.resources["lines.a"] is resources[0]


def test_a_live_value_is_filled_in_and_noted() -> None:
    first = taking("lines.a", use("text", of=refer("voices.v", "name")), fixed="x")
    found = settle(first, declare("voices.v"), voices_v=present(name="Calm"))
    assert found.resources["lines.a"].spec == {"fixed": "x", "text": "Calm"}
    assert found.taken == {"lines.a": (taken(("name",), "Calm"),)}
    assert (found.troubles, list(found.resources)) == ({}, ["lines.a", "voices.v"])


def test_a_value_within_a_text_and_below_a_field() -> None:
    first = taking("lines.a", use("text", of=refer("voices.v", "more", "tone"), around="as "))
    found = settle(first, declare("voices.v"), voices_v=present(more={"tone": "low"}))
    assert found.resources["lines.a"].spec == {"text": "as low"}
    assert found.taken["lines.a"] == (taken(("more", "tone"), "low"),)


def test_of_what_was_taken_the_generation_and_the_owned_field_are_noted() -> None:
    first = taking("lines.a", use("merged", "rate", of=refer("voices.v")))
    found = settle(first, replace(declare("voices.v"), generation="2"), voices_v=present(name="Calm"))
    (noted,) = found.taken["lines.a"]
    assert (noted.generation, noted.into) == ("2", ("merged",))


def test_a_declared_value_is_not_read() -> None:
    first = taking("lines.a", use("text", of=refer("voices.v")))
    found = settle(first, declare("voices.v", name="Declared"), voices_v=Unknown("503"))
    assert found.resources["lines.a"].spec == {"text": "Declared"}
    assert (found.taken, found.troubles) == ({"lines.a": ()}, {})


def test_a_value_that_was_taken_can_be_taken_further() -> None:
    resources = (
        taking("lines.a", use("text", of=refer("lines.b", "text"))),
        taking("lines.b", use("text", of=refer("voices.v"))),
        declare("voices.v"),
    )
    found = settle(*resources, voices_v=present(name="Calm"))
    assert [found.resources[f"lines.{name}"].spec for name in "ab"] == [{"text": "Calm"}] * 2
    assert found.taken == {"lines.a": (), "lines.b": (taken(("name",), "Calm"),)}


@pytest.mark.parametrize("reading", [Unknown("503"), Absent("404"), None])
def test_what_is_not_known_is_said_and_through_whom(reading: Reading | None) -> None:
    resources = (
        taking("lines.a", use("text", of=refer("lines.b", "text"))),
        taking("lines.b", use("text", of=refer("voices.v"))),
        declare("voices.v"),
    )
    found = settle(
        *resources,
        lines_b=Present(Identity((("id", "b"),)), {"text": "live"}),
        **({"voices_v": reading} if reading else {}),
    )
    assert found.troubles == {
        "lines.b": Trouble("it takes voices.v.name, which is not known", HERE, through="voices.v", code=LOST),
        "lines.a": Trouble("it takes lines.b.text, which is not known", HERE, through="lines.b", code=LOST),
    }
    assert [found.resources[one.address] for one in resources] == list(resources)
    assert found.taken == {}


@pytest.mark.parametrize("live", [{}, {"name": None}, {"name": ""}])
def test_nothing_is_no_value(live: dict[str, Json]) -> None:
    first = taking("lines.a", use("text", of=refer("voices.v")))
    found = settle(first, declare("voices.v"), voices_v=present(**live))
    assert found.troubles == {
        "lines.a": Trouble(
            "voices.v.name has no value: it is not declared, and nothing is live there",
            HERE,
            advice="Declare it under `spec` of voices.v, or write the value itself.",
        )
    }


@pytest.mark.parametrize("live", [{"more": {}}, {"more": {"tone": ""}}, {}])
def test_what_the_object_does_not_tell_below_a_field_is_no_value(live: dict[str, Json]) -> None:
    first = taking("lines.a", use("text", of=refer("voices.v", "more", "tone")))
    found = settle(first, declare("voices.v"), voices_v=present(**live))
    assert "has no value" in found.troubles["lines.a"].reason


def test_a_value_of_another_type_is_told_at_its_place() -> None:
    number = frozenset({"number"})
    first = taking("lines.a", use("merged", "rate", of=refer("voices.v"), types=number))
    found = settle(first, declare("voices.v"), voices_v=present(name="Calm"))
    trouble = found.troubles["lines.a"]
    assert (trouble.code, trouble.location, trouble.through) == ("wrong-type", HERE, "")
    assert trouble.reason.startswith("merged.rate: ")
    assert trouble.advice


def test_what_was_filled_in_must_fit_the_schema() -> None:
    anything: frozenset[str] = frozenset()
    first = taking("lines.a", use("amount", of=refer("voices.v"), types=anything), use("text", of=refer("voices.v")))
    found = settle(first, declare("voices.v"), voices_v=present(name="Calm"))
    trouble = found.troubles["lines.a"]
    assert trouble.reason.endswith("(from ${voices.v.name})")
    assert (trouble.location, trouble.through, trouble.code) == (HERE, "", "wrong-type")
    assert trouble.advice


def test_a_mistake_that_no_reference_made_is_not_told_of_one() -> None:
    first = taking("lines.a", use("text", of=refer("voices.v")), amount="no number")
    found = settle(first, declare("voices.v"), voices_v=present(name="Calm"))
    assert found.troubles == {}


def sought(section: str, *keys: tuple[str, str | Template], address: str = "shelves.a") -> Declared:
    templates = [one for _, one in keys if isinstance(one, Template)]
    uses = tuple(Use(section, (name,), one, open=True) for name, one in keys if isinstance(one, Template))  # type: ignore[arg-type]
    assert templates
    return replace(declare(address), identity=None, uses=uses, sought=Sought(section, keys))  # type: ignore[arg-type]


def test_an_id_is_found_by_what_is_live_elsewhere() -> None:
    template = Template((refer("voices.v", "id", part="id"),), STRING)
    upper = "550E8400-E29B-41D4-A716-446655440000"
    matched = replace(declare("voices.v"), identity=None, match={"name": "Calm"})
    loose = replace(SHELVES, identity=(replace(SHELVES.identity[0], pattern=".*"),))
    catalog = replace(CATALOG, resource_types={**CATALOG.resource_types, ("acme", "shelves"): loose})
    there = Present(Identity((("id", upper),)), {})
    found = resolve([sought("id", ("id", template)), matched], catalog=catalog, readings={"voices.v": there})
    shelf = found.resources["shelves.a"]
    assert (shelf.identity, shelf.sought) == (Identity((("id", upper.lower()),)), None)
    (noted,) = found.taken["shelves.a"]
    assert (noted.part, noted.value, noted.into, noted.match) == ("id", upper, (), {"name": "Calm"})


def test_an_id_that_cannot_be_one_is_told() -> None:
    template = Template((refer("voices.v"),), STRING)
    found = settle(sought("id", ("id", template)), declare("voices.v"), voices_v=present(name="C/4"))
    trouble = found.troubles["shelves.a"]
    assert (trouble.code, trouble.location, trouble.advice) == ("bad-identity", HERE, "Letters.")
    assert "C/4" in trouble.reason


def test_natural_keys_are_filled_in_beside_those_that_were_written() -> None:
    template = Template((refer("voices.v", "pitch"),), STRING)
    found = settle(sought("match", ("id", "C/4"), ("name", template)), declare("voices.v", pitch=7))
    shelf = found.resources["shelves.a"]
    assert (shelf.match, shelf.sought, shelf.identity) == ({"id": "C/4", "name": "7"}, None, None)


@pytest.mark.parametrize(
    ("part", "path", "value"),
    [
        ("id", ("id",), "v"),
        ("", ("name",), "Calm"),
        ("", ("more", "tone"), None),
        ("", ("more", "other"), MISSING),
        ("", ("more",), {"tone": None}),
        ("", ("pitch",), None),
    ],
)
def test_a_live_value_is_picked_in_normal_form(part: str, path: FieldPath, value: Json) -> None:
    reading = present(name="Calm", more={"tone": ""})
    assert pick_live(reading, part=part, path=path, known=VOICES) == value
