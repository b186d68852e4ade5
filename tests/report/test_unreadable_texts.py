"""A prompt that cannot be read back is shown line by line in every face, and a batch is named in every face."""

from dataclasses import replace

import pytest

from reconciler.model.paths import MISSING
from reconciler.model.plan import Cause, Change, Plan
from reconciler.report.html.page import render_html
from reconciler.report.markdown.plan import render_markdown
from reconciler.report.phrases import diff_change
from reconciler.report.text.plan import render_plan
from tests.report import plans

PROMPT = "First line.\n\nThird line.\n"


@pytest.fixture
def plan() -> Plan:
    made = plans.one_change()
    change = Change(("base_prompt",), MISSING, PROMPT, Cause.UNVERIFIABLE)
    request = replace(made.updates[0].request, body={"base_prompt": PROMPT}, batch="https://api.example/batch")
    return replace(made, updates=(replace(made.updates[0], changes=(change,), request=request),))


@pytest.mark.parametrize(("before", "after"), [(MISSING, PROMPT), (None, PROMPT), (PROMPT, None)])
def test_a_text_beside_nothing_is_all_one_kind(before: object, after: object) -> None:
    rows = diff_change(Change(("base_prompt",), before, after))
    assert len(rows) == 3
    assert len({row.kind for row in rows}) == 1


def test_html_shows_its_lines(plan: Plan) -> None:
    page = render_html(plan)
    shown = page[: page.index('class="request"')]
    assert "First line.\\n" not in shown
    assert "Third line." in shown
    assert "the live text cannot be read" in shown
    assert "https://api.example/batch" in page


def test_markdown_shows_its_lines(plan: Plan) -> None:
    comment = render_markdown(plan)
    assert "\n+ First line.\n" in comment
    assert "https://api.example/batch" in comment


def test_text_names_the_batch(plan: Plan) -> None:
    assert "as one entry of PATCH https://api.example/batch" in render_plan(plan, width=120, colour=False)
