"""Every end that an update can come to, each reached against the sandbox."""

from __future__ import annotations

import pytest

from reconciler.model.live import LiveState
from reconciler.model.outcome import Outcome, Result
from reconciler.model.plan import Request
from tests.remote.execute_stage import (
    AGENT,
    NUMBER,
    OTHER_AGENT,
    Stage,
    Watch,
    build_seed,
    fluents,
    galtea,
    opencopilot,
    polyai,
    present,
)


def only(outcomes: tuple[Outcome, ...]) -> Outcome:
    assert len(outcomes) == 1
    return outcomes[0]


def test_a_write_that_reads_back_equal_is_verified() -> None:
    stage = Stage()
    outcome = only(stage.apply(stage.plan(galtea(0, voice="jack"))))
    assert (outcome.result, outcome.message, outcome.status) == (Result.VERIFIED, "", 200)
    assert stage.read(galtea(0))["voice"] == "jack"
    assert stage.writes == [("PATCH", "/phoneConnections/pc_0", {"voice": "jack"})]


def test_success_may_be_201_or_without_a_body() -> None:
    stage = Stage(switches={"galtea-patch-answer": "204"})
    outcomes = stage.apply(stage.plan(galtea(0, voice="jack"), fluents(label="Desk")))
    assert [(one.result, one.status) for one in outcomes] == [(Result.VERIFIED, 204), (Result.VERIFIED, 201)]


def test_what_cannot_be_read_back_is_accepted() -> None:
    stage = Stage()
    outcome = only(stage.apply(stage.plan(opencopilot(base_prompt="Be brief."))))
    assert outcome.result is Result.ACCEPTED
    assert stage.read(opencopilot())["base_prompt"] == "Be brief."


def test_of_an_unreadable_object_the_readable_field_is_verified() -> None:
    stage = Stage(vices=["lost-write"])
    outcome = only(stage.apply(stage.plan(opencopilot(name="Desk", base_prompt="Be brief."))))
    assert (outcome.result, outcome.wrong_fields) == (Result.MISMATCH, (("name",),))


def test_the_vendors_no_is_rejected_with_its_words() -> None:
    stage = Stage()
    outcome = only(stage.apply(stage.plan(galtea(0, voice="nobody"))))
    assert (outcome.result, outcome.status) == (Result.REJECTED, 400)
    assert "voice" in outcome.message
    assert stage.read(galtea(0))["voice"] == "sarah"


def test_a_rejection_shows_the_request_id() -> None:
    stage = Stage()
    outcome = only(stage.apply(stage.plan(polyai(0, voiceName="not a voice"))))
    assert outcome.result is Result.REJECTED
    assert outcome.request_id.startswith("sandbox-")


def test_one_rejection_does_not_stop_the_others() -> None:
    stage = Stage()
    outcomes = stage.apply(stage.plan(galtea(0, voice="nobody"), galtea(1, voice="jack"), fluents(label="Desk")))
    assert [one.result for one in outcomes] == [Result.REJECTED, Result.VERIFIED, Result.VERIFIED]


def test_a_write_that_did_not_take_is_a_mismatch_that_names_the_field() -> None:
    stage = Stage(vices=["lost-write"])
    outcome = only(stage.apply(stage.plan(galtea(0, voice="jack", name="Desk"))))
    assert outcome.result is Result.MISMATCH
    assert set(outcome.wrong_fields) == {("voice",), ("name",)}
    assert "/voice" in outcome.message


def test_a_write_that_took_in_part_names_the_rest() -> None:
    stage = Stage(vices=["partial-write"])
    outcome = only(stage.apply(stage.plan(galtea(0, voice="jack", name="Desk"))))
    assert outcome.result is Result.MISMATCH
    assert len(outcome.wrong_fields) == 1


def test_collateral_damage_is_named_with_the_old_value() -> None:
    stage = Stage(vices=["collateral"])
    outcome = only(stage.apply(stage.plan(galtea(0, voice="jack"))))
    assert (outcome.result, outcome.wrong_fields) == (Result.MISMATCH, ())
    damage = outcome.collateral[0]
    assert damage.before == "Line 0"
    assert damage.path == ("name",)
    assert "/name" in outcome.message


