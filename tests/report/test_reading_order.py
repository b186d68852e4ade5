"""Every report meets its reader in the same order: high risk first, then drift and conflicts, then the rest."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest

from reconciler.model.plan import Cause, Plan
from reconciler.report.html.page import render_html
from reconciler.report.machine.annotations import render_github
from reconciler.report.markdown.plan import render_markdown
from reconciler.report.phrases import is_risky
from reconciler.report.reading_order import group_updates, sort_updates, weigh
from reconciler.report.text.plan import render_plan
from tests.report import plans

ADDRESS = r"[a-z_]+\.[a-z0-9-]+"
READERS: dict[str, tuple[Callable[[Plan], str], str]] = {
    "text": (lambda plan: render_plan(plan, width=80, colour=False), rf"(?m)^ *~ ({ADDRESS})"),
    "markdown": (render_markdown, rf"<tr><td(?: rowspan=\"\d+\")?><code>({ADDRESS})</code><br>"),
    "html": (render_html, r'<span class="address">(.*?)</span><span class="tags">'),
}


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize(
    "plan", [plans.everything(), plans.four_vendors(), plans.many(40)], ids=["everything", "four_vendors", "many"]
)
def test_one_order_for_all_readers(plan: Plan, name: str) -> None:
    render, pattern = READERS[name]
    shown = [unescape(re.sub("<.*?>", "", found)) for found in re.findall(pattern, render(plan))]
    assert shown == [update.address for update in sort_updates(plan.updates)]


def test_what_deserves_the_first_look_stands_first() -> None:
    groups = group_updates(plans.many(300).updates)
    assert [min(map(weigh, group)) for group in groups] == sorted(min(map(weigh, group)) for group in groups)
    assert all(list(map(weigh, group)) == sorted(map(weigh, group)) for group in groups)
    assert all(len({(update.kind, update.account) for update in group}) == 1 for group in groups)
    first = groups[0]
    risky = [update for update in first if is_risky(update)]
    assert 0 < len(risky) < len(first)
    assert list(first[: len(risky)]) == risky
    assert Cause.DRIFT in first[len(risky)].causes


def test_every_update_is_met_once() -> None:
    plan = plans.everything()
    assert sorted(update.address for update in sort_updates(plan.updates)) == sorted(
        update.address for update in plan.updates
    )


def test_annotations_spend_their_few_places_on_high_risk_first() -> None:
    lines = [line for line in render_github((), plans.many(40)).splitlines() if " would change " in line]
    marks = ["high risk" in line for line in lines if line.startswith("::warning")]
    assert marks == sorted(marks, reverse=True)
    assert set(marks) == {True, False}
