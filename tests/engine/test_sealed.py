from dataclasses import replace

import pytest

from reconciler.engine.diff import compare_field, find_differences
from reconciler.engine.normal_form import read_field, same
from reconciler.engine.record import record_applied
from reconciler.engine.sealed import fill_secrets, recognise_secrets, seal_fields
from reconciler.ledger import fingerprint_value
from reconciler.model.diagnostic import Location
from reconciler.model.field import Field
from reconciler.model.ledger import Applied, Ledger, Undone
from reconciler.model.paths import MISSING
from reconciler.model.plan import Cause, Change, Request, Update
from reconciler.model.plan_values import list_body
from reconciler.model.project import Declared
from reconciler.model.resource_type import Catalog, Identity, ResourceType
from reconciler.model.secret import Secret
from reconciler.vendors import load_catalog

KEY = b"k" * 32
IDENTITY = Identity((("id", "phoneConnection_1"),))


@pytest.fixture
def resource_type() -> ResourceType:
    """A real type with one of its fields made a secret, as a schema with x-secret would."""
    known = load_catalog().resource_types["galtea", "phone_connections"]
    return replace(known, fields={**known.fields, "voice": replace(known.fields["voice"], secret=True, readable=False)})


@pytest.fixture
def catalog(resource_type: ResourceType) -> Catalog:
    return replace(load_catalog(), resource_types={("galtea", "phone_connections"): resource_type})


def declare(**spec: object) -> Declared:
    return Declared(
        "phone_connections.a", "phone_connections", "galtea", "galtea", IDENTITY, {}, spec, Location("a.yaml")
    )


def fingerprint(secret: Secret) -> str:
    return fingerprint_value(secret, key=KEY)


def test_the_ledger_gets_secrets_sealed(resource_type: ResourceType) -> None:
    kept = record_applied(
        declare(voice="hush", name="A"), IDENTITY, resource_type=resource_type, when="", commit="", run="r", kept={}
    )
    assert isinstance(kept.fields["/voice"], Secret)
    assert "hush" not in repr(kept)
    assert kept.fields["/name"] == "A"
    assert seal_fields(resource_type, {"voice": None}) == {"voice": None}


@pytest.mark.parametrize(("declared", "known"), [("hush", True), ("other", False)])
def test_a_fingerprint_is_recognised_as_the_declared_secret_only(
    catalog: Catalog, resource_type: ResourceType, declared: str, known: bool
) -> None:
    kept = record_applied(
        declare(voice="hush"), IDENTITY, resource_type=resource_type, when="", commit="", run="r", kept={}
    )
    stored = replace(kept, fields={"/voice": fingerprint(kept.fields["/voice"])})
    ledger = Ledger({kept.address: stored})
    found = recognise_secrets(ledger, [declare(voice=declared)], catalog=catalog, fingerprint=fingerprint)
    last = found.last_applied(kept.address, identity="phoneConnection_1", path=("voice",))
    assert same(last, Secret(declared)) is known
    assert known or last == stored.fields["/voice"]


def test_a_saved_plan_gets_its_secrets_from_the_declaration(resource_type: ResourceType) -> None:
    changes = (
        Change(("voice",), None, Secret(""), Cause.CONFIG, secret=True),
        Change(("name",), "A", "B", Cause.CONFIG),
    )
    request = Request("PATCH", "https://api.galtea.ai/x", {"voice": Secret(""), "name": "B"})
    update = Update(
        "phone_connections.a", "galtea", "galtea", "phone_connections", IDENTITY, changes, request, Location("a.yaml")
    )
    filled = fill_secrets(update, declare(voice="hush", name="B"), resource_type=resource_type)
    assert same(filled.request.body, {"voice": Secret("hush"), "name": "B"})
    assert same(filled.changes[0].after, Secret("hush"))
    assert filled.changes[1] is changes[1]


