"""Read a text file below the project folder, whatever a hostile change put there.

Not followed out of the project, never a device or a pipe, never more than the limit, only UTF-8.
"""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path
from typing import Final

MAX_CONFIG_BYTES: Final = 20 * 1024 * 1024
MAX_INCLUDED_BYTES: Final = 2 * 1024 * 1024


class ReadError(Exception):
    """The file was not read; the arguments are those of a diagnostic."""

    def __init__(self, code: str, message: str, advice: str) -> None:
        super().__init__(message)
        self.code = code
        self.advice = advice


def read_text(path: Path, *, root: Path, limit: int) -> str:
    """Return the text of a file, without a byte order mark; raise ReadError.

    `root` is the resolved project folder. What lies in a hidden file or folder below it (`.git` holds credentials in
    CI) is never read, however it is reached. Names that begin with two dots are not hidden: a mounted Kubernetes ConfigMap
    keeps its files in such a folder, and links to them.
    """
    # First without a look at what is there: whether a file exists outside is nobody's business here.
    _check_inside(_resolve(path, strict=False), root=root)
    resolved = _resolve(path, strict=True)
    _check_inside(resolved, root=root)
    return _decode(_read_bytes(resolved, limit=limit))


class FileReader:
    """Read the text files of one project, and note what each of them held."""

    __slots__ = ("digests", "root")

    def __init__(self, root: Path) -> None:
        self.root = root
        self.digests: dict[str, str] = {}
        """File -> digest of its text; "" where it could not be read, or held another text another time."""

    def read(self, file: str, *, limit: int) -> str:
        """Return the text of a file, named from the project folder on; raise ReadError."""
        try:
            text = read_text(self.root / file, root=self.root, limit=limit)
        except ReadError:
            self.digests[file] = ""
            raise
        digest = digest_text(text)
        self.digests[file] = digest if self.digests.get(file, digest) == digest else ""
        return text


def digest_text(text: str) -> str:
    """Return the digest of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def is_hidden(name: str) -> bool:
    """Tell whether a file or folder is hidden: never read, and never looked for."""
    return name.startswith(".") and not name.startswith("..")


def _resolve(path: Path, *, strict: bool) -> Path:
    try:
        return path.resolve(strict=strict)
    except FileNotFoundError as error:
        raise ReadError(
            "file-not-found", "the file does not exist", "Check the path; it starts at the project folder."
        ) from error
    except (OSError, RuntimeError, ValueError) as error:
        raise _unreadable(error) from error


def _check_inside(resolved: Path, *, root: Path) -> None:
    if not resolved.is_relative_to(root):
        advice = "Move the file into the project; symbolic links are followed before this is checked."
        raise ReadError("file-outside", "the file lies outside the project folder", advice)
    if any(map(is_hidden, resolved.relative_to(root).parts)):
        advice = "Move the file to a folder that is not hidden."
        raise ReadError("file-outside", "hidden files and folders are never read", advice)


def _read_bytes(path: Path, *, limit: int) -> bytes:
    try:
        # A pipe would block for ever without O_NONBLOCK; Windows has neither the flag nor such pipes.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with os.fdopen(descriptor, "rb") as stream:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise ReadError("file-unreadable", "this is not a regular file", "Put a text file here.")
            content = b"" if status.st_size > limit else stream.read(status.st_size + 1)
            if len(content) > status.st_size:  # it grew meanwhile
                content += stream.read(limit + 1 - len(content))
    except OSError as error:
        raise _unreadable(error) from error
    if status.st_size > limit or len(content) > limit:
        message = f"the file is larger than the limit of {limit // (1024 * 1024)} MiB"
        raise ReadError("file-too-large", message, "Split the file, or leave it out with `exclude` in reconciler.yaml.")
    return content


def _decode(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ReadError("bad-encoding", "the file is UTF-16, not UTF-8", "Save the file as UTF-8.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        message = f"the file is not UTF-8 text: byte 0x{content[error.start]:02x} in line {line}"
        raise ReadError("bad-encoding", message, "Save the file as UTF-8.") from error


def _unreadable(error: Exception) -> ReadError:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return ReadError(
        "file-unreadable", f"the file cannot be read: {reason}", "Check the permissions and symbolic links."
    )
