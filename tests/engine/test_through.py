"""What a resource takes values from decides whether it can be planned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from reconciler.engine.references import Trouble
from reconciler.engine.through import find_block
from reconciler.model.diagnostic import Diagnostic, Location, Severity
from reconciler.model.plan import Planned, Status
from reconciler.model.project import Declared
from reconciler.model.reference import Reference, Template, Use
from tests.vendors.made_up import declare

PLACE = Location("a.yaml", 7)
TROUBLE = Trouble("it has no voice", Location("b.yaml", 9), code="reference-empty", advice="Give it one.")


def taking(*addresses: str) -> Declared:
    uses = tuple(Use("spec", (address,), Template((Reference(address, PLACE, ("id",)),))) for address in addresses)
    return replace(declare({}), uses=uses)


def verdicts(**statuses: Status) -> Mapping[str, Planned]:
    return {f"voices.{name}": Planned(f"voices.{name}", status, reason="no") for name, status in statuses.items()}


@pytest.mark.parametrize(
    ("status", "severity"),
    [(Status.UNKNOWN, Severity.WARNING), (Status.ABSENT, Severity.ERROR), (Status.REFUSED, Severity.ERROR)],
)
def test_the_same_is_said_of_it_as_of_the_first_that_is_not_as_it_should_be(status: Status, severity: Severity) -> None:
    known = verdicts(a=Status.IN_SYNC, b=status, c=Status.ABSENT)
    reason = f"it takes voices.b.id, and voices.b is {status.value}: no"
    assert find_block(taking("voices.x", "voices.a", "voices.b", "voices.c"), known, TROUBLE) == (
        Planned("lines.main", status, account="acme", reason=reason, through="voices.b"),
        Diagnostic(
            code="reference-blocked",
            message=f"lines.main: {reason}",
            severity=severity,
            advice="It follows voices.b: once that one is right, this one is planned again.",
            location=PLACE,
            address="lines.main",
        ),
    )


def test_a_value_that_cannot_be_taken_refuses() -> None:
    known = verdicts(a=Status.UPDATE)
    assert find_block(taking("voices.a"), known, TROUBLE) == (
        Planned("lines.main", Status.REFUSED, account="acme", reason="it has no voice"),
        Diagnostic(
            code="reference-empty",
            message="lines.main: it has no voice",
            severity=Severity.ERROR,
            advice="Give it one.",
            location=Location("b.yaml", 9),
            address="lines.main",
        ),
    )


def test_nothing_stands_in_the_way_of_others() -> None:
    assert find_block(taking("voices.a", "voices.b"), verdicts(a=Status.UPDATE, b=Status.IN_SYNC), None) is None
    assert find_block(taking(), {}, None) is None
