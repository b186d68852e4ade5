"""`ci drift-pr`: what moved outside git as a change to the files, proposed for review; one for a project and environment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from reconciler.app.adopt.accept import Draft, draft_acceptance
from reconciler.app.ci.place import Place, find_place
from reconciler.app.ci.posting import Deed, Posted, Posting, connect, create, find_links, find_own, name_origin
from reconciler.app.context import Context
from reconciler.app.problem import Exit, Problem
from reconciler.app.review.drift import is_certain, keep_drift
from reconciler.app.review.review import Review, review
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.plan import Status

if TYPE_CHECKING:
    from reconciler.forge.client import ForgeClient, Note
    from reconciler.report.markdown.notes import Origin

PREFIX = "reconciler/drift"
"""Branches of ours begin so; nothing else is ever pushed to."""


def post_drift_pr(context: Context, posting: Posting, *, title: str, target: str, conflicts: bool) -> Posted:
    """Propose the live values of what moved; renew the proposal while it is open, withdraw it when nothing differs.

    Runs for a branch of the repository only: never for a pull request, and never for a fork. What could not be read proves
    nothing: then an open proposal stays as it is.
    """
    place = find_place(context.environ)
    branch = target or place.branch
    _refuse_reviews(place, branch)
    found = review(context)
    draft = draft_acceptance(found, conflicts=conflicts)
    proposal = _Proposal(context, place, posting, found, draft, title=title, target=branch)
    return connect(context, place, proposal.keep)


def _refuse_reviews(place: Place, branch: str) -> None:
    if place.outsider or place.review is not None or place.queued:
        message = f"drift is not proposed from a job that runs for a {place.forge.review}"
        raise Problem(
            Diagnostic("ci-unknown", message, advice="Run it on a schedule, for the main branch."),
            exit_code=Exit.REFUSED,
        )
    if not branch:
        message = "this job does not say which branch it runs for"
        raise Problem(
            Diagnostic("ci-unknown", message, advice="Name the branch to propose to with --target-branch."),
            exit_code=Exit.FAILED,
        )


class _Proposal:
    """One branch and one pull request, for one project and environment."""

    def __init__(
        self, context: Context, place: Place, posting: Posting, found: Review, draft: Draft, *, title: str, target: str
    ) -> None:
        from reconciler.report.markdown.notes import mark

        self._context, self._place, self._posting, self._draft = context, place, posting, draft
        self._title, self._target = title, target
        self._root = found.workspace.project.root
        self._moved = keep_drift(found.plan)
        self._origin: Origin = name_origin(context, place, posting)
        self._marker = mark(self._moved.environment, self._origin, subject="drift-pr")

    @property
    def branch(self) -> str:
        """Name the branch: the same for the same project and environment, and no other's.

        All lie on one level, since git cannot hold a branch beside others below its name.
        """
        project = "+".join(part.replace("/", "-") for part in (self._origin.folder, self._origin.name) if part)
        return f"{PREFIX}/{project}@{self._moved.environment or 'default'}"

    @property
    def body(self) -> str:
        """Return the text of the proposal, "" where there is nothing to propose."""
        from reconciler.report.markdown.notes import write_proposal

        if not self._draft.contents:
            return ""
        left = [f"{found.address}{found.path}" for found in self._draft.accepted.left]
        return write_proposal(self._moved, self._origin, left=left, links=find_links(self._context, self._place))

    async def keep(self, client: ForgeClient) -> Posted:
        """Bring branch and proposal to what they should be."""
        author = self._posting.author or await client.name_self()

        async def find() -> Note | None:
            return await find_own(client.list_proposals(self.branch), self._marker, author=author)

        found, body = await find(), self.body
        certain = self._moved.count(Status.UNKNOWN) == 0 and is_certain(self._moved)
        deed = _choose_deed(found, differs=bool(body), closing=certain and not self._moved.updates)
        if deed is Deed.NOTHING or self._posting.dry_run:
            return Posted(deed, found.url if found else "", body, self._draft.accepted.left)
        note = await self._carry_out(client, found, body, find=find)
        return Posted(deed, note.url, body, self._draft.accepted.left)

    async def _carry_out(self, client: ForgeClient, found: Note | None, body: str, *, find: object) -> Note:
        from reconciler.report.markdown.notes import write_closing

        if not body and found is not None:
            note = await client.withdraw(found, reason=write_closing(self._moved, run_url=self._place.run_url))
            self._push({})
            return note
        self._push(self._draft.contents)
        if found is not None:
            return await client.edit_proposal(found, body)
        return await create(
            lambda: client.propose(self._title, body, branch=self.branch, target=self._target),
            find=find,  # type: ignore[arg-type] # the search of `keep`
        )

    def _push(self, contents: Mapping[str, bytes]) -> None:
        """Let the branch hold the change on top of the commit that is checked out; without a change remove it."""
        from reconciler.ledger import LedgerProblem, current_author
        from reconciler.ledger.stores.git_branch import push_change

        try:
            push_change(
                self._root,
                self.branch,
                contents,
                message=f"{self._title}\n\nAs read at {self._moved.created_at}.\n",
                author=current_author(self._context.environ, root=self._root),
                now=self._context.now(),
                environ=self._context.environ,
            )
        except LedgerProblem as error:
            advice = "Give the job the right to push branches (in GitHub Actions: `permissions: contents: write`)."
            message = f"{self.branch} cannot be pushed: {error.message}"
            raise Problem(Diagnostic("forge-permission", message, advice=advice), exit_code=Exit.FAILED) from error


def _choose_deed(found: Note | None, *, differs: bool, closing: bool) -> Deed:
    if differs:
        return Deed.UPDATED if found else Deed.CREATED
    return Deed.CLOSED if found and closing else Deed.NOTHING
