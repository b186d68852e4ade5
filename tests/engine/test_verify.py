"""The laws of comparing before and after a write."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import assume, given
from hypothesis import strategies as st

from reconciler.engine.encode import identity_after, reads_back
from reconciler.engine.verify import (
    find_collateral,
    find_moved,
    find_unusable,
    find_wrong,
    list_mismatches,
    live_value,
    was_written,
)
from reconciler.model.live import Present, Unknown
from reconciler.model.outcome import Collateral, Mismatch
from reconciler.model.paths import MISSING, Json, Missing
from reconciler.model.plan import Change, Consequence, Request, Update
from reconciler.model.spoiled import Spoiled
from reconciler.vendors import load_catalog
from tests.engine.test_laws import LAW, plan_update
from tests.engine.worlds import KEYS, LINE, TREES, World, canon, declare, is_held, live_values_of, make_account, worlds


@given(worlds())
@LAW
def test_nothing_moved_while_nothing_moves(world: World) -> None:
    update = plan_update(world)
    assert find_moved(world.resource_type, update, world.answer()) == ()


@given(worlds())
@LAW
def test_what_is_already_as_planned_has_not_moved(world: World) -> None:
    update = plan_update(world)
    assert find_moved(world.resource_type, update, world.send(update.request.body).answer()) == ()


@given(worlds(), st.data())
@LAW
def test_every_move_of_a_touched_field_is_found(world: World, data: st.DataObject) -> None:
    update = plan_update(world)
    resource_type = world.resource_type
    readable = [change for change in update.changes if resource_type.fields[change.path[0]].readable]
    assume(readable)
    change = data.draw(st.sampled_from(readable))
    known = resource_type.fields[change.path[0]]
    moved = data.draw(live_values_of(known))
    assume(not is_held(known, world.declared.spec[known.name], moved))
    value = live_value(resource_type, change.path, {known.name: moved})
    assume(canon(value) not in (canon(change.before), canon(change.after)))
    found = find_moved(resource_type, update, {**world.answer(), known.name: moved})
    if not (isinstance(change.after, dict) and isinstance(value, dict)):
        assert change.path in found


@given(worlds(), st.data())
@LAW
def test_a_move_of_another_field_is_no_move(world: World, data: st.DataObject) -> None:
    update = plan_update(world)
    touched = {change.path[0] for change in update.changes}
    others = [name for name, known in world.resource_type.fields.items() if name not in touched and known.readable]
    assume(others)
    name = data.draw(st.sampled_from(others))
    moved = {**world.answer(), name: data.draw(live_values_of(world.resource_type.fields[name]))}
    assert find_moved(world.resource_type, update, moved) == ()


@given(
    worlds(resource_types=(LINE,)), st.sampled_from(["replaced", "opaque"]), st.dictionaries(KEYS, TREES, max_size=3)
)
@LAW
def test_an_object_that_travels_whole_must_not_have_grown(world: World, name: str, rest: Json) -> None:
    declared = replace(world.declared, spec={**world.declared.spec, name: {"ours": 1}})
    state = {**world.state, name: {"ours": 2, **rest}}
    update = plan_update(replace(world, declared=declared, state=state))
    grown = {**state[name], "new here": 1}
    assert (name,) in find_moved(LINE, update, {**world.answer(), name: grown})
    assert (name,) not in find_moved(LINE, update, {**world.answer(), name: state[name]})


def test_an_object_that_grows_under_a_plan_to_replace_it_has_moved() -> None:
    update = one_change(("merged", "a"), before={"b": 1}, after="text", body={"merged": {"a": "text"}})
    assert find_moved(LINE, update, {"merged": {"a": {"b": 1}}}) == ()
    assert find_moved(LINE, update, {"merged": {"a": {"b": 1, "c": 2}}}) == (("merged", "a"),)


def test_an_object_set_over_a_list_has_not_moved_by_itself() -> None:
    update = one_change(("opaque", "a"), before=[], after={"b": None}, body={"opaque": {"a": {"b": None}}})
    assert find_moved(LINE, update, {"opaque": {"a": []}}) == ()
    assert find_moved(LINE, update, {"opaque": {"a": [1]}}) == (("opaque", "a"),)
    assert find_moved(LINE, update, {"opaque": {"a": {"other": 1}}}) == (("opaque",),)


@given(worlds())
@LAW
def test_nothing_is_wrong_after_the_whole_body(world: World) -> None:
    update = plan_update(world)
    assert find_wrong(world.resource_type, update, world.send(update.request.body).answer()) == ()


@given(worlds(), st.data())
@LAW
def test_what_the_vendor_ignored_is_wrong(world: World, data: st.DataObject) -> None:
    update = plan_update(world)
    fields = world.resource_type.fields
    names = sorted({change.path[0] for change in update.changes if fields[change.path[0]].readable})
    assume(names)
    ignored = data.draw(st.sampled_from(names))
    rest = {name: value for name, value in update.request.body.items() if name != ignored}
    wrong = find_wrong(world.resource_type, update, world.send(rest).answer())
    assert wrong == tuple(change.path for change in update.changes if change.path[0] == ignored)


@given(worlds())
@LAW
def test_a_faithful_vendor_does_no_collateral_damage(world: World) -> None:
    started = replace(world, merge_habit="replace")
    update = plan_update(started)
    after = started.send(update.request.body)
    assert find_collateral(world.resource_type, update, before=started.answer(), after=after.answer()) == ()


@given(worlds(), st.data())
@LAW
def test_collateral_damage_is_named_with_the_old_value(world: World, data: st.DataObject) -> None:
    update = plan_update(world)
    fields = world.resource_type.fields
    touched = {change.path[0] for change in update.changes} | {*update.request.companions, world.resource_type.stamp}
    unsent = [
        name for name, known in fields.items() if name not in touched and known.readable and not known.derived_from
    ]
    assume(unsent)
    name = data.draw(st.sampled_from(unsent))
    after = {**world.send(update.request.body).answer(), name: "wiped out"}
    damage = find_collateral(world.resource_type, update, before=world.answer(), after=after)
    assert [found.path for found in damage if len(found.path) == 1 and found.path[0] not in touched] == [(name,)]
    assert is_held(fields[name], damage[0].before, world.answer().get(name))
    assert damage[0].after == "wiped out"


@given(TREES)
def test_a_wiped_key_beside_a_touched_one_is_damage(value: Json) -> None:
    update = one_change(("merged", "a"), before=1, after=2, body={"merged": {"a": 2}})
    before = {"merged": {"a": 1, "keep": {"deep": "text", "other": value}}}
    after = {"merged": {"a": 2, "keep": {"other": value}}}
    damage = find_collateral(LINE, update, before=before, after=after)
    assert [found.path for found in damage] == [("merged",)]
    assert find_collateral(LINE, update, before=before, after={"merged": {**before["merged"], "a": 2}}) == ()


def test_what_the_vendor_derives_is_no_damage() -> None:
    connectors = load_catalog().resource_types["polyai", "connectors"]
    update = one_change(("voiceName",), before="en-US-A", after="de-DE-A", body={"voiceName": "de-DE-A"})
    before = {"voiceName": "en-US-A", "ttsLangCode": "en-US", "name": "Live"}
    after = {"voiceName": "de-DE-A", "ttsLangCode": "de-DE", "name": "Live"}
    assert find_collateral(connectors, update, before=before, after=after) == ()
    renamed = find_collateral(connectors, update, before=before, after={**after, "name": "Dead"})
    assert [(found.path, found.before, found.after) for found in renamed] == [(("name",), "Live", "Dead")]


def test_what_another_object_lends_is_no_damage() -> None:
    """The number's agent was renamed meanwhile, by our own update or by anybody."""
    numbers = load_catalog().resource_types["fluents", "numbers"]
    update = one_change(("label",), before="Front", after="Back", body={"label": "Back"})
    before = {"label": "Front", "inbound_agent": "a", "inbound_agent_name": "Ann", "active": True}
    after = {**before, "label": "Back", "inbound_agent_name": "Bob"}
    assert find_collateral(numbers, update, before=before, after=after) == ()
    repointed = find_collateral(numbers, update, before=before, after={**after, "inbound_agent": "b", "active": False})
    assert {found.path for found in repointed} == {("inbound_agent",), ("active",)}