def test_wiped_fields_are_collateral_damage() -> None:
    stage = Stage(vices=["wipe-on-patch"])
    outcome = only(stage.apply(stage.plan(fluents(label="Desk"))))
    assert outcome.result is Result.MISMATCH
    assert any(damage.path == ("description",) and damage.before == "Day" for damage in outcome.collateral)


@pytest.mark.parametrize("vice", ["drop-after-commit", "timeout-after-commit"])
def test_no_answer_but_done_is_verified_by_reading(vice: str) -> None:
    stage = Stage(vices=[vice])
    outcome = only(stage.apply(stage.plan(galtea(0, voice="jack"))))
    assert outcome.result is Result.VERIFIED
    assert "no answer" in outcome.message
    assert "read back and equal" in outcome.message
    assert len(stage.writes) == 1


@pytest.mark.parametrize("vice", ["drop-before-commit", "timeout-before-commit"])
def test_no_answer_and_undone_is_sent_once_more(vice: str) -> None:
    stage = Stage(vices=[vice])
    outcome = only(stage.apply(stage.plan(galtea(0, voice="jack"))))
    assert outcome.result is Result.VERIFIED
    assert stage.read(galtea(0))["voice"] == "jack"
    assert len(stage.writes) == 2


def test_no_answer_ever_stays_in_doubt() -> None:
    stage = Stage(vices=["drop-before-commit:99"])
    outcome = only(stage.apply(stage.plan(galtea(0, voice="jack"))))
    assert outcome.result is Result.IN_DOUBT
    assert "unchanged so far" in outcome.message
    assert len(stage.writes) == 3


def test_no_answer_and_no_reading_is_in_doubt() -> None:
    stage = Stage()
    updates = stage.plan(galtea(0, voice="jack"))
    stage = Stage(vices=["drop-after-commit", "down@galtea@reads"])
    outcome = only(stage.apply(updates, state=present(updates[0], stage.read(galtea(0)), read_at=1000.0)))
    assert outcome.result is Result.IN_DOUBT
    assert "could not be read back" in outcome.message
    assert len(stage.writes) == 1


def test_said_yes_but_unreadable_is_in_doubt() -> None:
    stage = Stage(vices=["down@galtea@reads"])
    updates = stage.plan(galtea(0, voice="jack"))
    state = present(updates[0], stage.read(galtea(0)), read_at=1000.0)
    outcome = only(stage.apply(updates, state=state))
    assert outcome.result is Result.IN_DOUBT
    assert "said yes" in outcome.message


def test_unreadable_fields_without_an_answer_are_tried_again_then_in_doubt() -> None:
    once = Stage(vices=["drop-after-commit"])
    outcome = only(once.apply(once.plan(opencopilot(base_prompt="Be brief."))))
    assert outcome.result is Result.ACCEPTED
    assert len(once.writes) == 2
    ever = Stage(vices=["drop-after-commit:99"])
    outcome = only(ever.apply(ever.plan(opencopilot(base_prompt="Be brief."))))
    assert outcome.result is Result.IN_DOUBT


def test_a_server_error_that_lasts_is_in_doubt_for_the_write_may_still_land() -> None:
    stage = Stage(vices=["down:galtea@writes"])
    outcome = only(stage.apply(stage.plan(galtea(0, voice="jack"))))
    assert (outcome.result, outcome.status) == (Result.IN_DOUBT, 503)
    assert "it may still take effect" in outcome.message
    assert len(stage.writes) == 3


def test_a_touched_field_that_moved_is_stale_and_not_overwritten() -> None:
    stage = Stage()
    updates = stage.plan(galtea(0, voice="jack", name="Desk"), galtea(1, voice="jack"))
    stage.edit(galtea(0), voice="megan")
    stale, other = stage.apply(updates)
    assert (stale.result, stale.wrong_fields) == (Result.STALE, (("voice",),))
    assert '/voice was "sarah" when planned and is "megan" now' in stale.message
    assert other.result is Result.VERIFIED
    assert stage.read(galtea(0))["voice"] == "megan"


