"""Keep the vendors' state: JSON documents in SQLite, a record of requests, a place for a test to step in."""

import json
import sqlite3
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

Document = dict[str, Any]
Shelf = tuple[str, str, str]

_STAMPS = ("updated_at", "updatedAt", "lastUpdated")
_TABLE = """
CREATE TABLE IF NOT EXISTS documents (
  place INTEGER PRIMARY KEY,
  provider TEXT NOT NULL, scope TEXT NOT NULL, collection TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL,
  UNIQUE (provider, scope, collection, id)
)
"""
_INSERT = (
    "INSERT INTO documents (provider, scope, collection, id, body) VALUES (?, ?, ?, ?, ?) "
    "ON CONFLICT (provider, scope, collection, id) DO UPDATE SET body = excluded.body"
)


class Arrived(NamedTuple):
    """A request as it reached the sandbox, before anything was done about it."""

    method: str
    host: str
    path: str
    query: str
    body: object


class Served(NamedTuple):
    """A request and the status of its answer, None where the connection ended without one."""

    method: str
    host: str
    path: str
    query: str
    body: object
    status: int | None


class Danger(NamedTuple):
    """A request that would have bought, created, released, deleted or called something."""

    provider: str
    method: str
    path: str


class World:
    """Hold what the four vendors know.

    Documents are parsed once and kept; a change that another process makes in the same file is noticed before
    the next read. The order of documents is the order in which they were put.
    """

    def __init__(self, database: Path | None) -> None:
        self.requests: list[Served] = []
        self.dangers: list[Danger] = []
        self.before_request: Callable[[Arrived], None] | None = None
        self._lock = threading.RLock()
        self._shelves: dict[Shelf, dict[str, Document]] = {}
        self._connection = _open(database)
        self._seen = self._version()
        self._closer = weakref.finalize(self, self._connection.close)

    def close(self) -> None:
        """Close the database; the world is of no use afterwards."""
        self._closer()

    def is_empty(self) -> bool:
        """Tell whether nothing was ever put here."""
        return self._connection.execute("SELECT 1 FROM documents LIMIT 1").fetchone() is None

    def rows(self, provider: str, collection: str, *, scope: str = "") -> list[Document]:
        """Return copies of all documents of a collection, in the order of their arrival."""
        with self._lock:
            return [dict(document) for document in self._shelf((provider, scope, collection)).values()]

    def documents(self) -> Mapping[tuple[str, str, str, str], Document]:
        """Return a copy of everything, by provider, scope, collection and key: what two looks at the world compare."""
        with self._lock:
            found = self._connection.execute(
                "SELECT provider, scope, collection, id, body FROM documents ORDER BY place"
            )
            return {
                (provider, scope, collection, key): json.loads(body) for provider, scope, collection, key, body in found
            }

    def find(self, provider: str, collection: str, key: str, *, scope: str = "") -> Document | None:
        """Return a copy of one document, None where there is none."""
        with self._lock:
            document = self._shelf((provider, scope, collection)).get(key)
            return None if document is None else _copy(document)

    def read(self, provider: str, collection: str, key: str, *, scope: str = "") -> Document:
        """Return a copy of one document; KeyError where there is none."""
        document = self.find(provider, collection, key, scope=scope)
        if document is None:
            raise KeyError((provider, collection, key))
        return document

    def edit(
        self, provider: str, collection: str, key: str, fields: Mapping[str, object], *, scope: str = ""
    ) -> Document:
        """Set some fields of one document, as an editor at the vendor's console would.

        Nothing is validated. Where a document tells when it was last changed, it was now. KeyError where the document
        does not exist.
        """
        with self._writing():
            before = self.read(provider, collection, key, scope=scope)
            document = {**before, **_move_stamps(before), **fields}
            return self._put((provider, scope, collection), key, document)

    def put(
        self, provider: str, collection: str, key: str, document: Mapping[str, object], *, scope: str = ""
    ) -> Document:
        """Store a whole document, in the place of the one with the same key."""
        with self._writing():
            return self._put((provider, scope, collection), key, dict(document))

    def put_all(self, documents: Iterator[tuple[str, str, str, str, Document]]) -> None:
        """Store many documents, each with provider, scope, collection and key, in one transaction."""
        with self._writing():
            rows = [(*address, json.dumps(document)) for *address, document in documents]
            self._connection.executemany(_INSERT, rows)
            self._shelves.clear()

    def _put(self, shelf: Shelf, key: str, document: Document) -> Document:
        text = json.dumps(document)
        self._connection.execute(_INSERT, (*shelf, key, text))
        self._shelf(shelf)[key] = json.loads(text)
        return document

    def _shelf(self, shelf: Shelf) -> dict[str, Document]:
        self._forget_when_moved()
        if shelf not in self._shelves:
            found = self._connection.execute(
                "SELECT id, body FROM documents WHERE provider = ? AND scope = ? AND collection = ? ORDER BY place",
                shelf,
            )
            self._shelves[shelf] = {key: json.loads(body) for key, body in found}
        return self._shelves[shelf]

    def _forget_when_moved(self) -> None:
        version = self._version()
        if version != self._seen:
            self._shelves.clear()
            self._seen = version

    def _version(self) -> int:
        # Moves only when another connection has committed.
        return int(self._connection.execute("PRAGMA data_version").fetchone()[0])

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                self._shelves.clear()
                raise
            self._connection.execute("COMMIT")


def _open(database: Path | None) -> sqlite3.Connection:
    """Open the database; raise OSError where the file is none, or cannot be used."""
    if database is not None:
        database.parent.mkdir(parents=True, exist_ok=True)
    try:
        connection = sqlite3.connect(database or ":memory:", timeout=30, isolation_level=None, check_same_thread=False)
    except sqlite3.Error as error:
        msg = f"{database}: {error}"
        raise OSError(msg) from error
    try:
        # A killed process loses nothing by this, and a simulator need not survive a power cut.
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute(_TABLE)
    except sqlite3.Error as error:
        connection.close()
        msg = f"{database}: {error}"
        raise OSError(msg) from error
    return connection


def _move_stamps(document: Document) -> Document:
    """Return the moments of the last change, a second later: the same writes always give the same world."""
    stamps = {name: document[name] for name in _STAMPS if isinstance(document.get(name), str)}
    return {name: _add_second(moment) for name, moment in stamps.items()}


def _add_second(moment: str) -> str:
    later = datetime.fromisoformat(moment) + timedelta(seconds=1)
    return later.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _copy(document: Document) -> Document:
    copied: Document = json.loads(json.dumps(document))
    return copied
