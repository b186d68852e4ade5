"""Where a CI job runs: which forge, repository, pull request and commit, as its environment variables say."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from reconciler.app.problem import Exit, Problem
from reconciler.app.sandbox_state import find_root
from reconciler.forge.addresses import split_safe
from reconciler.forge.forges import GITHUB, GITLAB, Forge
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.paths import MISSING, Json, Missing, pick
from reconciler.model.secret import Secret

_PULL_REF = re.compile(r"refs/pull/([0-9]+)/(?:merge|head)")
_QUEUE_REF = re.compile(r"refs/heads/gh-readonly-queue/.+/pr-([0-9]+)-[0-9a-f]+")
_COMMIT = re.compile(r"(?!0+\Z)[0-9a-f]{7,64}")
_READ_ONLY_ACTORS = frozenset({"dependabot[bot]"})


@dataclass(frozen=True, slots=True)
class Place:
    """One job of one repository. `review` is the pull request or merge request that the job runs for.

    `commit` is the commit that a reviewer sees: the head of the pull request, not the merge that GitHub tries out.
    `branch` is the branch that was pushed to, and `before` the commit that it stood at; both "" for other events.
    `outsider` tells that the change comes from a fork (or a bot treated like one), whose jobs get no right to write.
    `queued` tells that the job runs for a merge queue: after the review, and with what waits before it merged in.
    """

    forge: Forge
    api: str
    repository: str
    token: Secret | None
    review: int | None = None
    commit: str = ""
    run_url: str = ""
    branch: str = ""
    before: str = ""
    outsider: bool = False
    queued: bool = False


def find_place(environ: Mapping[str, str]) -> Place:
    """Read where the job runs; raise Problem outside of GitHub Actions and GitLab CI."""
    if environ.get("GITHUB_REPOSITORY"):
        return _find_github(environ)
    if environ.get("CI_API_V4_URL") and environ.get("CI_PROJECT_ID"):
        return _find_gitlab(environ)
    message = "this is neither GitHub Actions nor GitLab CI: GITHUB_REPOSITORY is not set, nor CI_API_V4_URL and CI_PROJECT_ID"
    raise _refuse("ci-unknown", message, "Set GITHUB_REPOSITORY=OWNER/NAME and GITHUB_TOKEN to try it elsewhere.")


def _find_github(environ: Mapping[str, str]) -> Place:
    event, repository = _read_event(environ), environ["GITHUB_REPOSITORY"]
    if not re.fullmatch(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+", repository):
        raise _refuse("ci-unknown", f"GITHUB_REPOSITORY is {repository!r}", "It is written OWNER/NAME.")
    head = pick(event, ("pull_request", "head", "repo", "full_name"))
    in_review = pick(event, ("pull_request",)) is not MISSING
    commit = pick(event, ("pull_request", "head", "sha"))
    queued = pick(event, ("merge_group",)) is not MISSING or environ.get("GITHUB_EVENT_NAME") == "merge_group"
    server, run = environ.get("GITHUB_SERVER_URL", ""), environ.get("GITHUB_RUN_ID", "")
    return Place(
        forge=GITHUB,
        api=_check_api(environ.get("GITHUB_API_URL") or "https://api.github.com", "GITHUB_API_URL"),
        repository=repository,
        token=_find_token(GITHUB, environ),
        review=_find_pull_request(event, environ),
        commit=commit if isinstance(commit, str) else environ.get("GITHUB_SHA", ""),
        run_url=f"{server}/{repository}/actions/runs/{run}" if _is_web(server) and run.isdigit() else "",
        branch="" if queued else _find_branch(environ),
        before=_read_commit(pick(event, ("before",))),
        outsider=(in_review and head != repository) or environ.get("GITHUB_ACTOR") in _READ_ONLY_ACTORS,
        queued=queued,
    )


def _find_pull_request(event: Json, environ: Mapping[str, str]) -> int | None:
    """Return the number from the event (a pull request, or a comment on one), or from the ref that GitHub checked out.

    A merge queue names the pull request in its branch only.
    """
    number = pick(event, ("pull_request", "number"))
    if number is MISSING and pick(event, ("issue", "pull_request")) is not MISSING:
        number = pick(event, ("issue", "number"))
    if isinstance(number, int) and not isinstance(number, bool):
        return number
    queued = pick(event, ("merge_group", "head_ref"))
    refs = [environ.get("GITHUB_REF", ""), queued if isinstance(queued, str) else ""]
    named = (pattern.fullmatch(ref) for ref in refs for pattern in (_PULL_REF, _QUEUE_REF))
    return next((int(match.group(1)) for match in named if match), None)


def _find_branch(environ: Mapping[str, str]) -> str:
    ref = environ.get("GITHUB_REF", "")
    return ref.removeprefix("refs/heads/") if ref.startswith("refs/heads/") else ""


def _read_commit(value: Json | Missing) -> str:
    """Read the name of a commit; the zeros that stand for none are none."""
    return value if isinstance(value, str) and _COMMIT.fullmatch(value) else ""


def _read_event(environ: Mapping[str, str]) -> Json:
    path = environ.get("GITHUB_EVENT_PATH", "")
    try:
        return json.loads(Path(path).read_text(encoding="utf-8")) if path else {}
    except (OSError, ValueError, RecursionError) as error:
        raise _refuse("ci-unknown", f"GITHUB_EVENT_PATH cannot be read: {type(error).__name__}", "") from error


def _find_gitlab(environ: Mapping[str, str]) -> Place:
    number = environ.get("CI_MERGE_REQUEST_IID", "")
    target = environ.get("CI_MERGE_REQUEST_PROJECT_ID", "")
    address = environ.get("CI_JOB_URL", "")
    return Place(
        forge=GITLAB,
        api=_check_api(environ["CI_API_V4_URL"], "CI_API_V4_URL"),
        repository=target or environ["CI_PROJECT_ID"],
        token=_find_token(GITLAB, environ),
        review=int(number) if number.isascii() and number.isdigit() else None,
        commit=environ.get("CI_COMMIT_SHA", ""),
        run_url=address if _is_web(address) else "",
        branch=environ.get("CI_COMMIT_BRANCH", ""),
        before=_read_commit(environ.get("CI_COMMIT_BEFORE_SHA", "")),
        outsider=bool(target) and environ.get("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", target) != target,
        queued=environ.get("CI_MERGE_REQUEST_EVENT_TYPE") == "merge_train",
    )


def _find_token(forge: Forge, environ: Mapping[str, str]) -> Secret | None:
    found = environ.get(forge.credential, "").strip()
    return Secret(found) if found else None


def _check_api(address: str, variable: str) -> str:
    """Refuse an address that would carry the token in the clear, or with a credential of its own."""
    parts = split_safe(address)
    if parts is None or parts.query or parts.fragment:
        raise _refuse("ci-unknown", f"{variable} is no address to send a token to", "It must be https, or loopback.")
    return address.rstrip("/")


def _is_web(address: str) -> bool:
    return re.fullmatch(r"https?://[^\s\"'<>\\]+", address) is not None


def _refuse(code: str, message: str, advice: str) -> Problem:
    return Problem(Diagnostic(code=code, message=message, advice=advice), exit_code=Exit.FAILED)


def find_prefix(folder: Path, environ: Mapping[str, str]) -> str:
    """Return the project folder within the repository that CI checked out; "" for its top and outside of CI."""
    root = find_root(folder)
    for variable in ("GITHUB_WORKSPACE", "CI_PROJECT_DIR"):
        if top := environ.get(variable, ""):
            place = Path(top).resolve()
            inside = root.relative_to(place).as_posix() if root.is_relative_to(place) else "."
            return "" if inside == "." else inside
    return ""
