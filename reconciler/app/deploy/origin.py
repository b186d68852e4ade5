"""Who runs what, from which commit: the first line of every journal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler import __version__
from reconciler.app.workspace import Workspace

if TYPE_CHECKING:
    from reconciler.ledger import RunHeader


def describe_origin(workspace: Workspace, *, command: str, undoes: str = "", left_out: int = 0) -> RunHeader:
    """Return the header of a run of this project, now."""
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
        left_out=left_out,
    )
