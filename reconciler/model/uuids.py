"""Ids that are UUIDs: to whoever keeps them as such, capitals mean nothing (RFC 9562)."""

from __future__ import annotations

import re
from typing import Final

_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def fold_uuid(text: str) -> str:
    """Return the one spelling of a UUID, in small letters; any other text as it is."""
    return text.lower() if _UUID.fullmatch(text) else text
