"""The journals in a commit of the ledger's ref, with an index that has a page for each month: a commit stores one page anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from reconciler.ledger.journals.index import (
    INDEX_NAME,
    Digest,
    digest_journal,
    format_index,
    list_digests,
    merge_digests,
)
from reconciler.ledger.journals.journal import SUFFIX
from reconciler.ledger.journals.retention import choose_expired
from reconciler.ledger.stores.git_objects import Objects

_MONTH: Final = 6
"""Characters of a journal's name that tell its month, e.g. `202611`."""


@dataclass(frozen=True, slots=True)
class CommitJournals:
    """The journals of a project in one commit. See `journals.index.JournalSource`."""

    objects: Objects
    commit: str
    folder: str
    """The project's own folder in the ref, with its `/`; "" for the top."""

    @property
    def _journals(self) -> str:
        return f"{self.folder}journal/"

    @property
    def _pages(self) -> str:
        return f"{self.folder}{INDEX_NAME}/"

    def list_sizes(self) -> Mapping[str, int]:
        """Return the size of each journal by name."""
        return self.objects.list_sizes(self.commit, folder=self._journals)

    def read_some(self, names: Sequence[str]) -> Mapping[str, bytes]:
        """Return some journals, all in one call."""
        return self.objects.read_some(self.commit, folder=self._journals, names=names)

    def read_index(self) -> bytes:
        """Return all pages of the index."""
        return b"".join(self.objects.read_files(self.commit, folder=self._pages).values())

    def add(self, name: str, content: bytes, *, now: datetime) -> dict[str, bytes | None]:
        """Return what changes in the commit when a journal is added: itself, its page, and what has expired by now."""
        before = list_digests(self)
        after = merge_digests(before, [digest_journal(name, content)])
        expired = choose_expired(after, now=now)
        changes: dict[str, bytes | None] = {self._journals + one: None for one in expired}
        pages = {_name_page(one) for one in (name, *expired)}
        kept = [digest for digest in after if digest.name not in expired]
        for page in pages:
            changes[self._pages + page] = _format_page(kept, page)
        return {**changes, self._journals + name: content}


def _name_page(journal: str) -> str:
    return f"{journal[:_MONTH]}{SUFFIX}"


def _format_page(digests: Sequence[Digest], page: str) -> bytes | None:
    return format_index(digest for digest in digests if _name_page(digest.name) == page) or None
