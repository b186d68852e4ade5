"""Say of a write that an earlier run left in doubt what became of it, as far as this reading tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.engine.doubts import DoubtfulChange, settle_doubt
from reconciler.model.live import LiveState
from reconciler.model.paths import MISSING
from reconciler.model.resource_type import Catalog

if TYPE_CHECKING:
    from reconciler.ledger import Intention


def tell_doubt(intention: Intention, live: LiveState, *, catalog: Catalog) -> str:
    """Say what this reading tells of a doubtful write; empty where its object was not read."""
    step, reading = intention.step, live.readings.get(intention.address)
    known = catalog.find(step.provider, step.kind)
    if reading is None or known is None:
        return ""
    changes = [
        DoubtfulChange(one.path, MISSING, MISSING) if one.secret else DoubtfulChange(one.path, one.before, one.after)
        for one in step.changes
    ]
    return settle_doubt(known, changes, reading)
