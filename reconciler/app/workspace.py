"""Open a project: load and check the configuration, find the keys, the ledger and the way to the vendors."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler import __version__
from reconciler.app.context import Context
from reconciler.app.problem import Exit, Problem
from reconciler.config import Loaded, compute_digest, load_project
from reconciler.engine.exempt import exempt, warn_expiry
from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.model.live import Unknown
from reconciler.model.plan import Binding, Scope
from reconciler.model.project import Account, Declared, Project
from reconciler.model.resource_type import Catalog
from reconciler.model.secret import Secret
from reconciler.vendors import load_catalog

if TYPE_CHECKING:
    from reconciler.ledger import Store
    from reconciler.remote.wire.client import ReadClient, TransportFactory

EXPIRES_SOON = timedelta(days=14)
"""So long before an entry of `ignore` ends it is warned about."""
SANDBOX_PACE = 60_000
"""Requests a minute towards the built-in sandbox, unless the account sets its own pace."""


SANDBOX_HOST = "sandbox: "
"""Stands before the host of an account that the built-in sandbox answers for."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """An opened project with all that its commands need."""

    context: Context
    catalog: Catalog
    project: Project
    diagnostics: tuple[Diagnostic, ...]
    """Warnings and notes found while loading."""
    unplaced: tuple[Declared, ...] = ()
    """Resources that do not say yet which live object they are, where that is no mistake."""

    @property
    def accounts(self) -> tuple[Account, ...]:
        """List the accounts, paced for where requests go."""
        accounts = tuple(self.project.accounts.values())
        if not self.context.sandbox:
            return accounts
        return tuple(
            replace(account, requests_per_minute=account.requests_per_minute or SANDBOX_PACE) for account in accounts
        )

    @property
    def state_folder(self) -> Path:
        """Return where the ledger and the journals of this project live; the sandbox has its own."""
        from reconciler.app.sandbox_state import name_state

        root, environment = self.project.root, self.project.environment
        return name_state(root, environment) if self.context.sandbox else root / ".reconciler"

    @property
    def binding(self) -> Binding:
        """Return what a saved plan of this project is bound to."""
        schemas = hashlib.sha256()
        digests = [provider.digest for provider in self.catalog.providers.values()]
        digests += [resource_type.digest for resource_type in self.catalog.all_types]
        schemas.update("\n".join(digests).encode())
        return Binding(
            configuration=compute_digest(self.project, catalog=self.catalog),
            schemas=schemas.hexdigest(),
            tool_version=__version__,
            hosts={account.name: self._name_host(account) for account in self.accounts},
        )

    def _name_host(self, account: Account) -> str:
        """Name who answers for an account: a plan of the sandbox must never be applied to the vendor."""
        return f"{SANDBOX_HOST}{account.base_url}" if self.context.sandbox else account.base_url

    def open_store(self) -> Store:
        """Open the ledger's store."""
        from reconciler.app.ledger_trust import check_ledger
        from reconciler.ledger import open_store

        if not self.context.sandbox:
            check_ledger(self.project, environ=self.context.environ)
        folder = self.state_folder if self.context.sandbox else None
        return open_store(self.project, environ=self.context.environ, clock=self.context.now, folder=folder)

    def find_keys(self) -> Mapping[str, Secret]:
        """Look up the accounts' keys; the sandbox has its own, and none for a vendor that it does not play."""
        from reconciler.remote.wire.client import resolve_keys

        if not self.context.sandbox:
            return resolve_keys(self.accounts, self.context.environ)
        from reconciler.sandbox import SANDBOX_KEYS, join_key

        known = [account for account in self.accounts if account.provider in SANDBOX_KEYS]
        return {
            account.name: Secret(join_key(SANDBOX_KEYS[account.provider], account.credential, account.name))
            for account in known
        }

    def find_secrets(self) -> tuple[Secret, ...]:
        """List all that the environment would put into secret fields: no answer may bring any of it back."""
        from reconciler.config.values.secrets import PREFIX

        environ = self.context.environ
        return tuple(
            Secret(value.strip()) for name, value in environ.items() if name.startswith(PREFIX) and value.strip()
        )

    def explain_lack(self, account: Account) -> Unknown:
        """Say why nothing of an account without a key can be read."""
        from reconciler.remote.reading.read import lack_key

        if not self.context.sandbox:
            return lack_key(account)
        reason = f"the sandbox does not play {self.catalog.providers[account.provider].title}: account {account.name} was not read"
        advice = "Choose other accounts with --account, or plan this one without --sandbox."
        return Unknown(reason, code="sandbox-lacks-vendor", advice=advice)

    @contextmanager
    def open_transport(self) -> Iterator[TransportFactory | None]:
        """Yield the way to the vendors: None for the network, or one that ends in the built-in sandbox."""
        if self.context.transport is not None or not self.context.sandbox:
            yield self.context.transport
            return
        from reconciler.app.sandbox_state import build_sandbox
        from reconciler.sandbox import SandboxTransport

        sandbox = build_sandbox(self.project.root, environment=self.project.environment, vices=self.context.vices)
        yield lambda _account: SandboxTransport(sandbox)

    @asynccontextmanager
    async def open_readers(self, accounts: Iterable[Account]) -> AsyncIterator[Mapping[str, ReadClient]]:
        """Open a reader for each of some accounts that has a key, by account name."""
        from reconciler.remote.wire.client import open_readers

        context = self.context
        with self.open_transport() as transport:
            async with open_readers(
                accounts,
                catalog=self.catalog,
                keys=self.find_keys(),
                secrets=self.find_secrets(),
                transport=transport,
                patience=context.patience,
                environ=context.environ,
                on_request=context.on_request,
            ) as readers:
                yield readers

    def select(
        self, *, targets: Sequence[str] = (), accounts: Sequence[str] = (), excluded: Sequence[str] = ()
    ) -> tuple[Declared, ...]:
        """Return the resources that `--target` globs and `--account` names choose, without those of `--exclude` globs.

        All where nothing is given. A glob that fits nothing is a mistake, not an empty plan.
        """
        self._check_targets((*targets, *excluded), accounts)
        return fit_scope(self.project.resources, Scope(tuple(targets), tuple(accounts), tuple(excluded)))

    def _check_targets(self, targets: Sequence[str], accounts: Sequence[str]) -> None:
        addresses = [declared.address for declared in self.project.resources]
        lost = [target for target in targets if not any(fnmatchcase(address, target) for address in addresses)]
        strange = [account for account in accounts if account not in self.project.accounts]
        problems = [_describe_lost("target", name, addresses) for name in lost]
        problems += [_describe_lost("account", name, list(self.project.accounts)) for name in strange]
        if problems:
            raise Problem(*problems, exit_code=Exit.USAGE)


