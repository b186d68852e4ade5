"""Updates travel together where the vendor has a request for it, each exactly once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from reconciler.engine.batch import count_requests, group_updates, name_carriers
from reconciler.engine.encode import encode_batch
from reconciler.model.diagnostic import Location
from reconciler.model.plan import Change, Request, Update
from reconciler.model.resource_type import Identity
from reconciler.vendors import load_catalog
from tests.engine.test_laws import LAW
from tests.engine.worlds import make_account

CATALOG = load_catalog()
CONNECTORS = CATALOG.resource_types["polyai", "connectors"]
assert CONNECTORS.batch is not None
SIZE, GROUP = CONNECTORS.batch.size, CONNECTORS.batch.group


def make_update(number: int, *, agent: str, account: str = "polyai", field: str = "voiceName") -> Update:
    identity = Identity((("agentId", agent), ("connectorId", f"c-{number}")))
    url = f"https://api.us.poly.ai/v1/agents/{agent}/telephony/connectors/c-{number}"
    change = Change((field,), "a", "b")
    return Update(
        address=f"connectors.c{number}",
        provider="polyai",
        account=account,
        kind="connectors",
        identity=identity,
        changes=(change,),
        request=Request("PATCH", url, {field: "b"}),
        location=Location("polyai.yaml"),
    )


def make_other(number: int) -> Update:
    identity = Identity((("id", f"phoneConnection_{number}"),))
    return Update(
        address=f"phone_connections.p{number}",
        provider="galtea",
        account="galtea",
        kind="phone_connections",
        identity=identity,
        changes=(Change(("name",), "a", "b"),),
        request=Request("PATCH", f"https://api.galtea.ai/phoneConnections/{identity}", {"name": "b"}),
        location=Location("galtea.yaml"),
    )


@st.composite
def update_lists(draw: st.DrawFn) -> list[Update]:
    kinds = draw(st.lists(st.sampled_from(["a", "a", "a", "b", "eu", "move", "galtea"]), max_size=70))
    return [_draw_update(number, kind) for number, kind in enumerate(kinds)]


def _draw_update(number: int, kind: str) -> Update:
    if kind == "galtea":
        return make_other(number)
    if kind == "move":
        return make_update(number, agent="P-a", field="projectId")
    return make_update(number, agent=f"P-{kind}", account="polyai-eu" if kind == "eu" else "polyai")


@given(update_lists())
@LAW
def test_every_update_travels_exactly_once(updates: list[Update]) -> None:
    groups = group_updates(updates, catalog=CATALOG)
    travelled = [update.address for group in groups for update in group]
    assert sorted(travelled) == sorted(update.address for update in updates)
    assert count_requests(updates, catalog=CATALOG) == len(groups)


@given(update_lists())
@LAW
def test_groups_keep_the_order_of_the_plan(updates: list[Update]) -> None:
    place = {update.address: number for number, update in enumerate(updates)}
    for group in group_updates(updates, catalog=CATALOG):
        places = [place[update.address] for update in group]
        assert places == sorted(places)


@given(update_lists())
@LAW
def test_a_group_is_of_one_account_and_agent_and_no_longer_than_the_vendor_takes(updates: list[Update]) -> None:
    for group in group_updates(updates, catalog=CATALOG):
        assert 1 <= len(group) <= SIZE
        if len(group) > 1:
            assert (
                len({(update.account, update.provider, *(update.identity[part] for part in GROUP)) for update in group})
                == 1
            )
            assert all(change.path != ("projectId",) for update in group for change in update.changes)


def count(updates: Sequence[Update]) -> list[int]:
    return [len(group) for group in group_updates(updates, catalog=CATALOG)]


def test_one_agent_fills_batches_to_the_limit() -> None:
    assert SIZE == 25
    assert count([make_update(number, agent="P-1") for number in range(60)]) == [25, 25, 10]


def test_a_batch_holds_each_body_under_its_id() -> None:
    updates = [make_update(1, agent="P/1"), make_update(2, agent="P/1", field="asrLangCode")]
    request = encode_batch(CONNECTORS, updates, base_url="https://api.us.poly.ai/")
    assert request.method == "PATCH"
    assert request.url == "https://api.us.poly.ai/v1/agents/P%2F1/telephony/connectors/batch"
    assert request.body == {
        "updates": [{"connectorId": "c-1", "voiceName": "b"}, {"connectorId": "c-2", "asrLangCode": "b"}]
    }


def test_what_travels_in_a_batch_says_where_that_goes_and_nothing_else_changes() -> None:
    pair = [make_update(number, agent="P-1") for number in (1, 2)]
    updates = [pair[0], make_other(3), pair[1], make_update(4, agent="P-2")]
    accounts = {"polyai": replace(make_account(), base_url="https://poly.test"), "galtea": make_account()}
    url = "https://poly.test/v1/agents/P-1/telephony/connectors/batch"
    carried = name_carriers(updates, catalog=CATALOG, accounts=accounts)
    assert [update.request.batch for update in carried] == [url, "", url, ""]
    assert [replace(update, request=replace(update.request, batch="")) for update in carried] == updates
