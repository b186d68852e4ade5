"""Whom a change of a shared object reaches, through whatever lies between."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from reconciler.engine.reach import tell_reach
from reconciler.model.live import Absent
from reconciler.model.paths import Json
from reconciler.model.plan import Reach
from reconciler.model.project import Declared
from tests.engine.shop import ACCOUNTS, CATALOG, declare, live, read, update_of

LIVES: Mapping[str, Mapping[str, Json]] = {
    "voices_v1": {"name": "Calm"},
    "agents_a1": {"name": "Desk", "voice": "v1", "prompts": ["p1"], "successor": "a2"},
    "agents_a2": {"name": "", "more": {"voice": "v1"}, "prompts": ["p2", "p1"]},
    "agents_a3": {"name": 7, "voice": {"id": "v2", "name": "Loud"}},
    "numbers_+1": {"name": "Front", "agent": "a1", "first_agent": "a3"},
    "numbers_+2": {"agent": "a2"},
}
READ = read(**LIVES)
RESOURCES = [declare(address) for address in READ]


def reach(
    address: str, resources: Sequence[Declared] = RESOURCES, *, account: str = "acme"
) -> dict[str, tuple[str, ...]] | None:
    updates = [update_of(address, account=account)]
    readings = {**READ, "agents.gone": Absent("404")}
    (update,) = tell_reach(updates, resources, catalog=CATALOG, live=live(readings), accounts=ACCOUNTS)
    return None if update.reach is None else dict(update.reach.users)


@pytest.mark.parametrize(
    ("address", "users"),
    [
        ("voices.v1", {"agents": ("Desk", "agents.a2"), "numbers": ("+1", "+2")}),
        ("voices.v2", {"agents": ("agents.a3",), "numbers": ("+1",)}),
        ("voices.v9", {"agents": (), "numbers": ()}),
        ("prompts.p1", {"agents": ("Desk", "agents.a2"), "numbers": ("+1", "+2")}),
        ("prompts.p2", {"agents": ("agents.a2", "Desk"), "numbers": ("+2", "+1")}),
        ("agents.a2", {"numbers": ("+2", "+1")}),
        ("numbers.+1", None),
        ("lines.x", None),
    ],
)
def test_the_users_of_an_object_are_named_nearest_kind_first(
    address: str, users: dict[str, tuple[str, ...]] | None
) -> None:
    found = reach(address)
    assert found == users
    assert list(found or {}) == list(users or {})


def test_what_git_declares_counts_beside_what_is_live() -> None:
    resources = [declare("agents.gone", voice="v7"), declare("agents.a1", voice="v7"), declare("agents.a2")]
    assert reach("voices.v7", resources) == {"agents": ("Desk",), "numbers": ()}
    assert reach("voices.v1", resources) == {"agents": ("Desk", "agents.a2"), "numbers": ()}


def test_ids_of_another_host_are_other_objects() -> None:
    assert reach("voices.v1", [declare("agents.a1", "again")]) == {"agents": ("Desk",), "numbers": ()}
    assert reach("voices.v1", [declare("agents.a1", "else")]) == {"agents": (), "numbers": ()}
    assert reach("voices.v1", [declare("agents.a1", "else")], account="else") == {"agents": ("Desk",), "numbers": ()}


def test_only_updates_of_what_others_may_use_tell_their_reach() -> None:
    updates = [update_of("numbers.+1"), update_of("voices.v2")]
    found = tell_reach(updates, RESOURCES, catalog=CATALOG, live=live(READ), accounts=ACCOUNTS)
    assert [update.address for update in found] == ["numbers.+1", "voices.v2"]
    assert found[0] is updates[0]
    assert found[1].reach == Reach((("agents", ("agents.a3",)), ("numbers", ("+1",))))
    alone = [update_of("numbers.+1")]
    assert tell_reach(alone, RESOURCES, catalog=CATALOG, live=live(READ), accounts=ACCOUNTS) == tuple(alone)


def test_each_generation_has_users_of_its_own() -> None:
    voices, agents = (CATALOG.resource_types["acme", kind] for kind in ("voices", "agents"))
    mute = replace(agents, fields={"name": agents.fields["name"]}, api="2")
    later = {("acme", "voices", "2"): replace(voices, api="2"), ("acme", "agents", "2"): mute}
    update = replace(update_of("voices.v1"), generation="2")
    (found,) = tell_reach(
        [update], RESOURCES, catalog=replace(CATALOG, generations=later), live=live(READ), accounts=ACCOUNTS
    )
    assert found == update, "no kind of that generation uses voices"
