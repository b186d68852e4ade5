"""Write the `reconciler.yaml` that a pull begins a project with: the accounts that it read from, and what is special of each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from reconciler.config.settings.accounts import default_accounts
from reconciler.config.text.writing import write_flat, write_key
from reconciler.model.paths import Json
from reconciler.model.project import Account
from reconciler.model.resource_type import Catalog

_ORIGIN: Final = (
    "# Begun by `reconciler pull`. Keep in the files what git should own: what none of them lists is not owned."
)


def write_project_text(accounts: Iterable[Account], catalog: Catalog) -> str:
    """Return the text of the file."""
    lines = [_ORIGIN, "version: 1", "accounts:"]
    lines += [f"  {write_key(account.name)}: {write_flat(_describe(account, catalog))}" for account in accounts]
    return "\n".join(lines) + "\n"


def _describe(account: Account, catalog: Catalog) -> dict[str, Json]:
    """Return the settings of an account that are not the default ones; its region is always said."""
    provider, plain = catalog.providers[account.provider], default_accounts(catalog)[account.provider]
    settings: dict[str, Json] = {
        "provider": account.provider if account.provider != account.name else None,
        "region": account.region or None,
        "base_url": account.base_url if account.base_url != provider.base_urls[account.region].rstrip("/") else None,
        "workspace": account.workspace or None,
        "clear": dict(account.clear_fields) or (account.clear if account.clear != plain.clear else None),
        "widen": {name: list(values) for name, values in account.widen.items()} or None,
    }
    for key, name in _ALIKE.items():
        value = getattr(account, name)
        settings[key] = value if value != getattr(plain, name) else None
    return {key: value for key, value in settings.items() if value is not None}


_ALIKE: Final = {
    "api": "generation",
    "credential": "credential",
    "concurrency": "concurrency",
    "requests_per_minute": "requests_per_minute",
    "timeout_seconds": "timeout_seconds",
}
"""Settings, and what holds them."""
