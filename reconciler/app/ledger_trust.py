"""Decide whether a ledger in object storage may be used: whoever names a bucket decides what a plan believes.

A pull request can name any bucket, and the job that plans it has the cloud's credentials. So in a pull request's job a bucket
counts only where somebody else has named it: the environment (`RECONCILER_ALLOWED_LEDGERS`), or the branch that the pull
request is for. Outside of pull requests the configuration has been reviewed, or is one's own.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Final

from reconciler.app.problem import Exit, Problem
from reconciler.config.settings.ledgers import STORES, find_ledger
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.project import Project

ALLOWED_LEDGERS: Final = "RECONCILER_ALLOWED_LEDGERS"
_TARGETS: Final = ("GITHUB_BASE_REF", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME")
"""What names the target branch in a pull request's job, and is empty or missing in any other."""


def check_ledger(project: Project, *, environ: Mapping[str, str]) -> None:
    """Raise Problem for a ledger that only a pull request names."""
    target = next((environ[name] for name in _TARGETS if environ.get(name)), "")
    if not target or project.ledger in STORES or is_allowed(project.ledger, environ.get(ALLOWED_LEDGERS, "")):
        return
    named = _find_named(project, target, environ)
    if named != project.ledger:
        seen = f"{target} names {named}" if named else f"what {target} names cannot be read here"
        message = f"this pull request names the ledger {project.ledger}, and {seen}"
        advice = (
            f"Merge a new ledger before it is used in pull requests: fetch {target} in the job so that it can be compared, "
            f"or set {ALLOWED_LEDGERS} there (in the environment, several separated by commas)."
        )
        raise Problem(Diagnostic("ledger-refused", message, advice=advice), exit_code=Exit.REFUSED)


def is_allowed(ledger: str, allowed: str) -> bool:
    """Tell whether a list names a ledger: itself, or a prefix that it lies below."""
    entries = [entry.strip().rstrip("/") for entry in allowed.split(",")]
    return any(entry and (ledger == entry or ledger.startswith(f"{entry}/")) for entry in entries)


def _find_named(project: Project, target: str, environ: Mapping[str, str]) -> str:
    """Return the ledger that the target branch's configuration names, "" where that cannot be told."""
    from reconciler.ledger.errors import LedgerUnavailable
    from reconciler.ledger.stores.git_repository import Repository

    with contextlib.suppress(LedgerUnavailable):
        repository = Repository(project.root, environ=environ)
        commit = repository.read_local(f"refs/remotes/{repository.remote}/{target}")
        path = f"{repository.prefix}reconciler.yaml"
        return find_ledger(repository.objects.read_files(commit, folder=path).get("", b""))
    return ""
