"""What a vendor's API cannot do is refused before anything is sent: each reason, at its place, with what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from reconciler.engine.refuse import find_doubts, find_refusals
from reconciler.model.diagnostic import Diagnostic, Location, Severity
from reconciler.model.field import Field, Options, Union
from reconciler.model.paths import MISSING, FieldPath, Json, format_pointer
from reconciler.model.plan import Change
from reconciler.model.project import Account, Declared
from reconciler.model.resource_type import GenerationShape, Identity, IdentityPart, ResourceType
from tests.engine.shop import PROMPT, VOICE, make_kind, text

ACCOUNT = Account("shop", "acme", "https://api.acme.example", "KEY")
HERE = Location("lines.yaml", 3)
IDENTITY = Identity((("id", "l-1"),))


def declare(spec: Json, **settings: Any) -> Declared:
    positions: dict[FieldPath, Location] = {(name,): Location("lines.yaml", 9) for name in spec}
    declared = Declared("lines.a", "lines", "shop", "acme", IDENTITY, {}, spec, HERE, positions=positions)
    return replace(declared, **settings)


def refuse(
    kind: ResourceType,
    *changes: Change,
    spec: Json = None,
    live: Mapping[str, Json] | None = None,
    account: Account = ACCOUNT,
    declared: Declared | None = None,
    offered: Mapping[tuple[str, str], frozenset[str]] | None = None,
    missing: Mapping[tuple[str, str, str], str] | None = None,
) -> tuple[Diagnostic, ...]:
    known = {change.path[0]: change.after for change in changes} if spec is None else spec
    return find_refusals(
        declared or declare(known),
        live or {},
        changes,
        resource_type=kind,
        account=account,
        options=offered or {},
        missing=missing or {},
    )


def told(code: str, path: FieldPath, message: str, advice: str, *, line: int = 9) -> Diagnostic:
    return Diagnostic(
        code=code,
        message=f"lines.a: {message}",
        advice=advice,
        location=Location("lines.yaml", line),
        address="lines.a",
        path=format_pointer(path),
    )


def kind_of(*fields: Field, **settings: Any) -> ResourceType:
    return make_kind("lines", *fields, **settings)


def test_what_can_be_changed_is_not_refused() -> None:
    assert refuse(kind_of(text("note")), Change(("note",), "a", "b")) == ()
    assert refuse(kind_of(text("note"))) == ()


def test_a_field_that_this_generation_does_not_serve_is_refused_once() -> None:
    kind = kind_of(text("note", absence="unsupported", immutable=True), generation="2026")
    change = Change(("note",), MISSING, "b")
    message = "the live object has no note, so this generation of the API does not serve it"
    advice = "Remove note from spec; our schema describes the generation 2026."
    assert refuse(kind, change) == (told("cannot-manage", ("note",), message, advice),)
    served = GenerationShape("2025", (), (), frozenset(), frozenset({"note"}))
    fitting = replace(served, api="2024", served=frozenset({"name"}))
    (found,) = refuse(replace(kind, others=(served, fitting)), change)
    assert (
        found.advice
        == 'Write `api: "2024"` under this account, and remove note: the object has that generation\'s shape.'
    )


@pytest.mark.parametrize(
    ("field", "live"),
    [
        (text("note", absence="unsupported"), {"note": None}),
        (text("note", absence="unsupported", read_name="remark"), {"remark": "x"}),
        (text("note", absence="unsupported", readable=False), {}),
        (text("note"), {}),
    ],
)
def test_what_is_served_or_cannot_be_told_is_not_refused(field: Field, live: Mapping[str, Json]) -> None:
    assert refuse(kind_of(field), Change(("note",), None, "b"), live=live) == ()
    assert refuse(kind_of(text("note", absence="unsupported")), spec={}) == ()


def test_a_field_that_never_changes_is_refused() -> None:
    message = "note is 'a' and cannot be changed to 'b'"
    plain = kind_of(text("note", immutable=True))
    assert refuse(plain, Change(("note",), "a", "b")) == (
        told("immutable-field", ("note",), message, "Declare note as it is, or remove it from spec."),
    )
    advised = kind_of(text("note", immutable=True, advice="Make another one."))
    assert [one.advice for one in refuse(advised, Change(("note", "x"), "a", "b"))] == ["Make another one."]


@pytest.mark.parametrize("before", [True, MISSING])
def test_a_value_that_nobody_can_give_is_refused(before: Json) -> None:
    unwritable = ((None, "it is never cleared"), (False, "another one is made the default"))
    chosen = text("chosen", unwritable=unwritable)
    plain, deep = kind_of(chosen), kind_of(text("box", fields={"chosen": chosen}))
    message = "chosen cannot be set to false: another one is made the default"
    assert refuse(plain, Change(("chosen",), before, False)) == (
        told("not-writable", ("chosen",), message, "Remove chosen from spec, or declare it as it is."),
    )
    assert refuse(deep, Change(("box", "chosen"), before, False)) == (
        told(
            "not-writable", ("box", "chosen"), f"box.{message}", "Remove box.chosen from spec, or declare it as it is."
        ),
    )
    advised = kind_of(replace(chosen, advice="Choose another one."))
    assert [one.advice for one in refuse(advised, Change(("chosen",), before, False))] == ["Choose another one."]
    for after in (True, 0, "false"):
        assert refuse(plain, Change(("chosen",), before, after)) == ()


NULL, ASK, NEVER = (text("note", clearing=clearing) for clearing in ("null", "account", "refuse"))


@pytest.mark.parametrize(
    ("field", "account"),
    [
        (NULL, ACCOUNT),
        (ASK, replace(ACCOUNT, clear="send-null")),
        (ASK, replace(ACCOUNT, clear="send-empty")),
        (ASK, replace(ACCOUNT, clear_fields={"note": "send-null"})),
    ],
)
def test_a_field_that_can_be_cleared_is(field: Field, account: Account) -> None:
    assert refuse(kind_of(field), Change(("note",), "a", None), account=account) == ()


def test_a_field_that_cannot_be_cleared_says_what_to_do() -> None:
    gone = Change(("note",), "a", None)
    assert refuse(kind_of(NEVER), gone, account=replace(ACCOUNT, clear="send-null")) == (
        told("cannot-clear", ("note",), "note cannot be cleared", "Declare a value, or remove the field from spec."),
    )
    advised = kind_of(replace(NEVER, advice="Write a dash."))
    assert [one.advice for one in refuse(advised, gone)] == ["Write a dash."]
    advice = (
        "How the vendor clears a field is not known. Set `clear: send-null` or `clear: send-empty` on account shop"
        " once you have seen which works, or clear it in the vendor's console."
    )
    message = "note cannot be cleared with the account's setting `clear: refuse`"
    for account in (ACCOUNT, replace(ACCOUNT, clear="send-null", clear_fields={"note": "refuse"})):
        assert refuse(kind_of(ASK), gone, account=account) == (told("cannot-clear", ("note",), message, advice),)
    assert refuse(kind_of(ASK), Change(("note",), "a", "b")) == ()


def holder(merging: str, clearing: str = "refuse") -> ResourceType:
    inner = text("key", clearing=clearing)
    deep = text("deep", merging=merging, fields={"key": inner})
    return kind_of(text("box", merging=merging, fields={"key": inner, "deep": deep}))


@pytest.mark.parametrize(
    ("merging", "why"),
    [
        ("merge", ""),
        ("replace", ""),
        ("shallow", "the vendor merges what is sent into {} and drops no key"),
        ("unknown", "it is not known whether the vendor merges or replaces {}"),
    ],
)
def test_a_key_of_an_object_can_be_dropped_where_the_vendor_would_drop_it(merging: str, why: str) -> None:
    for path in (("box", "key"), ("box", "deep", "key")):
        dotted, above = ".".join(path), ".".join(path[:-1])
        advice = f"Set {dotted} to another value, or remove it in the vendor's console."
        message = f"{dotted} cannot be removed: {why.format(above)}"
        expected = (told("cannot-clear", path, message, advice),) if why else ()
        assert refuse(holder(merging), Change(path, "a", None), spec={"box": {}}) == expected
    assert refuse(holder(merging, "null"), Change(("box", "key"), "a", None), spec={"box": {}}) == ()


def test_it_is_the_nearest_holder_that_keeps_or_drops_a_key() -> None:
    deep = text("deep", merging="unknown", fields={"key": text("key")})
    path = ("box", "deep", "key")
    (found,) = refuse(
        kind_of(text("box", merging="merge", fields={"deep": deep})), Change(path, "a", None), spec={"box": {}}
    )
    assert "whether the vendor merges or replaces box.deep" in found.message
    calm = replace(deep, merging="merge")
    outer = text("box", merging="unknown", fields={"deep": calm})
    assert refuse(kind_of(outer), Change(path, "a", None), spec={"box": {}}) == ()


CHOSEN = text("voice", options=Options("/voices/{id}", (), "id"))
DOUBTED = text("voice", options=Options("/voices/{id}", (), "id", complete=False))
OFFER = {("shop", "/voices/l-1"): frozenset({"jack", "sarah", "theo"})}


@pytest.mark.parametrize(
    ("after", "advice"),
    [
        ("jck", "Did you mean jack? Offered now: jack, sarah, theo."),
        ("nobody", "Offered now: jack, sarah, theo."),
    ],
)
def test_a_value_that_is_not_offered_is_refused_or_doubted(after: str, advice: str) -> None:
    change = Change(("voice",), "sarah", after)
    expected = told("option-unknown", ("voice",), f"the vendor does not offer voice {after!r}", advice)
    assert refuse(kind_of(CHOSEN), change, offered=OFFER) == (expected,)
    assert refuse(kind_of(DOUBTED), change, offered=OFFER) == ()
    doubted = replace(expected, severity=Severity.WARNING)
    assert doubt(kind_of(DOUBTED), change) == (doubted,)
    assert doubt(kind_of(CHOSEN), change) == ()


def doubt(kind: ResourceType, *changes: Change, declared: Declared | None = None, offered: Any = None) -> Any:
    return find_doubts(
        declared or declare({change.path[0]: change.after for change in changes}),
        changes,
        resource_type=kind,
        account=ACCOUNT,
        options=OFFER if offered is None else offered,
    )


def test_all_doubts_are_told_and_those_below_a_field_at_their_place() -> None:
    kind = kind_of(DOUBTED, replace(DOUBTED, name="second"))
    changes = [Change(("voice", "day"), "sarah", "x"), Change(("second",), "sarah", "y")]
    found = doubt(kind, *changes)
    assert [(one.path, one.severity) for one in found] == [
        ("/voice/day", Severity.WARNING),
        ("/second", Severity.WARNING),
    ]
    (refused,) = refuse(kind_of(CHOSEN), changes[0], offered=OFFER)
    assert refused.path == "/voice/day"


@pytest.mark.parametrize("after", ["jack", 7, ["nobody"]])
def test_what_is_offered_or_no_text_is_not_doubted(after: Json) -> None:
    assert refuse(kind_of(CHOSEN), Change(("voice",), "sarah", after), offered=OFFER) == ()
    assert doubt(kind_of(DOUBTED), Change(("voice",), "sarah", after)) == ()
    assert doubt(kind_of(text("voice")), Change(("voice",), "sarah", "nobody")) == ()


def test_nothing_is_doubted_where_nobody_knows_what_is_offered() -> None:
    change = Change(("voice",), "sarah", "nobody")
    for offered in ({}, {("else", "/voices/l-1"): frozenset({"jack"})}, {("shop", "/voices/l-2"): frozenset({"jack"})}):
        assert refuse(kind_of(CHOSEN), change, offered=offered) == ()
        assert doubt(kind_of(DOUBTED), change, offered=offered) == ()


def test_an_offer_may_be_for_all_objects() -> None:
    everywhere = kind_of(text("voice", options=Options("/voices", (), "id")))
    change = Change(("voice",), "sarah", "nobody")
    matched = declare({"voice": "nobody"}, identity=None, match={"name": "x"})
    offered = {("shop", "/voices"): frozenset(f"v{place:02}" for place in range(25))}
    (found,) = refuse(everywhere, change, declared=matched, offered=offered)
    assert found.advice == f"Offered now: {', '.join(f'v{place:02}' for place in range(20))}."


def test_a_reference_to_what_is_proved_not_to_exist_is_refused() -> None:
    kind = kind_of(text("voice", reference=VOICE), text("prompts", entries=text("", reference=PROMPT)), text("free"))
    missing = {("shop", "voices", "v9"): "404", ("shop", "prompts", "p9"): "no such prompt"}
    advice = "Give the id of one that exists: `reconciler pull voices` lists them."
    expected = told("option-unknown", ("voice",), "voice names 'v9', and there are no such voices: 404", advice)
    assert refuse(kind, Change(("voice",), "v1", "v9"), missing=missing) == (expected,)
    (found,) = refuse(kind, Change(("prompts",), [], ["p1", "p9", 7, "p9"]), missing=missing)
    assert found.message == "lines.a: prompts names 'p9', and there are no such prompts: no such prompt"
    assert found.advice == "Give the id of one that exists: `reconciler pull prompts` lists them."
    for change in (
        Change(("voice",), "v9", "v1"),
        Change(("voice",), "v1", ["v8"]),
        Change(("free",), "v1", "v9"),
        Change(("prompts",), [], []),
    ):
        assert refuse(kind, change, missing=missing) == ()
    elsewhere = replace(ACCOUNT, name="else")
    assert refuse(kind, Change(("voice",), "v1", "v9"), missing=missing, account=elsewhere) == ()


def test_a_reference_without_a_name_of_its_own_is_told_by_the_field_that_holds_it() -> None:
    kind = kind_of(text("voices", rest=replace(text(""), reference=VOICE)))
    change = Change(("voices", "day"), None, "v9")
    (found,) = refuse(kind, change, spec={"voices": {"day": "v9"}}, missing={("shop", "voices", "v9"): "404"})
    assert found.message.startswith("lines.a: voices names 'v9'")


SECRET = text("token", secret=True, readable=False)
VAULT = text("vault", fields={"token": SECRET, "deep": text("deep", fields={"token": SECRET}), "plain": text("plain")})


@pytest.mark.parametrize(
    ("held", "spec", "lost"),
    [
        ({"token": "m"}, {"plain": 1}, [("token",)]),
        ({"token": "m"}, {"token": "s"}, []),
        ({"token": None}, {}, []),
        ({"token": ""}, {}, []),
        ({"token": {}}, {}, []),
        ({"token": []}, {}, []),
        ({"token": 0}, {}, [("token",)]),
        ({"deep": {"token": "m"}, "token": "m"}, {"token": "s"}, [("deep", "token")]),
        ({"deep": {"token": "m"}}, {"deep": {"token": "s"}}, []),
        ({"deep": {"token": "m"}}, {"deep": "text"}, [("deep", "token")]),
        ({"plain": {"token": "m"}}, {}, []),
        ("text", {}, []),
        ({"deep": {"token": "m"}, "token": "m"}, None, [("deep", "token"), ("token",)]),
    ],
)
def test_an_object_is_not_sent_whole_without_its_secrets(held: Json, spec: Json, lost: list[FieldPath]) -> None:
    change = Change(("vault", "plain"), 0, 1)
    found = refuse(kind_of(VAULT), change, change, spec={"vault": spec}, live={"vault": held})
    assert found == tuple(
        told(
            "secret-not-declared",
            ("vault", *path),
            f"vault is sent whole, and {'.'.join(('vault', *path))}, which cannot be read back, is set but not declared",
            f"Declare {'.'.join(('vault', *path))} too, or change vault in the vendor's console: "
            "without it the secret would be lost.",
        )
        for path in lost
    )


@pytest.mark.parametrize(
    "field",
    [
        replace(VAULT, merging="merge"),
        replace(VAULT, merging="shallow"),
        text("vault", fields={"plain": text("plain")}),
    ],
)
def test_no_secret_is_lost_where_the_vendor_merges_or_holds_none(field: Field) -> None:
    change = Change(("vault", "plain"), 0, 1)
    assert refuse(kind_of(field), change, spec={"vault": {}}, live={"vault": {"token": "m"}}) == ()


def test_a_secret_is_found_under_the_name_that_a_read_shows() -> None:
    kind = kind_of(replace(VAULT, read_name="safe"))
    change = Change(("vault", "plain"), 0, 1)
    assert len(refuse(kind, change, spec={"vault": {}}, live={"safe": {"token": "m"}})) == 1
    assert refuse(kind, change, spec={"vault": {}}, live={"vault": {"token": "m"}}) == ()


UNION = Union("type", {"fax": {"page": text("page")}, "mail": {"box": text("box")}})


def test_a_field_that_the_live_type_does_not_have_is_refused() -> None:
    kind = kind_of(text("type"), text("page"), text("box"), text("note"), union=UNION)
    change = Change(("note",), "a", "b")
    spec = {"note": "b", "page": 1, "box": 2, "strange": 3}
    assert refuse(kind, change, spec=spec, live={"type": "fax"}) == (
        told(
            "unknown-field",
            ("box",),
            "the live object has type fax, which has no box",
            "Remove box, or declare type too.",
        ),
    )
    assert refuse(kind, spec=spec, live={"type": "fax"}) == (), "where nothing changes, nothing is sent"
    for live in ({"type": "else"}, {}):
        assert refuse(kind, change, spec=spec, live=live) == ()
    assert refuse(kind, change, spec={**spec, "type": "fax"}, live={"type": "fax"}) == ()
    assert refuse(replace(kind, union=None), change, spec=spec, live={"type": "fax"}) == ()


@pytest.mark.parametrize(
    ("part", "live", "settings", "shown"),
    [
        (IdentityPart("id", "id", ".", unwritable={"l-1": "it is the published one"}), {"id": "l-1"}, {}, "id l-1"),
        (IdentityPart("id", "id", ".", unwritable={"l-1": "it is the published one"}), {}, {}, "id l-1"),
        (IdentityPart("id", None, ".", unwritable={"l-1": "it is the published one"}), {"id": "l-2"}, {}, "id l-1"),
        (
            IdentityPart("agent", None, ".", unwritable={"P": "it is the published one"}),
            {},
            {"identity": None, "match": {"agent": "P"}},
            "agent P",
        ),
    ],
)
def test_an_object_that_can_only_be_read_is_refused(
    part: IdentityPart, live: Mapping[str, Json], settings: dict[str, Any], shown: str
) -> None:
    kind = kind_of(text("note"), parts=(part,))
    declared = declare({"note": "b"}, **settings)
    assert refuse(kind, Change(("note",), "a", "b"), declared=declared, live=live) == (
        told(
            "not-writable",
            ("note",),
            f"{shown} cannot be written: it is the published one",
            "Remove spec to watch it only, or declare the object that can be written.",
        ),
    )
    assert refuse(kind, declared=declared, live=live) == ()


def test_another_object_of_the_same_kind_can_be_written() -> None:
    part = IdentityPart("id", "id", ".", unwritable={"l-1": "it is the published one", "": "it is none"})
    kind = kind_of(text("note"), parts=(part,))
    assert refuse(kind, Change(("note",), "a", "b"), live={"id": "l-2"}) == ()
    nameless = declare({"note": "b"}, identity=None)
    (found,) = refuse(kind, Change(("note",), "a", "b"), declared=nameless)
    assert found.message == "lines.a: id  cannot be written: it is none"
    unshown = kind_of(text("note"), parts=(replace(part, field=None),))
    (found,) = refuse(unshown, Change(("note",), "a", "b"), declared=nameless)
    assert found.message == "lines.a: id  cannot be written: it is none"


FOLLOWING = (
    text("shop"),
    text("variant", derived_from={"shop": "null"}, equals_null=("",)),
    text("owner", derived_from={"shop": "unknown"}),
)


@pytest.mark.parametrize(("name", "value", "becomes"), [("variant", "v", "''"), ("owner", "o", "something else")])
def test_a_change_that_undoes_another_declared_field_takes_two_steps(name: str, value: str, becomes: str) -> None:
    live = {"shop": "a", "variant": "v", "owner": "o"}
    assert refuse(kind_of(*FOLLOWING), Change(("shop",), "a", "b"), spec={"shop": "b", name: value}, live=live) == (
        told(
            "change-undone",
            (name,),
            f"changing shop makes the vendor set {name} to {becomes}, and spec declares it otherwise",
            f"Take two steps: apply shop with `{name}: null` or without {name}; then declare {name} as it should be"
            " and apply again.",
        ),
    )


def test_what_would_follow_in_words_is_told() -> None:
    kind = kind_of(text("voice"), text("lang", derived_from={"voice": "language"}))
    (found,) = refuse(
        kind,
        Change(("voice",), "en-US-A", "fr-FR-B"),
        spec={"voice": "fr-FR-B", "lang": "en-US"},
        live={"lang": "en-US"},
    )
    assert "makes the vendor set lang to 'fr-FR', and" in found.message


def test_a_move_travels_alone() -> None:
    kind = kind_of(text("shop", moves="id"), text("floor", moves="id"), text("note"), text("more"))
    move, other = Change(("shop",), "a", "b"), Change(("floor",), 1, 2)
    changes = [Change(("note",), "a", "b"), move, Change(("more", "x"), "a", "b"), Change(("more", "y"), 1, 2)]
    assert refuse(kind, *changes) == (
        told(
            "move-with-changes",
            ("shop",),
            "shop moves the object, and note, more would change with it",
            "Apply the move alone first; note, more can follow in the next change.",
        ),
    )
    assert refuse(kind, move, other) == refuse(kind, move) == ()
    deep = kind_of(text("shop", moves="id", fields={"x": text("x")}), text("note"))
    assert len(refuse(deep, Change(("shop", "x"), "a", "b"), Change(("note",), "a", "b"))) == 1


def test_what_the_vendor_demands_with_every_change_must_come_from_git() -> None:
    kind = kind_of(text("note"), text("codec"), text("key"), companions=("codec", "key"))
    change = Change(("note",), "a", "b")
    assert refuse(kind, change, spec={"note": "b", "key": None}) == (
        told(
            "companion-missing",
            ("note",),
            "the vendor demands codec with every change",
            "Declare codec in spec: it is sent each time and overwrites what was set elsewhere.",
        ),
    )
    assert refuse(kind, spec={"note": "b"}) == ()


def test_a_change_that_is_left_out_does_not_hide_the_next() -> None:
    kind = kind_of(text("gone", absence="unsupported"), text("fixed", immutable=True))
    found = refuse(kind, Change(("gone",), MISSING, "b"), Change(("fixed",), "a", "b"))
    assert [one.code for one in found] == ["cannot-manage", "immutable-field"]
    calm = text("calm", fields={"plain": text("plain")})
    changes = [Change(("calm", "plain"), 0, 1), Change(("vault", "plain"), 0, 1)]
    (lost,) = refuse(kind_of(calm, VAULT), *changes, spec={}, live={"calm": {"plain": 0}, "vault": {"token": "m"}})
    assert lost.path == "/vault/token"


def test_all_reasons_are_told_at_once() -> None:
    kind = kind_of(text("fixed", immutable=True), text("note"))
    found = refuse(kind, Change(("fixed",), "a", "b"), Change(("note",), "a", None))
    assert [one.code for one in found] == ["immutable-field", "cannot-clear"]
