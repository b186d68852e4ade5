"""Whatever a project went through: a plan with `--since` is the full plan, of what comes to something else than then."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings

from reconciler.app.review.review import review
from reconciler.model.plan import Plan, Update
from tests.hostile.git_traps import sanitize
from tests.laws.histories import State, build_seed, draw_histories
from tests.laws.stage import ENVIRON, Stage
from tests.ledger.samples import run_git

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]
FEW = settings(max_examples=10, derandomize=True, deadline=None, suppress_health_check=SLOW, phases=[Phase.generate])
EVERYWHERE = ENVIRON | sanitize({"PATH": os.environ["PATH"]})


def write(folder: Path, state: State) -> None:
    for each in folder.iterdir():
        if not each.name.startswith("."):
            shutil.rmtree(each) if each.is_dir() else each.unlink()
    for name, text in state.write().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def keep(plan: Plan, addresses: set[str]) -> tuple[object, ...]:
    """Return what a plan says of some resources, without the users of an object that were not read beside it."""
    updates = [strip(update) for update in plan.updates if update.address in addresses]
    return [planned for planned in plan.resources if planned.address in addresses], updates, plan.binding


def strip(update: Update) -> Update:
    return replace(update, reach=None)


@FEW
@given(draw_histories())
def test_a_plan_since_a_commit_is_the_full_plan_of_what_changed_after_it(history: list[State]) -> None:
    with tempfile.TemporaryDirectory(prefix="since-") as name:
        stage = Stage(Path(name) / "clone", seed=build_seed(), declared={})
        run_git(stage.folder, "init", "-q", "-b", "main")
        (stage.folder / ".git/info/exclude").write_text(".*\n")
        context = replace(stage.context, environ=EVERYWHERE)
        commits = []
        for state in history:
            write(stage.folder, state)
            run_git(stage.folder, "add", "-A")
            run_git(stage.folder, "-c", "user.name=t", "-c", "user.email=t@x", "commit", "-qm", "x", "--allow-empty")
            commits.append(run_git(stage.folder, "rev-parse", "HEAD"))
        now = history[-1].resolve()
        full = review(context).plan
        assert {planned.address for planned in full.resources} == now.keys()
        for commit, state in zip(commits, history, strict=True):
            before = state.resolve()
            changed = {address for address, meaning in now.items() if before.get(address) != meaning}
            plan = review(context, since=commit).plan
            assert {planned.address for planned in plan.resources} == changed
            assert keep(plan, changed) == keep(full, changed)
            assert plan.scope.left_out == len(now) - len(changed)
        stage.close()
