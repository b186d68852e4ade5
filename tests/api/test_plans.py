"""Plans travel as text, are put together, judged and rendered, without a file and without a terminal."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from reconciler import Exit, Problem, judge_plan, merge_plans, open_project, read_plan, render_plans, write_plan
from reconciler.report.formats import PLAN_FORMATS
from tests.cli.stage import take_example


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return take_example("quickstart", tmp_path)


def test_a_plan_goes_over_the_wire_and_is_applied_there(folder: Path) -> None:
    project = open_project(folder, sandbox=True, environ={"USER": "tester", "HOME": str(folder)})
    accounts = project.list_accounts()
    assert accounts == ("galtea", "fluents", "opencopilot", "polyai")
    texts = {name: write_plan(project.plan(accounts=[name])) for name in accounts}
    report = merge_plans({name: read_plan(text) for name, text in texts.items()})
    whole = project.plan()
    assert report.whole.updates == tuple(read_plan(write_plan(whole)).updates)
    assert report.whole.scope.left_out == 0
    assert judge_plan(report.whole) is judge_plan(whole) is Exit.CHANGES
    for style in PLAN_FORMATS:
        shown = render_plans(report, style=style)
        assert all(update.address.partition(".")[2] in shown for update in whole.updates), style
    assert project.apply(read_plan(texts["polyai"])).exit_code is Exit.DONE
    assert project.plan(accounts=["polyai"]).updates == ()
    assert "No changes" in render_plans(project.plan(accounts=["polyai"]), width=60)


def test_what_is_no_plan_and_what_contradicts_is_a_problem(folder: Path) -> None:
    project = open_project(folder, sandbox=True, environ={"USER": "tester", "HOME": str(folder)})
    plan = project.plan(accounts=["galtea"])
    for text, code in (("[", "plan-invalid"), (write_plan(plan).replace("galtea", "x"), "plan-edited")):
        with pytest.raises(Problem) as caught:
            read_plan(text)
        assert (caught.value.exit_code, caught.value.diagnostics[0].code) == (Exit.REFUSED, code)
    with pytest.raises(Problem) as caught:
        merge_plans({"one": plan, "two": replace(plan, updates=())})
    assert caught.value.diagnostics[0].code == "plan-overlap"
    with pytest.raises(ValueError, match="style is one of text"):
        render_plans(plan, style="yaml")  # type: ignore[arg-type]
