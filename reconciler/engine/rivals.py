"""Tell what must be read beside the resources of a plan, where it does not look at all of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from reconciler.engine.references import close
from reconciler.model.paths import Json
from reconciler.model.project import Declared, Project
from reconciler.model.resource_type import Catalog


def involve(resources: Sequence[Declared], project: Project, *, catalog: Catalog) -> tuple[Declared, ...]:
    """Return resources, as given, with all that their verdicts depend on: what they refer to, and their rivals.

    In order of declaration; what git does not declare (an undo may take it back all the same) comes last.
    """
    if len(resources) == len(project.resources):
        return tuple(resources)
    chosen = {declared.address for declared in resources}
    others = [declared for declared in project.resources if declared.address not in chosen]
    rivals = list_rivals(resources, others, project=project, catalog=catalog)
    given = {declared.address: declared for declared in resources}
    involved = {declared.address for declared in close((*resources, *rivals), project.resources)}
    among = [given.pop(one.address, one) for one in project.resources if one.address in involved]
    return (*among, *given.values())


def list_rivals(
    resources: Sequence[Declared], others: Sequence[Declared], *, project: Project, catalog: Catalog
) -> Iterator[Declared]:
    """Yield those of the others that may be the same live object as one of the resources, or declare a name that must be its own.

    The first is only known after reading where it is found by `match`, in the same account and kind; one with an `id` need
    not be read for that. Not found is a name that another one has live and does not declare: that shows where all are planned.
    """
    places = {(declared.account, declared.kind) for declared in resources}
    names = {_name(declared, project, catalog) for declared in resources} - {None}
    for declared in others:
        by_match = declared.identity is None and (declared.account, declared.kind) in places
        if by_match or _shares(declared, names, project, catalog):
            yield declared


def _shares(declared: Declared, names: Collection[object], project: Project, catalog: Catalog) -> bool:
    return bool(names) and _name(declared, project, catalog) in names


def _name(declared: Declared, project: Project, catalog: Catalog) -> object:
    """Return what a resource declares that no other may have at the same vendor; None where it declares no such thing."""
    known = catalog.of(declared)
    value: Json = declared.spec.get(known.unique[-1]) if known.unique else None
    host = project.accounts[declared.account].base_url
    return (known.key, host, value) if isinstance(value, str) else None
