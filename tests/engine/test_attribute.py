"""The truth table of attribution: last applied x declared x live, each possibly missing."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from reconciler.engine.plan import plan_resource
from reconciler.model.ledger import Applied, Ledger
from reconciler.model.live import Present
from reconciler.model.plan import Cause
from tests.engine.worlds import LINE, declare, make_account

MISSING, X, Y, Z = "missing", "x", "y", "z"
"""Declared is x or missing; y and z are other values."""

TABLE: list[tuple[str, str, str, Cause | None]] = [
    # last, declared, live, cause
    (MISSING, MISSING, MISSING, None),
    (MISSING, MISSING, X, None),
    (MISSING, MISSING, Y, None),
    (X, MISSING, MISSING, None),
    (X, MISSING, X, None),
    (X, MISSING, Y, None),
    (Y, MISSING, MISSING, None),
    (Y, MISSING, X, None),
    (Y, MISSING, Y, None),
    (Z, MISSING, MISSING, None),
    (Z, MISSING, X, None),
    (Z, MISSING, Y, None),
    (MISSING, X, MISSING, Cause.UNVERIFIABLE),
    (MISSING, X, X, None),
    (MISSING, X, Y, Cause.UNATTRIBUTED),
    (X, X, MISSING, None),
    (X, X, X, None),
    (X, X, Y, Cause.DRIFT),
    (Y, X, MISSING, Cause.CONFIG),
    (Y, X, X, None),
    (Y, X, Y, Cause.CONFIG),
    (Z, X, MISSING, Cause.CONFIG),
    (Z, X, X, None),
    (Z, X, Y, Cause.CONFLICT),
]


def test_the_table_is_whole() -> None:
    rows = [(last, declared, live) for last, declared, live, _ in TABLE]
    every = [(last, dec, live) for last in (MISSING, X, Y, Z) for dec in (MISSING, X) for live in (MISSING, X, Y)]
    assert sorted(rows) == sorted(every)


@pytest.mark.parametrize(("last", "declared", "live", "cause"), TABLE)
def test_row(last: str, declared: str, live: str, cause: Cause | None) -> None:
    name = "hidden" if live == MISSING else "fixed"
    assert find_causes(name, last=last, declared=declared, live=live) == ([cause] if cause else [])


@pytest.mark.parametrize(("last", "declared", "live", "cause"), TABLE)
def test_row_of_a_key_in_an_object(last: str, declared: str, live: str, cause: Cause | None) -> None:
    """A key that is not in a readable object is null there: known, and not what is declared."""
    held = {} if live == MISSING else {"key": live}
    spec = {} if declared == MISSING else {"merged": {"key": declared}}
    fields = {} if last == MISSING else {"/merged": {"key": last}}
    if live == MISSING and declared == X:
        cause = Cause.UNATTRIBUTED if last == MISSING else Cause.DRIFT if last == X else Cause.CONFLICT
    found = plan_causes(spec, live={"merged": held}, fields=fields)
    assert found == ([cause] if cause else [])


def find_causes(name: str, *, last: str, declared: str, live: str) -> list[Cause]:
    spec = {} if declared == MISSING else {name: declared}
    fields = {} if last == MISSING else {f"/{name}": last}
    return plan_causes(spec, live={} if live == MISSING else {name: live}, fields=fields)


def plan_causes(spec: Mapping[str, object], *, live: Mapping[str, object], fields: Mapping[str, object]) -> list[Cause]:
    declared = declare(LINE, {**spec, "token": "t"})
    assert declared.identity is not None
    applied = Applied(
        declared.address, "acme", "acme", "lines", "id-1", {**fields, "/token": "t"}, when="", commit="", run="1"
    )
    verdict = plan_resource(
        declared,
        Present(declared.identity, live),
        resource_type=LINE,
        account=make_account(),
        ledger=Ledger({declared.address: applied}),
        options={},
    )
    return [change.cause for change in verdict.update.changes] if verdict.update else []
