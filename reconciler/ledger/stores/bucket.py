"""A prefix in object storage, with the two writes that a ledger is built on: create if absent, and swap by ETag.

The only door to `obstore`. Credentials come from the environment, as the cloud's own tools take them, and from nowhere else.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from reconciler.ledger.errors import LedgerUnavailable

if TYPE_CHECKING:
    from obstore.store import ClientConfig, ObjectStore, RetryConfig

SCHEMES: Final = ("s3://", "gs://", "az://")
_ADVICE: Final = (
    "Check the name of the bucket, the cloud's credentials in the environment, and that they may list, read and write below "
    "the prefix. `plan` goes on without a ledger; `apply` does not."
)
_TIMEOUT: Final = "20s"
_RETRIES: Final = 3


@dataclass(frozen=True, slots=True)
class Object:
    """What is stored under a name. `version` is the ETag to swap it by, `when` ISO 8601 in UTC."""

    content: bytes
    version: str
    when: str


class Bucket:
    """Objects below one prefix. Every method raises LedgerUnavailable where the storage cannot be used."""

    def __init__(self, url: str, *, environ: Mapping[str, str], backend: ObjectStore | None = None) -> None:
        self._url = url
        self._environ = environ
        self._backend = backend
        self._exists = False

    def read(self, name: str) -> Object | None:
        """Return an object, or None where the bucket is there and the object is not."""
        import obstore

        with self._report():
            try:
                found = obstore.get(self._open(), name)
                content = bytes(found.bytes())
            except FileNotFoundError:
                found = None
        if found is None:
            self._check_existence()
            return None
        return Object(content, found.meta["e_tag"] or "", found.meta["last_modified"].isoformat())

    def read_folder(self, folder: str) -> dict[str, Object]:
        """Return the objects right in a folder, by name; what vanishes meanwhile is left out."""
        found = {name: self.read(f"{folder}/{name}") for name in self.list_sizes(folder)}
        return {name: each for name, each in found.items() if each is not None}

    def swap(self, name: str, content: bytes, *, expected: str | None) -> str | None:
        """Replace the version `expected` (None: nothing) by new content; None where something else is stored.

        An answer can be lost after the write, and the storage then says no to the repeat, or nothing at all: so what is
        stored is read, and our own content counts as written.
        """
        try:
            return self._put(name, content, mode="create" if expected is None else {"e_tag": expected})
        except _RefusedError:
            return self._recognise(name, content)
        except LedgerUnavailable:
            with contextlib.suppress(LedgerUnavailable):
                version = self._recognise(name, content)
                if version is not None:
                    return version
            raise

    def _recognise(self, name: str, content: bytes) -> str | None:
        stored = self.read(name)
        return stored.version if stored and stored.content == content else None

    def put(self, name: str, content: bytes) -> None:
        """Write an object whoever wrote it before: for what has one writer only."""
        self._put(name, content, mode="overwrite")

    def _put(self, name: str, content: bytes, *, mode: Any) -> str:
        import obstore
        from obstore.exceptions import AlreadyExistsError, PreconditionError

        with self._report():
            try:
                return obstore.put(self._open(), name, content, mode=mode)["e_tag"] or ""
            except (AlreadyExistsError, PreconditionError) as refusal:
                raise _RefusedError from refusal

    def list_sizes(self, folder: str) -> dict[str, int]:
        """Return the sizes of the objects right in a folder, by name."""
        import obstore

        with self._report():
            found = obstore.list_with_delimiter(self._open(), folder)["objects"]
            return {each["path"].rpartition("/")[2]: each["size"] for each in found}

    def remove(self, name: str) -> None:
        """Remove an object."""
        import obstore

        with self._report():
            obstore.delete(self._open(), name)

    def _check_existence(self) -> None:
        """Look whether the bucket itself is there: its absence and an object's are one answer, and not one meaning."""
        if not self._exists:
            self.list_sizes("")
            self._exists = True

    def _open(self) -> ObjectStore:
        if self._backend is None:
            self._backend = _connect(self._url, self._environ)
        return self._backend

    @contextlib.contextmanager
    def _report(self) -> Iterator[None]:
        """Turn whatever the storage or the way to it raises into one problem with one line."""
        try:
            yield
        except (_RefusedError, LedgerUnavailable):
            raise
        except NotImplementedError as problem:
            message = f"the storage of {self._url} cannot swap an object by its version, which a ledger needs"
            raise LedgerUnavailable(message, advice="Use S3, GCS, Azure, or a server that knows If-Match.") from problem
        except Exception as problem:
            message = f"the ledger at {self._url} cannot be used: {_shorten(problem)}"
            raise LedgerUnavailable(message, advice=_ADVICE) from problem


class _RefusedError(Exception):
    """The storage holds another version than was expected."""


def _connect(url: str, environ: Mapping[str, str]) -> ObjectStore:
    try:
        from obstore.store import from_url
    except ImportError as problem:
        message = f"the ledger at {url} needs the library `obstore`, which is not installed"
        raise LedgerUnavailable(message, advice="pip install 'telephony-reconciler[objectstore]'") from problem
    plain = environ.get("AWS_ALLOW_HTTP", "").lower() == "true"
    options: ClientConfig = {"timeout": _TIMEOUT, "connect_timeout": _TIMEOUT, "allow_http": plain}
    retries: RetryConfig = {"max_retries": _RETRIES}
    return from_url(url, client_options=options, retry_config=retries)


def _shorten(problem: Exception) -> str:
    """Keep the sentence of an error; the library appends a dump of its inner state."""
    first = str(problem).strip().partition("\n")[0]
    return first[:400] or type(problem).__name__