def test_a_move_in_an_untouched_field_does_not_matter() -> None:
    stage = Stage()
    updates = stage.plan(galtea(0, voice="jack"))
    stage.edit(galtea(0), name="Renamed")
    assert only(stage.apply(updates)).result is Result.VERIFIED
    assert stage.read(galtea(0))["name"] == "Renamed"


def test_what_is_already_so_is_verified_without_a_write() -> None:
    stage = Stage()
    updates = stage.plan(galtea(0, voice="jack"))
    stage.edit(galtea(0), voice="jack")
    outcome = only(stage.apply(updates))
    assert (outcome.result, outcome.message) == (Result.VERIFIED, "already so, nothing was sent")
    assert stage.writes == []
    assert stage.diary.intents == []


def test_an_object_that_is_gone_is_stale() -> None:
    stage = Stage()
    updates = stage.plan(galtea(0, voice="jack"))
    stage.edit(galtea(0), deletedAt="2026-01-01T00:00:00Z")
    outcome = only(stage.apply(updates))
    assert outcome.result is Result.STALE
    assert stage.writes == []


def test_an_object_that_cannot_be_read_is_not_written() -> None:
    stage = Stage(vices=["down@galtea@reads"])
    outcome = only(stage.apply(stage.plan(galtea(0, voice="jack"))))
    assert outcome.result is Result.REFUSED
    assert "could not be read right before the write" in outcome.message
    assert stage.writes == []


def test_a_fresh_reading_spares_the_second_look_and_an_old_one_does_not() -> None:
    for age, reads in ((1.0, 1), (6.0, 2)):
        stage = Stage()
        updates = stage.plan(galtea(0, voice="jack"))
        state = present(updates[0], stage.read(galtea(0)), read_at=1000.0 - age)
        assert only(stage.apply(updates, state=state)).result is Result.VERIFIED
        assert stage.reads == reads


@pytest.mark.parametrize("vice", ["forbidden:galtea@writes", "expired-key:galtea@writes"])
def test_a_refused_key_stops_its_account_and_no_other(vice: str) -> None:
    stage = Stage(vices=[vice], concurrency=1)
    outcomes = stage.apply(stage.plan(*(galtea(place, voice="jack") for place in range(3)), fluents(label="Desk")))
    assert [one.result for one in outcomes] == [
        Result.REJECTED,
        Result.NOT_ATTEMPTED,
        Result.NOT_ATTEMPTED,
        Result.VERIFIED,
    ]
    assert "refused a write before" in outcomes[1].message


def test_an_account_without_a_key_is_not_attempted() -> None:
    stage = Stage()
    updates = stage.plan(galtea(0, voice="jack"), fluents(label="Desk"))
    del stage.keys["galtea"]
    first, second = stage.apply(updates)
    assert (first.result, second.result) == (Result.NOT_ATTEMPTED, Result.VERIFIED)
    assert "no key" in first.message


def test_an_account_that_stays_silent_is_left_alone() -> None:
    stage = Stage(seed=build_seed(galtea=60), vices=["connect-error:999@galtea@writes"])
    updates = stage.plan(*(galtea(place, voice="jack") for place in range(60)))
    outcomes = stage.apply(updates)
    results = [one.result for one in outcomes]
    assert set(results) == {Result.REJECTED, Result.NOT_ATTEMPTED}
    assert len(stage.diary.intents) < 60
    assert results.count(Result.NOT_ATTEMPTED) + len(stage.diary.intents) == 60


def test_the_documented_required_fields_go_along_where_the_vendor_demands_them() -> None:
    stage = Stage(switches={"galtea-patch": "strict"}, concurrency=1)
    outcomes = stage.apply(stage.plan(galtea(0, voice="jack"), galtea(1, voice="jack")))
    assert [one.result for one in outcomes] == [Result.VERIFIED, Result.VERIFIED]
    assert all("went along with their live values" in one.message for one in outcomes)
    bodies = [body for _, _, body in stage.writes]
    assert bodies[0] == {"voice": "jack"}
    assert bodies[1] == {"productId": "prod_1", "name": "Line 0", "phoneNumber": "+12025550000", "voice": "jack"}
    assert bodies[2]["name"] == "Line 1"
    assert len(bodies) == 3


