"""`ci reviewed`: hold an apply to what the merged pull requests showed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reconciler.app.ci.place import Place, find_place
from reconciler.app.ci.posting import Posting, connect, find_own, name_origin
from reconciler.app.context import Context
from reconciler.app.deploy.origin import write_scope
from reconciler.app.problem import Exit, Problem
from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.model.plan import Plan

if TYPE_CHECKING:
    from reconciler.forge.client import ForgeClient

MOST_COMMITS = 250
"""How many commits back a review is looked for; each costs a request."""
_LISTED = 5


@dataclass(frozen=True, slots=True)
class Reviewed:
    """The pull requests that showed a plan; `since` is the commit after which they were looked for."""

    reviews: tuple[int, ...] = ()
    since: str = ""
    notes: tuple[Diagnostic, ...] = ()


def check_reviewed(context: Context, plan: Plan, posting: Posting, *, since: str = "") -> Reviewed:
    """Return the pull requests in whose comments each update of a plan was shown just as it is planned now.

    Looked at is every pull request that was merged into this branch after `since`: the commit that was applied last in
    whole, as the ledger knows it, or where it does not, the commit before this push. A plan without updates needs none.
    Raise Problem (refused) where one was not shown, or another before or after was. The comments can only hold an apply
    back: what is sent always comes from the merged files, never from a comment.
    """
    if not plan.updates:
        return Reviewed()
    place = find_place(context.environ)
    named = posting.pull_request
    if named is None:
        _check_place(place)
    since = since or find_last_applied(context, plan.environment, scope=write_scope(plan.scope)) or place.before

    async def check(client: ForgeClient) -> Reviewed:
        author = posting.author or await client.name_self()
        commits, notes = await list_commits(client, place, since) if named is None else ([], ())
        reviews = _name(named) if named is not None else find_reviews(client, commits, branch=place.branch)
        return Reviewed(await _search(context, client, plan, place, posting, reviews, author=author), since, notes)

    return connect(context, place, check)


def _check_place(place: Place) -> None:
    unknown = "commit" if not place.commit else "branch" if not place.branch else ""
    if unknown:
        message = f"the {unknown} of this job is not known, so neither is what was merged into it"
        advice = "Run this for a push to a branch, or name the review with --pull-request N."
        raise Problem(Diagnostic(code="ci-unknown", message=message, advice=advice), exit_code=Exit.FAILED)


def find_last_applied(context: Context, environment: str | None, *, scope: str = "", before: str = "") -> str:
    """Return the commit of the last run that applied all of a scope in this environment; "" where none is known.

    That is one that looked at everything, or was narrowed alike: each shard of a fleet is applied for itself. With
    `before`, of the last one before that run, of its scope. What cannot be read is not known: then fewer reviews count.
    """
    from reconciler.app.workspace import open_workspace
    from reconciler.ledger import LedgerProblem

    try:
        workspace = open_workspace(replace(context, environment=environment))
        runs = workspace.open_store().runs()
    except (Problem, LedgerProblem):
        return ""
    scope = next((run.scope for run in runs if run.run == before), scope)
    whole = (
        run.commit.removesuffix("-dirty")
        for run in runs
        if run.command == "apply"
        and run.exit_code == Exit.DONE
        and (not run.left_out or (scope and run.scope == scope))
        and run.environment == environment
        and (not before or run.run < before)
    )
    return next((commit for commit in whole if commit), "")


async def list_commits(client: ForgeClient, place: Place, since: str) -> tuple[list[str], tuple[Diagnostic, ...]]:
    """List the commits to look at, the newest first; this one alone where the way back is not known."""
    from reconciler.forge.exchange import ForgeError

    if not since or since == place.commit:
        return [place.commit], ()
    try:
        found = await client.list_commits(since, until=place.commit)
    except ForgeError as error:
        message = f"the commits since {since[:12]} could not be listed ({error}): only this commit's reviews count"
        note = Diagnostic(code="forge-failed", message=message, severity=Severity.WARNING, advice=error.advice)
        return [place.commit], (note,)
    return list(dict.fromkeys([place.commit, *reversed(found)]))[:MOST_COMMITS], ()


async def _name(review: int) -> AsyncIterator[int]:
    yield review


async def find_reviews(client: ForgeClient, commits: list[str], *, branch: str) -> AsyncIterator[int]:
    """Yield each pull request once, the newest first."""
    seen: set[int] = set()
    for commit in commits:
        for review in await client.find_merged(commit, branch=branch):
            if review not in seen:
                seen.add(review)
                yield review


async def _search(
    context: Context,
    client: ForgeClient,
    plan: Plan,
    place: Place,
    posting: Posting,
    reviews: AsyncIterator[int],
    *,
    author: str,
) -> tuple[int, ...]:
    """Read comments until all was shown; return whose they are, or raise Problem."""
    from reconciler.report.markdown.notes import find_unseen, mark

    marker, looked_at, comments = mark(plan.environment, name_origin(context, place, posting)), [], {}
    unseen: tuple[str, ...] | None = None
    async for review in reviews:
        looked_at.append(review)
        found = await find_own(client.list_comments(review), marker, author=author)
        if found:
            comments[review] = found.body
            unseen = find_unseen(plan, list(comments.values()))
        if unseen == ():
            return tuple(sorted(comments))
    raise _refuse(client, looked_at, unseen)


def _refuse(client: ForgeClient, reviews: list[int], unseen: tuple[str, ...] | None) -> Problem:
    review = client.forge.review
    where = f"{review} {', '.join(f'#{number}' for number in sorted(reviews))}"
    if not reviews:
        message = f"no {review} that was merged into this branch brought this commit, so nobody reviewed its plan"
    elif unseen is None:
        message = f"no plan was shown in {where}"
    else:
        listed = ", ".join(unseen[:_LISTED]) + (f" and {len(unseen) - _LISTED} more" if len(unseen) > _LISTED else "")
        message = f"{where} did not show this change of {listed} whole: it moved since the review, or had no room there"
    advice = "Look at the plan of this run, then apply it with an approval of its own (docs/ci.md)."
    return Problem(Diagnostic(code="not-reviewed", message=message, advice=advice), exit_code=Exit.REFUSED)
