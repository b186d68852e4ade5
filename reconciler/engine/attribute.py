"""Say who made declared and live differ, from what was applied last.

The truth table, with L = last applied, D = declared, V = live (docs/attribution.md has it in prose):

| L       | D vs V | V readable | L vs D | L vs V | verdict      |
|---------|--------|------------|--------|--------|--------------|
| any     | equal  | yes        |        |        | no change    |
| missing | differ | yes        |        |        | unattributed |
| known   | differ | yes        | differ | equal  | config       |
| known   | differ | yes        | equal  | differ | drift        |
| known   | differ | yes        | differ | differ | conflict     |
| missing |        | no         |        |        | unverifiable |
| known   |        | no         | equal  |        | no change    |
| known   |        | no         | differ |        | config       |
"""

from __future__ import annotations

from reconciler.engine.normal_form import same
from reconciler.model.paths import MISSING, Json, Missing
from reconciler.model.plan import Cause


def attribute(*, last: Json | Missing, declared: Json, live: Json | Missing) -> Cause | None:
    """Return the cause of a difference, or None where there is nothing to change. All three in normal form."""
    if live is MISSING:
        return _attribute_unread(last=last, declared=declared)
    if same(declared, live):
        return None
    if last is MISSING:
        return Cause.UNATTRIBUTED
    if same(last, live):
        return Cause.CONFIG
    return Cause.DRIFT if same(last, declared) else Cause.CONFLICT


def _attribute_unread(*, last: Json | Missing, declared: Json) -> Cause | None:
    if last is MISSING:
        return Cause.UNVERIFIABLE
    return None if same(last, declared) else Cause.CONFIG
