"""List the addresses of a project, for the shell to complete."""

from __future__ import annotations

from reconciler.app.context import Context
from reconciler.app.workspace import load
from reconciler.vendors import load_catalog


def list_addresses(context: Context) -> tuple[str, ...]:
    """Return the addresses of the project in order; none where it cannot be loaded: a shell is no place for errors."""
    project = load(context, catalog=load_catalog(), checking=True).project
    return tuple(sorted(declared.address for declared in project.resources)) if project else ()
