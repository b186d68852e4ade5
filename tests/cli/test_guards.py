"""Guards, protections and conflicts: what refuses an apply, and what lifts it, visibly."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.stage import LINES, Stage, lines, quickstart


def guarded(folder: Path, guards: str, *, count: int = 3) -> Stage:
    return lines(
        folder, count=count, head=LINES.replace("phone_connections:", f"guards: {{{guards}}}\nphone_connections:")
    )


def test_max_updates_counts_and_is_lifted_for_one_run(tmp_path: Path) -> None:
    stage = guarded(tmp_path, "max_updates: 2")
    assert stage.run("plan").code == 0
    told = stage.apply()
    assert told.code == 5
    assert "error[guard-tripped]: 3 updates, and the guard max_updates allows 2" in told.words
    assert "Refused. Nothing was sent." in told.err
    assert stage.writes == []
    assert stage.apply("--max-updates", "2").code == 5
    lifted = stage.apply("--max-updates", "3")
    assert lifted.code == 0
    assert "warning[guard-lifted]: lifted for this run: --max-updates 3" in lifted.words


def test_a_target_brings_a_plan_under_the_guard(tmp_path: Path) -> None:
    stage = guarded(tmp_path, "max_updates: 2")
    assert stage.apply("--target", "*.line-0", "--target", "*.line-1").code == 0
    assert len(stage.writes) == 2


@pytest.mark.parametrize(("count", "wanted", "code"), [(9, 9, 0), (10, 3, 0), (10, 4, 5), (11, 3, 0), (11, 4, 5)])
def test_max_percent_counts_from_ten_resources_on(tmp_path: Path, count: int, wanted: int, code: int) -> None:
    """The default is 30 percent of a kind; a target does not make the kind smaller."""
    stage = lines(tmp_path, count=count)
    targets = [word for place in range(wanted) for word in ("--target", f"*.line-{place}")]
    told = stage.apply(*targets)
    assert told.code == code, told.all
    assert len(stage.writes) == (wanted if code == 0 else 0)
    if code:
        assert f"{wanted} of {count} phone_connections would change" in told.words
        assert "--max-updates" in told.words
        assert stage.apply(*targets, "--max-updates", str(wanted)).code == 0


def test_max_percent_can_be_set(tmp_path: Path) -> None:
    assert guarded(tmp_path / "all", "max_percent: 100", count=10).apply().code == 0
    assert guarded(tmp_path / "none", "max_percent: 0", count=10).apply("--target", "*.line-0").code == 5


def test_protect_shows_changes_and_refuses_them(tmp_path: Path) -> None:
    stage = lines(tmp_path)
    stage.change("reconciler.yaml", "line-1: {id: pc_1,", "line-1: {id: pc_1, protect: true,")
    shown = stage.run("plan")
    assert shown.code == 0
    assert "protected" in shown.out
    told = stage.apply()
    assert told.code == 5
    assert "phone_connections.line-1 is protected" in told.words
    assert stage.writes == []
    assert stage.apply("--allow-protected", "phone_connections.line-0").code == 5
    lifted = stage.apply("--allow-protected", "phone_connections.line-1")
    assert lifted.code == 0
    assert "lifted for this run: --allow-protected phone_connections.line-1" in lifted.words


def test_protect_does_not_matter_where_nothing_changes(tmp_path: Path) -> None:
    stage = lines(tmp_path)
    stage.change("reconciler.yaml", "line-1: {id: pc_1,", "line-1: {id: pc_1, protect: true,")
    assert stage.apply("--target", "*.line-0").code == 0


def test_all_refusals_are_told_at_once(tmp_path: Path) -> None:
    stage = guarded(tmp_path, "max_updates: 1")
    stage.change("reconciler.yaml", "line-1: {id: pc_1,", "line-1: {id: pc_1, protect: true,")
    told = stage.apply()
    assert "max_updates allows 1" in told.words
    assert "line-1 is protected" in told.words


def conflicted(folder: Path) -> Stage:
    stage = lines(folder)
    stage.settle()
    stage.world.edit("galtea", "phoneConnections", "pc_0", {"voice": "megan"})
    stage.change("reconciler.yaml", "line-0: {id: pc_0, spec: {voice: jack}", "line-0: {id: pc_0, spec: {voice: theo}")
    return stage


def test_a_conflict_is_refused_unless_accepted(tmp_path: Path) -> None:
    stage = conflicted(tmp_path)
    shown = stage.run("plan")
    assert shown.code == 0
    assert "conflict" in shown.out
    assert "Apply refuses conflicts" in shown.err
    told = stage.apply()
    assert told.code == 5
    assert "error[conflict]: phone_connections.line-0: voice changed in git and outside git" in told.words
    assert stage.writes == []
    accepted = stage.apply("--accept-conflicts")
    assert accepted.code == 0
    assert "lifted for this run: --accept-conflicts" in accepted.words
    assert stage.world.read("galtea", "phoneConnections", "pc_0")["voice"] == "theo"


def test_a_saved_plan_that_showed_a_conflict_is_approval(tmp_path: Path) -> None:
    stage = conflicted(tmp_path)
    target = str(tmp_path / "plan.json")
    stage.run("plan", "--out", target)
    assert stage.run("apply", target, "--auto-approve").code == 0
    assert stage.world.read("galtea", "phoneConnections", "pc_0")["voice"] == "theo"


def test_guards_hold_for_saved_plans_and_undo_too(tmp_path: Path) -> None:
    stage = guarded(tmp_path, "max_updates: 2")
    target = str(tmp_path / "plan.json")
    stage.run("plan", "--out", target)
    assert stage.run("apply", target, "--auto-approve").code == 5
    assert stage.run("apply", target, "--auto-approve", "--max-updates", "3").code == 0
    assert stage.run("undo", "latest", "--auto-approve").code == 5
    assert stage.run("undo", "latest", "--auto-approve", "--max-updates", "3").code == 0


def test_high_risk_stands_out_and_is_counted(tmp_path: Path) -> None:
    told = quickstart(tmp_path).run("plan")
    assert "▲ high risk: clientEnv is live" in told.out
    assert "(2 high risk)" in told.out


def test_saved_plans_need_approval_too(tmp_path: Path) -> None:
    stage = lines(tmp_path)
    target = str(tmp_path / "plan.json")
    stage.run("plan", "--out", target)
    told = stage.run("apply", target)
    assert told.code == 5
    assert "there is no terminal to ask on" in told.err
    assert stage.writes == []
