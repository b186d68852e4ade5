"""A vendor's word about a write is not what became of it: reading tells, and what may still land is in doubt."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from reconciler.model.outcome import Outcome, Result
from reconciler.remote.wire.client import Patience
from tests.cli.stage import lines
from tests.remote.execute_stage import Stage, fluents, galtea, polyai, sleep_not

VOICE = "en-US-Neural2-A"
OWN = {"error": "Bad Request", "message": "no such voice"}
GATEWAY = {"message": "upstream failed"}


class Liar(httpx.AsyncBaseTransport):
    """Do a write now, later or never, and answer something else about it."""

    def __init__(self, inner: httpx.AsyncBaseTransport, *, status: int, body: Any, lands_after: int | None) -> None:
        self._inner, self._status, self._body = inner, status, body
        self._lands_after = lands_after
        self._kept: httpx.Request | None = None
        self.writes = 0
        self.reads_since = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            await self._let_time_pass()
            return await self._inner.handle_async_request(request)
        self.writes += 1
        self._kept, self.reads_since = request, 0
        if self._lands_after == 0:
            await self._inner.handle_async_request(request)
            self._kept = None
        return httpx.Response(self._status, content=json.dumps(self._body))

    async def _let_time_pass(self) -> None:
        self.reads_since += 1
        if self._kept is not None and self._lands_after is not None and self.reads_since > self._lands_after:
            await self._inner.handle_async_request(self._kept)
            self._kept = None


class LiarsStage(Stage):
    """The stage of applies, with one liar before the vendors."""

    def lie(self, status: int, body: Any, *, lands_after: int | None) -> None:
        self.liar: Liar | None = None
        before = self.build_transport

        def build() -> httpx.AsyncBaseTransport:
            self.liar = self.liar or Liar(before(), status=status, body=body, lands_after=lands_after)
            return self.liar

        self.build_transport = build


def apply_lie(status: int, body: Any, *, lands_after: int | None) -> tuple[Outcome, Liar]:
    stage = LiarsStage(patience=Patience(attempts=1, first_wait_seconds=0.0, sleep=sleep_not))
    updates = stage.plan(galtea(0, voice="jack"))
    stage.lie(status, body, lands_after=lands_after)
    (outcome,) = stage.apply(updates)
    assert stage.liar is not None
    return outcome, stage.liar


@pytest.mark.parametrize(
    ("status", "body"), [(400, OWN), (422, OWN), (409, OWN), (200, OWN), (500, OWN), (502, GATEWAY), (404, GATEWAY)]
)
def test_what_was_done_in_spite_of_the_answer_is_verified(status: int, body: Any) -> None:
    outcome, _ = apply_lie(status, body, lands_after=0)
    assert outcome.result is Result.VERIFIED
    assert "read back and equal" in outcome.message


@pytest.mark.parametrize(("status", "body"), [(500, OWN), (504, GATEWAY), (404, GATEWAY), (400, GATEWAY), (408, OWN)])
def test_what_lands_while_the_vendors_timeout_runs_is_seen(status: int, body: Any) -> None:
    outcome, liar = apply_lie(status, body, lands_after=3)
    assert outcome.result is Result.VERIFIED
    assert (liar.writes, liar.reads_since) == (1, 4)


@pytest.mark.parametrize(("status", "body"), [(500, OWN), (502, GATEWAY), (404, GATEWAY), (400, GATEWAY), (302, {})])
def test_what_may_still_land_is_in_doubt_with_what_was_seen_and_when(status: int, body: Any) -> None:
    outcome, liar = apply_lie(status, body, lands_after=None)
    assert outcome.result is Result.IN_DOUBT
    assert f"HTTP {status}" in outcome.message
    assert "read back unchanged so far, last 0.0 s after it was sent; it may still take effect" in outcome.message
    assert liar.writes == 1
    assert liar.reads_since <= 6, "waits that double come to the timeout in a few reads"


@pytest.mark.parametrize("status", [403, 404, 422])
def test_the_vendors_own_no_is_rejected_only_after_a_look(status: int) -> None:
    outcome, liar = apply_lie(status, OWN, lands_after=None)
    assert (outcome.result, liar.writes, liar.reads_since) == (Result.REJECTED, 1, 1)
    assert "no such voice" in outcome.message
    assert "read back, nothing changed" in outcome.message


def test_a_batch_entry_that_was_refused_and_done_is_verified() -> None:
    stage = LiarsStage()
    updates = stage.plan(polyai(0, voiceName=VOICE), polyai(1, voiceName=VOICE))
    results = [{"connectorId": f"conn-{place}", "success": False, "error": {"message": "probe"}} for place in (0, 1)]
    stage.lie(200, {"results": results}, lands_after=0)
    assert [outcome.result for outcome in stage.apply(updates)] == [Result.VERIFIED] * 2


def test_a_page_about_a_write_is_not_a_reason_to_send_it_again() -> None:
    """A 404 of something in between is in doubt, and the same patch gets the same page."""
    stage = Stage(vices=["html-404@writes"])
    (outcome,) = stage.apply(stage.plan(fluents(label="Desk")))
    assert outcome.result is Result.IN_DOUBT
    assert len(stage.writes) == 1


def test_what_one_account_raises_is_in_doubt_or_not_attempted_and_the_others_go_on() -> None:
    stage = Stage()
    updates = stage.plan(galtea(0, voice="jack"), galtea(1, voice="jack"), fluents(label="Desk"))
    whole = stage.build_transport

    class Broken(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            if request.url.host == "api.galtea.ai" and request.method != "GET":
                raise RuntimeError("nobody thought of this")
            return await whole().handle_async_request(request)

    stage.build_transport = Broken
    outcomes = stage.apply(updates)
    assert [outcome.result for outcome in outcomes] == [Result.IN_DOUBT, Result.NOT_ATTEMPTED, Result.VERIFIED]
    assert all("reconciler itself failed: RuntimeError" in outcome.message for outcome in outcomes[:2])
    assert {outcome.update.address for outcome in stage.diary.outcomes} == {update.address for update in updates}


@pytest.mark.parametrize(("vices", "words"), [((), "/voice has not landed"), (("late",), "/voice has landed")])
def test_the_next_plan_settles_a_doubt_in_words(tmp_path: Path, vices: tuple[str, ...], words: str) -> None:
    stage = lines(tmp_path, count=1)
    stage.trouble("drop-before-commit:99")
    assert stage.apply().code == 1
    stage.trouble()
    if vices:
        stage.world.edit("galtea", "phoneConnections", "pc_0", {"voice": "jack"})
    told = stage.run("plan")
    assert "ended before it knew what became of phone_connections.line-0" in told.words
    assert words in told.words
    stage.apply()
    assert "ended before it knew" not in stage.run("plan").words
