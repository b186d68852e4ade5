"""What `ci` commands share: how to post, how to find what is ours, and what a forge's refusal means."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar

from reconciler.app.ci.place import Place, find_prefix
from reconciler.app.context import Context
from reconciler.app.problem import Exit, Problem
from reconciler.app.running import run_to_end
from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.report.source_links import SourceLinks, source_links

if TYPE_CHECKING:
    from reconciler.forge.client import ForgeClient, Note
    from reconciler.forge.exchange import ForgeError
    from reconciler.report.markdown.notes import Origin

Found = TypeVar("Found")
_NAME = re.compile(r"[A-Za-z0-9._]+(?:-[A-Za-z0-9._]+)*")


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
    folder: str = ""
    """The project's folder in the repository, where the plan says it and not the job."""

    def __post_init__(self) -> None:
        if self.name and not _NAME.fullmatch(self.name):
            message = f"--name {self.name!r} is not made of letters, digits, `.`, `_` and single `-`"
            raise Problem(Diagnostic(code="bad-name", message=message), exit_code=Exit.USAGE)


def name_origin(context: Context, place: Place, posting: Posting) -> Origin:
    """Say where a note comes from: two projects of one repository never write over each other's."""
    from reconciler.report.markdown.notes import Origin

    folder = posting.folder or find_prefix(context.folder, context.environ)
    return Origin(folder=folder, name=posting.name, commit=place.commit, run_url=place.run_url)


def find_links(context: Context, place: Place | None) -> SourceLinks | None:
    """Link to the commit that a reviewer sees, which outlives the merge that GitHub tried out."""
    shown = place.commit if place else ""
    environ = {**context.environ, **({"GITHUB_SHA": shown} if shown else {})}
    return source_links(environ, prefix=find_prefix(context.folder, context.environ))


async def find_own(notes: AsyncIterator[Note], marker: str, *, author: str) -> Note | None:
    """Return the first note that is ours: it starts with the marker, and we wrote it.

    Whoever may comment can write the marker; their words are neither overwritten nor believed.
    """
    async for note in notes:
        if note.author == author and note.body.startswith(marker):
            return note
    return None


async def create(write: Callable[[], Awaitable[Note]], *, find: Callable[[], Awaitable[Note | None]]) -> Note:
    """Create a note once: where no answer came, look whether it is there before saying that it failed."""
    from reconciler.forge.exchange import ForgeError

    try:
        return await write()
    except ForgeError as error:
        found = await find() if error.in_doubt else None
        if found is None:
            raise
        return found


def post(
    context: Context, place: Place, posting: Posting, work: Callable[[ForgeClient], Coroutine[Any, Any, Posted]]
) -> Posted:
    """Post; where a fork's job may not write, say so in a note unless that was to be an error."""
    try:
        return connect(context, place, work)
    except Problem as problem:
        codes = {diagnostic.code for diagnostic in problem.diagnostics}
        if not place.outsider or posting.strict or not codes <= {"forge-permission", "ci-no-token"}:
            raise
        message = f"nothing was posted: jobs for changes from forks have no right to write at {place.forge.name}"
        advice = "The job summary has the plan; --require makes this an error."
        note = Diagnostic(code="forge-permission", message=message, severity=Severity.NOTE, advice=advice)
        return Posted(Deed.NOTHING, notes=(note,))


def connect(context: Context, place: Place, work: Callable[[ForgeClient], Coroutine[Any, Any, Found]]) -> Found:
    """Do some work at the forge; raise Problem for whatever it refuses."""
    from reconciler.forge.client import open_forge
    from reconciler.forge.exchange import ForgeError

    if place.token is None:
        message = f"{place.forge.credential} is not set, so nothing can be asked of {place.forge.name}"
        advice = f"Pass it to this step only. {place.forge.comment_permission}"
        raise Problem(Diagnostic(code="ci-no-token", message=message, advice=advice), exit_code=Exit.FAILED)
    token = place.token

    async def converse() -> Found:
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
        return run_to_end(converse)
    except ForgeError as error:
        raise Problem(describe_refusal(error), exit_code=Exit.FAILED) from error


def describe_refusal(error: ForgeError) -> Diagnostic:
    """Turn what a forge refused into a diagnostic."""
    return Diagnostic(code=error.code, message=str(error), advice=error.advice)
