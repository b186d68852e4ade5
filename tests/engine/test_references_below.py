"""A reference counts at every place where a schema may put one: refused, told and followed alike."""

from __future__ import annotations

import pytest

from reconciler.engine.owners import Owners
from reconciler.engine.plan import plan_resource
from reconciler.engine.reach import tell_reach
from reconciler.model.live import LiveState, Present
from reconciler.model.paths import Json
from reconciler.model.plan import Reach
from reconciler.model.resource_type import Catalog
from tests.engine.shop import HOST, KINDS, identify, update_of
from tests.engine.shop import declare as declare_in_shop
from tests.vendors.made_up import ACCOUNT, IDENTITY, NO_LEDGER, declare, make_type, present

REFERENCE: Json = {"type": "string", "x-reference": {"kind": "voices", "field": "id"}}
SHAPES = {
    "itself": (REFERENCE, "v1"),
    "in a list": ({"type": "array", "items": REFERENCE}, ["v1"]),
    "in a list of lists": ({"type": "array", "items": {"type": "array", "items": REFERENCE}}, [["v1"]]),
    "in an object": ({"type": "object", "properties": {"voice": REFERENCE}}, {"voice": "v1"}),
    "under any key": ({"type": "object", "additionalProperties": REFERENCE}, {"night": "v1"}),
    "in a list of an object": (
        {"type": "object", "properties": {"voices": {"type": "array", "items": REFERENCE}}},
        {"voices": ["v1"]},
    ),
    "in an object of a list": (
        {"type": "array", "items": {"type": "object", "properties": {"voice": REFERENCE}}},
        [{"voice": "v1"}],
    ),
    "in a list under any key": (
        {"type": "object", "additionalProperties": {"type": "array", "items": REFERENCE}},
        {"night": ["v1"]},
    ),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_reference_counts_wherever_it_stands(shape: str) -> None:
    schema, value = SHAPES[shape]
    known = make_type({"top": schema})
    verdict = plan_resource(
        declare({"top": value}),
        present({}),
        resource_type=known,
        account=ACCOUNT,
        ledger=NO_LEDGER,
        options={},
        missing={("acme", "voices", "v1"): "404"},
    )
    assert [found.code for found in verdict.diagnostics] == ["option-unknown"]

    catalog = Catalog({}, {("acme", "lines"): known, ("acme", "voices"): KINDS[0]})
    voice, line = declare_in_shop("voices.v1"), declare({"top": value})
    readings = {"voices.v1": Present(identify("voices.v1"), {}), "lines.main": Present(IDENTITY, {"top": value})}
    live, accounts = LiveState(readings, {}), {"acme": ACCOUNT}
    assert ACCOUNT.base_url == HOST
    (update,) = tell_reach([update_of("voices.v1")], [voice, line], catalog=catalog, live=live, accounts=accounts)
    assert update.reach == Reach((("lines", ("lines.main",)),))

    owners = Owners([voice, line], live=live, catalog=catalog, accounts=accounts)
    assert owners.find(line, ("top",), value) == ("voices.v1",)


def test_what_stands_where_a_reference_does_and_is_none_refers_to_nothing() -> None:
    known = make_type({"top": {"type": "array", "items": REFERENCE}}).find_field(("top",))
    assert list(known.list_references([{"name": "v1"}, 7, None, "v2"])) == [(known.entries.reference, "v2")]  # type: ignore[union-attr]
    assert [reference.kind for reference in known.list_referred()] == ["voices"]