def test_what_is_refused_with_and_without_them_shows_the_plans_refusal() -> None:
    stage = Stage()
    outcome = only(stage.apply(stage.plan(galtea(0, voice="nobody"))))
    assert outcome.result is Result.REJECTED
    assert "refused too with productId, name, phoneNumber filled in" in outcome.message
    assert stage.apply(stage.plan(galtea(1, voice="jack")))[0].message == ""


def test_a_move_is_verified_in_its_new_place() -> None:
    stage = Stage()
    outcome = only(stage.apply(stage.plan(polyai(0, projectId=OTHER_AGENT))))
    assert outcome.result is Result.VERIFIED, outcome.message
    assert stage.read(polyai(0))["projectId"] == OTHER_AGENT


@pytest.mark.parametrize("vice", ["drop-after-commit", "drop-before-commit"])
def test_a_move_without_an_answer_is_looked_for_in_both_places(vice: str) -> None:
    stage = Stage(vices=[vice])
    outcome = only(stage.apply(stage.plan(polyai(0, projectId=OTHER_AGENT))))
    assert outcome.result is Result.VERIFIED, outcome.message
    assert len(stage.writes) == (1 if vice == "drop-after-commit" else 2)


def test_a_move_that_an_earlier_run_made_is_already_so() -> None:
    stage = Stage()
    updates = stage.plan(polyai(0, projectId=OTHER_AGENT))
    assert only(stage.apply(updates)).result is Result.VERIFIED
    assert only(stage.apply(updates)).message == "already so, nothing was sent"
    assert len(stage.writes) == 1


def test_an_intent_comes_before_each_request_and_an_outcome_after_each_update() -> None:
    stage = Stage()
    stage.world.before_request = lambda arrived: counts.append((arrived.method, len(stage.diary.intents)))
    counts: list[tuple[str, int]] = []
    updates = stage.plan(galtea(0, voice="jack"), galtea(1, voice="nobody"), fluents(label="Desk"))
    outcomes = stage.apply(updates)
    sent = [count for method, count in counts if method != "GET"]
    assert all(count > place for place, count in enumerate(sent))
    assert {one.update.address for one in stage.diary.outcomes} == {one.address for one in updates}
    assert sorted(map(repr, stage.diary.outcomes)) == sorted(map(repr, outcomes))


def test_a_journal_that_cannot_be_written_stops_all_writes() -> None:
    stage = Stage(seed=build_seed(galtea=5), concurrency=1)
    stage.diary.breaks_after = 2
    outcomes = stage.apply(stage.plan(*(galtea(place, voice="jack") for place in range(5))))
    assert [one.result for one in outcomes] == [Result.VERIFIED] * 2 + [Result.NOT_ATTEMPTED] * 3
    assert "No space left" in outcomes[2].message
    assert len(stage.writes) == 2


def test_an_outcome_that_cannot_be_recorded_is_still_told() -> None:
    stage = Stage()
    stage.diary.keeps_outcomes = False
    updates = stage.plan(*(galtea(place, voice="jack") for place in (0, 1)))
    del stage.keys["fluents"]
    updates += Stage().plan(fluents(label="Desk"))
    outcomes = stage.apply(updates)
    assert [one.result for one in outcomes] == [Result.VERIFIED, Result.VERIFIED, Result.NOT_ATTEMPTED]
    assert all("the journal cannot be written: Input/output error" in one.message for one in outcomes)


def test_what_is_sent_is_the_plans_request() -> None:
    stage = Stage()
    updates = stage.plan(
        galtea(0, voice="jack"),
        fluents(label="Desk"),
        opencopilot(base_prompt="Brief."),
        polyai(0, voiceName="en-US-Neural2-A"),
    )
    stage.apply(updates)
    planned = {one.request.method + one.request.url: dict(one.request.body) for one in updates}
    assert {request.method + request.url: dict(request.body) for _, request in stage.diary.intents} == planned


