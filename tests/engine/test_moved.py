"""An object that lives under another id is told, with the id as a file would hold it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.engine.moved import note_moved
from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.model.live import Present
from reconciler.model.resource_type import Identity
from tests.vendors.made_up import IDENTITY, declare

PAIR = Identity((("agentId", "P-1"), ("connectorId", "c-1")))


@pytest.mark.parametrize(
    ("here", "there", "written"),
    [
        (IDENTITY, Identity((("id", "line_2"),)), "id: line_2"),
        (PAIR, PAIR.replace("agentId", "P-2"), "id: {agentId: P-2, connectorId: c-1}"),
    ],
)
def test_the_new_id_is_written_as_in_a_file(here: Identity, there: Identity, written: str) -> None:
    declared = replace(declare({}), identity=here)
    assert note_moved(declared, Present(there, {})) == (
        Diagnostic(
            code="moved",
            message=f"lines.main now lives at {there}",
            severity=Severity.WARNING,
            advice=f"Write its new id: {written}",
            location=declared.location,
            address="lines.main",
        ),
    )


def test_what_is_where_it_was_declared_or_was_matched_is_not_told() -> None:
    assert note_moved(declare({}), Present(IDENTITY, {})) == ()
    assert note_moved(replace(declare({}), identity=None), Present(PAIR, {})) == ()