def test_a_move_gives_another_identity() -> None:
    connectors = load_catalog().resource_types["polyai", "connectors"]
    move = one_change(("projectId",), before="P-1", after="P-2", body={"projectId": "P-2"})
    at = replace(move, identity=move.identity.__class__((("agentId", "P-1"), ("connectorId", "c-1"))))
    assert identity_after(connectors, at).parts == (("agentId", "P-2"), ("connectorId", "c-1"))
    stay = one_change(("voiceName",), before="a", after="b", body={"voiceName": "b"})
    assert identity_after(connectors, stay) == stay.identity


def test_an_update_reads_back_only_where_every_field_does() -> None:
    readable = one_change(("fixed",), before="a", after="b", body={"fixed": "b"})
    hidden = one_change(("hidden",), before="a", after="b", body={"hidden": "b"})
    assert reads_back(LINE, readable)
    assert not reads_back(LINE, replace(hidden, changes=(*readable.changes, *hidden.changes)))


def test_a_companion_that_moved_is_named_and_one_that_cannot_be_read_is_not() -> None:
    update = one_change(("fixed",), before="a", after="b", body={"fixed": "b", "text": "t", "token": "x"})
    update = replace(update, request=replace(update.request, companions=("text", "token")))
    assert find_moved(LINE, update, {"fixed": "a", "text": "t", "token": "masked"}) == ()
    assert find_moved(LINE, update, {"fixed": "a", "text": "other"}) == (("text",),)
    cleared = replace(update, request=replace(update.request, body={"fixed": "b", "text": None}))
    assert find_moved(LINE, cleared, {"fixed": "a", "text": ""}) == ()
    assert find_moved(LINE, cleared, {"fixed": "a", "text": "t"}) == (("text",),)
    set_free = replace(LINE, fields={**LINE.fields, "text": replace(LINE.fields["text"], equals_null=("t",))})
    assert find_moved(set_free, update, {"fixed": "a", "text": None}) == ()


