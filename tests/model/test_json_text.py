"""Both encoders write the same value, whatever a vendor may answer."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.json_text import write_json

TEXT = st.text(st.characters(exclude_categories=()), max_size=6)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


@given(VALUES)
def test_what_is_written_reads_back(value: Any) -> None:
    for sort_keys in (False, True):
        text = write_json(value, sort_keys=sort_keys)
        assert json.loads(text.decode("utf-8", "surrogatepass")) == value


@pytest.mark.parametrize("value", [{"a": {"b": [1, "ø", True, None, {}], "c": []}}, [2**70, {"b": 1, "a": "\ud800"}]])
def test_the_lines_are_those_of_python(value: Any) -> None:
    plain = json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True)
    assert write_json(value, sort_keys=True) == plain.encode("utf-8", "surrogatepass")


def test_what_is_no_value_is_replaced_or_refused() -> None:
    def spell(value: object) -> str:
        if isinstance(value, complex):
            return "complex"
        raise TypeError(type(value).__name__)

    for big in (1, 2**70):
        assert json.loads(write_json([1j, big], replace=spell)) == ["complex", big]
        with pytest.raises(TypeError):
            write_json([object(), big], replace=spell)
