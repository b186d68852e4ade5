"""Read `reconciler.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from reconciler.config.environments.environment_file import EnvironmentFile
from reconciler.config.environments.layers import lay_section
from reconciler.config.settings.accounts import default_accounts, read_accounts
from reconciler.config.settings.ledgers import read_ledger
from reconciler.config.settings.section import Section
from reconciler.config.text.positions import Plain
from reconciler.config.text.source import quote
from reconciler.model.project import Account, Guards
from reconciler.model.resource_type import Catalog

VERSION: Final = "1"
MAX_GLOBS: Final = 200
"""How many globs `exclude` may hold: each is tried on each file."""

KEYS: Final = ("version", "account", "accounts", "environment", "guards", "exclude", "ledger")


@dataclass(frozen=True, slots=True)
class Settings:
    """What `reconciler.yaml` says besides resources. `exclude` holds globs."""

    accounts: Mapping[str, Account]
    guards: Guards
    exclude: tuple[str, ...]
    ledger: str


def read_default_environment(section: Section) -> str | None:
    """Return the environment that counts where none is chosen."""
    return section.text("environment") or None


def read_settings(
    section: Section, *, environment: EnvironmentFile, catalog: Catalog, environ: Mapping[str, str]
) -> Settings:
    """Read all settings with what the environment lays over them, key by key.

    Without `accounts` there is one for each provider, named like it.
    """
    section.check_keys((*KEYS, *catalog.kinds))
    _check_version(section)
    own = section.section("accounts", "`accounts`")
    accounts = lay_section(own, environment.accounts)
    guards = lay_section(section.section("guards", "`guards`", code="bad-guard"), environment.guards)
    return Settings(
        accounts={
            **({} if own else default_accounts(catalog)),
            **(read_accounts(accounts, catalog=catalog, environ=environ) if accounts else {}),
        },
        guards=_read_guards(guards) if guards else Guards(),
        exclude=_read_exclude(section),
        ledger=read_ledger(section),
    )


def _read_exclude(section: Section) -> tuple[str, ...]:
    globs = tuple(section.texts("exclude"))
    if len(globs) > MAX_GLOBS:
        section.refuse(
            "exclude", "bad-setting", f"`exclude` holds more than {MAX_GLOBS} globs", "Name folders instead."
        )
    return globs[:MAX_GLOBS]


def _check_version(section: Section) -> None:
    version = section.node.get("version")
    if type(version) is Plain and version == VERSION:
        return
    if "version" not in section.node:
        message = "reconciler.yaml does not say `version`"
    else:
        shown = f" {quote(version)}" if isinstance(version, str) else " like this"
        message = f"a `version`{shown} is not supported"
    section.refuse("version", "unknown-version", message, f"Write `version: {VERSION}`.")


def _read_guards(guards: Section) -> Guards:
    guards.check_keys(("max_updates", "max_percent"))
    updates = guards.integer("max_updates", low=0, code="bad-guard")
    percent = guards.integer("max_percent", low=0, high=100, code="bad-guard")
    return Guards(updates, Guards().max_percent if percent is None else percent)
