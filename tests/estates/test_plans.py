"""The plans that a reviewer of five hundred objects meets: one change, ten, a hundred, in every format, as golden files."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reconciler import OpenProject
from reconciler.model.plan import Binding, CallGraph, Plan, Status
from reconciler.report.calls import focus
from reconciler.report.html.page import render_html
from reconciler.report.machine.annotations import render_github, render_gitlab, render_junit, render_sarif
from reconciler.report.machine.documents import render_plan_json
from reconciler.report.markdown.plan import render_markdown
from reconciler.report.phrases import find_affected_numbers
from reconciler.report.text.plan import render_plan
from tests.cli.stage import Stage
from tests.estates.test_afternoon import CONSOLES, Afternoon
from tests.estates.world import AGENTS, COUNTS, build_estate, identify

GOLDEN = Path(__file__).parent / "golden"
SIZES = (1, 10, 100)
KINDS = frozenset(COUNTS) | {"phone_connections", "connectors"}
DRESS = re.compile(r"<(style|script)>.*?</\1>|'sha256-[^']+'|<link rel=\"icon\"[^>]*>", re.DOTALL)
"""Style and script of a page: they have golden files of their own."""


def leave_quiet(plan: Plan) -> Plan:
    """Leave out what stays as it is, and all of the picture that is not drawn."""
    picture = focus(plan.calls)
    moved = tuple(planned for planned in plan.resources if planned.status is not Status.IN_SYNC)
    return replace(plan, resources=moved, calls=CallGraph(picture.nodes, picture.edges))


FORMATS: dict[str, Callable[[Plan], str]] = {
    "80.txt": lambda plan: render_plan(plan, width=80, colour=False),
    "200.txt": lambda plan: render_plan(plan, width=200, colour=False),
    "md": render_markdown,
    "html": lambda plan: DRESS.sub("", render_html(plan)),
    "json": lambda plan: render_plan_json(leave_quiet(plan)),
    "github.txt": lambda plan: render_github((), plan),
    "gitlab.json": lambda plan: render_gitlab((), plan),
    "sarif.json": lambda plan: render_sarif((), plan),
    "junit.xml": lambda plan: render_junit((), plan),
}
Place = tuple[str, str, str, str]


class Estate:
    """The estate as it was pulled and applied once; edits come into git, and leave the consoles as they were."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.stage = Stage(folder / "desk", seed=build_estate())
        self.root = folder / "estate"
        groups = [word for agent in AGENTS for word in ("--group", f"agentId={agent}")]
        self.run("pull", "--into", str(self.root), *groups)
        self.run("-C", str(self.root), "apply", "--auto-approve")
        self.edited: set[str] = set()

    def run(self, *words: str) -> None:
        told = self.stage.run_plainly(*words)
        assert told.code == 0, told.all

    def edit(self, count: int) -> None:
        """Bring the number of values that git changes up to a count: the first hands a number to another agent."""
        edits = self._list_edits()
        before: list[tuple[Place, dict[str, Any]]] = []
        while len(self.edited) < count:
            place, value = next(edits)
            vendor, collection, identity, field = place
            if identity not in self.edited:
                self.edited.add(identity)
                row = self._find(place)
                before.append((place, row))
                self.stage.world.put(vendor, collection, identity, {**row, field: value})
        self.run("-C", str(self.root), "drift", "--accept")
        for (vendor, collection, identity, _), row in before:
            self.stage.world.put(vendor, collection, identity, row)

    def _find(self, place: Place) -> dict[str, Any]:
        vendor, collection, identity, _ = place
        key, _ = CONSOLES[vendor, collection]
        return dict(next(row for row in self.stage.world.rows(vendor, collection) if row[key] == identity))

    def _list_edits(self) -> Iterator[tuple[Place, Any]]:
        yield ("fluents", "numbers", "+12025550003", "inbound_agent"), identify("agents", 12)
        draw = random.Random(7)  # noqa: S311 -- the same edits each time
        places = [
            ((vendor, collection, row[key], field), row[field])
            for (vendor, collection), (key, field) in CONSOLES.items()
            for row in self.stage.world.rows(vendor, collection)
            if row.get(field)
        ]
        for (vendor, collection, identity, field), value in draw.sample(places, len(places)):
            yield (vendor, collection, identity, field), Afternoon.change(field, value, draw)

    def plan(self) -> Plan:
        """Plan with the picture of the calls.

        What a plan is bound to differs from version to version, and so does what vendors offer beside what is counted here.
        """
        made = OpenProject(self.stage.context(self.root)).plan(pictured=True)
        counted = tuple(each for each in made.resources if each.address.partition(".")[0] in KINDS)
        return replace(made, resources=counted, binding=Binding(), created_at="2026-11-21T08:30:00+00:00")


@pytest.fixture(scope="module")
def plans(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Plan]:
    estate = Estate(tmp_path_factory.mktemp("estates") / "one")
    made = {}
    for size in SIZES:
        estate.edit(size)
        made[size] = estate.plan()
    return made


@pytest.mark.parametrize("size", SIZES)
def test_golden(request: pytest.FixtureRequest, plans: dict[int, Plan], size: int) -> None:
    for suffix, render in FORMATS.items():
        path, text = GOLDEN / f"plan-{size}.{suffix}", render(plans[size])
        if request.config.getoption("--rewrite-golden"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert path.read_text(encoding="utf-8") == text, f"{path} differs; look at it, then run with --rewrite-golden"


def test_one_change_among_five_hundred_is_a_small_picture(plans: dict[int, Plan]) -> None:
    picture = focus(plans[1].calls)
    assert len(plans[1].resources) > 400
    assert len(picture.nodes) < 12
    assert len(picture.former) == 1
    assert find_affected_numbers(plans[1].calls) == {"+12025550003"}


@pytest.mark.parametrize("size", SIZES)
def test_every_change_of_one_line_can_be_read_without_a_click(plans: dict[int, Plan], size: int) -> None:
    text = render_markdown(plans[size])
    assert len(plans[size].updates) == size
    assert "before and after of" not in text
    for update in plans[size].updates:
        assert update.address.partition(".")[2] in text