def test_a_mismatch_shows_of_an_object_what_was_planned_of_it() -> None:
    update = one_change(("opaque",), before=MISSING, after={"a": 1}, body={"opaque": {"a": 1}})
    (found,) = list_mismatches(LINE, update, {"opaque": {"a": 2, "b": 3}}, wrong=[("opaque",)])
    assert found == Mismatch(("opaque",), {"a": 1}, {"a": 2})
    text = one_change(("text",), before="a", after="b ", body={"text": "b "})
    (cut,) = list_mismatches(LINE, text, {"text": "b"}, wrong=[("text",)])
    assert cut == Mismatch(("text",), "b ", "b", "it cuts white space at the ends")
    assert list_mismatches(LINE, text, {"text": "b"}, wrong=[]) == ()
    hidden = one_change(("hidden",), before=MISSING, after="b", body={"hidden": "b"})
    (untold,) = list_mismatches(LINE, hidden, {}, wrong=[("hidden",)])
    assert untold == Mismatch(("hidden",), "b", None)


def test_an_object_may_still_be_what_it_was_with_keys_that_are_not_ours() -> None:
    update = one_change(("merged",), before={"a": 1}, after={"a": 2}, body={"merged": {"a": 2}})
    assert find_moved(LINE, update, {"merged": {"a": 1, "theirs": 1}}) == ()
    assert find_moved(LINE, update, {"merged": {"a": 3}}) == (("merged",),)


def test_damage_within_an_object_is_told_without_what_was_sent() -> None:
    update = one_change(("merged", "a"), before=1, after=2, body={"merged": {"a": 2}})
    before, after = {"merged": {"a": 1, "keep": 1}}, {"merged": {"a": 2, "keep": 2}}
    found = find_collateral(LINE, update, before=before, after=after)
    assert found == (Collateral(("merged",), {"keep": 1}, {"keep": 2}),)


def test_what_derives_from_anything_is_no_damage_and_what_became_another_than_told_is() -> None:
    stamp = replace(LINE.fields["amount"], derived_from={"*": "unknown"})
    line = replace(LINE, fields={**LINE.fields, "amount": stamp})
    update = one_change(("text",), before="a", after="b", body={"text": "b"})
    before, after = {"text": "a", "amount": 1}, {"text": "b", "amount": 2}
    assert find_collateral(line, update, before=before, after=after) == ()
    told = replace(update, consequences=(Consequence(("amount",), 1, 2, source="text"),))
    assert find_collateral(line, told, before=before, after=after) == ()
    other = replace(update, consequences=(Consequence(("amount",), 1, 3, source="text"),))
    assert find_collateral(line, other, before=before, after=after) == (Collateral(("amount",), 1, 2),)
    unknown = replace(update, consequences=(Consequence(("amount",), 1, MISSING, source="text"),))
    assert find_collateral(line, unknown, before=before, after=after) == ()


def test_what_an_answer_does_not_truly_tell_is_no_damage() -> None:
    update = one_change(("text",), before="a", after="b", body={"text": "b"})
    spoiled = Spoiled("…", why="holds a key of ours")
    before, after = {"text": "a", "fixed": "x", "amount": 1}, {"text": "b", "fixed": spoiled, "amount": 2}
    assert find_collateral(LINE, update, before=before, after=after) == (Collateral(("amount",), 1, 2),)
    assert find_collateral(LINE, update, before={**before, "fixed": spoiled}, after={**after, "fixed": "x"}) == (
        Collateral(("amount",), 1, 2),
    )


