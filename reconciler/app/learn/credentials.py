"""Look at an account's key for obvious mistakes, without ever showing a character of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from reconciler.model.check import Check, Verdict
from reconciler.model.project import Account

PREFIXES: Final[Mapping[str, tuple[str, ...]]] = {"galtea": ("gsk_", "gsk-"), "opencopilot": ("ocx_",)}
"""How the keys of a provider begin, where that is documented (D)."""

_QUOTES: Final = ("'", '"', "`", "\u2018", "\u201c")
_PLACEHOLDER: Final = re.compile(r"<.*>|\$\{?\w+\}?|\*+|x{4,}|(your|my)[-_ ].*|changeme|todo", re.IGNORECASE)
_SENDABLE: Final = re.compile(r"[\x21-\x7e]+")


def check_credential(account: Account, environ: Mapping[str, str], *, used: bool) -> Check:
    """Check one account's key. `used` tells whether any resource needs it: otherwise a missing one is no failure."""
    name, raw = account.credential, environ.get(account.credential, "")
    key = raw.strip()
    if not key:
        return _miss(account, environ, used=used)
    mistake = _find_mistake(key, account)
    if mistake:
        return Check("credential", Verdict.FAILED, f"{name} {mistake}", "Copy the key again, alone and whole.")
    if raw != key:
        message = f"{name} has white space around the key; it is not sent"
        return Check("credential", Verdict.WARNING, message, "Remove it, for other tools may send it.")
    prefixes = PREFIXES.get(account.provider, ())
    if prefixes and not key.startswith(prefixes):
        message = f"{name} does not begin like a key of {account.provider} ({' or '.join(prefixes)})"
        return Check(
            "credential", Verdict.WARNING, message, "Check that it is the right key; it is tried all the same."
        )
    return Check("credential", Verdict.OK, f"{name} is set")


def _miss(account: Account, environ: Mapping[str, str], *, used: bool) -> Check:
    what = "is empty" if account.credential in environ else "is not set"
    if used:
        advice = f"Set it to a key of {account.provider}, in the shell or as a secret of the CI job."
        return Check("credential", Verdict.FAILED, f"{account.credential} {what}", advice)
    advice = "Set it, or remove the account from reconciler.yaml."
    return Check("credential", Verdict.WARNING, f"{account.credential} {what}, and no resource needs it", advice)


def _find_mistake(key: str, account: Account) -> str:
    """Say what is obviously wrong with a key; such a key is not sent anywhere."""
    if key.startswith(_QUOTES) or key.endswith(_QUOTES):
        return "has quotes around the key"
    if key.lower().startswith(("bearer ", "x-api-key:", "authorization:")):
        return "holds a header, not only the key"
    if key.startswith(f"{account.credential}="):
        return "holds its own name before the key"
    if _PLACEHOLDER.fullmatch(key):
        return "holds a placeholder"
    if not _SENDABLE.fullmatch(key):
        return "has white space or odd characters within the key"
    others = [provider for provider, prefixes in PREFIXES.items() if key.startswith(prefixes)]
    return f"looks like a key of {others[0]}" if others and account.provider not in others else ""
