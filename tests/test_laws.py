"""The laws (docs/concepts.md) over random worlds, against the whole product but its command line.

`RECONCILER_HYPOTHESIS=thorough` draws many more worlds.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings

from reconciler.app.review.drift import judge_drift, keep_drift
from reconciler.model.outcome import SETTLED
from reconciler.model.plan import Cause, Request, Update
from reconciler.model.secret import reveal_within
from tests.laws.agents import draw_agents
from tests.laws.neighbours import draw_neighbours
from tests.laws.stage import Documents, Stage, build_settings
from tests.laws.worlds import STAMPS, Drawn, draw_worlds, find_spec, holds

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]
settings.register_profile("ci", max_examples=50, derandomize=True, deadline=None, suppress_health_check=SLOW)
settings.register_profile("thorough", max_examples=1_000, deadline=None, suppress_health_check=SLOW)
PROFILE = settings.get_profile(os.environ.get("RECONCILER_HYPOTHESIS", "ci"))


@contextmanager
def set_stage(drawn: Drawn, **more: Any) -> Iterator[Stage]:
    with tempfile.TemporaryDirectory() as name:
        rules = build_settings(clear=drawn.clear, apis=drawn.apis)
        more = {"switches": drawn.switches, "settings": rules, **more}
        stage = Stage(Path(name) / "project", drawn.seed, drawn.declared, **more)
        try:
            yield stage
        finally:
            stage.close()


def list_wrong(drawn: Drawn, live: Documents) -> list[str]:
    """List the declared fields that the world does not hold."""
    return [
        f"{address}.{name}: {live[place].get(name)!r}, declared {wanted!r}"
        for address, place in drawn.places.items()
        for name, wanted in find_spec(drawn, address).items()
        if not holds(live[place], name, wanted)
    ]


def list_damage(drawn: Drawn, before: Documents, after: Documents) -> list[str]:
    """List the fields that nobody declared and that changed all the same."""
    owned = {place: {*find_spec(drawn, address), *STAMPS} for address, place in drawn.places.items()}
    # The variant belongs to the project: a move takes it away (I).
    owned = {place: fields | {"variantId"} if "projectId" in fields else fields for place, fields in owned.items()}
    return [
        f"{place} {name}: {before[place].get(name)!r} -> {document.get(name)!r}"
        for place, document in after.items()
        for name in {*document, *before[place]} - owned.get(place, set())
        if before[place].get(name) != document.get(name)
    ] + [f"{place} {lost}" for place, lost in _find_lost_keys(drawn, before, after)]


def _find_lost_keys(drawn: Drawn, before: Documents, after: Documents) -> Iterator[tuple[Any, str]]:
    """A map is owned key by key (law 1)."""
    for address, place in drawn.places.items():
        for name in ("example_context", "variables"):
            declared = find_spec(drawn, address).get(name)
            if declared is None:
                continue  # not ours, or cleared whole
            old, new = (documents[place].get(name) or {} for documents in (before, after))
            yield from ((place, key) for key in old if key not in declared and new.get(key) != old[key])


@given(drawn=draw_worlds() | draw_agents() | draw_neighbours())
@settings(PROFILE)
def test_apply_makes_it_so_once_and_for_all(drawn: Drawn) -> None:
    with set_stage(drawn) as stage:
        before = stage.photograph()
        planned = stage.plan()
        assert stage.methods <= {"GET"}
        assert stage.photograph() == before

        applied = stage.apply()
        assert applied.exit_code == 0, applied.explain()
        assert [one.result for one in applied.deployed.outcomes if one.result not in SETTLED] == []
        assert [update.address for update in applied.plan.updates] == [update.address for update in planned.updates]
        after = stage.photograph()
        assert list_wrong(drawn, after) == []
        assert list_damage(drawn, before, after) == []
        check_writes(stage, applied.plan.updates)

        stage.world.requests.clear()
        again = stage.review()
        assert again.plan.updates == ()
        assert stage.plan_exit() == 0
        assert judge_drift(keep_drift(again.plan)) == 0
        assert stage.methods <= {"GET"}
        assert stage.photograph() == after
        assert stage.world.dangers == []


def check_writes(stage: Stage, updates: tuple[Update, ...]) -> None:
    """Nothing is sent but what was planned (law 4), each once; a vendor that refuses such bodies gets others."""
    if stage.switches.get("galtea-patch") == "strict" or stage.switches.get("polyai-batch-limit", "25") != "25":
        return
    planned = {update.request.batch or update.request.url for update in updates}
    assert len(stage.writes) == len(
        {(served.host, served.path, served.query, str(served.body)) for served in stage.writes}
    )
    assert {served.path for served in stage.writes} == {Path_of(url) for url in planned}
    bodies = [body for served in stage.writes for body in _split(served.body)]
    assert sorted(map(_freeze, bodies)) == sorted(_freeze(reveal_within(update.request.body)) for update in updates)


def Path_of(url: str) -> str:  # noqa: N802
    return "/" + url.partition("://")[2].partition("/")[2].partition("?")[0]


def _split(body: Any) -> list[dict[str, Any]]:
    """Take a batch apart; the key of an entry stands in the address of a request that travels alone."""
    if "updates" not in body:
        return [body]
    return [{name: value for name, value in entry.items() if name != "connectorId"} for entry in body["updates"]]


def _freeze(body: Mapping[str, Any]) -> str:
    return repr(sorted(body.items()))


@given(drawn=draw_worlds() | draw_agents() | draw_neighbours())
@settings(PROFILE)
def test_a_lost_ledger_costs_no_safety(drawn: Drawn) -> None:
    with set_stage(drawn) as stage:
        stage.apply()
        done = stage.photograph()
        stage.lose_ledger()
        blind = stage.plan()
        causes = {change.cause for update in blind.updates for change in update.changes}
        assert causes <= {Cause.UNVERIFIABLE}, "only what cannot be read back is sent once more"
        applied = stage.apply()
        assert applied.exit_code == 0, applied.explain()
        assert stage.photograph() == done
        assert stage.plan_exit() == 0
        assert stage.world.dangers == []


@given(drawn=draw_worlds() | draw_agents() | draw_neighbours())
@settings(PROFILE)
def test_no_field_of_a_body_can_be_left_out(drawn: Drawn) -> None:
    with set_stage(drawn) as stage:
        updates = stage.plan().updates
        stage.apply()
        wanted = stage.photograph()
    for update in updates:
        for name in update.request.body:
            check_needed(drawn, update, name, wanted)


def check_needed(drawn: Drawn, update: Update, name: str, wanted: Documents) -> None:
    """Send a body without one field to a fresh copy of the world: the vendor refuses, or something stays undone."""
    blind = any(change.path[0] == name and change.cause is Cause.UNVERIFIABLE for change in update.changes)
    place = drawn.places[update.address]
    body = {field: value for field, value in update.request.body.items() if field != name}
    with set_stage(drawn) as copy:
        answer = copy.send(replace(update.request, body=body))
        unmade = not answer.is_success or copy.photograph()[place] != wanted[place]
    assert unmade or blind, f"{update.address}: {name} need not be sent"


def test_dropping_is_noticed() -> None:
    """The check above can fail: a field that changes nothing is found."""
    seed: dict[str, Any] = {"galtea": {"phoneConnections": [CONNECTION_ROW]}}
    drawn = Drawn(
        seed,
        {"phone_connections": {"line": {"id": "pc_0", "spec": {"voice": "jack"}}}},
        {"phone_connections.line": ("galtea", "phoneConnections", "pc_0")},
    )
    with set_stage(drawn) as stage:
        (update,) = stage.plan().updates
        stage.apply()
        wanted = stage.photograph()
    padded = replace(update, request=Request("PATCH", update.request.url, {**update.request.body, "name": "Line 0"}))
    check_needed(drawn, padded, "voice", wanted)
    try:
        check_needed(drawn, padded, "name", wanted)
    except AssertionError:
        return
    raise AssertionError("a superfluous field went unnoticed")


CONNECTION_ROW = {"id": "pc_0", "productId": "prod_1", "name": "Line 0", "phoneNumber": "+12025550143"}
