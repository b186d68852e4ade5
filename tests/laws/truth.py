"""Compare what a run said with what the vendors hold."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.model.outcome import SETTLED, Outcome, Result
from reconciler.model.plan import Status
from tests.laws.stage import Applied, Documents
from tests.laws.worlds import STAMPS, Drawn, drop_secrets, find_shown, find_spec, holds

UNTOUCHED = frozenset({Result.REJECTED, Result.STALE, Result.REFUSED, Result.NOT_ATTEMPTED})
FAILED = frozenset({Result.REJECTED, Result.MISMATCH, Result.IN_DOUBT, Result.NOT_ATTEMPTED})
READABLE = {"opencopilot": frozenset({"name"})}
"""What can be read back where not all can (D)."""


def check_truth(drawn: Drawn, applied: Applied, before: Documents, after: Documents) -> None:
    """Hold every word of a run against the world: each resource, and the exit code over all."""
    outcomes = {one.update.address: one for one in applied.deployed.outcomes}
    for planned in applied.plan.resources:
        outcome, place = outcomes.get(planned.address), drawn.places[planned.address]
        claim = f"{planned.address}: {planned.status} {planned.reason}\n{applied.explain()}"
        if outcome is None:
            assert planned.status is not Status.UPDATE, claim
            assert planned.reason or planned.status is Status.IN_SYNC, claim
            assert before[place] == after[place], claim
        else:
            check_outcome(drawn, outcome, before, after, claim=claim)
        if planned.status is Status.IN_SYNC:
            assert _list_unmade(drawn, planned.address, after) == [], claim
    check_exit(applied)
    told = drawn.places.keys() & {planned.address for planned in applied.plan.resources}
    untold = [place for place in after if place not in {drawn.places[address] for address in told}]
    assert [place for place in untold if before[place] != after[place]] == []


def check_outcome(drawn: Drawn, outcome: Outcome, before: Documents, after: Documents, *, claim: str) -> None:
    address, place = outcome.update.address, drawn.places[outcome.update.address]
    unmade = _list_unmade(drawn, address, after)
    damage = _list_damage(drawn, address, before, after)
    assert outcome.message or outcome.result in SETTLED, claim
    if outcome.result in SETTLED:
        assert unmade == [], claim
        assert damage == [], claim
    if outcome.result in UNTOUCHED:
        assert before[place] == after[place], claim
    if outcome.result is Result.MISMATCH:
        assert unmade or damage, claim
        assert outcome.wrong_fields or outcome.collateral, claim


def check_exit(applied: Applied) -> None:
    """Work out the exit code from the contract, not from the code."""
    results = {one.result for one in applied.deployed.outcomes}
    states = {one.status for one in applied.plan.resources}
    if results & FAILED:
        wanted = 4 if results & SETTLED else 1
    elif results & {Result.STALE, Result.REFUSED}:
        wanted = 5
    elif Status.UNKNOWN in states:
        wanted = 6
    elif Status.REFUSED in states:
        wanted = 5
    else:
        wanted = 1 if Status.ABSENT in states else 0
    assert applied.exit_code == wanted, applied.explain()


def _list_unmade(drawn: Drawn, address: str, after: Documents) -> list[str]:
    place, spec = drawn.places[address], find_shown(drawn, address)
    readable = _list_readable(place[0], drawn, spec)
    return [name for name, value in spec.items() if name in readable and not holds(after[place], name, value)]


def _list_damage(drawn: Drawn, address: str, before: Documents, after: Documents) -> list[str]:
    """List what changed beyond what is declared, as far as anybody can read it."""
    place, spec = drawn.places[address], find_spec(drawn, address)
    old, new = drop_secrets(before[place]), drop_secrets(after[place])
    readable = _list_readable(place[0], drawn, {**old, **new})
    return [name for name in readable if name not in {*spec, *STAMPS} and old.get(name) != new.get(name)]


def _list_readable(provider: str, drawn: Drawn, row: Mapping[str, object]) -> frozenset[str]:
    return frozenset(row) if provider in drawn.apis else READABLE.get(provider, frozenset(row))
