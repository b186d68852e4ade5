"""The laws of planning, over every resource type and one with every trait, against an independent model of a vendor."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from reconciler.engine.normal_form import normalise, same
from reconciler.model.field import Field
from reconciler.model.paths import Json
from reconciler.model.plan import Status, Update
from reconciler.model.secret import Secret
from tests.engine.worlds import LINE, RESOURCE_TYPES, TREES, World, live_values_of, values_of, worlds

LAW = settings(deadline=None)
FIELDS = [known for resource_type in RESOURCE_TYPES for known in resource_type.fields.values()]


def plan_update(world: World) -> Update:
    """Return the update of a world that has one and is not refused."""
    verdict = world.plan()
    assume(verdict.update is not None)
    assert verdict.update is not None
    return verdict.update


@given(st.data(), st.sampled_from(FIELDS))
def test_normal_form_is_idempotent(data: st.DataObject, known: Field) -> None:
    value = data.draw(live_values_of(known) | TREES)
    once = normalise(known, value)
    assert same(normalise(known, once), once)


@given(st.data(), st.sampled_from(FIELDS))
def test_normal_form_keeps_the_json_type_or_becomes_null(data: st.DataObject, known: Field) -> None:
    value = data.draw(values_of(known, clears=False))
    once = normalise(known, value)
    kind = (int, float) if isinstance(value, int | float) else type(value)
    sealed = known.secret and not isinstance(value, dict)  # of an object the leaves are sealed
    assert once is None or isinstance(once, Secret if sealed else kind)
    assert isinstance(once, bool) == isinstance(value, bool) or once is None


@given(worlds())
@LAW
def test_planning_what_is_live_is_empty(world: World) -> None:
    fields = world.resource_type.fields
    live = {name: value for name, value in world.answer().items() if fields[name].writable}
    spec = {name: normalise(fields[name], value) for name, value in live.items()}
    mirrored = replace(world, declared=replace(world.declared, spec=spec))
    assert mirrored.plan().planned.status is Status.IN_SYNC


@given(worlds())
@LAW
def test_the_second_plan_is_empty(world: World) -> None:
    update = plan_update(world)
    after = world.send(update.request.body)
    assert after.is_as_declared()
    again = after.record().plan()
    assert again.planned.status is Status.IN_SYNC
    assert again.update is None


@given(worlds())
@LAW
def test_an_in_sync_object_is_as_declared(world: World) -> None:
    if world.plan().planned.status is Status.IN_SYNC:
        assert world.is_as_declared()


@given(worlds())
@LAW
def test_no_field_of_a_body_can_be_left_out(world: World) -> None:
    update = plan_update(world)
    body = update.request.body
    for name in set(body) - set(update.request.companions):
        rest = {key: value for key, value in body.items() if key != name}
        assert not world.send(rest).is_as_declared()


@given(worlds(resource_types=(LINE,)))
@LAW
def test_no_leaf_of_a_merged_object_can_be_left_out(world: World) -> None:
    body = plan_update(world).request.body
    for smaller in _drop_leaves(body.get("merged")):
        assert not world.send({**body, "merged": smaller}).is_as_declared()


def _drop_leaves(value: Json) -> list[Json]:
    """List the objects with one leaf less; a leaf that is an object itself was set whole."""
    if not isinstance(value, dict) or len(value) < 2:
        return []
    return [{key: inner for key, inner in value.items() if key != dropped} for dropped in value]


@given(worlds())
@LAW
def test_a_body_holds_changes_and_companions_only(world: World) -> None:
    update = plan_update(world)
    changed = {change.path[0] for change in update.changes}
    assert set(update.request.body) == changed | set(update.request.companions)
    assert changed <= set(world.declared.spec)
    assert changed.isdisjoint(update.request.companions)


@given(worlds(), st.data())
@LAW
def test_fields_that_are_not_owned_never_change_the_plan(world: World, data: st.DataObject) -> None:
    resource_type = world.resource_type
    foreign = [
        name
        for name, known in resource_type.fields.items()
        if name not in world.declared.spec and name != resource_type.tombstone and known.readable
    ]
    state = dict(world.state)
    assume(foreign)
    for name in data.draw(st.lists(st.sampled_from(foreign), unique=True)):
        state[name] = data.draw(live_values_of(resource_type.fields[name]))
    state["a field of tomorrow"] = 1
    known = {name: value for name, value in state.items() if name in resource_type.fields}
    before, after = world.plan(), replace(world, state=known).plan()
    assert before.planned == after.planned
    assert before.diagnostics == after.diagnostics
    if before.update and after.update:
        assert before.update.changes == after.update.changes
        assert before.update.request == after.update.request


@given(worlds(resource_types=(LINE,)), TREES)
@LAW
def test_keys_that_are_not_owned_never_change_the_changes(world: World, value: Json) -> None:
    before = world.plan()
    state = dict(world.state)
    for name in list_kept_objects(world):
        state[name] = {**state[name], "not ours": value}
    after = replace(world, state=state).plan()
    assert before.planned.status is after.planned.status
    if before.update and after.update:
        assert before.update.changes == after.update.changes
        assert set(before.update.request.body) == set(after.update.request.body)


@given(worlds(resource_types=(LINE,)))
@LAW
def test_keys_that_are_not_owned_survive_the_update_at_every_depth(world: World) -> None:
    planted = {name: _plant(world.state[name]) for name in list_kept_objects(world)}
    started = replace(world, state={**world.state, **planted}, merge_habit="replace")
    update = plan_update(started)
    after = started.send(update.request.body)
    for name, value in planted.items():
        assert _survives(after.state[name], value, declared=world.declared.spec.get(name, {}))


def list_kept_objects(world: World) -> list[str]:
    """List the live objects that the declaration does not clear whole."""
    spec = world.declared.spec
    return [
        name
        for name in ("merged", "replaced", "opaque")
        if isinstance(world.state.get(name), dict)
        and world.state[name]
        and (name not in spec or normalise(LINE.fields[name], spec[name]) is not None)
    ]


def _plant(value: Json) -> Json:
    """Put a key that nobody owns into every object."""
    if not isinstance(value, dict):
        return value
    return {"not ours": 1} | {key: _plant(inner) for key, inner in value.items()}


def _survives(held: Json, planted: Json, *, declared: Json) -> bool:
    """Tell whether planted keys are still there wherever an object was declared over an object."""
    if not isinstance(planted, dict) or not isinstance(declared, dict):
        return True
    return held.get("not ours") == 1 and all(
        _survives(held.get(key), inner, declared=declared.get(key, {})) for key, inner in planted.items()
    )
