"""Write one comment, one issue or one proposal at GitHub or GitLab, and nothing else: the token goes to its API's host only."""

from __future__ import annotations

import os
import re
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import httpx
from httpx_retries import RetryTransport

from reconciler import __version__
from reconciler.forge.exchange import Exchange, ForgeError
from reconciler.forge.forges import Forge
from reconciler.forge.wire import LimitTransport, TokenAuth, allow_notes
from reconciler.model.paths import MISSING, Json, pick
from reconciler.model.project import Account
from reconciler.model.secret import Secret
from reconciler.remote.wire.answers import shorten
from reconciler.remote.wire.transport import (
    LONGEST_CONNECT_SECONDS,
    Gate,
    GuardedTransport,
    Patience,
    Trace,
    build_transport,
)

PATIENCE: Final = Patience(longest_wait_seconds=90.0, total_wait_seconds=180.0)
"""GitHub asks for at least a minute after a secondary limit."""

_CAN_CONNECT: Final = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True, slots=True)
class Note:
    """A comment or an issue as it stands there. `url` may be empty: GitLab's notes have none."""

    number: int
    body: str
    author: str
    url: str = ""


class ForgeClient:
    """Find, write and edit comments and issues of one repository."""

    def __init__(self, exchange: Exchange) -> None:
        self.forge = exchange.forge
        self._exchange = exchange

    async def name_self(self) -> str:
        """Return the name under which this token writes."""
        try:
            me = await self._exchange.ask("GET", "/user", need=self.forge.read_permission)
        except ForgeError as error:
            if self.forge.robot and error.code == "forge-permission":
                return self.forge.robot
            raise
        name = pick(me, (self.forge.author[-1],))
        if not isinstance(name, str) or not name:
            raise ForgeError("forge-failed", f"{self.forge.name} does not say whose the token is")
        return name

    def list_comments(self, review: int) -> AsyncIterator[Note]:
        """Yield the comments of a pull request or merge request, oldest first."""
        return self._list(
            self._exchange.fill(self.forge.comments, number=review), {"sort": "asc", "order_by": "created_at"}
        )

    async def add_comment(self, review: int, body: str) -> Note:
        """Write a new comment."""
        path = self._exchange.fill(self.forge.comments, number=review)
        return self._read_note(
            await self._exchange.write("POST", path, {"body": body}, need=self.forge.comment_permission)
        )

    async def edit_comment(self, review: int, comment: Note, body: str) -> Note:
        """Replace the text of a comment."""
        path = self._exchange.fill(self.forge.comment, number=review, comment=comment.number)
        need = self.forge.comment_permission
        return self._read_note(await self._exchange.write(self.forge.edit_method, path, {"body": body}, need=need))

    def list_open_issues(self) -> AsyncIterator[Note]:
        """Yield the open issues, newest first as the forge lists them."""
        return self._list(self._exchange.fill(self.forge.issues), {"state": self.forge.open_state})

    async def open_issue(self, title: str, body: str) -> Note:
        """Open a new issue."""
        content = {"title": title, self.forge.issue_text: body}
        path = self._exchange.fill(self.forge.issues)
        return self._read_note(await self._exchange.write("POST", path, content, need=self.forge.issue_permission))

    async def edit_issue(self, issue: Note, body: str) -> Note:
        """Replace the text of an issue."""
        return await self._change_issue(issue, {self.forge.issue_text: body})

    async def close_issue(self, issue: Note, *, reason: str) -> Note:
        """Say why in a comment, then close the issue."""
        path = self._exchange.fill(self.forge.issue_comments, number=issue.number)
        await self._exchange.write("POST", path, {"body": reason}, need=self.forge.issue_permission)
        return await self._change_issue(issue, dict(self.forge.close))

    async def list_proposals(self, branch: str) -> AsyncIterator[Note]:
        """Yield the open pull requests or merge requests of this repository that propose a branch."""
        query = {"state": self.forge.open_state}
        query |= {"source_branch": branch} if self.forge.source_branch == "source_branch" else {}
        async for rows in self._exchange.pages(self._exchange.fill(self.forge.reviews), query):
            for row in rows if isinstance(rows, list) else []:
                head = (
                    pick(row, ("head", "ref")) if self.forge.source_branch == "head" else pick(row, ("source_branch",))
                )
                if head == branch and not self._is_foreign(row):
                    yield self._read_note(row)

    def _is_foreign(self, row: Json) -> bool:
        """Tell whether a review comes from a fork, whose branch may be called anything."""
        owner, target = pick(row, ("head", "repo", "full_name")), pick(row, ("base", "repo", "full_name"))
        source, project = pick(row, ("source_project_id",)), pick(row, ("target_project_id",))
        return bool(owner != target or source != project)

    async def propose(self, title: str, body: str, *, branch: str, target: str) -> Note:
        """Open a pull request or merge request from a branch of this repository."""
        content = {"title": title, self.forge.issue_text: body}
        content |= {self.forge.source_branch: branch, self.forge.target_branch: target}
        path = self._exchange.fill(self.forge.reviews)
        return self._read_note(await self._exchange.write("POST", path, content, need=self.forge.review_permission))

    async def edit_proposal(self, proposal: Note, body: str) -> Note:
        """Replace the text of a pull request or merge request."""
        return await self._change_proposal(proposal, {self.forge.issue_text: body})

    async def withdraw(self, proposal: Note, *, reason: str) -> Note:
        """Say why in a comment, then close the pull request or merge request; it is never merged from here."""
        path = self._exchange.fill(self.forge.comments, number=proposal.number)
        await self._exchange.write("POST", path, {"body": reason}, need=self.forge.review_permission)
        closed = {name: value for name, value in self.forge.close.items() if name != "state_reason"}
        return await self._change_proposal(proposal, closed)

    async def _change_proposal(self, proposal: Note, content: Mapping[str, Json]) -> Note:
        path = self._exchange.fill(self.forge.proposal, number=proposal.number)
        need = self.forge.review_permission
        return self._read_note(await self._exchange.write(self.forge.edit_method, path, content, need=need))

    async def find_merged(self, commit: str, *, branch: str) -> tuple[int, ...]:
        """Return the numbers of the pull requests or merge requests that were merged into a branch and brought a commit."""
        path = self._exchange.fill(self.forge.merged, commit=commit)
        found = await self._exchange.ask("GET", path, need=self.forge.read_permission)
        rows = [
            row
            for row in (found if isinstance(found, list) else [])
            if pick(row, ("merged_at",)) not in (MISSING, None) and pick(row, self.forge.target) == branch
        ]
        numbers = (pick(row, (self.forge.number,)) for row in rows)
        return tuple(number for number in numbers if isinstance(number, int) and not isinstance(number, bool))

    async def list_commits(self, since: str, *, until: str) -> tuple[str, ...]:
        """Return the commits that came after one and up to another, oldest first."""
        path = self._exchange.fill(self.forge.compare, since=since, until=until)
        query = {name: value.format(since=since, until=until) for name, value in self.forge.compare_query.items()}
        commits: dict[str, None] = {}
        async for found in self._exchange.pages(path, query):
            rows = pick(found, ("commits",))
            names = [str(pick(row, (self.forge.commit,))) for row in (rows if isinstance(rows, list) else [])]
            if not set(names) - commits.keys():
                break
            commits.update(dict.fromkeys(names))
        return tuple(commits)

    async def _change_issue(self, issue: Note, content: Mapping[str, Json]) -> Note:
        path = self._exchange.fill(self.forge.issue, number=issue.number)
        need = self.forge.issue_permission
        return self._read_note(await self._exchange.write(self.forge.edit_method, path, content, need=need))

    async def _list(self, path: str, query: Mapping[str, str]) -> AsyncIterator[Note]:
        async for rows in self._exchange.pages(path, query):
            if not isinstance(rows, list):
                message = f"{self.forge.name} answered GET {path} with something that is no list"
                raise ForgeError("forge-failed", message)
            for row in rows:
                if pick(row, ("pull_request",)) is MISSING:
                    yield self._read_note(row)

    def _read_note(self, row: Json) -> Note:
        numbers = (pick(row, (name,)) for name in (self.forge.number, "id"))
        number = next((found for found in numbers if found is not MISSING), MISSING)
        texts = (pick(row, (name,)) for name in (self.forge.issue_text, "body"))
        text = next((found for found in texts if found is not MISSING), "")
        url = next((found for name in ("html_url", "web_url") if isinstance(found := pick(row, (name,)), str)), "")
        if isinstance(number, bool) or not isinstance(number, int):
            raise ForgeError("forge-failed", f"{self.forge.name} answered with a comment or issue that has no number")
        return Note(
            number, str(text or ""), str(pick(row, self.forge.author)), shorten(self._exchange.token.redact(url))
        )


