"""One text in two Unicode forms is one value; all else that a vendor re-forms is named beside what was planned."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.engine.forms import adopt_form, explain_difference
from reconciler.engine.plan import plan_resource
from reconciler.model.field import ANY
from reconciler.model.ledger import Ledger
from reconciler.model.live import Present
from reconciler.model.outcome import Result
from reconciler.model.plan import Status
from tests.remote.execute_stage import CATALOG, Stage, galtea
from tests.vendors.made_up import make_type

COMPOSED = "Café Zoë"
DECOMPOSED = unicodedata.normalize("NFD", COMPOSED)


@given(st.text())
def test_a_text_in_either_normal_form_is_the_declared_one(text: str) -> None:
    for form in ("NFC", "NFD"):
        assert adopt_form(ANY, unicodedata.normalize(form, text), text) == text
    assert adopt_form(ANY, text + "x", text) == text + "x"


@pytest.mark.parametrize(
    ("live", "declared", "one"),
    [
        ("10", 10, True),
        (10, "10", True),
        ("2.50", 2.5, True),
        (2.5, "2.5", True),
        ("-1", -1, True),
        ("10", 11, False),
        (" 10", 10, False),
        ("1e1", 10, False),
        ("ten", 10, False),
        ("1", True, False),
        ("10", None, False),
        ("10", "10.0", False),
    ],
)
def test_a_number_and_the_text_of_it_are_one_value_where_the_schema_says_so(
    live: Any, declared: Any, one: bool
) -> None:
    known = make_type(
        {
            "weights": {
                "type": "object",
                "additionalProperties": {"type": ["number", "string"], "x-read-as": {"text": True}},
            },
            "plain": {"type": "object"},
        }
    ).fields
    assert (adopt_form(known["weights"], {"a": live}, {"a": declared}) == {"a": declared}) is one
    assert adopt_form(known["plain"], {"a": live}, {"a": declared}) == {"a": live}


@pytest.mark.parametrize(
    ("planned", "live", "words"),
    [
        (" Hello. ", "Hello.", "cuts white space at the ends"),
        ("a\r\nb", "a\nb", "line ends"),
        ("a  b", "a b", "changes white space"),
        ("Hello", "hello", "case of letters"),
        ("x" * 300, "x" * 255, "cuts it after 255 characters"),
        ("b, a", "a, b", "another order"),
        ("a & b", "a &amp; b", "as HTML"),
        ("\ufb01ne", "fine", "compatible Unicode form"),
        ("a\u200bb", "ab", "cannot be seen"),
        (["b", "a"], ["a", "b"], "another order"),
        (["a", "a"], ["a"], "twice"),
        (1, "1", "another type"),
        (0.123456, 0.12, "rounds"),
        ("jack", "sarah", ""),
        (True, False, ""),
    ],
)
def test_the_likely_reason_is_named(planned: Any, live: Any, words: str) -> None:
    reason = explain_difference(planned, live)
    assert words in reason
    assert bool(words) == bool(reason)


def test_a_vendor_that_keeps_the_other_unicode_form_is_told_once_and_nothing_is_planned() -> None:
    stage = Stage()
    declared = galtea(0, name=COMPOSED)
    assert declared.identity is not None
    verdict = plan_resource(
        declared,
        Present(declared.identity, {"id": "pc_0", "name": DECOMPOSED}),
        resource_type=CATALOG.resource_types["galtea", "phone_connections"],
        account=stage.accounts["galtea"],
        ledger=Ledger(),
        options={},
    )
    assert verdict.planned.status is Status.IN_SYNC
    (note,) = verdict.diagnostics
    assert (note.code, note.path) == ("unicode-form", "/name")
    assert "(NFD)" in note.message


def test_a_failure_shows_the_live_value_beside_the_planned_one_and_the_reason() -> None:
    stage = Stage(vices=["trim-text"])
    (outcome,) = stage.apply(stage.plan(galtea(0, name="Front desk ")))
    assert outcome.result is Result.MISMATCH
    (mismatch,) = outcome.mismatches
    assert (mismatch.planned, mismatch.live) == ("Front desk ", "Front desk")
    assert mismatch.reason == "it cuts white space at the ends"
