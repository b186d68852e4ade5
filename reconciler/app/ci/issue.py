"""`ci issue`: one issue while something differs from git."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.app.ci.notify import Notice
from reconciler.app.ci.place import find_place
from reconciler.app.ci.posting import Deed, Posted, Posting, create, find_links, find_own, name_origin, post
from reconciler.app.context import Context
from reconciler.app.review.drift import is_certain, keep_drift
from reconciler.model.plan import Plan, Status

if TYPE_CHECKING:
    from reconciler.forge.client import ForgeClient, Note


def post_issue(context: Context, plan: Plan, posting: Posting, *, title: str) -> Posted:
    """Keep one open issue while something has moved outside git, and close it when nothing has any more.

    What could not be read proves nothing, nor does what was not looked at: then an open issue stays as it is.
    """
    from reconciler.report.markdown.notes import mark, write_closing, write_issue

    place, moved = find_place(context.environ), keep_drift(plan)
    origin = name_origin(context, place, posting)
    differs = bool(moved.updates) or moved.count(Status.ABSENT) > 0
    body = write_issue(moved, origin, links=find_links(context, place)) if differs else ""
    marker = mark(moved.environment, origin, subject="drift")
    certain = moved.count(Status.UNKNOWN) == 0 and is_certain(moved) and not moved.scope.left_out

    async def keep(client: ForgeClient) -> Posted:
        reason = write_closing(moved, run_url=place.run_url)
        return await keep_issue(
            client, marker, posting, title=title, body=body, reason=reason, closing=certain and not differs
        )

    return post(context, place, posting, keep)


async def keep_issue(
    client: ForgeClient, marker: str, posting: Posting, *, title: str, body: str, reason: str, closing: bool
) -> Posted:
    """Open or update the one issue with a marker while there is a body; close it with a reason where `closing`."""
    author = posting.author or await client.name_self()

    async def find() -> Note | None:
        return await find_own(client.list_open_issues(), marker, author=author)

    found = await find()
    deed = _choose_deed(found, differs=bool(body), closing=closing)
    if deed is Deed.NOTHING or posting.dry_run:
        return Posted(deed, found.url if found else "", body)
    if found is None:
        note = await create(lambda: client.open_issue(title, body), find=find)
    elif deed is Deed.UPDATED:
        note = await client.edit_issue(found, body)
    else:
        note = await client.close_issue(found, reason=reason)
    return Posted(deed, note.url, body)


def _choose_deed(found: Note | None, *, differs: bool, closing: bool) -> Deed:
    if differs:
        return Deed.UPDATED if found else Deed.CREATED
    return Deed.CLOSED if found and closing else Deed.NOTHING


def build_drift_notice(context: Context, plan: Plan, posting: Posting, posted: Posted) -> Notice:
    """Return what a chat is told when an issue about drift was opened or closed."""
    from reconciler.report.phrases import count_noun

    place, moved = find_place(context.environ), keep_drift(plan)
    closed = posted.deed is Deed.CLOSED
    which = count_noun(len(moved.updates), "resource")
    headline = "What git declares and what is live agree again" if closed else f"{which} moved outside git"
    return Notice(
        event="drift",
        headline=headline,
        good=closed,
        project=name_origin(context, place, posting).label,
        environment=plan.environment or "",
        commit=place.commit,
        url=posted.url or place.run_url,
        counts={"moved": len(moved.updates)},
    )