@asynccontextmanager
async def open_forge(
    forge: Forge,
    *,
    api: str,
    repository: str,
    token: Secret,
    transport: Callable[[Account], httpx.AsyncBaseTransport] | None = None,
    patience: Patience | None = None,
    environ: Mapping[str, str] | None = None,
    clock: Callable[[], float] = time.time,
) -> AsyncIterator[ForgeClient]:
    """Open a client for one repository. `api` is https, or http on loopback: whoever calls has checked that."""
    if not _CAN_CONNECT.fullmatch(token.reveal()):
        message = f"the token in {forge.credential} holds characters that no HTTP header may carry"
        raise ForgeError("forge-permission", message, advice="Copy it again.")
    account = Account(forge.name.lower(), forge.name.lower(), api, forge.credential, concurrency=1)
    inner = (
        transport(account) if transport else build_transport(api, environ=os.environ if environ is None else environ)
    )
    guarded = GuardedTransport(
        LimitTransport(inner, clock=clock),
        guard=allow_notes(forge, api, repository),
        gate=Gate(concurrency=1, requests_per_minute=None),
        trace=Trace(None),
        seconds=account.timeout_seconds,
    )
    async with httpx.AsyncClient(
        transport=RetryTransport(guarded),
        auth=TokenAuth(forge, token),
        headers={"User-Agent": f"reconciler/{__version__}", **forge.headers},
        timeout=httpx.Timeout(account.timeout_seconds, connect=LONGEST_CONNECT_SECONDS, pool=None),
        follow_redirects=False,
        trust_env=False,
    ) as http:
        patience = patience or PATIENCE
        yield ForgeClient(Exchange(http, forge=forge, api=api, repository=repository, token=token, patience=patience))