def fit_scope(resources: Iterable[Declared], scope: Scope) -> tuple[Declared, ...]:
    """Return the resources that the globs and accounts of a scope choose."""
    return tuple(
        declared
        for declared in resources
        if (not scope.accounts or declared.account in scope.accounts)
        and (not scope.targets or any(fnmatchcase(declared.address, target) for target in scope.targets))
        and not any(fnmatchcase(declared.address, each) for each in scope.excluded)
    )


def _describe_lost(what: str, name: str, known: Sequence[str]) -> Diagnostic:
    from difflib import get_close_matches

    near = get_close_matches(name, known, n=1) or known[:5]
    advice = f"Did you mean {' or '.join(near)}?" if near else "The project declares nothing yet."
    return Diagnostic(code="unknown-target", message=f"no {what} fits {name!r}", advice=advice)


def load(context: Context, *, catalog: Catalog, checking: bool = False, placed: bool = True) -> Loaded:
    """Load and check the configuration; all that is wrong is in the result.

    To check files needs no secrets: then one that is not set is only noted. The sandbox never sees a real one. Without
    `placed` a resource may leave out which live object it is.
    """
    loaded = load_project(
        context.folder,
        catalog=catalog,
        environment=context.environment,
        variables=context.variables,
        environ=context.environ,
        absent_secrets="stand-in" if context.sandbox else "note" if checking else "refuse",
        placed=placed,
    )
    if loaded.sound is None or not any(declared.exemptions for declared in loaded.sound.resources):
        return loaded
    return _apply_exemptions(loaded, loaded.sound, now=context.now())


def _apply_exemptions(loaded: Loaded, sound: Project, *, now: datetime) -> Loaded:
    """Take out of each resource what is ignored today, and warn of what soon is no more."""
    today, soon = (day.date().isoformat() for day in (now.astimezone(UTC), now.astimezone(UTC) + EXPIRES_SOON))
    resources = tuple(exempt(declared, today=today) for declared in sound.resources)
    plain = replace(sound, resources=resources)
    if loaded.project is None:
        return replace(loaded, sound=plain)
    warnings = sorted(warn_expiry(sound.resources, today=today, soon=soon), key=lambda found: found.sort_key)
    return replace(loaded, project=plain, sound=plain, diagnostics=(*loaded.diagnostics, *warnings))


def choose_environment(context: Context) -> str | None:
    """Return the environment that a command means: asked for, of `RECONCILER_ENV`, or the project's default.

    Raises Problem where there is no such environment; whatever else is wrong with the project does not matter here.
    """
    loaded = load(context, catalog=load_catalog(), checking=True)
    unknown = [found for found in loaded.diagnostics if found.code == "environment-unknown"]
    if unknown:
        raise Problem(*unknown, exit_code=Exit.INVALID)
    return loaded.environment


def open_workspace(context: Context, *, placed: bool = True) -> Workspace:
    """Open the project; raise Problem with every configuration error at once.

    Without `placed` a resource that does not say which live object it is counts as `unplaced`, not as an error. A sandbox without a seed of its own is filled with what is declared, before anything is read from it.
    """
    catalog = load_catalog()
    loaded = load(context, catalog=catalog, placed=placed)
    asked = ask_environment(loaded)
    if not loaded.complete:
        raise Problem(*asked, exit_code=Exit.USAGE)
    if loaded.project is None:
        raise Problem(*loaded.diagnostics, *asked, exit_code=Exit.INVALID)
    workspace = Workspace(context, catalog, loaded.project, (*loaded.diagnostics, *asked), loaded.unplaced)
    if context.sandbox and context.transport is None:
        from reconciler.app.sowing import prepare_sandbox

        prepare_sandbox(workspace)
    return workspace


def ask_environment(loaded: Loaded) -> tuple[Diagnostic, ...]:
    """Ask which environment is meant, where none is chosen: each is a world of its own, so none is guessed.

    Where environments set nothing but variables, these may come from the command line instead: then it is a warning.
    """
    if not loaded.undecided:
        return ()
    first = loaded.undecided[0]
    return (
        Diagnostic(
            code="environment-missing",
            message=f"this project has environments, and none is chosen: {', '.join(loaded.undecided)}",
            severity=Severity.WARNING if loaded.complete else Severity.ERROR,
            advice=f"Choose one: --env {first}, RECONCILER_ENV, or `environment: {first}` in reconciler.yaml.",
        ),
    )
