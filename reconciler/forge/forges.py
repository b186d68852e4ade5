"""GitHub and GitLab as data: where comments and issues live, and what their parts are called.

Only these places can be reached; nothing here can delete, merge, approve or read code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from reconciler.model.paths import FieldPath, Json

ROBOT: Final = "github-actions[bot]"
"""Who writes with the token that GitHub gives to a job; that token cannot ask for its own name."""


@dataclass(frozen=True, slots=True)
class Forge:
    """A host of code and reviews. Paths are relative to its API; `{repository}`, `{number}` and so on are filled in."""

    name: str
    credential: str
    """Name of the environment variable that holds the token."""
    auth_header: str
    auth_prefix: str
    review: str
    """What a proposed change is called there."""
    comments: str
    comment: str
    issues: str
    issue: str
    issue_comments: str
    reviews: str
    """Where open reviews are listed and new ones proposed."""
    proposal: str
    merged: str
    compare: str
    """The commits between two of them."""
    edit_method: str
    issue_text: str
    """The field of an issue that holds its text."""
    source_branch: str
    """The field of a new review that names the branch to take."""
    target_branch: str
    number: str
    """The field that holds the number of an issue or a review."""
    author: FieldPath
    commit: str
    """The field that holds the name of a commit."""
    target: FieldPath
    """Where a review says which branch it goes to."""
    open_state: str
    close: Mapping[str, Json]
    comment_permission: str
    issue_permission: str
    review_permission: str
    read_permission: str
    robot: str = ""
    """Whom to take for ourselves where the token may not ask; empty where it always may."""
    headers: Mapping[str, str] = field(default_factory=dict)
    compare_query: Mapping[str, str] = field(default_factory=dict)


GITHUB: Final = Forge(
    name="GitHub",
    credential="GITHUB_TOKEN",
    auth_header="Authorization",
    auth_prefix="Bearer ",
    review="pull request",
    comments="/repos/{repository}/issues/{number}/comments",
    comment="/repos/{repository}/issues/comments/{comment}",
    issues="/repos/{repository}/issues",
    issue="/repos/{repository}/issues/{number}",
    issue_comments="/repos/{repository}/issues/{number}/comments",
    reviews="/repos/{repository}/pulls",
    proposal="/repos/{repository}/pulls/{number}",
    merged="/repos/{repository}/commits/{commit}/pulls",
    compare="/repos/{repository}/compare/{since}...{until}",
    edit_method="PATCH",
    issue_text="body",
    source_branch="head",
    target_branch="base",
    number="number",
    author=("user", "login"),
    commit="sha",
    target=("base", "ref"),
    open_state="open",
    close=MappingProxyType({"state": "closed", "state_reason": "completed"}),
    comment_permission="Give the job `permissions: pull-requests: write`.",
    issue_permission="Give the job `permissions: issues: write`.",
    review_permission="Give the job `permissions: contents: write, pull-requests: write`, and let Actions create pull requests in the settings.",
    read_permission="Give the job `permissions: pull-requests: read` (or `issues: read`), and check the repository's name.",
    robot=ROBOT,
    headers=MappingProxyType({"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}),
)

_TOKEN_NEEDS: Final = "The token needs the scope `api` and the role Reporter or higher in the project."  # noqa: S105 - advice

GITLAB: Final = Forge(
    name="GitLab",
    credential="GITLAB_TOKEN",
    auth_header="PRIVATE-TOKEN",
    auth_prefix="",
    review="merge request",
    comments="/projects/{repository}/merge_requests/{number}/notes",
    comment="/projects/{repository}/merge_requests/{number}/notes/{comment}",
    issues="/projects/{repository}/issues",
    issue="/projects/{repository}/issues/{number}",
    issue_comments="/projects/{repository}/issues/{number}/notes",
    reviews="/projects/{repository}/merge_requests",
    proposal="/projects/{repository}/merge_requests/{number}",
    merged="/projects/{repository}/repository/commits/{commit}/merge_requests",
    compare="/projects/{repository}/repository/compare",
    compare_query=MappingProxyType({"from": "{since}", "to": "{until}"}),
    edit_method="PUT",
    issue_text="description",
    source_branch="source_branch",
    target_branch="target_branch",
    number="iid",
    author=("author", "username"),
    commit="id",
    target=("target_branch",),
    open_state="opened",
    close=MappingProxyType({"state_event": "close"}),
    comment_permission=_TOKEN_NEEDS,
    issue_permission=_TOKEN_NEEDS,
    review_permission=_TOKEN_NEEDS.replace("Reporter", "Developer"),
    read_permission=_TOKEN_NEEDS,
    headers=MappingProxyType({"Accept": "application/json"}),
)
