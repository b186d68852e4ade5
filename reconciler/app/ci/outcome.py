"""`ci outcome`: tell people what became of an apply, where they look."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.app.ci.issue import keep_issue
from reconciler.app.ci.notify import Notice
from reconciler.app.ci.place import Place, find_place
from reconciler.app.ci.posting import (
    Deed,
    Posted,
    Posting,
    connect,
    create,
    describe_refusal,
    find_own,
    name_origin,
)
from reconciler.app.ci.reviewed import find_last_applied, find_reviews, list_commits
from reconciler.app.ci.summary import append_text
from reconciler.app.context import Context
from reconciler.app.named_files import read_named
from reconciler.app.problem import Exit, Problem
from reconciler.model.diagnostic import Diagnostic
from reconciler.report.machine.events import RunEvents, read_events

if TYPE_CHECKING:
    from reconciler.forge.client import ForgeClient, Note
    from reconciler.report.markdown.notes import Origin


@dataclass(frozen=True, slots=True)
class Telling:
    """What was told of an apply: `comments` at its pull requests, `issue` while it failed.

    `problems` are what could not be told there; that stops nothing else.
    """

    headline: str
    body: str
    comments: tuple[Posted, ...] = ()
    issue: Posted | None = None
    in_summary: bool = False
    problems: tuple[Diagnostic, ...] = ()


def load_events(source: Path, *, missing: bool, environment: str | None) -> RunEvents:
    """Read the events of an apply; where `missing` is fine, a file that is not there tells of one that never began."""
    try:
        lines = read_named(source).decode("utf-8", "replace").split("\n")
        return read_events(lines, environment=environment)
    except FileNotFoundError:
        if missing:
            return RunEvents(environment=environment)
        reason = "it does not exist"
    except OSError as error:
        reason = error.strerror or "it cannot be read"
    advice = "Write them with: reconciler apply --format json > FILE"
    raise Problem(Diagnostic(code="plan-invalid", message=f"{source}: {reason}", advice=advice), exit_code=Exit.FAILED)


def tell_outcome(context: Context, events: RunEvents, posting: Posting, *, issue: str = "") -> Telling:
    """Tell what became of an apply: in the job summary, and at the merged pull requests whose plan we showed.

    With `issue`, the title of a new one, an issue is open while applies fail, and closed by one that does not.
    """
    from reconciler.report.markdown.outcome import write_outcome_note, write_result

    place = find_place(context.environ)
    origin = name_origin(context, place, posting)
    telling = Telling(write_result(events), write_outcome_note(events, origin))
    told = not posting.dry_run and _summarise(context, telling.body)
    before = find_last_applied(context, events.environment, before=events.run) or place.before

    async def tell(client: ForgeClient) -> Telling:
        author = posting.author or await client.name_self()
        known = replace(posting, author=author)
        comments, silent = await _comment_all(client, place, events, origin, known, body=telling.body, since=before)
        kept, closed = await _keep(client, events, origin, known, title=issue) if issue else (None, ())
        return replace(telling, comments=comments, issue=kept, in_summary=told, problems=(*silent, *closed))

    try:
        return connect(context, place, tell)
    except Problem as problem:
        return replace(telling, in_summary=told, problems=problem.diagnostics)


async def _comment_all(
    client: ForgeClient, place: Place, events: RunEvents, origin: Origin, posting: Posting, *, body: str, since: str
) -> tuple[tuple[Posted, ...], tuple[Diagnostic, ...]]:
    """Write a comment at each pull request that showed our plan; return them, and why there are no more."""
    from reconciler.forge.exchange import ForgeError

    comments: list[Posted] = []
    try:
        async for review in _name_reviews(client, place, posting, since=since):
            posted = await _comment(client, review, events, origin, posting, body=body)
            comments += [posted] if posted else []
    except ForgeError as error:
        return tuple(comments), (describe_refusal(error),)
    return tuple(comments), ()


async def _name_reviews(client: ForgeClient, place: Place, posting: Posting, *, since: str) -> AsyncIterator[int]:
    if posting.pull_request is not None:
        yield posting.pull_request
    elif place.commit and place.branch:
        commits, _ = await list_commits(client, place, since)
        async for review in find_reviews(client, commits, branch=place.branch):
            yield review


async def _comment(
    client: ForgeClient, review: int, events: RunEvents, origin: Origin, posting: Posting, *, body: str
) -> Posted | None:
    """Write one comment at a pull request that showed our plan; leave others in peace."""
    from reconciler.report.markdown.notes import mark

    async def find(subject: str) -> Note | None:
        marker = mark(events.environment, origin, subject=subject)
        return await find_own(client.list_comments(review), marker, author=posting.author)

    if posting.pull_request is None and await find("plan") is None:
        return None
    found = await find("outcome")
    deed = Deed.UPDATED if found else Deed.CREATED
    if posting.dry_run:
        return Posted(deed, found.url if found else "", body)
    if found:
        note = await client.edit_comment(review, found, body)
    else:
        note = await create(lambda: client.add_comment(review, body), find=lambda: find("outcome"))
    return Posted(deed, note.url, body)


async def _keep(
    client: ForgeClient, events: RunEvents, origin: Origin, posting: Posting, *, title: str
) -> tuple[Posted | None, tuple[Diagnostic, ...]]:
    """Keep the issue; return what became of it, or why nothing did."""
    from reconciler.forge.exchange import ForgeError
    from reconciler.report.markdown.notes import mark
    from reconciler.report.markdown.outcome import write_outcome_note

    failed = events.exit_code != 0
    body = write_outcome_note(events, origin, subject="apply") if failed else ""
    marker = mark(events.environment, origin, subject="apply")
    reason = "An apply of the same project and environment came to a good end.\n"
    try:
        kept = await keep_issue(client, marker, posting, title=title, body=body, reason=reason, closing=not failed)
    except ForgeError as error:
        return None, (describe_refusal(error),)
    return kept, ()


def _summarise(context: Context, body: str) -> bool:
    named = context.environ.get("GITHUB_STEP_SUMMARY", "")
    if not named:
        return False
    try:
        append_text(Path(named), body)
    except OSError as error:
        message = f"{named}: {error.strerror or 'cannot be written'}"
        raise Problem(Diagnostic(code="cannot-write", message=message), exit_code=Exit.FAILED) from error
    return True


def build_notice(context: Context, events: RunEvents, posting: Posting, telling: Telling) -> Notice:
    """Return what a chat is told of an apply."""
    place = find_place(context.environ)
    return Notice(
        event="apply",
        headline=telling.headline,
        good=events.exit_code == 0,
        project=name_origin(context, place, posting).label,
        environment=events.environment or "",
        run=events.run,
        commit=place.commit,
        url=place.run_url,
        counts={result.value: count for result, count in events.counts.items() if count},
    )