def test_a_declared_secret_stays_one_from_the_plan_to_the_ledger(resource_type: ResourceType) -> None:
    voice = Secret("hush", name="VOICE")
    (difference,) = find_differences(resource_type, declared={"voice": voice}, live={"voice": "loud"})
    assert difference[2] is voice
    change = Change(("voice",), "loud", voice, Cause.CONFIG, secret=True)
    request = Request("PATCH", "https://api.galtea.ai/x", {"voice": voice, "name": "say hush-hush"})
    update = Update(
        "phone_connections.a", "galtea", "galtea", "phone_connections", IDENTITY, (change,), request, Location("a.yaml")
    )
    assert list_body(update)["voice"] == {"secret": True}
    assert fingerprint(voice) == fingerprint(Secret("hush"))


def test_nested_secrets_are_never_compared_with_what_the_vendor_shows() -> None:
    known = Field("keys", {}, fields={"token": Field("token", {}, secret=True, readable=False)})
    after = {"token": Secret("b"), "sid": "1"}
    ((path, old, new),) = compare_field(known, before={"sid": "1"}, after=after)
    assert (path, old, new) == (("keys", "token"), MISSING, after["token"])
    assert read_field(known, {"keys": {"token": "b", "sid": "1"}}) == {"sid": "1"}
    assert same([Secret("a")], ["a"])
    assert not same(Secret("1"), 1)


def test_nested_secrets_are_recognised_key_by_key(catalog: Catalog, resource_type: ResourceType) -> None:
    keys = Field("voice", {}, fields={"token": Field("token", {}, secret=True, readable=False)})
    nested = replace(resource_type, fields={**resource_type.fields, "voice": keys})
    catalog = replace(catalog, resource_types={("galtea", "phone_connections"): nested})
    kept = {"token": fingerprint(Secret("hush")), "sid": "1", "old": "gone", "plain": {"token": "x"}}
    entry = record_applied(
        declare(voice=None), IDENTITY, resource_type=nested, when="", commit="", run="r", kept={"/voice": kept}
    )

    def recognise(value: object) -> object:
        ledger = Ledger({entry.address: replace(entry, fields={"/voice": kept})})
        found = recognise_secrets(ledger, [declare(voice=value)], catalog=catalog, fingerprint=fingerprint)
        return found.entries[entry.address].fields["/voice"]

    known = recognise({"token": "hush", "sid": "2", "plain": 1})
    assert same(known, {**kept, "token": Secret("hush")})
    assert same(recognise({"token": "loud"}), kept)
    assert same(recognise("no object"), kept)


def test_a_saved_plan_gets_nested_secrets_and_keeps_what_git_does_not_declare(resource_type: ResourceType) -> None:
    keys = Field("voice", {}, fields={"token": Field("token", {}, secret=True, readable=False)})
    nested = replace(resource_type, fields={**resource_type.fields, "voice": keys})
    withheld = Secret("")
    body = {"voice": {"token": Secret(""), "other": withheld, "sid": "1", "deep": {"a": 1}}, "name": "B"}
    request = Request("PATCH", "https://api.galtea.ai/x", body)
    update = Update(
        "phone_connections.a", "galtea", "galtea", "phone_connections", IDENTITY, (), request, Location("a.yaml")
    )
    filled = fill_secrets(update, declare(voice={"token": "hush", "sid": "2"}, name="C"), resource_type=nested)
    sent = filled.request.body
    assert same(sent["voice"]["token"], Secret("hush"))
    assert sent["voice"]["other"] is withheld
    assert (sent["voice"]["sid"], sent["voice"]["deep"], sent["name"]) == ("1", {"a": 1}, "B")
    bare = fill_secrets(update, declare(voice="no object"), resource_type=nested)
    assert bare.request.body["voice"] == body["voice"]


def test_what_an_undo_took_back_is_recorded_with_all_else(resource_type: ResourceType) -> None:
    undone = {"/name": Undone("run-7", "B")}
    kept = record_applied(
        declare(name="A"),
        IDENTITY,
        resource_type=resource_type,
        when="2026-01-01T00:00:00Z",
        commit="abc",
        run="r",
        kept={"/name": "old", "/speed": 1},
        undone=undone,
    )
    assert kept == Applied(
        "phone_connections.a",
        "galtea",
        "galtea",
        "phone_connections",
        "phoneConnection_1",
        {"/name": "A", "/speed": 1},
        "2026-01-01T00:00:00Z",
        "abc",
        "r",
        undone,
    )
