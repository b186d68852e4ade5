"""`ci comment`: the plan as one comment at its pull request."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.app.ci.place import Place, find_place
from reconciler.app.ci.posting import Deed, Posted, Posting, create, find_links, find_own, name_origin, post
from reconciler.app.context import Context
from reconciler.app.problem import Exit, Problem
from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.model.plan import Plan
from reconciler.model.plan_report import PlanReport
from reconciler.report.source_links import lie_within

if TYPE_CHECKING:
    from reconciler.forge.client import ForgeClient, Note


def post_comments(context: Context, report: PlanReport, posting: Posting) -> list[Posted]:
    """Post a comment for each part of a report; raise Problem where two of them would be one comment."""
    places = Counter((part.plan.project, part.plan.environment) for part in report.parts)
    if any(count > 1 for count in places.values()):
        message = "these plans of one project and environment were not made from the same files"
        advice = "Make them anew from one commit; `reconciler show` tells which they are."
        raise Problem(Diagnostic(code="plan-overlap", message=message, advice=advice), exit_code=Exit.REFUSED)
    several = len(report.parts) > 1
    return [
        post_comment(context, part.plan, replace(posting, folder=part.plan.project) if several else posting)
        for part in report.parts
    ]


def post_comment(context: Context, plan: Plan, posting: Posting, *, failed: bool = False) -> Posted:
    """Create the one comment of this plan's project and environment at the pull request, or update it.

    With `failed` it says that no plan could be made, and only where there is a comment that would else be out of date.
    A job of a merge queue without a number in its branch has no pull request to write to: that is said, and is no error.
    """
    from reconciler.report.markdown.notes import mark, write_comment, write_failure

    place = find_place(context.environ)
    review = posting.pull_request or place.review
    if review is None:
        return _explain_absence(place)
    origin, links = name_origin(context, place, posting), lie_within(find_links(context, place), posting.folder)

    def write(found: Note | None) -> str:
        if failed:
            return write_failure(plan, origin)
        before = found.body if found else ""
        return write_comment(plan, origin, links=links, queued_after=before if place.queued else None)

    async def comment(client: ForgeClient) -> Posted:
        author = posting.author or await client.name_self()

        async def find() -> Note | None:
            return await find_own(client.list_comments(review), mark(plan.environment, origin), author=author)

        found = await find()
        if found is None and failed:
            return Posted(Deed.NOTHING)
        deed, body = Deed.UPDATED if found else Deed.CREATED, write(found)
        if posting.dry_run:
            return Posted(deed, found.url if found else "", body)
        if found:
            note = await client.edit_comment(review, found, body)
        else:
            note = await create(lambda: client.add_comment(review, body), find=find)
        return Posted(deed, note.url, body)

    return post(context, place, posting, comment)


def _explain_absence(place: Place) -> Posted:
    message = f"this job does not run for a {place.forge.review}"
    advice = "Run it for one (GitHub: `on: pull_request`), or name it with --pull-request N."
    if not place.queued:
        raise Problem(Diagnostic(code="ci-no-review", message=message, advice=advice), exit_code=Exit.FAILED)
    message = f"nothing was posted: the branch of this merge queue names no {place.forge.review}"
    advice = "The job summary has the plan; --pull-request N names one."
    note = Diagnostic(code="ci-no-review", message=message, severity=Severity.NOTE, advice=advice)
    return Posted(Deed.NOTHING, notes=(note,))
