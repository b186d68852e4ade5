"""Which accounts a run locks: those of its scope until it knows what to write, then those that it writes to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reconciler.app.deploy.approval import Allowances
from reconciler.app.deploy.carry_out import carry_out
from reconciler.app.deploy.deployment import Deployment
from reconciler.app.deploy.opening import open_apply
from reconciler.app.deploy.sending import Watch
from reconciler.app.look_back.undo import open_undo
from reconciler.app.problem import Exit, Problem
from reconciler.app.workspace import open_workspace
from reconciler.model.plan import Plan, Scope
from tests.laws.stage import ALLOW_ALL, PROVIDERS, Stage
from tests.laws.worlds import build_world

ADDRESS = "phone_connections.line-0"


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    drawn = build_world()
    stage = Stage(tmp_path, drawn.seed, json.loads(json.dumps(drawn.declared)))
    yield stage
    stage.close()


def begin(stage: Stage, *accounts: str, saved: Plan | None = None) -> tuple[ExitStack, Deployment]:
    """Open an apply of some accounts, or of all; it holds its lock until the stack is closed."""
    stack, scope = ExitStack(), Scope(accounts=accounts)
    opened = open_apply(open_workspace(stage.context), ALLOW_ALL, saved=saved, scope=scope)
    return stack, stack.enter_context(opened)


def list_held(prepared: Deployment) -> set[str]:
    return set(prepared.lock.holder.accounts or ())


def change_voice(stage: Stage, voice: str) -> None:
    declared: Any = stage.declared
    declared["phone_connections"]["line-0"]["spec"]["voice"] = voice
    stage.declare(declared)


def list_recorded(stage: Stage) -> set[str]:
    return set(open_workspace(stage.context).open_store().load().ledger.entries)


def test_applies_of_different_accounts_go_side_by_side_and_keep_what_the_other_recorded(stage: Stage) -> None:
    shares = (("galtea", "polyai"), ("fluents", "opencopilot"))
    begun = [begin(stage, *accounts) for accounts in shares]
    assert [list_held(prepared) for _, prepared in begun] == [set(accounts) for accounts in shares]
    for _, prepared in reversed(begun):
        assert carry_out(prepared, watch=Watch()).exit_code is Exit.DONE
    for stack, _ in begun:
        stack.close()
    assert list_recorded(stage) == set(build_world().places)
    assert stage.plan_exit() == 0


def test_an_apply_that_shares_an_account_is_refused_before_anything_is_read(stage: Stage) -> None:
    stack, prepared = begin(stage, "galtea", "polyai")
    stage.world.requests.clear()
    for accounts in (("galtea",), ("fluents", "polyai"), ()):
        with pytest.raises(Problem) as caught:
            begin(stage, *accounts)
        assert caught.value.exit_code is Exit.REFUSED
        (found,) = caught.value.diagnostics
        assert f"run {prepared.run}, accounts " in found.message
        assert f"`reconciler unlock {prepared.run}`" in found.advice
    assert stage.world.requests == []
    stack.close()


def test_once_the_plan_is_known_only_what_it_writes_to_stays_locked(stage: Stage) -> None:
    stage.apply()
    change_voice(stage, "megan")
    stack, prepared = begin(stage)
    assert [update.address for update in prepared.plan.updates] == [ADDRESS]
    assert list_held(prepared) == {"galtea"}
    beside, other = begin(stage, "fluents", "opencopilot", "polyai")
    assert carry_out(prepared, watch=Watch()).exit_code is Exit.DONE
    assert carry_out(other, watch=Watch()).exit_code is Exit.DONE
    beside.close()
    stack.close()
    assert stage.plan_exit() == 0


def test_what_the_ledger_does_not_know_yet_is_written_and_stays_locked(stage: Stage) -> None:
    stage.apply()
    stage.lose_ledger()
    change_voice(stage, "megan")
    stack, prepared = begin(stage, "fluents", "galtea", "polyai")
    assert list_held(prepared) == {"fluents", "galtea", "polyai"}
    carry_out(prepared, watch=Watch())
    stack.close()
    known = {address for address in build_world().places if not address.startswith("agents.")}
    assert list_recorded(stage) == known


def test_a_saved_plan_locks_what_it_writes_to_and_waits_for_nobody_else(stage: Stage) -> None:
    stage.apply()
    change_voice(stage, "megan")
    plan = stage.plan()
    beside, _ = begin(stage, "fluents", "opencopilot", "polyai")
    stack, prepared = begin(stage, saved=plan)
    assert (list_held(prepared), prepared.refusals) == ({"galtea"}, ())
    assert carry_out(prepared, watch=Watch()).exit_code is Exit.DONE
    stack.close()
    beside.close()
    assert stage.plan_exit() == 0


def test_a_saved_plan_records_what_was_in_sync_under_its_lock(stage: Stage) -> None:
    stage.apply()
    stage.lose_ledger()
    change_voice(stage, "megan")
    stack, prepared = begin(stage, saved=stage.plan())
    assert list_held(prepared) == set(PROVIDERS)
    carry_out(prepared, watch=Watch())
    stack.close()
    assert list_recorded(stage) == set(build_world().places)


def test_a_saved_plan_is_not_believed_about_accounts(stage: Stage) -> None:
    plan = stage.plan()
    forged = replace(
        plan, updates=tuple(replace(update, account="polyai") for update in plan.updates[:1]), resources=()
    )
    stack, prepared = begin(stage, saved=forged)
    assert list_held(prepared) == {plan.updates[0].account} - {"polyai"}
    assert prepared.refusals
    stack.close()


def test_an_undo_locks_the_accounts_that_its_run_changed(stage: Stage) -> None:
    stage.apply()
    change_voice(stage, "megan")
    stage.apply()
    beside, _ = begin(stage, "fluents", "opencopilot", "polyai")
    with open_undo(open_workspace(stage.context), "latest", Allowances()) as prepared:
        assert list_held(prepared) == {"galtea"}
        assert carry_out(prepared, watch=Watch()).exit_code is Exit.DONE
    beside.close()


class Frugal:
    """A store that counts what is saved."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self.saved: list[set[str]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def save(self, entries: Any, **more: Any) -> None:
        known = tuple(entries)
        self.saved.append({entry.address for entry in known})
        self._inner.save(known, **more)


def apply_counting(stage: Stage) -> list[set[str]]:
    counted: list[Frugal] = []

    def wrap(deployment: Deployment) -> Deployment:
        counted.append(Frugal(deployment.store))
        store: Any = counted[0]
        return replace(deployment, store=store)

    assert stage.apply(wrap=wrap).exit_code == 0
    return counted[0].saved


def test_an_apply_saves_what_is_new_and_nothing_where_nothing_is(stage: Stage) -> None:
    everything = set(build_world().places)
    assert apply_counting(stage) == [everything]
    assert apply_counting(stage) == []
    change_voice(stage, "megan")
    assert apply_counting(stage) == [{ADDRESS}]
    runs = open_workspace(stage.context).open_store().runs()
    assert len(runs) == 3
    stage.lose_ledger()
    # OpenCX never shows a prompt: what cannot be compared is sent once more, and recorded with the rest.
    assert apply_counting(stage) == [everything]
    assert apply_counting(stage) == []
