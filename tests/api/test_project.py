"""The Python API: typed values, one exception, no output, and nothing of the process changed."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import reconciler
from reconciler import Exit, Outcome, Problem, Result, Severity, open_project
from reconciler.app.sandbox_state import build_sandbox
from tests.cli.stage import take_example

PUBLIC = ["Accepted", "Adopted", "Cause", "Change", "Comparison", "Deployed", "Diagnostic", "Exit", "Haul", "Location", "OpenProject", "Outcome", "Plan", "PlanReport", "Planned", "Problem", "Request", "Result", "Severity", "Status", "Update", "__version__", "judge_plan", "merge_plans", "open_project", "read_plan", "render_plans", "write_plan"]  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return take_example("quickstart", tmp_path)


def open_example(folder: Path) -> reconciler.OpenProject:
    return open_project(folder, sandbox=True, environ={"USER": "tester", "HOME": str(folder)})


def test_the_public_names_are_these() -> None:
    assert sorted(reconciler.__all__) == PUBLIC
    assert all(getattr(reconciler, name) is not None for name in PUBLIC)
    assert set(PUBLIC) <= set(dir(reconciler))
    with pytest.raises(AttributeError, match="no attribute 'plan'"):
        _ = reconciler.plan


def test_importing_it_loads_nothing_heavy() -> None:
    script = "import sys, reconciler; before = set(sys.modules); from reconciler import open_project; open_project('.'); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    heavy = {"asyncio", "click", "deepdiff", "httpx", "jinja2", "jsonschema", "rich", "starlette", "yaml"}
    assert not heavy & set(done.stdout.split())


def test_a_program_does_what_the_command_line_does(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = open_example(folder)
    assert [found for found in project.validate() if found.severity is Severity.ERROR] == []
    plan = project.plan()
    assert plan.updates
    told: list[Outcome] = []
    done = project.apply(plan, on_outcome=told.append)
    assert done.exit_code is Exit.DONE
    assert {outcome.result for outcome in done.outcomes} <= {Result.VERIFIED, Result.ACCEPTED}
    assert sorted(one.update.address for one in told) == sorted(update.address for update in plan.updates)
    assert project.plan().updates == ()
    assert project.drift().updates == ()
    assert [run.run for run in project.history()] == [done.run]
    assert len(project.read_run("latest").steps) == len(plan.updates)
    assert project.undo("latest").exit_code is Exit.REFUSED  # what one vendor never showed cannot come back
    assert project.plan().updates
    assert project.pull(["numbers"], declared=True).count == 3
    assert all(each.well for each in project.examine())
    assert capsys.readouterr() == ("", "")


def test_two_environments_are_put_side_by_side(tmp_path: Path) -> None:
    project = open_example(take_example("environments", tmp_path))
    made = project.compare("staging", "us", targets=["numbers.*"])
    assert made.environments == ("staging", "us")
    assert {pair.address for pair in made.pairs if pair.differs} == {"numbers.front-desk", "numbers.after-hours"}
    (label,) = made.differences
    assert (label.path, label.intended) == (("label",), True)
    assert (label.left.declared, label.right.live) == ("Front desk Staging", "Front desk Boston")
    with pytest.raises(Problem) as caught:
        project.compare("staging", "uk")
    assert caught.value.diagnostics[0].code == "environment-unknown"


def test_what_is_live_is_written_and_what_moved_is_accepted(folder: Path, tmp_path: Path) -> None:
    outer = open_example(folder)
    adopted = outer.pull_into(tmp_path / "new", ["numbers"], accounts=["fluents"])
    assert (adopted.begun, adopted.files) == (True, ("reconciler.yaml", ".gitignore", "fluents.yaml"))
    outer.apply(allow_protected=["*"])
    build_sandbox(folder).state.world.edit("fluents", "numbers", "+12025550143", {"label": "Moved"})
    done = outer.accept(["numbers.front-desk/label"])
    assert (done.files, done.left, done.exit_code) == (("config/fluents.yaml",), (), Exit.DONE)
    assert "label: Moved" in (folder / "config/fluents.yaml").read_text("utf-8")
    assert outer.accept().updates == ()


def test_trouble_is_one_exception_with_its_diagnostics(folder: Path) -> None:
    project = open_example(folder)
    with pytest.raises(Problem) as caught:
        project.plan(targets=["numbers.nobody"])
    assert (caught.value.exit_code, caught.value.diagnostics[0].code) == (Exit.USAGE, "unknown-target")
    plan = project.plan()
    with pytest.raises(Problem) as caught:
        project.apply(plan, max_updates=1)
    assert caught.value.exit_code is Exit.REFUSED
    with pytest.raises(ValueError, match="applied whole"):
        project.apply(plan, targets=["numbers.*"])
    (folder / "config/fluents.yaml").write_text("numbers: {a: {id: 5}}\n")
    assert any(found.severity is Severity.ERROR for found in project.validate())
    with pytest.raises(Problem) as caught:
        project.apply(plan)
    assert caught.value.exit_code is Exit.INVALID


def test_it_works_inside_a_running_loop(folder: Path) -> None:
    async def work() -> int:
        project = open_example(folder)
        return len(project.apply(project.plan(targets=["numbers.*"])).outcomes)

    assert asyncio.run(work()) == 2


def test_several_threads_work_at_once_and_no_handler_is_touched(tmp_path: Path) -> None:
    folders = [take_example("quickstart", tmp_path / str(number)) for number in range(3)]
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    codes: list[Exit] = []

    def work(folder: Path) -> None:
        project = open_example(folder)
        codes.append(project.apply(on_outcome=lambda _: watch()).exit_code)

    def watch() -> None:
        assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before

    threads = [threading.Thread(target=work, args=(folder,)) for folder in folders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert codes == [Exit.DONE] * 3


def test_what_a_listener_raises_ends_the_run_and_loses_nothing(folder: Path) -> None:
    project = open_example(folder)
    told: list[Outcome] = []

    def fail(outcome: Outcome) -> None:
        told.append(outcome)
        raise LookupError(outcome.update.address)

    with pytest.raises(LookupError):
        project.apply(on_outcome=fail)
    (run,) = project.history()
    assert run.ended
    assert open_example(folder).apply().exit_code is Exit.DONE
