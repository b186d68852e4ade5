from __future__ import annotations

import pytest

from reconciler.model.outcome import Collateral, Mismatch, Outcome, Result
from reconciler.report.text.outcomes import render_outcome_line, render_run_summary
from reconciler.report.text.paint import measure
from tests.report import plans
from tests.report.golden_files import check_golden

CONNECTOR = plans.one_change().updates[0]


def every_outcome() -> list[Outcome]:
    return [
        Outcome(CONNECTOR, Result.VERIFIED, status=200, seconds=0.42),
        Outcome(CONNECTOR, Result.ACCEPTED, status=200, seconds=0.9),
        Outcome(CONNECTOR, Result.REJECTED, 'voice "jack" is not offered\x1b[2J', 400, "3fa9-77", 1.2),
        Outcome(
            CONNECTOR, Result.MISMATCH, status=200, seconds=0.5, wrong_fields=(("voiceName",),),
            collateral=(Collateral(("variantId",), "v-1", None),),
        ),
        Outcome(CONNECTOR, Result.IN_DOUBT, "the connection was cut after the request was sent", seconds=30.0),
        Outcome(CONNECTOR, Result.STALE, 'voiceName is "en-US-Studio-O" now'),
        Outcome(CONNECTOR, Result.REFUSED, "protected: --allow-protected connectors.live-us lifts it"),
        Outcome(CONNECTOR, Result.NOT_ATTEMPTED, "interrupted before its turn"),
    ]  # fmt: skip


WORDS = {
    Result.VERIFIED: "verified",
    Result.ACCEPTED: "accepted (the API cannot be read back)",
    Result.REJECTED: "rejected",
    Result.MISMATCH: "not verified: the live value is not the planned one",
    Result.IN_DOUBT: "in doubt: sent, no clear answer",
    Result.STALE: "stale: moved since it was planned, not overwritten",
    Result.REFUSED: "refused, nothing was sent",
    Result.NOT_ATTEMPTED: "not attempted, nothing was sent",
}


@pytest.mark.parametrize("outcome", every_outcome(), ids=lambda outcome: outcome.result.value)
def test_each_result_has_its_own_words(outcome: Outcome) -> None:
    text = render_outcome_line(outcome, colour=False, width=160)
    assert WORDS[outcome.result] in text.split("\n")[0]
    assert not any(
        words in text.split("\n")[0]
        for result, words in WORDS.items()
        if result is not outcome.result and words != "verified"
    )


@pytest.mark.parametrize("width", [40, 80, 200])
def test_golden(request: pytest.FixtureRequest, width: int) -> None:
    outcomes = every_outcome()
    lines = [render_outcome_line(outcome, colour=False, width=width) for outcome in outcomes]
    summary = render_run_summary(outcomes, plan=plans.many(10), colour=False, width=width, run="20260302-0930-a1")
    text = "".join(lines) + "\n" + summary
    assert [line for line in text.split("\n") if measure(line) > width] == []
    check_golden(request, f"outcomes-{width}.txt", text)


def test_a_rejection_names_the_vendors_words_and_request() -> None:
    text = render_outcome_line(every_outcome()[2], colour=True, width=80)
    assert 'voice "jack" is not offered\\x1b[2J' in text
    assert "HTTP 400 · request 3fa9-77" in text


def test_collateral_damage_shows_the_old_value() -> None:
    text = render_outcome_line(every_outcome()[3], colour=False, width=200)
    assert "live is not as planned: voiceName" in text
    assert 'collateral damage: variantId was not sent, but changed: "v-1" → (none); put the old value back' in text


def test_a_summary_of_success() -> None:
    text = render_run_summary(every_outcome()[:2], plan=plans.no_changes(), colour=False, width=80, run="r1")
    assert (
        text
        == "Applied 2 updates: 1 verified, 1 accepted (cannot be read back).\nRun r1. `reconciler undo r1` plans the way back.\n"
    )


def test_updates_without_an_outcome_count_as_not_attempted() -> None:
    text = render_run_summary(every_outcome()[:1], plan=plans.many(4), colour=False, width=80, run=None)
    assert text.startswith("Applied 1 of 4 updates: 1 verified, 3 not attempted.\n")
    assert "undo" not in text


def test_a_long_run_names_its_troubles_again() -> None:
    outcomes = [every_outcome()[0]] * 20 + every_outcome()[4:5]
    text = render_run_summary(outcomes, plan=plans.many(21), colour=False, width=120, run="r1")
    assert text.startswith("? connectors.live-us  in doubt")
    assert "Applied 20 of 21 updates" in text


def test_nothing_applied() -> None:
    assert render_run_summary([], plan=plans.no_changes(), colour=False, width=80, run="r1") == "Nothing to apply.\n"


def test_a_mismatch_shows_both_values_from_where_they_part_and_what_to_write() -> None:
    update = CONNECTOR
    long = "word " * 60
    found = Mismatch(("prompt",), f"{long}Hello. ", f"{long}Hello.", "it cuts white space at the ends")
    outcome = Outcome(update, Result.MISMATCH, wrong_fields=(("prompt",),), mismatches=(found,))
    text = " ".join(render_outcome_line(outcome, colour=False, width=200).split())
    assert 'word Hello. "' in text
    assert 'word Hello."' in text
    assert "planned: …" in text
    assert "it cuts white space at the ends. Write it in the file as it is live." in text
