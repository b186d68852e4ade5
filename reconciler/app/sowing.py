"""A sandbox without `sandbox.yaml`: it holds what is declared, so that the first run and a fork's plan work anywhere."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reconciler.app.context import Context
from reconciler.app.inventing import invent_live
from reconciler.app.problem import Exit, Problem
from reconciler.app.sandbox_state import build_sandbox, name_seed
from reconciler.config.discover import PROJECT_FILE
from reconciler.engine.record import record_applied
from reconciler.ledger import CommitUnknown, LedgerConflict, LedgerProblem, export_commit
from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.model.paths import Json
from reconciler.model.project import Declared, Project
from reconciler.model.resource_type import Identity, ResourceType
from reconciler.model.secret import Secret

if TYPE_CHECKING:
    from reconciler.app.workspace import Workspace
    from reconciler.sandbox import Described

RUN = "seed"
"""The run under which the sandbox's ledger knows what was sown."""
_PLACEHOLDER = "a secret of the sandbox"
"""What stands in the sandbox for a secret: its database is no place for one."""


def prepare_sandbox(workspace: Workspace) -> None:
    """Fill a sandbox without a seed of its own with what is declared and not there yet."""
    if not _find_seed(workspace):
        sow_declared(workspace)


def _find_seed(workspace: Workspace) -> str:
    """Name the seed that the project brings; "" for none."""
    seed = name_seed(workspace.project.root, workspace.project.environment)
    return seed if os.path.lexists(workspace.project.root / seed) else ""


def name_world(project: Project, account: str) -> str:
    """Name the sandbox's world of an account: its own, where its vendor has several."""
    provider = project.accounts[account].provider
    several = sum(one.provider == provider for one in project.accounts.values()) > 1
    return account if several else ""


def sow_declared(workspace: Workspace, *, declaring: Workspace | None = None) -> int:
    """Let the sandbox hold every declared object that it does not; return how many are new.

    They hold what is declared, and count as applied: what a vendor does not show is known from the ledger then.
    `declaring` is another checkout of the project, whose declarations are sown.
    """
    from reconciler.sandbox import find_missing, sow, write_seed

    source = declaring or workspace
    catalog = source.catalog
    invented = invent_live(
        source.project.resources,
        catalog=catalog,
        identify=lambda declared: Identity(tuple(_invent_parts(declared, catalog.of(declared)).items())),
    )
    described = {
        declared.address: _describe(
            declared, source.project, catalog.of(declared), invented.fields.get(declared.address, {})
        )
        for declared in invented.resources
    }
    project = workspace.project
    world = build_sandbox(project.root, environment=project.environment).state.world
    try:
        missing = find_missing(world, described.values())
        if missing:
            sow(world, write_seed(missing))
    finally:
        world.close()
    new = {address for address, one in described.items() if one in missing}
    _record(workspace, (declared for declared in invented.resources if declared.address in new), described)
    return len(new)


def _record(workspace: Workspace, resources: Iterable[Declared], described: Mapping[str, Described]) -> None:
    entries = [
        record_applied(
            declared,
            Identity(tuple(described[declared.address].parts.items())),
            resource_type=workspace.catalog.of(declared),
            when=workspace.context.now().isoformat(timespec="seconds"),
            commit="",
            run=RUN,
            kept={},
        )
        for declared in resources
    ]
    if entries:
        store = workspace.open_store()
        store.load()
        with contextlib.suppress(LedgerConflict):  # another process sows the same
            store.save(entries, run=RUN)


def _invent_parts(declared: Declared, resource_type: ResourceType) -> dict[str, str]:
    """Return the parts of the declared id, and made up ones for those that are not declared."""
    from reconciler.sandbox import invent

    known = dict(declared.identity.parts) if declared.identity else dict(declared.match)
    path = f"{declared.provider}/{declared.address}"
    return {
        part.name: known.get(part.name) or invent(f"{path}/{part.name}", phone=part.pattern.startswith("^\\+"))
        for part in resource_type.identity
    }


def _describe(
    declared: Declared, project: Project, resource_type: ResourceType, taken: Mapping[str, Json]
) -> Described:
    """Describe the object of a resource; `taken` are fields that are not declared, but taken by others."""
    from reconciler.sandbox import Described

    parts = _invent_parts(declared, resource_type)
    return Described(
        provider=declared.provider,
        kind=declared.kind,
        parts=parts,
        values={**taken, **declared.match, **{name: _make_plain(value) for name, value in declared.spec.items()}},
        match={} if declared.identity else declared.match,
        world=name_world(project, declared.account),
    )


def _make_plain(value: Any) -> Any:
    if isinstance(value, Secret):
        return _PLACEHOLDER
    if isinstance(value, Mapping):
        return {name: _make_plain(inner) for name, inner in value.items()}
    return [_make_plain(inner) for inner in value] if isinstance(value, list | tuple) else value


@dataclass(frozen=True, slots=True)
class Sown:
    """How many objects are new in the sandbox, and what to say of the rest."""

    count: int = 0
    notes: tuple[Diagnostic, ...] = ()


def sow_commit(context: Context, revision: str) -> Sown:
    """Let the sandbox hold what a commit of this repository declares, before anything else is sown.

    A commit without this project declares nothing, and neither does one whose files are invalid: that is said. Raise
    Problem where the commit is not in this clone.
    """
    from reconciler.app.workspace import open_workspace

    workspace = replace(open_workspace(replace(context, sandbox=False)), context=replace(context, sandbox=True))
    if seed := _find_seed(workspace):
        return _explain(f"{seed} is this sandbox's seed; {revision} was not asked")
    with _check_out(workspace, revision) as folder:
        if not os.path.lexists(folder / PROJECT_FILE):
            return _explain(f"{revision} has no project here, so it declares nothing")
        try:
            declaring = open_workspace(replace(context, folder=folder, sandbox=False))
        except Problem:
            return _explain(f"the files of {revision} are invalid, so nothing of it was sown")
        return Sown(sow_declared(workspace, declaring=declaring))


def _explain(message: str) -> Sown:
    return Sown(notes=(Diagnostic(code="nothing-sown", message=message, severity=Severity.NOTE),))


@contextlib.contextmanager
def _check_out(workspace: Workspace, revision: str) -> Iterator[Path]:
    """Yield a folder with the project as a commit has it; it ends with the block."""
    with tempfile.TemporaryDirectory(prefix="reconciler-") as name:
        folder = Path(name).resolve()
        try:
            export_commit(workspace.project.root, revision, into=folder, environ=workspace.context.environ)
        except LedgerProblem as error:
            fetch = "Fetch it: in GitHub Actions `fetch-depth: 2` of actions/checkout, in GitLab CI `GIT_DEPTH: 0`."
            advice = fetch if isinstance(error, CommitUnknown) else error.advice
            diagnostic = Diagnostic(code="commit-unknown", message=error.message, advice=advice or fetch)
            raise Problem(diagnostic, exit_code=Exit.FAILED) from error
        yield folder
