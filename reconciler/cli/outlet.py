"""A stream that can fail at any moment without anybody being ended by it (law 11)."""

from __future__ import annotations

import codecs
import contextlib
import errno
import io
import os
import select
from collections.abc import Callable
from typing import IO, Final

SIGNS: Final = {
    "→": "->",
    "…": "...",
    "⋯": "...",
    "·": "-",
    "│": "|",
    "✓": "+",
    "✗": "x",
    "○": "o",
    "∅": "-",
    "▲": "^",
    "■": "#",
}
"""Our own signs -> what stands for them where a code page lacks them. Anybody else's are written as escapes."""

_ERRORS: Final = "reconciler-signs"


def _replace_signs(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    missing = error.object[error.start : error.end]
    return "".join(SIGNS.get(sign) or sign.encode("ascii", "backslashreplace").decode() for sign in missing), error.end


codecs.register_error(_ERRORS, _replace_signs)


def fit_signs(text: str, encoding: str) -> str:
    """Return a text with nothing in it that an encoding lacks; a lone surrogate is in none."""
    return text if text.isascii() else text.encode(encoding, _ERRORS).decode(encoding)


class Outlet(io.TextIOBase):
    """Stand before stdout or stderr: what cannot be written is lost, once and for all, and `lost` says why.

    After the first failure nothing more is tried: a log with holes is worse than one that ends.
    """

    def __init__(self, stream: IO[str] | None) -> None:
        self._stream = stream
        self.lost = "" if stream is not None else "it is closed"
        with contextlib.suppress(OSError, ValueError):
            os.set_blocking(self.fileno(), True)  # some parents leave a pipe that refuses what does not fit at once

    @property
    def encoding(self) -> str:  # type: ignore[override] # a plain attribute in typeshed
        """Name the code page of the stream; what has none takes any text."""
        return getattr(self._stream, "encoding", None) or "utf-8"

    def write(self, text: str, /) -> int:
        """Write a text as far as the stream's code page has its signs."""
        if not isinstance(text, str):
            raise TypeError("an outlet takes text")
        self._try(lambda stream: stream.write(fit_signs(text, self.encoding)))
        return len(text)

    @property
    def buffer(self) -> io.RawIOBase:
        """Take octets of UTF-8 where somebody else's code (completion) writes those."""
        return _Octets(self)

    def use_utf8(self) -> None:
        """Write UTF-8 from here on, whatever the code page: for what programs read."""
        reconfigure = getattr(self._stream, "reconfigure", None)
        if reconfigure is not None and not self.lost:
            self._try(lambda _: reconfigure(encoding="utf-8"))

    def look(self) -> str:
        """Look whether the reader of a pipe or terminal has left, before anything is written; return `lost`."""
        if hasattr(select, "poll"):
            self._try(_check_reader)
        return self.lost

    def flush(self) -> None:
        """Hand on what was written."""
        self._try(lambda stream: stream.flush())

    def isatty(self) -> bool:
        """Tell whether a person looks on."""
        with contextlib.suppress(OSError, ValueError):
            return not self.lost and self._stream is not None and self._stream.isatty()
        return False

    def fileno(self) -> int:
        """Return the number of the stream's file; raise OSError where it has none."""
        if self._stream is None:
            raise io.UnsupportedOperation(self.lost)
        return self._stream.fileno()

    def writable(self) -> bool:
        """Take everything, also what is lost."""
        return True

    def _try(self, act: Callable[[IO[str]], object]) -> None:
        if self._stream is None or self.lost:
            return
        try:
            act(self._stream)
        except (OSError, ValueError) as error:  # a ValueError: somebody has closed it
            self.lost = getattr(error, "strerror", None) or str(error) or type(error).__name__
            self._drain()

    def _drain(self) -> None:
        """Let what is still in the buffer go nowhere: Python would fail over it again at its end."""
        with contextlib.suppress(OSError, ValueError):
            place = self.fileno()
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, place)
            os.close(nowhere)


def _check_reader(stream: IO[str]) -> None:
    poll = select.poll()
    with contextlib.suppress(io.UnsupportedOperation):
        poll.register(stream, select.POLLERR)
        if poll.poll(0):
            raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))


class _Octets(io.RawIOBase):
    """Write octets of UTF-8 into an outlet."""

    def __init__(self, outlet: Outlet) -> None:
        self._outlet = outlet

    def writable(self) -> bool:
        """Take octets."""
        return True

    def write(self, octets: object, /) -> int:
        """Write octets as the text that they are."""
        return self._outlet.write(bytes(octets).decode("utf-8", "replace"))  # type: ignore[call-overload]
