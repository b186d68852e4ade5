"""What was last applied, the journal of each run, and the lock: in files, or in a git ref that a team shares.

Read `store` first: it says what a store can do. What is named here is loaded when it is asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reconciler.ledger.encoding import Loaded
    from reconciler.ledger.errors import (
        CommitUnknown,
        LedgerConflict,
        LedgerProblem,
        LedgerUnavailable,
        LockedError,
        LockLost,
    )
    from reconciler.ledger.fingerprints import fingerprint_value
    from reconciler.ledger.holder import LockHolder
    from reconciler.ledger.journals.history import (
        Intention,
        RecordedChange,
        RunRecord,
        RunSummary,
        Sighting,
        Step,
        list_open_sightings,
    )
    from reconciler.ledger.journals.journal import Journal, RunEnd, RunHeader
    from reconciler.ledger.lock import Lock
    from reconciler.ledger.origin import current_author, current_commit, describe_commit, new_run_id, note_distrust
    from reconciler.ledger.state_files import STATE_FOLDER
    from reconciler.ledger.store import Store, open_store
    from reconciler.ledger.stores.git_export import export_commit, list_revisions
    from reconciler.ledger.times import parse_time

__all__ = [
    "STATE_FOLDER",
    "CommitUnknown",
    "Intention",
    "Journal",
    "LedgerConflict",
    "LedgerProblem",
    "LedgerUnavailable",
    "Loaded",
    "Lock",
    "LockHolder",
    "LockLost",
    "LockedError",
    "RecordedChange",
    "RunEnd",
    "RunHeader",
    "RunRecord",
    "RunSummary",
    "Sighting",
    "Step",
    "Store",
    "current_author",
    "current_commit",
    "describe_commit",
    "export_commit",
    "fingerprint_value",
    "list_open_sightings",
    "list_revisions",
    "new_run_id",
    "note_distrust",
    "open_store",
    "parse_time",
]

_HOMES = {
    "CommitUnknown": "errors",
    "Intention": "journals.history",
    "Journal": "journals.journal",
    "LedgerConflict": "errors",
    "LedgerProblem": "errors",
    "LedgerUnavailable": "errors",
    "Loaded": "encoding",
    "Lock": "lock",
    "LockHolder": "holder",
    "LockLost": "errors",
    "LockedError": "errors",
    "RecordedChange": "journals.history",
    "RunEnd": "journals.journal",
    "RunHeader": "journals.journal",
    "RunRecord": "journals.history",
    "RunSummary": "journals.history",
    "STATE_FOLDER": "state_files",
    "Sighting": "journals.history",
    "Step": "journals.history",
    "Store": "store",
    "current_author": "origin",
    "current_commit": "origin",
    "describe_commit": "origin",
    "export_commit": "stores.git_export",
    "fingerprint_value": "fingerprints",
    "list_open_sightings": "journals.history",
    "list_revisions": "stores.git_export",
    "new_run_id": "origin",
    "note_distrust": "origin",
    "open_store": "store",
    "parse_time": "times",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)
