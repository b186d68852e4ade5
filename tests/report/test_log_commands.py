"""Whatever a prompt, a name or a vendor says: printed by a CI job, no output gives that job a command, and all of it can be seen."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace

import pytest

from reconciler.ledger.journals.history import RecordedChange, RunRecord, RunSummary, Step
from reconciler.model.check import Check, Examination, Verdict
from reconciler.model.diagnostic import Diagnostic, Location
from reconciler.model.invisible import is_invisible
from reconciler.model.outcome import Outcome, Result
from reconciler.model.plan import Cause, Plan, Scope, Subject
from reconciler.report.declarations.pulled import Pulled, PulledKind, render_pulled
from reconciler.report.html.page import render_html
from reconciler.report.machine.annotations import render_github, render_gitlab, render_junit, render_sarif
from reconciler.report.machine.documents import render_diagnostics_json, render_outcomes_json, render_plan_json
from reconciler.report.machine.events import read_events, write_ended, write_found, write_start
from reconciler.report.markdown.notes import Origin, write_comment, write_issue
from reconciler.report.markdown.outcome import write_outcome_note
from reconciler.report.markdown.plan import render_markdown
from reconciler.report.text.checks import render_checks, render_checks_json
from reconciler.report.text.diagnostics import render_diagnostics
from reconciler.report.text.history import render_history, render_history_json
from reconciler.report.text.outcomes import render_outcome_line, render_run_summary
from reconciler.report.text.plan import render_plan
from tests.hostile.texts import COMMANDS
from tests.report.test_markdown import with_text

START = re.compile(r"(?:\s|\x1b\[[0-9;]*m)*::")
ANYWHERE = re.compile(r"##\w*\[|section_(start|end):")
OURS = re.compile(r"::(error|warning|notice) (file=[^,:]+,line=\d+,col=\d+,)?title=[^,:]*::")
"""A command that the GitHub format gives on purpose."""
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def render_everything(plan: Plan, text: str) -> Iterator[tuple[str, str]]:
    yield from (
        (f"text {width}", render_plan(plan, width=width, colour=colour, verbose=colour))
        for width in (24, 40, 80, 200)
        for colour in (False, True)
    )
    yield "markdown", render_markdown(plan)
    yield "comment", write_comment(plan, Origin(text, "name", text, "https://ci.example/1"))
    yield "issue", write_issue(plan, Origin(text, "name"))
    yield "html", render_html(plan)
    yield "json", render_plan_json(plan)
    yield from ((render.__name__, render((), plan)) for render in (render_gitlab, render_sarif, render_junit))
    yield "github", render_github((), plan)
    drift = replace(plan, subject=Subject.DRIFT, scope=Scope((text,), (text,), (text,), 3))
    yield from (("drift", render_plan(drift, width=width, colour=False)) for width in (24, 80))
    yield "drift markdown", render_markdown(drift)
    yield "drift html", render_html(drift)


def render_outcomes(plan: Plan, text: str) -> Iterator[tuple[str, str]]:
    outcomes = [Outcome(plan.updates[0], result, text, 500, text) for result in Result]
    for width in (24, 80):
        yield "outcome", "".join(render_outcome_line(each, colour=False, width=width) for each in outcomes)
        yield "summary", render_run_summary(outcomes, plan=plan, colour=True, width=width, run=text)
    yield "outcomes", render_outcomes_json(outcomes, run=text)
    events = [write_start(plan, run=text, command="apply", time="", requests=1), *map(write_ended, outcomes)]
    yield "events", "\n".join([*events, *map(write_found, plan.diagnostics)])
    yield "note", write_outcome_note(read_events(events), Origin(text, "name"))


def render_the_rest(text: str) -> Iterator[tuple[str, str]]:
    found = Diagnostic("read-failed", text, advice=text, location=Location(text, 1, 3), excerpt=text, address=text)
    for width in (24, 80):
        yield "diagnostics", render_diagnostics([found], colour=False, width=width)
    yield "diagnostics json", render_diagnostics_json([found])
    change = RecordedChange(("a", text), text, f"{text}x", Cause.CONFIG)
    step = Step(
        text, message=text, method="PATCH", url=text, request_id=text, changes=(change,), result=Result.REJECTED
    )
    run = RunSummary(run="r", when=text, author=text, commit=text, subject=text, addresses=(text,))
    for width in (40, 120):
        yield "history", render_history([run], width=width, colour=False)
        yield "run", render_history(RunRecord(run, (step,)), width=width, colour=False)
        yield "doctor", render_checks([Examination(text, (Check(text, Verdict.FAILED, text, text),))], width=width, colour=False)  # fmt: skip
    yield "doctor json", render_checks_json([Examination(text, (Check(text, Verdict.OK, text, text),))])
    yield "history json", render_history_json([run])


@pytest.mark.parametrize("text", COMMANDS, ids=ascii)
def test_no_output_gives_a_command_or_hides_a_thing(text: str) -> None:
    plan = replace(with_text(text), environment=text)
    for name, output in (*render_everything(plan, text), *render_outcomes(plan, text), *render_the_rest(text)):
        for line in output.split("\n"):
            assert not START.match(line) or (name == "github" and OURS.match(line)), (name, line)
            assert not ANYWHERE.search(line), (name, line)
            plain = COLOUR.sub("", line)
            assert not any(map(is_invisible, plain)), (name, line)
            assert unicodedata.is_normalized("NFC", plain), (name, line)


@pytest.mark.parametrize("text", [text for text in COMMANDS if "\x1b" not in text], ids=ascii)
def test_no_pulled_file_gives_a_command(text: str) -> None:
    pulled = Pulled("prompts", "a", {"id": text}, {"content": f"one\n{text}\n", "label": text}, text, (text,))
    for line in render_pulled([PulledKind("prompts", (pulled,))], remarks=(text,)).split("\n"):
        assert not START.match(line), line
        assert not ANYWHERE.search(line), line
