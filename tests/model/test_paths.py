"""Paths lead to values, are written as JSON pointers, and equal values are equal to JSON."""

from __future__ import annotations

from types import MappingProxyType

import pytest

from reconciler.model.paths import MISSING, FieldPath, Json, format_pointer, is_same_json, parse_pointer, pick
from reconciler.model.secret import Secret


@pytest.mark.parametrize(
    ("path", "pointer"),
    [((), ""), (("a",), "/a"), (("a/b", "~c", "~1"), "/a~1b/~0c/~01"), (("",), "/")],
)
def test_a_path_is_written_as_a_pointer_and_read_back(path: FieldPath, pointer: str) -> None:
    assert format_pointer(path) == pointer
    assert parse_pointer(pointer) == path


def test_a_pointer_starts_with_a_slash() -> None:
    with pytest.raises(ValueError, match=r"^a JSON pointer starts with '/': 'a/b'$"):
        parse_pointer("a/b")


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ((), {"a": {"b": None}, "c": [1]}),
        (("a", "b"), None),
        (("a", "x"), MISSING),
        (("x", "b"), MISSING),
        (("a", "b", "x"), MISSING),
        (("c", "0"), MISSING),
    ],
)
def test_what_stands_at_a_path_is_picked(path: FieldPath, found: Json) -> None:
    assert pick(MappingProxyType({"a": {"b": None}, "c": [1]}), path) == found
    assert not MISSING


@pytest.mark.parametrize(
    "value", [None, True, 0, 1.5, "a", [], ["a", [1]], {}, {"a": {"b": None}}, {"a": ["b", {"c": False}]}]
)
def test_a_value_is_the_same_as_itself(value: Json) -> None:
    assert is_same_json(value, value)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (1, True),
        (0, False),
        (1, 1.0),
        (None, False),
        ("a", "b"),
        ("1", 1),
        ([1], [True]),
        (["a"], ["a", "b"]),
        (["a", "b"], ["a", "c"]),
        (["a"], {"a": 1}),
        (["a"], "a"),
        ({"a": 1}, {"a": True}),
        ({"a": 1}, {"b": 1}),
        ({"a": 1}, {"a": 1, "b": None}),
        ({"a": {"b": 1}}, {"a": {"b": 1.0}}),
        ({}, []),
        (Secret("a"), Secret("a")),
        (Secret("a"), "a"),
    ],
)
def test_what_python_may_take_for_equal_is_not_the_same(left: Json, right: Json) -> None:
    assert not is_same_json(left, right)
    assert not is_same_json(right, left)


def test_a_list_or_an_object_of_another_class_is_the_same() -> None:
    assert is_same_json(MappingProxyType({"a": ("b", 1)}), {"a": ["b", 1]})
