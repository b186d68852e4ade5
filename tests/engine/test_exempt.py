"""What is ignored for a while is neither owned nor forgotten."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.engine.exempt import exempt, find_ignored, keep_exempt, warn_expiry
from reconciler.model.diagnostic import Diagnostic, Location, Severity
from reconciler.model.exemption import Exemption, Ignored
from reconciler.model.ledger import Applied
from reconciler.model.live import Absent, LiveState, Reading, Unknown
from reconciler.model.paths import MISSING, FieldPath, Json
from reconciler.model.project import Declared
from reconciler.model.reference import Reference, Template, Use
from reconciler.model.resource_type import Catalog
from tests.vendors.made_up import declare, make_type, present

PLACE = Location("lines.yaml", 9)
TEXT: Json = {"type": "string"}
KIND = make_type(
    {
        "name": TEXT,
        "note": {**TEXT, "x-null": {"clear": "null", "equals": [""]}},
        "hook": {
            "type": "object",
            "x-merge": "merge",
            "properties": {
                "url": TEXT,
                "auth": {"type": "object", "x-merge": "merge", "properties": {"mode": TEXT, "user": TEXT}},
            },
        },
        "token": {**TEXT, "x-secret": True},
    }
)
SPEC = {"name": "n", "hook": {"url": "u", "auth": {"mode": "m", "user": "x"}}}


def until(day: str, *path: str, value: Json = MISSING) -> Exemption:
    return Exemption(path, "a test", day, PLACE, value)


def resource(*exemptions: Exemption, spec: Json = SPEC, uses: tuple[Use, ...] = ()) -> Declared:
    return replace(declare(spec), exemptions=exemptions, uses=uses)


@pytest.mark.parametrize(
    ("path", "left", "value"),
    [
        (("name",), {"hook": SPEC["hook"]}, "n"),
        (("hook",), {"name": "n"}, SPEC["hook"]),
        (("hook", "url"), {"name": "n", "hook": {"auth": {"mode": "m", "user": "x"}}}, "u"),
        (("hook", "auth", "mode"), {"name": "n", "hook": {"url": "u", "auth": {"user": "x"}}}, "m"),
        (("gone", "x"), SPEC, MISSING),
        (("gone",), SPEC, MISSING),
    ],
)
def test_what_is_ignored_is_taken_out_with_its_value(path: FieldPath, left: Json, value: Json) -> None:
    found = exempt(resource(until("2026-05-05", *path)), today="2026-05-05")
    assert found == resource(until("2026-05-05", *path, value=value), spec=left)
    assert SPEC["hook"] == {"url": "u", "auth": {"mode": "m", "user": "x"}}, "what was declared stays as it was"


def test_an_object_that_is_empty_without_it_goes_too() -> None:
    day = "2026-05-05"
    found = exempt(
        resource(until(day, "hook", "url"), until(day, "hook", "auth", "mode"), until(day, "hook", "auth", "user")),
        today=day,
    )
    assert found.spec == {"name": "n"}
    assert [each.value for each in found.exemptions] == ["u", "m", "x"]


def test_after_its_day_a_field_is_owned_again() -> None:
    declared = resource(until("2026-05-04", "name"), until("2026-05-06", "hook", "url"))
    found = exempt(declared, today="2026-05-05")
    assert found.spec == {"name": "n", "hook": {"auth": SPEC["hook"]["auth"]}}  # type: ignore[index]
    assert [each.path for each in found.exemptions] == [("hook", "url")]
    plain = resource()
    assert exempt(plain, today="2026-05-05") is plain


def test_references_of_what_is_ignored_are_dropped_and_shown_as_written() -> None:
    template = Template((Reference("voices.calm", PLACE, ("id",)),))
    uses = tuple(
        Use(section, path, template)  # type: ignore[arg-type]
        for section, path in (
            ("spec", ("hook", "url")),
            ("spec", ("hook",)),
            ("spec", ("hook", "url", "deep")),
            ("spec", ("name",)),
            ("match", ("hook", "url")),
        )
    )
    declared = resource(until("2026-05-05", "hook", "url"), spec={"hook": {"url": template}}, uses=uses)
    found = exempt(declared, today="2026-05-05")
    assert found.uses == (uses[1], uses[3], uses[4])
    assert [each.value for each in found.exemptions] == ["${voices.calm.id}"]


def test_what_expires_soon_or_has_expired_is_told() -> None:
    exemptions = [until(f"2026-05-{day}", "hook", "url") for day in ("04", "05", "12", "13")]
    found = list(warn_expiry([resource(*exemptions), resource()], today="2026-05-05", soon="2026-05-12"))
    soon = "Afterwards it is compared and sent like any other field. Decide which value is right before."
    over = "It is compared and sent like any other field. Remove the entry from `ignore`, or give it another day."
    assert found == [
        Diagnostic(
            code=code,
            message=f"lines.main: hook.url {when} (a test)",
            severity=Severity.WARNING,
            advice=advice,
            location=PLACE,
            address="lines.main",
        )
        for code, when, advice in (
            ("ignore-expired", "is no longer ignored since 2026-05-04 has passed", over),
            ("ignore-expires", "is ignored until 2026-05-05 and no longer", soon),
            ("ignore-expires", "is ignored until 2026-05-12 and no longer", soon),
        )
    ]


def compare(reading: Reading, *exemptions: Exemption) -> tuple[Ignored, ...]:
    catalog = Catalog({}, {("acme", "lines"): KIND})
    state = LiveState({"lines.main": reading}, {})
    return find_ignored([resource(*exemptions, spec={}), resource()], catalog=catalog, live=state)


def differs(path: FieldPath, declared: Json, live: Json, *, secret: bool = False) -> Ignored:
    return Ignored("lines.main", "acme", path, declared, live, "a test", "2026-05-05", PLACE, secret)


@pytest.mark.parametrize(
    ("path", "value", "live", "found"),
    [
        (("name",), "n", {"name": "other"}, [differs(("name",), "n", "other")]),
        (("name",), "n", {"name": "n"}, []),
        (("note",), "", {"note": None}, []),
        (("hook", "url"), "u", {"hook": {"url": "v", "auth": {"mode": "z"}}}, [differs(("hook", "url"), "u", "v")]),
        (
            ("hook", "auth", "mode"),
            "m",
            {"hook": {"url": "v", "auth": {"mode": "z", "user": "y"}}},
            [differs(("hook", "auth", "mode"), "m", "z")],
        ),
    ],
)
def test_what_differs_where_it_is_ignored_is_told(
    path: FieldPath, value: Json, live: Json, found: list[Ignored]
) -> None:
    assert list(compare(present(live), until("2026-05-05", *path, value=value))) == found


def test_a_secret_that_is_ignored_is_marked_as_one() -> None:
    (found,) = compare(present({}), until("2026-05-05", "token", value="s"))
    assert (found.path, found.secret, found.live) == (("token",), True, MISSING)


@pytest.mark.parametrize("reading", [Absent("404"), Unknown("503")])
def test_nothing_is_compared_with_what_was_not_read(reading: Reading) -> None:
    assert compare(reading, until("2026-05-05", "name", value="n")) == ()
    catalog = Catalog({}, {("acme", "lines"): KIND})
    assert find_ignored([resource(until("2026-05-05", "name"))], catalog=catalog, live=LiveState({}, {})) == ()


def test_what_the_ledger_says_of_a_field_that_is_ignored_whole_stays() -> None:
    entry = Applied(
        "lines.main",
        "acme",
        "acme",
        "lines",
        "line_1",
        {"/name": 1, "/hook": 2, "/note": 3},
        when="",
        commit="",
        run="",
    )
    day = "2026-05-05"
    declared = resource(until(day, "name"), until(day, "hook", "url"), until(day, "gone"), spec={"hook": {}})
    assert keep_exempt(declared, entry) == {"/name": 1}
    assert keep_exempt(declared, None) == {}
