"""Read where the ledger is kept: files, a git ref, or a prefix in object storage."""

from __future__ import annotations

import re
from typing import Final

from reconciler.config.findings import Findings
from reconciler.config.settings.section import Section, read_section
from reconciler.config.text.events import parse_document
from reconciler.config.text.source import Source, quote

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


def find_ledger(content: bytes) -> str:
    """Return the ledger that the text of a `reconciler.yaml` names, "" where it is none that can be read."""
    findings = Findings()
    source = Source("reconciler.yaml", content.decode("utf-8", "replace"))
    document = parse_document(source, findings=findings)
    section = read_section(document, findings=findings, title="reconciler.yaml") if document else None
    ledger = read_ledger(section) if section and not findings.errors else ""
    return "" if findings.errors else ledger
