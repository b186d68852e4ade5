"""Read where the ledger is kept: files, a git ref, or a prefix in object storage."""

from __future__ import annotations

import re
from typing import Final

from reconciler.config.settings.section import Section
from reconciler.config.text.source import quote

STORES: Final = ("files", "git")

# A bucket and at least one folder below it: two projects in one place would take each other's lock.
_URL: Final = re.compile(r"(?:s3|gs|az)://[a-z0-9][a-z0-9._-]{1,220}[a-z0-9](?:/[A-Za-z0-9][A-Za-z0-9._=-]*)+/?")
_ADVICE: Final = "Write files, git, or a prefix of its own in a bucket: s3://bucket/project (also gs://, az://)."


def read_ledger(section: Section) -> str:
    """Return `files`, `git` or the URL of a prefix without a slash at its end."""
    written = section.text("ledger")
    if written is None or written in STORES:
        return written or "files"
    if _URL.fullmatch(written):
        return written.rstrip("/")
    section.refuse("ledger", "bad-setting", f"`ledger`: {quote(written)} is no place for a ledger", _ADVICE)
    return "files"
