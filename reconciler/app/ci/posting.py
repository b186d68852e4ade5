"""`ci`: leave a plan where reviewers look, drift in one issue, and hold an apply to what was reviewed."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from reconciler.app.ci.place import Place, find_place, find_prefix
from reconciler.app.context import Context
from reconciler.app.problem import Exit, Problem
from reconciler.app.review.review import keep_drift
from reconciler.app.running import run_to_end
from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.model.plan import Plan, Status
from reconciler.report.source_links import SourceLinks, source_links

if TYPE_CHECKING:
    from reconciler.forge.client import ForgeClient, ForgeError, Note

Found = TypeVar("Found")
_NAME = re.compile(r"[A-Za-z0-9._]+(?:-[A-Za-z0-9._]+)*")
SUMMARY_BYTES = 1024 * 1024
"""GitHub drops a job summary of more than 1 MiB."""
_LEAST_SUMMARY = 2_000


class Deed(StrEnum):
    """What was done at the forge, or would be in a dry run."""

    CREATED = "created"
    UPDATED = "updated"
    CLOSED = "closed"
    NOTHING = "nothing to do"


@dataclass(frozen=True, slots=True)
class Posted:
    """What became of a comment or an issue; `body` is what stands there now, or would."""

    deed: Deed
    url: str = ""
    body: str = ""
    notes: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True, slots=True)
class Posting:
    """How to post. `name` tells several projects of one repository apart; `author` is who we are at the forge.

    `strict` makes it an error that a fork's job may not write; else it is a note, since nobody there can change it.
    """

    name: str = ""
    author: str = ""
    pull_request: int | None = None
    dry_run: bool = False
    strict: bool = False

    def __post_init__(self) -> None:
        if self.name and not _NAME.fullmatch(self.name):
            message = f"--name {self.name!r} is not made of letters, digits, `.`, `_` and single `-`"
            raise Problem(Diagnostic(code="bad-name", message=message), exit_code=Exit.USAGE)


def post_comment(context: Context, plan: Plan, posting: Posting, *, failed: bool = False) -> Posted:
    """Create the one comment of this plan's environment at the pull request, or update it.

    With `failed` it says that no plan could be made, and only where there is a comment that would else be out of date.
    """
    from reconciler.report.markdown.notes import mark_plan, write_comment, write_failure

    place = find_place(context.environ)
    review = posting.pull_request or place.review
    if review is None:
        message = f"this job does not run for a {place.forge.review}"
        advice = "Run it for one (GitHub: `on: pull_request`), or name it with --pull-request N."
        raise Problem(Diagnostic(code="ci-no-review", message=message, advice=advice), exit_code=Exit.FAILED)
    told = {"name": posting.name, "commit": place.commit, "run_url": place.run_url}
    body = write_failure(plan, **told) if failed else write_comment(plan, **told, links=_find_links(context, place))
    marker = mark_plan(plan, name=posting.name)

    async def post(client: ForgeClient) -> Posted:
        author = posting.author or await client.name_self()

        async def find() -> Note | None:
            return await _find_own(client.list_comments(review), marker, author=author)

        found = await find()
        if found is None and failed:
            return Posted(Deed.NOTHING)
        deed = Deed.UPDATED if found else Deed.CREATED
        if posting.dry_run:
            return Posted(deed, found.url if found else "", body)
        if found:
            note = await client.edit_comment(review, found, body)
        else:
            note = await _create(lambda: client.add_comment(review, body), find=find)
        return Posted(deed, note.url, body)

    return _run(context, place, posting, post)


def post_issue(context: Context, plan: Plan, posting: Posting, *, title: str) -> Posted:
    """Keep one open issue while something has moved outside git, and close it when nothing has any more.

    What could not be read proves nothing: then an open issue stays as it is.
    """
    from reconciler.report.markdown.notes import mark_drift, write_closing, write_issue

    place, moved = find_place(context.environ), keep_drift(plan)
    links = _find_links(context, place)
    body = write_issue(moved, name=posting.name, commit=place.commit, run_url=place.run_url, links=links)
    marker = mark_drift(moved, name=posting.name)
    differs = bool(moved.updates) or moved.count(Status.ABSENT) > 0

    async def post(client: ForgeClient) -> Posted:
        author = posting.author or await client.name_self()

        async def find() -> Note | None:
            return await _find_own(client.list_open_issues(), marker, author=author)

        found = await find()
        deed = _choose_deed(found, differs=differs, certain=moved.count(Status.UNKNOWN) == 0)
        if deed is Deed.NOTHING or posting.dry_run:
            return Posted(deed, found.url if found else "", body if differs else "")
        if found is None:
            note = await _create(lambda: client.open_issue(title, body), find=find)
        elif deed is Deed.UPDATED:
            note = await client.edit_issue(found, body)
        else:
            note = await client.close_issue(found, reason=write_closing(moved, run_url=place.run_url))
        return Posted(deed, note.url, body if differs else "")

    return _run(context, place, posting, post)


def _choose_deed(found: Note | None, *, differs: bool, certain: bool) -> Deed:
    if differs:
        return Deed.UPDATED if found else Deed.CREATED
    return Deed.CLOSED if found and certain else Deed.NOTHING


def check_reviewed(context: Context, plan: Plan, posting: Posting) -> tuple[int, ...]:
    """Return the pull requests in whose comment each update of a plan was shown just as it is planned now.

    A plan without updates needs none. Raise Problem (refused) where one was not shown, or another before or after was.
    The comment can only hold an apply back: what is sent always comes from the merged files, never from the comment.
    """
    if not plan.updates:
        return ()
    place = find_place(context.environ)
    if not place.commit and posting.pull_request is None:
        message = "the commit is not known: neither GITHUB_SHA nor CI_COMMIT_SHA is set"
        raise Problem(Diagnostic(code="ci-unknown", message=message), exit_code=Exit.FAILED)

    async def check(client: ForgeClient) -> tuple[int, ...]:
        author = posting.author or await client.name_self()
        named = posting.pull_request
        reviews = (named,) if named is not None else await client.find_merged(place.commit)
        return await _check_shown(client, plan, reviews, name=posting.name, author=author)

    return _connect(context, place, check)


async def _check_shown(
    client: ForgeClient, plan: Plan, reviews: tuple[int, ...], *, name: str, author: str
) -> tuple[int, ...]:
    from reconciler.report.markdown.notes import find_unseen, mark_plan

    marker, comments = mark_plan(plan, name=name), []
    for review in reviews:
        found = await _find_own(client.list_comments(review), marker, author=author)
        comments += [found.body] if found else []
    unseen = find_unseen(plan, comments)
    if unseen == ():
        return reviews
    where = f"{client.forge.review} {', '.join(f'#{review}' for review in reviews)}" if reviews else ""
    if not reviews:
        message = f"no merged {client.forge.review} brought this commit, so nobody reviewed its plan"
    elif unseen is None:
        message = f"no plan was shown in {where}"
    else:
        listed = ", ".join(unseen[:5]) + (f" and {len(unseen) - 5} more" if len(unseen) > 5 else "")  # noqa: PLR2004
        message = f"{where} did not show this change of {listed}: the live state or the plan moved since the review"
    advice = "Look at the plan of this run, then apply it with an approval of its own (docs/ci.md)."
    raise Problem(Diagnostic(code="not-reviewed", message=message, advice=advice), exit_code=Exit.REFUSED)


def append_summary(context: Context, plan: Plan) -> Path | None:
    """Append the plan to the file that CI offers for a job summary; None where it offers none."""
    from reconciler.report.machine.annotations import job_summary
    from reconciler.report.markdown.plan import render_markdown

    named = context.environ.get("GITHUB_STEP_SUMMARY", "")
    if not named:
        return None
    place = find_place(context.environ) if context.environ.get("GITHUB_REPOSITORY") else None
    target, links = Path(named), _find_links(context, place)
    try:
        room = SUMMARY_BYTES - (target.stat().st_size if target.exists() else 0) - 2
        text = job_summary(plan, links=links)
        if len(text.encode()) > room:
            text = render_markdown(plan, links=links, limit=max(_LEAST_SUMMARY, room // 4))
        if len(text.encode()) > room:
            raise _refuse_summary(target, "the summary of this job is full")
        with target.open("a", encoding="utf-8") as stream:
            stream.write(f"\n{text}")
    except OSError as error:
        raise _refuse_summary(target, error.strerror or "cannot be written") from error
    return target


def _refuse_summary(target: Path, why: str) -> Problem:
    return Problem(Diagnostic(code="cannot-write", message=f"{target}: {why}"), exit_code=Exit.FAILED)


def _find_links(context: Context, place: Place | None) -> SourceLinks | None:
    """Link to the commit that a reviewer sees, which outlives the merge that GitHub tried out."""
    shown = place.commit if place else ""
    environ = {**context.environ, **({"GITHUB_SHA": shown} if shown else {})}
    return source_links(environ, prefix=find_prefix(context.folder, context.environ))


async def _find_own(notes: AsyncIterator[Note], marker: str, *, author: str) -> Note | None:
    """Return the first note that is ours: it starts with the marker, and we wrote it.

    Whoever may comment can write the marker; their words are neither overwritten nor believed.
    """
    async for note in notes:
        if note.author == author and note.body.startswith(marker):
            return note
    return None


async def _create(write: Callable[[], Awaitable[Note]], *, find: Callable[[], Awaitable[Note | None]]) -> Note:
    """Create a note once: where no answer came, look whether it is there before saying that it failed."""
    from reconciler.forge.client import ForgeError

    try:
        return await write()
    except ForgeError as error:
        found = await find() if error.in_doubt else None
        if found is None:
            raise
        return found


def _run(
    context: Context, place: Place, posting: Posting, work: Callable[[ForgeClient], Coroutine[Any, Any, Posted]]
) -> Posted:
    """Post; where a fork's job may not write, say so in a note unless that was to be an error."""
    try:
        return _connect(context, place, work)
    except Problem as problem:
        codes = {diagnostic.code for diagnostic in problem.diagnostics}
        if not place.outsider or posting.strict or not codes <= {"forge-permission", "ci-no-token"}:
            raise
        message = f"nothing was posted: jobs for changes from forks have no right to write at {place.forge.name}"
        advice = "The job summary has the plan; --require makes this an error."
        note = Diagnostic(code="forge-permission", message=message, severity=Severity.NOTE, advice=advice)
        return Posted(Deed.NOTHING, notes=(note,))


def _connect(context: Context, place: Place, work: Callable[[ForgeClient], Coroutine[Any, Any, Found]]) -> Found:
    """Do some work at the forge; raise Problem for whatever it refuses."""
    from reconciler.forge.client import ForgeError, open_forge

    if place.token is None:
        message = f"{place.forge.credential} is not set, so nothing can be asked of {place.forge.name}"
        advice = f"Pass it to this step only. {place.forge.comment_permission}"
        raise Problem(Diagnostic(code="ci-no-token", message=message, advice=advice), exit_code=Exit.FAILED)
    token = place.token

    async def connect() -> Found:
        async with open_forge(
            place.forge,
            api=place.api,
            repository=place.repository,
            token=token,
            transport=context.transport,
            patience=context.patience,
            environ=context.environ,
            clock=lambda: context.now().timestamp(),
        ) as client:
            return await work(client)

    try:
        return run_to_end(connect)
    except ForgeError as error:
        raise _describe(error) from error


def _describe(error: ForgeError) -> Problem:
    return Problem(Diagnostic(code=error.code, message=str(error), advice=error.advice), exit_code=Exit.FAILED)
