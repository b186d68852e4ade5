"""Addresses that a credential may be sent to."""

from __future__ import annotations

from typing import Final
from urllib.parse import SplitResult, urlsplit

_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


def split_safe(address: str) -> SplitResult | None:
    """Take an address apart; None where it would carry a credential in the clear, or carries one of its own.

    It has a host, no control or foreign character, no user, and is https, or http to this machine itself.
    """
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return None
    sealed = parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK)
    plain = address.isascii() and address.isprintable() and "@" not in parts.netloc
    return parts if sealed and plain and host else None
