"""Keyed fingerprints: what the ledger and the journal hold in place of a secret.

A fingerprint reads `hmac-sha256:<key id>:<hexadecimal>`. The key id tells fingerprints of a lost key apart, so that
they count as unknown and not as another value. With a ledger in git the key is stored in the same ref, because every
clone must be able to compare: whoever can read the repository can test guesses against it. That is safe for tokens and
long passwords, and not for a secret that can be guessed.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping

from reconciler.model.paths import Json
from reconciler.model.secret import Secret, reveal_within

KEY_BYTES = 32
_SCHEME = "hmac-sha256"


def create_key() -> bytes:
    """Return a new random key."""
    return secrets.token_bytes(KEY_BYTES)


def parse_key(content: bytes | None) -> bytes | None:
    """Read a key from a key file's content, or return None where that holds none."""
    try:
        key = bytes.fromhex((content or b"").decode())
    except ValueError:
        return None
    return key if len(key) == KEY_BYTES else None


def format_key(key: bytes) -> bytes:
    """Write a key as a key file's content."""
    return key.hex().encode() + b"\n"


def fingerprint_value(value: Json, *, key: bytes) -> str:
    """Return the keyed fingerprint of a secret value; a `Secret` and its plain value have the same one."""
    text = json.dumps(reveal_within(value), sort_keys=True)
    return f"{_SCHEME}:{_name_key(key)}:{Secret(text).fingerprint(key)}"


def keep_comparable(fields: Mapping[str, Json], *, key: bytes | None) -> dict[str, Json]:
    """Leave out the fingerprints that were made with another key: they compare with nothing."""
    ours = f"{_SCHEME}:{_name_key(key)}:" if key else None
    return {path: value for path, value in fields.items() if _is_comparable(value, ours)}


def _is_comparable(value: Json, ours: str | None) -> bool:
    if not isinstance(value, str) or not value.startswith(_SCHEME + ":"):
        return True
    return ours is not None and value.startswith(ours)


def _name_key(key: bytes) -> str:
    return hashlib.sha256(key).hexdigest()[:8]
