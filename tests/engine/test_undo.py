"""An undo takes back what a run did and nobody moved since; it names what it leaves and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from reconciler.engine.undo import Left, Reversal, mark_undone, reverse_changes
from reconciler.model.diagnostic import Location
from reconciler.model.field import Field
from reconciler.model.ledger import Applied, Ledger, Undone
from reconciler.model.paths import MISSING, FieldPath, Json
from reconciler.model.plan import Cause, Change, Request, Update
from reconciler.model.resource_type import Identity, ResourceType
from reconciler.model.secret import Secret
from reconciler.vendors import load_catalog
from tests.engine.worlds import LINE, declare

SECRETIVE = replace(LINE, fields={**LINE.fields, "fixed": replace(LINE.fields["fixed"], secret=True)})


def undo(
    *reversals: Reversal,
    live: Mapping[str, Json] | None = None,
    last: Mapping[str, Json] | None = None,
    spec: Mapping[str, Json] | None = None,
    accept_moved: bool = False,
    resource_type: ResourceType = LINE,
) -> tuple[Mapping[str, Json], tuple[Left, ...]]:
    declared = declare(LINE, spec or {})
    found, left = reverse_changes(
        declared,
        reversals,
        resource_type=resource_type,
        live=live or {},
        last=last or {},
        accept_moved=accept_moved,
    )
    assert replace(found, spec=declared.spec) == declared
    return found.spec, left


def test_what_nobody_moved_comes_back_and_nothing_else_is_declared() -> None:
    spec, left = undo(
        Reversal(("text",), "old", "new"),
        Reversal(("merged", "a", "b"), 1, 2),
        Reversal(("merged", "a", "c"), None, 3),
        live={"text": "new", "merged": {"a": {"b": 2, "c": 3}}, "flag": True},
        spec={"text": "new", "flag": True},
    )
    assert spec == {"text": "old", "merged": {"a": {"b": 1, "c": None}}}
    assert left == ()


def test_a_value_within_takes_the_place_of_what_cannot_hold_it() -> None:
    spec, _ = undo(
        Reversal(("merged", "a"), 0, 1),
        Reversal(("merged", "a", "b"), 1, None),
        live={"merged": {"a": 1}},
    )
    assert spec == {"merged": {"a": {"b": 1}}}


@pytest.mark.parametrize(
    ("reversal", "live", "left"),
    [
        (Reversal(("gone",), 1, 2), {}, Left(("gone",), "it is no longer known")),
        (
            Reversal(("text",), MISSING, "new"),
            {"text": "new"},
            Left(("text",), "what it was before is not known: the API cannot be read back"),
        ),
        (
            Reversal(("fixed",), "old", "new"),
            {"fixed": "new"},
            Left(("fixed",), "it is a secret, and only its fingerprint was kept"),
        ),
        (Reversal(("text",), "old", MISSING), {"text": "new"}, Left(("text",), "its live value is not known")),
        (
            Reversal(("text",), "old", "new"),
            {"text": "old"},
            Left(("text",), "it already is what it was before", done=True),
        ),
        (
            Reversal(("text",), "old", "new"),
            {"text": "newer"},
            Left(("text",), "it moved since: it is 'newer' now", moved=True),
        ),
    ],
)
def test_what_is_left_is_named_with_its_reason(reversal: Reversal, live: Mapping[str, Json], left: Left) -> None:
    other = Reversal(("flag",), True, False)
    spec, found = undo(reversal, other, live={**live, "flag": False}, resource_type=SECRETIVE)
    assert found == (left,)
    assert spec == {"flag": True}


def test_a_value_that_this_generation_does_not_show_is_not_known() -> None:
    unserved = replace(LINE, fields={**LINE.fields, "text": replace(LINE.fields["text"], absence="unsupported")})
    spec, left = undo(Reversal(("text",), "old", "new"), resource_type=unserved)
    assert (spec, left) == ({}, (Left(("text",), "its live value is not known"),))


def test_what_moved_comes_back_only_where_that_is_accepted() -> None:
    moved, unknown = Reversal(("text",), "old", "new"), Reversal(("flag",), MISSING, True)
    spec, left = undo(moved, unknown, live={"text": "newer", "flag": True}, accept_moved=True)
    assert spec == {"text": "old"}
    assert [one.path for one in left] == [("flag",)]


@pytest.mark.parametrize(
    ("last", "moved"), [({}, False), ({"/hidden": "new"}, False), ({"/hidden": "newer"}, True), ({"/text": "x"}, False)]
)
def test_the_ledger_stands_in_for_what_cannot_be_read(last: Mapping[str, Json], moved: bool) -> None:
    spec, left = undo(Reversal(("hidden",), "old", "new"), live={"hidden": "masked"}, last=last)
    assert left == ((Left(("hidden",), "another apply changed it since", moved=True),) if moved else ())
    assert spec == ({} if moved else {"hidden": "old"})


def test_the_ledger_is_asked_for_the_key_within_a_field() -> None:
    inner = {"a": Field("a", {}, readable=False)}
    below = replace(LINE.fields["merged"], readable=False, fields=inner)
    unread = replace(LINE, fields={**LINE.fields, "merged": below})
    reversal = Reversal(("merged", "a"), 1, 2)
    assert undo(reversal, last={"/merged": {"a": 2}}, resource_type=unread) == ({"merged": {"a": 1}}, ())
    _, left = undo(reversal, last={"/merged": {"a": 3}}, resource_type=unread)
    assert [one.moved for one in left] == [True]


def test_what_moved_is_left_alone_unless_told_otherwise() -> None:
    reversal = Reversal(("text",), "old", "new")
    _, left = reverse_changes(declare(LINE, {}), [reversal], resource_type=LINE, live={"text": "newer"}, last={})
    assert [one.moved for one in left] == [True]


def test_companions_travel_with_what_comes_back_and_never_alone() -> None:
    spec = {"token": "t", "text": "new"}
    reversal = Reversal(("text",), "old", "new")
    assert undo(reversal, live={"text": "new"}, spec=spec)[0] == {"text": "old", "token": "t"}
    assert undo(reversal, live={"text": "old"}, spec=spec)[0] == {}
    assert undo(reversal, live={"text": "new"}, spec={"text": "new"})[0] == {"text": "old"}
    token = Reversal(("token",), "before", "t")
    assert undo(token, last={"/token": "t"}, spec=spec)[0] == {"token": "before"}


def test_a_field_that_no_branch_of_a_union_has_is_no_longer_known() -> None:
    voices = load_catalog().resource_types["fluents", "voices"]
    _, left = undo(Reversal(("gone",), "old", "new"), live={"gone": "new"}, resource_type=voices)
    assert left == (Left(("gone",), "it is no longer known"),)


IDENTITY = Identity((("id", "1"),))


def update_of(*changes: Change) -> Update:
    request = Request("PATCH", "https://api.acme.example/lines/1", {})
    return Update("lines.one", "acme", "acme", "lines", IDENTITY, changes, request, Location("lines.yaml"))


def mark(change: Change, *, path: FieldPath = ("text",), value: Json = "new", identity: Json = "1") -> str:
    undone = {f"/{'/'.join(path)}": Undone("run-7", value)}
    entry = Applied("lines.one", "acme", "acme", "lines", identity, {}, "", "", "run-7", undone)
    (update,) = mark_undone(
        [update_of(Change(("flag",), True, False, Cause.CONFIG), change)], Ledger({"lines.one": entry})
    )
    assert update.changes[0].undone_by == ""
    assert replace(update.changes[1], undone_by="") == change
    return update.changes[1].undone_by


def test_what_an_undo_took_back_and_git_still_declares_names_that_run() -> None:
    change = Change(("text",), "old", "new", Cause.CONFIG)
    assert mark(change) == "run-7"
    assert mark(change, value="newest") == ""
    assert mark(change, identity="2") == ""
    assert mark(change, path=("fixed",)) == ""
    assert mark(replace(change, cause=Cause.DRIFT)) == ""


def test_a_secret_never_names_the_run_that_took_it_back() -> None:
    secret = Secret("hush")
    assert mark(Change(("text",), None, secret, Cause.CONFIG, secret=True), value=secret) == ""
