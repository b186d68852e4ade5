"""Who runs what, from which commit: the first line of every journal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler import __version__
from reconciler.app.workspace import Workspace
from reconciler.model.plan import Plan, Scope

if TYPE_CHECKING:
    from reconciler.ledger import RunHeader


def describe_origin(workspace: Workspace, *, command: str, undoes: str = "", plan: Plan | None = None) -> RunHeader:
    """Return the header of a run of this project, now, with what its plan was narrowed to."""
    from reconciler.ledger import RunHeader, current_author, current_commit, describe_commit

    root = workspace.project.root
    words = describe_commit(root)
    return RunHeader(
        author=current_author(workspace.context.environ, root=root),
        commit=current_commit(root),
        command=command,
        environment=workspace.project.environment,
        tool_version=__version__,
        undoes=undoes,
        subject=words.subject,
        pull_request=words.pull_request,
        left_out=len(workspace.project.resources) - len(plan.resources) if plan else 0,
        scope=write_scope(plan.scope) if plan else "",
    )


def write_scope(scope: Scope) -> str:
    """Return what a plan was narrowed to, so that two that are written alike looked at the same of their projects."""
    return " ".join([*scope.words, *([scope.since_commit] if scope.since else [])])