def test_a_text_in_another_unicode_form_is_neither_moved_nor_wrong_nor_damage() -> None:
    composed, apart = "caf\u00e9", "cafe\u0301"
    update = one_change(("text",), before=composed, after="tea", body={"text": "tea"})
    assert find_moved(LINE, update, {"text": apart}) == ()
    wanted = one_change(("text",), before="tea", after=composed, body={"text": composed})
    assert find_wrong(LINE, wanted, {"text": apart}) == ()
    assert find_wrong(LINE, wanted, {"text": "cafe"}) == (("text",),)
    beside = one_change(("amount",), before=1, after=2, body={"amount": 2})
    before, after = {"amount": 1, "text": composed}, {"amount": 2, "text": apart}
    assert find_collateral(LINE, beside, before=before, after=after) == ()
    nested = one_change(("merged", "a"), before=1, after=2, body={"merged": {"a": 2}})
    before, after = {"merged": {"a": 1, "b": composed}}, {"merged": {"a": 2, "b": apart}}
    assert find_collateral(LINE, nested, before=before, after=after) == ()


def test_a_key_of_an_object_that_is_not_served_is_not_known() -> None:
    unserved = replace(LINE, fields={**LINE.fields, "merged": replace(LINE.fields["merged"], absence="unsupported")})
    assert live_value(unserved, ("merged", "a"), {}) is MISSING
    assert live_value(LINE, ("merged", "a"), {}) is None
    assert live_value(LINE, ("merged", "a"), {"merged": {"a": 1}}) == 1


def test_what_stands_beside_a_leaf_that_was_set_is_not_what_was_sent() -> None:
    update = one_change(("merged",), before=None, after={"a": {"b": 1}}, body={"merged": {"a": {"b": 1}}})
    before, after = {"merged": {"a": {"b": 0, "c": 1}}}, {"merged": {"a": {"b": 1, "c": 2}}}
    found = find_collateral(LINE, update, before=before, after=after)
    assert found == (Collateral(("merged",), {"a": {"c": 1}}, {"a": {"c": 2}}),)
    over = one_change(("merged", "a"), before={"x": 1}, after="text", body={"merged": {"a": "text"}})
    assert find_collateral(LINE, over, before={"merged": {"a": {"x": 1}}}, after={"merged": {"a": "text"}}) == ()


def test_a_spoiled_field_is_found_under_the_name_that_the_answer_has() -> None:
    renamed = replace(LINE, fields={**LINE.fields, "text": replace(LINE.fields["text"], read_name="shown")})
    spoiled = Spoiled("…", why="holds a key of ours")
    identity = one_change(("text",), before="a", after="b", body={}).identity
    found = find_unusable(renamed, Present(identity, {"shown": spoiled, "text": "b"}), ["text"])
    advice = "Remove it at the vendor. If it was a key, replace that key: whoever can read this object can read it too."
    told = f"{identity}: what was answered as shown holds a key of ours"
    assert found == Unknown(told, code="answer-spoiled", advice=advice)
    assert find_unusable(renamed, Present(identity, {"shown": "b", "text": spoiled}), ["text"]) is None
    assert find_unusable(renamed, Present(identity, {"of tomorrow": spoiled}), ["of tomorrow"]) is not None


def one_change(path: tuple[str, ...], *, before: Json | Missing, after: Json, body: dict[str, Json]) -> Update:
    declared = declare(LINE, {})
    assert declared.identity is not None
    return Update(
        address=declared.address,
        provider="acme",
        account=make_account().name,
        kind="lines",
        identity=declared.identity,
        changes=(Change(path, before, after),),
        request=Request("PATCH", "https://api.acme.example/lines/id-1", body),
        location=declared.location,
    )


def test_a_stamp_tells_of_any_write_between_two_readings() -> None:
    stamped = replace(LINE, stamp="updated")
    for before, after, told in (
        ({"updated": "a"}, {"updated": "b"}, True),
        ({"updated": "a"}, {"updated": "a", "text": "x"}, False),
        ({}, {"updated": "b"}, False),
        ({"updated": "a"}, {"updated": None}, False),
    ):
        assert was_written(stamped, before=before, after=after) is told
        assert not was_written(LINE, before=before, after=after), "without a stamp nothing is told"
