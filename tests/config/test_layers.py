"""Laying one file over another: the outcome is that of a naive model, and every value stands where it was written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.config.environments.layers import Layers
from reconciler.config.findings import Findings
from reconciler.config.text.events import parse_document
from reconciler.config.text.positions import Document
from reconciler.config.text.source import Source

KEYS = st.sampled_from(["a", "b", "c", "d"])
LEAVES = st.text(alphabet="xyzø", min_size=1, max_size=4)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=4)),
    max_leaves=12,
)
MAPPINGS = st.dictionaries(KEYS, VALUES, max_size=4)


def parse(name: str, value: Any) -> Document:
    text = json.dumps(value, indent=1, ensure_ascii=False)
    document = parse_document(Source(name, text), findings=Findings())
    assert document is not None
    return document


def merge(below: Any, above: Any, depth: int) -> Any:
    if depth == 0 or not isinstance(below, dict) or not isinstance(above, dict):
        return above
    return below | {key: merge(below[key], above[key], depth - 1) if key in below else above[key] for key in above}


def list_leaves(document: Document, node: Any) -> Iterator[tuple[str, str, Any]]:
    """Yield file, the text that stands there, and the value of every leaf."""
    for key, value in node.items() if isinstance(node, dict) else enumerate(node):
        if isinstance(value, dict | list):
            yield from list_leaves(document, value)
        else:
            place = document.source.locate(document.places.of_value(node, key))
            text = document.source.excerpt(document.places.of_value(node, key))
            yield place.file, text[place.column - 1 :], value


@given(below=MAPPINGS, above=MAPPINGS, depth=st.integers(1, 5))
def test_what_is_laid_is_what_a_naive_model_makes_of_it(below: Any, above: Any, depth: int) -> None:
    lower, upper = parse("lower.yaml", below), parse("upper.yaml", above)
    layers = Layers(lower, upper)
    laid = layers.lay(lower.root, upper.root, depths=depth)
    assert laid == merge(below, above, depth)
    for _, text, value in list_leaves(layers.document, laid):
        assert text.startswith(json.dumps(value, ensure_ascii=False))


@given(value=MAPPINGS)
def test_laying_nothing_over_and_under_changes_nothing(value: Any) -> None:
    for below, above, file in ((value, {}, "lower.yaml"), ({}, value, "upper.yaml")):
        lower, upper = parse("lower.yaml", below), parse("upper.yaml", above)
        layers = Layers(lower, upper)
        laid = layers.lay(lower.root, upper.root, depths=9)
        assert laid == value
        assert {place for place, _, _ in list_leaves(layers.document, laid)} <= {file}


@given(value=MAPPINGS)
def test_what_was_noted_is_found_when_nothing_more_is(value: Any) -> None:
    document = parse("file.yaml", value)
    before = list(list_leaves(document, document.root))
    document.places.close()
    assert list(list_leaves(document, document.root)) == before


def test_of_a_collection_that_was_not_noted_nothing_is_known() -> None:
    document = parse("file.yaml", {"a": ["x"]})
    document.places.close()
    with pytest.raises(KeyError):
        document.places.of_value({"a": "x"}, "a")
