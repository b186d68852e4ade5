"""One text in two Unicode forms is one value; all else that a vendor re-forms is named beside what was planned."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.engine.forms import adopt_form, explain_difference, list_reformed, name_form, note_reformed
from reconciler.engine.plan import plan_resource
from reconciler.model.diagnostic import Diagnostic, Location, Severity
from reconciler.model.field import ANY, Field
from reconciler.model.ledger import Ledger
from reconciler.model.live import Present
from reconciler.model.outcome import Result
from reconciler.model.plan import Status
from reconciler.model.secret import Secret
from tests.remote.execute_stage import CATALOG, Stage, galtea
from tests.vendors.made_up import declare, make_type, present

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


@pytest.mark.parametrize(
    ("live", "declared", "adopted"),
    [
        (DECOMPOSED, COMPOSED, COMPOSED),
        (COMPOSED, DECOMPOSED, DECOMPOSED),
        ("plain", "plain", "plain"),
        ("Cafe", COMPOSED, "Cafe"),
        (COMPOSED, "Cafe", COMPOSED),
        ({"a": DECOMPOSED, "b": DECOMPOSED}, {"a": COMPOSED, "c": "x"}, {"a": COMPOSED, "b": DECOMPOSED}),
        ([DECOMPOSED, 1], [COMPOSED, 2], [COMPOSED, 1]),
        ((DECOMPOSED,), (COMPOSED,), [COMPOSED]),
        ([DECOMPOSED], [COMPOSED, "x"], [DECOMPOSED]),
        ({"a": [DECOMPOSED]}, {"a": [COMPOSED]}, {"a": [COMPOSED]}),
        (DECOMPOSED, [COMPOSED], DECOMPOSED),
        ([DECOMPOSED], COMPOSED, [DECOMPOSED]),
        ({"a": DECOMPOSED}, [COMPOSED], {"a": DECOMPOSED}),
        ([DECOMPOSED], {"a": COMPOSED}, [DECOMPOSED]),
        (None, COMPOSED, None),
        (1, "1", 1),
    ],
)
def test_a_live_text_takes_the_declared_form_wherever_it_stands(live: Any, declared: Any, adopted: Any) -> None:
    assert adopt_form(ANY, live, declared) == adopted


AS_TEXT = Field("n", {}, read_as_text=True)


@pytest.mark.parametrize(
    ("known", "live", "declared", "adopted"),
    [
        (AS_TEXT, "10", 10, 10),
        (Field("x", {}), "10", 10, "10"),
        (Field("x", {}, fields={"n": AS_TEXT}), {"n": "10", "m": "10"}, {"n": 10, "m": 10}, {"n": 10, "m": "10"}),
        (Field("x", {}, entries=AS_TEXT), ["10", 7], [10, "7"], [10, "7"]),
        (AS_TEXT, "1" * 15 + "." + "1" * 15, float("1" * 15 + "." + "1" * 15), float("1" * 15 + "." + "1" * 15)),
        (AS_TEXT, "1" * 16, int("1" * 16), "1" * 16),
    ],
)
def test_a_number_takes_the_declared_form_below_a_field_too(
    known: Field, live: Any, declared: Any, adopted: Any
) -> None:
    found = adopt_form(known, live, declared)
    assert (found, type(found)) == (adopted, type(adopted))


@pytest.mark.parametrize(
    ("live", "declared", "told"),
    [
        (DECOMPOSED, COMPOSED, [((), "NFD")]),
        (COMPOSED, DECOMPOSED, [((), "NFC")]),
        (COMPOSED, COMPOSED, []),
        ("Cafe", COMPOSED, []),
        ({"a": {"b": DECOMPOSED}, "c": COMPOSED}, {"a": {"b": COMPOSED}, "d": 1}, [(("a", "b"), "NFD")]),
        ([DECOMPOSED, "x", COMPOSED], [COMPOSED, "x", DECOMPOSED], [((), "NFD"), ((), "NFC")]),
        ({"a": (DECOMPOSED,)}, {"a": [COMPOSED]}, [(("a",), "NFD")]),
        ([DECOMPOSED], [COMPOSED, "x"], []),
        (DECOMPOSED, {"a": COMPOSED}, []),
        ({"a": DECOMPOSED}, COMPOSED, []),
        ({"a": DECOMPOSED}, [COMPOSED], []),
        ([DECOMPOSED], {"a": COMPOSED}, []),
        ([DECOMPOSED], COMPOSED, []),
    ],
)
def test_where_another_form_is_live_is_told_with_its_name(live: Any, declared: Any, told: list[Any]) -> None:
    assert list(list_reformed(live, declared)) == told
    assert list(list_reformed(live, declared, ("x",))) == [(("x", *path), form) for path, form in told]


@pytest.mark.parametrize(
    ("text", "form"), [("é", "NFC"), ("e\u0301", "NFD"), ("é e\u0301", "mixed form"), ("plain", "NFC")]
)
def test_a_form_has_a_name(text: str, form: str) -> None:
    assert name_form(text) == form


LINES = make_type(
    {
        "name": {"type": "string"},
        "box": {"type": "object", "x-merge": "merge", "properties": {"note": {"type": "string"}}},
        "tags": {"type": "array"},
    }
)


def test_each_text_in_another_form_is_noted_where_it_stands() -> None:
    spec = {"name": COMPOSED, "box": {"note": COMPOSED}, "tags": [COMPOSED]}
    declared = replace(declare(spec), positions={("box", "note"): Location("lines.yaml", 9)})
    live = {"name": COMPOSED, "box": {"note": DECOMPOSED}, "tags": (DECOMPOSED,)}
    assert list(note_reformed(declared, present(live), LINES)) == [
        Diagnostic(
            code="unicode-form",
            message=f"lines.main: {path} is live as the same text in another Unicode form (NFD)",
            severity=Severity.NOTE,
            advice="Nothing is sent for it. Write it in NFD to have both alike.",
            location=place,
            address="lines.main",
            path=path,
        )
        for path, place in (("/box/note", Location("lines.yaml", 9)), ("/tags", Location("lines.yaml")))
    ]
    assert list(note_reformed(declare({"name": "plain", "box": 7}), present(live), LINES)) == []
    assert len(list(note_reformed(declare({"name": "plain", "tags": [COMPOSED]}), present(live), LINES))) == 1


def test_a_secret_has_no_likely_reason() -> None:
    assert explain_difference(Secret("a"), 1) == ""
    assert explain_difference("a", Secret("b")) == ""


@pytest.mark.parametrize(
    ("planned", "live", "reason"),
    [
        (" a", "a", "it cuts white space at the ends"),
        ("a\r\nb", "a\nb", "it writes line ends in another way"),
        ("a\n b", "a b", "it changes white space"),
        ("ÀB", "àb", "it changes the case of letters"),
        ("y" * 1234 + "z", "y" * 1234, "it cuts it after 1,234 characters"),
        ("abc", "", ""),
        ("abc", "bc", ""),
        ("b,a", "a, b", "it puts the parts in another order"),
        ("ba", "ab", ""),
        ("<", "&lt;", "it writes special signs as HTML"),
        ("&lt;", "<", "it writes special signs as HTML"),
        ("\ufb01", "fi", "it writes signs in their compatible Unicode form"),
        ("a\u200bb", "ab", "it drops signs that cannot be seen"),
        ("a\x07b", "ab", "it drops signs that cannot be seen"),
        ("a\ue000b", "ab", "it drops signs that cannot be seen"),
        ("a\uffffb", "ab", "it drops signs that cannot be seen"),
        ("jack", "sarah", ""),
        (["b", "a"], ["a", "b"], "it puts the elements in another order"),
        (("b", "a"), ["a", "b"], "it puts the elements in another order"),
        ([{"b": 1, "a": 2}, 1], [1, {"a": 2, "b": 1}], "it puts the elements in another order"),
        (["a", "a"], ["a"], "it drops elements that are there twice"),
        (["a"], ["b"], ""),
        (["a"], "a", ""),
        ("a", ["a"], ""),
        ("a", {"a": 1}, ""),
        (1, "1", "it keeps it as another type"),
        (1, "X1X", ""),
        ("X1X", 1, ""),
        ("b, a", "a, c", ""),
        ("ab", "axb", ""),
        ("a b", "a, b", ""),
        ("1", 1, "it keeps it as another type"),
        (True, "true", "it keeps it as another type"),
        (1, "2", ""),
        (0.5, 0.4, "it rounds the number"),
        (2, 1.5, "it rounds the number"),
        (1, 2, ""),
        (2, 1, ""),
        (0.9, True, ""),
        (True, 0.9, ""),
        (None, 1, ""),
        (None, "null", "it keeps it as another type"),
    ],
)
def test_the_likely_reason_is_one_sentence(planned: Any, live: Any, reason: str) -> None:
    assert explain_difference(planned, live) == reason
