from __future__ import annotations

from dataclasses import replace

from reconciler.model.diagnostic import Diagnostic, Location, Severity
from reconciler.model.outcome import Outcome, Result
from reconciler.model.plan import Plan, Planned, Status
from reconciler.report.folding import fold, group_troubles
from reconciler.report.html.page import render_html
from reconciler.report.machine.events import read_events, write_found
from reconciler.report.markdown.plan import render_markdown
from reconciler.report.text.diagnostics import render_diagnostics
from reconciler.report.text.outcomes import render_run_summary
from reconciler.report.text.plan import render_plan
from tests.report import plans


def one_voice(count: int) -> list[Diagnostic]:
    """Say of each resource that its voice is not offered."""
    return [
        Diagnostic(
            "option-unknown", f'numbers.n{index:03}: voice "sara" is not offered', advice="Choose another.",
            location=Location("a.yaml", index + 1, 9), excerpt="    voice: sara", address=f"numbers.n{index:03}", path="/voice",
        )
        for index in range(count)
    ]  # fmt: skip


def one_killed_run(count: int) -> list[Diagnostic]:
    return [
        Diagnostic("in-doubt", f"run r1 ended before it knew what became of agents.a{index}", Severity.WARNING, address=f"agents.a{index}")
        for index in range(count)
    ]  # fmt: skip


def test_many_alike_are_told_once_with_their_count() -> None:
    text = render_diagnostics([*one_voice(100), *one_killed_run(30)], colour=False, width=100)
    assert len(text.splitlines()) < 15
    words = " ".join(text.split())
    assert "(the same for 99 more: numbers.n001, numbers.n002, numbers.n003 and 96 more)" in words
    assert "(the same for 29 more:" in words
    assert "100 errors, 30 warnings." in words


def test_a_few_alike_keep_their_places() -> None:
    text = render_diagnostics(one_voice(3), colour=False, width=100)
    assert [f"a.yaml:{line}:9" in text for line in (1, 2, 3)] == [True, True, True]


def test_what_differs_in_more_than_the_address_is_not_folded() -> None:
    found = [replace(one, path=f"/voice/{index}") for index, one in enumerate(one_voice(10))]
    assert len(fold(found)) == 10


def test_every_format_of_a_plan_folds() -> None:
    reason = 'voice "sara" is not offered'
    refused = tuple(Planned(f"numbers.n{index:03}", Status.REFUSED, "fluents", reason) for index in range(100))
    plan = Plan(plans.CREATED_AT, (), refused, (*one_voice(100), *one_killed_run(30)))
    assert [len(others) for _, others in group_troubles(plan)] == [99]
    for shown in (render_markdown(plan), render_html(plan), render_plan(plan, width=100, colour=False)):
        assert shown.count("numbers.n0") < 12


def test_what_was_not_attempted_is_told_once() -> None:
    plan = plans.many(40)
    outcomes = [Outcome(update, Result.NOT_ATTEMPTED, "interrupted before its turn") for update in plan.updates]
    text = render_run_summary(outcomes, plan=plan, colour=False, width=100, run=None)
    assert len(text.splitlines()) < 6
    assert "and 37 more not attempted, nothing was sent: interrupted before its turn" in " ".join(text.split())


def test_a_stream_of_events_is_told_of_in_few_words() -> None:
    events = read_events(map(write_found, one_voice(100)))
    others = "numbers.n001, numbers.n002, numbers.n003 and 96 more"
    assert events.found == (
        f'option-unknown: numbers.n000: voice "sara" is not offered (the same for 99 more: {others})',
    )
