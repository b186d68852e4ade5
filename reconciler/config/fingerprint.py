"""Compute the fingerprint of what a project declares."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping

from reconciler.model.paths import Json
from reconciler.model.project import Account, Declared


def compute_digest(resources: Iterable[Declared], accounts: Mapping[str, Account]) -> str:
    """Return `sha256:` and the hash of the resolved declarations and of where each account points.

    File names, positions and the order of files do not count, nor do pacing and time-outs, which change nothing that
    is sent. No secret goes in: a credential is the name of a variable.
    """
    content = {
        "accounts": {name: _describe_account(account) for name, account in accounts.items()},
        "resources": {declared.address: _describe_resource(declared) for declared in resources},
    }
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def _describe_account(account: Account) -> list[str]:
    return [account.provider, account.base_url, account.credential, account.region, account.generation, account.clear]


def _describe_resource(declared: Declared) -> list[Json]:
    identity = declared.identity.parts if declared.identity else None
    return [declared.account, identity, declared.match, declared.spec, declared.protect]