def test_outcomes_come_in_plan_order_and_state_is_optional() -> None:
    stage = Stage()
    updates = stage.plan(
        fluents(label="Desk"), galtea(1, voice="jack"), polyai(0, voiceName="en-US-Neural2-A"), galtea(0, voice="jack")
    )
    outcomes = stage.apply(updates, state=LiveState({}, {}))
    assert [one.update.address for one in outcomes] == [one.address for one in updates]


def test_the_key_never_shows_in_an_outcome() -> None:
    stage = Stage(vices=["echo-secret", "fail-in-batch:1"])
    updates = stage.plan(
        galtea(0, voice="nobody"), polyai(0, voiceName="en-US-Neural2-A"), polyai(1, voiceName="en-US-Neural2-A")
    )
    shown = repr(stage.apply(updates)) + repr(stage.diary.outcomes)
    assert "gsk_sandbox" not in shown
    assert "polyai_sandbox" not in shown


def test_the_window_is_measured_and_named_where_it_is_long() -> None:
    clock = Watch()
    stage = Stage(clock=clock)
    updates = stage.plan(galtea(0, voice="jack"))

    def dawdle(arrived: object) -> None:
        if getattr(arrived, "method", "") == "PATCH":
            clock.now += 7.5

    stage.world.before_request = dawdle
    outcome = only(stage.apply(updates))
    assert outcome.result is Result.VERIFIED
    assert stage.windows == [("phone_connections.line-0", 7.5)]
    assert "last read 7.5 s before the answer" in outcome.message


def test_no_window_is_claimed_where_nothing_touched_can_be_read() -> None:
    stage = Stage()
    stage.apply(stage.plan(opencopilot(base_prompt="Be brief.")))
    assert stage.windows == []
    stage.apply(stage.plan(opencopilot(name="Desk")))
    assert [address for address, _ in stage.windows] == ["agents.reception"]


def test_a_reading_that_grew_old_in_the_queue_is_made_again() -> None:
    clock = Watch()
    stage = Stage(clock=clock, concurrency=1)
    updates = stage.plan(galtea(0, voice="jack"), galtea(1, voice="jack"))
    seen: list[str] = []

    def dawdle(arrived: object) -> None:
        seen.append(getattr(arrived, "method", ""))
        if seen[-1] == "PATCH" and seen.count("PATCH") == 1:
            clock.now += 7.5
            stage.edit(galtea(1), voice="megan")

    stage.world.before_request = dawdle
    first, second = stage.apply(updates)
    assert first.result is Result.VERIFIED
    assert second.result is Result.STALE
    assert stage.read(galtea(1))["voice"] == "megan"


def test_reads_that_lag_behind_a_write_are_waited_for() -> None:
    stage = Stage()
    updates = stage.plan(galtea(0, voice="jack"))
    reads_after = 0

    def lag(arrived: object) -> None:
        nonlocal reads_after
        if getattr(arrived, "method", "") == "GET" and stage.writes:
            reads_after += 1
            stage.edit(galtea(0), voice="sarah" if reads_after < 3 else "jack")

    stage.world.before_request = lag
    assert only(stage.apply(updates)).result is Result.VERIFIED
    assert reads_after == 3


def test_nothing_but_updates_is_ever_sent() -> None:
    stage = Stage(vices=["flaky-503"])
    stage.apply(
        stage.plan(
            galtea(0, voice="jack"), fluents(label="Desk"), opencopilot(name="Desk"), polyai(0, projectId=OTHER_AGENT)
        )
    )
    assert stage.world.dangers == []
    assert {path for _, path, _ in stage.writes} <= {
        "/phoneConnections/pc_0",
        "/v1/numbers/update",
        f"/phone/{opencopilot().identity}",
        f"/v1/agents/{AGENT}/telephony/connectors/conn-0",
    }
    assert all(isinstance(request, Request) for _, request in stage.diary.intents)
    assert NUMBER.startswith("+")
