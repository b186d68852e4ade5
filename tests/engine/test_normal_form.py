"""Two ways to write one value have one normal form."""

from __future__ import annotations

import itertools

import pytest

from reconciler.engine.normal_form import keep_readable, normalise, same
from reconciler.model.field import Field
from reconciler.model.paths import Json
from reconciler.model.secret import Secret

SET = Field("tags", {}, unordered=True)


@pytest.mark.parametrize(
    "elements",
    [[3, 1, 2], ["b", "a"], [1, "1", True, None], [{"b": 1, "a": 2}, {"a": 1}], [Secret("b"), Secret("a")], [[2], [1]]],
)
def test_a_set_has_one_order_whatever_it_holds(elements: list[Json]) -> None:
    forms = [normalise(SET, list(order)) for order in itertools.permutations(elements)]
    assert all(same(form, forms[0]) for form in forms)
    assert len(forms[0]) == len(elements)


def test_the_order_of_keys_does_not_order_a_set() -> None:
    one, other = {"a": 1, "b": 2}, {"b": 1, "a": 3}
    turned = {"b": 2, "a": 1}
    assert same(normalise(SET, [one, other]), normalise(SET, [other, turned]))
    assert same(normalise(SET, [{"a": 1, "b": 2}, {"b": 0, "a": 1}]), normalise(SET, [{"a": 1, "b": 0}, turned]))


def test_a_list_keeps_its_order() -> None:
    assert normalise(Field("steps", {}), [3, 1, 2]) == [3, 1, 2]


def test_what_a_read_does_not_tell_is_dropped_and_what_holds_nothing_stays() -> None:
    below = Field("below", {}, fields={"token": Field("token", {}, readable=False)})
    known = Field("x", {}, fields={"below": below, "token": Field("token", {}, readable=False)})
    shown = {"token": "masked", "a": 1, "below": {"token": "masked", "b": 2}}
    assert keep_readable(known, shown) == {"a": 1, "below": {"b": 2}}
    assert [keep_readable(known, value) for value in (None, "text", ["a"])] == [None, "text", ["a"]]
    assert keep_readable(Field("x", {}), shown) == shown
