"""Write one comment or one issue at GitHub or GitLab, and nothing else: the token goes to its API's host only."""

from __future__ import annotations

import os
import re
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

import httpx
from httpx_retries import RetryTransport

from reconciler import __version__
from reconciler.forge.forges import Forge
from reconciler.forge.wire import FORBIDDEN, LIMITED, LimitTransport, TokenAuth, WriteRetry, allow_notes
from reconciler.model.paths import MISSING, Json, pick
from reconciler.model.project import Account
from reconciler.model.secret import Secret
from reconciler.remote.wire.answers import shorten
from reconciler.remote.wire.transport import (
    ANY_FAILURE,
    LONGEST_CONNECT_SECONDS,
    NOT_SENT,
    Gate,
    GuardedTransport,
    Patience,
    PatientRetry,
    Trace,
    WaitTooLongError,
    build_transport,
)

PAGE: Final = 100
MOST_PAGES: Final = 100
UNAUTHORISED, NOT_FOUND, GONE = 401, 404, 410
PATIENCE: Final = Patience(longest_wait_seconds=90.0, total_wait_seconds=180.0)
"""GitHub asks for at least a minute after a secondary limit."""

_CAN_CONNECT: Final = re.compile(r"[\x21-\x7e]+")


class ForgeError(Exception):
    """Say why a forge did not do what was asked; `code` stands in `CODES`.

    `in_doubt` is True where the request may have been carried out all the same.
    """

    def __init__(self, code: str, message: str, *, advice: str = "", in_doubt: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.advice = advice
        self.in_doubt = in_doubt


@dataclass(frozen=True, slots=True)
class Note:
    """A comment or an issue as it stands there. `url` may be empty: GitLab's notes have none."""

    number: int
    body: str
    author: str
    url: str = ""


class ForgeClient:
    """Find, write and edit comments and issues of one repository."""

    def __init__(
        self, http: httpx.AsyncClient, *, forge: Forge, api: str, repository: str, token: Secret, patience: Patience
    ) -> None:
        self.forge = forge
        self._http = http
        self._api = api.rstrip("/")
        self._repository = repository
        self._token = token
        self._patience = patience

    async def name_self(self) -> str:
        """Return the name under which this token writes."""
        try:
            me = await self._ask("GET", "/user", need=self.forge.read_permission)
        except ForgeError as error:
            if self.forge.robot and error.code == "forge-permission":
                return self.forge.robot
            raise
        return str(pick(me, ("login",)) if self.forge.author[-1] == "login" else pick(me, ("username",)))

    def list_comments(self, review: int) -> AsyncIterator[Note]:
        """Yield the comments of a pull request or merge request, oldest first."""
        return self._list(self._fill(self.forge.comments, number=review), {"sort": "asc", "order_by": "created_at"})

    async def add_comment(self, review: int, body: str) -> Note:
        """Write a new comment."""
        path = self._fill(self.forge.comments, number=review)
        return self._read_note(await self._write("POST", path, {"body": body}, need=self.forge.comment_permission))

    async def edit_comment(self, review: int, comment: Note, body: str) -> Note:
        """Replace the text of a comment."""
        path = self._fill(self.forge.comment, number=review, comment=comment.number)
        need = self.forge.comment_permission
        return self._read_note(await self._write(self.forge.edit_method, path, {"body": body}, need=need))

    def list_open_issues(self) -> AsyncIterator[Note]:
        """Yield the open issues, newest first as the forge lists them."""
        return self._list(self._fill(self.forge.issues), {"state": self.forge.open_state})

    async def open_issue(self, title: str, body: str) -> Note:
        """Open a new issue."""
        content = {"title": title, self.forge.issue_text: body}
        path = self._fill(self.forge.issues)
        return self._read_note(await self._write("POST", path, content, need=self.forge.issue_permission))

    async def edit_issue(self, issue: Note, body: str) -> Note:
        """Replace the text of an issue."""
        return await self._change_issue(issue, {self.forge.issue_text: body})

    async def close_issue(self, issue: Note, *, reason: str) -> Note:
        """Say why in a comment, then close the issue."""
        path = self._fill(self.forge.issue_comments, number=issue.number)
        await self._write("POST", path, {"body": reason}, need=self.forge.issue_permission)
        return await self._change_issue(issue, dict(self.forge.close))

    async def find_merged(self, commit: str) -> tuple[int, ...]:
        """Return the numbers of the merged pull requests or merge requests that brought a commit."""
        found = await self._ask("GET", self._fill(self.forge.merged, commit=commit), need=self.forge.read_permission)
        rows = found if isinstance(found, list) else []
        return tuple(
            int(str(pick(row, (self.forge.number,))))
            for row in rows
            if pick(row, ("merged_at",)) not in (MISSING, None)
        )

    async def _change_issue(self, issue: Note, content: Mapping[str, Json]) -> Note:
        path = self._fill(self.forge.issue, number=issue.number)
        need = self.forge.issue_permission
        return self._read_note(await self._write(self.forge.edit_method, path, content, need=need))

    def _fill(self, path: str, **parts: object) -> str:
        """Fill in a path; what comes from outside cannot leave its place in it."""
        safe = "/" if self.forge.edit_method == "PATCH" else ""
        filled = {name: quote(str(part), safe="") for name, part in parts.items()}
        return path.format(repository=quote(self._repository, safe=safe), **filled)

    async def _list(self, path: str, query: Mapping[str, str]) -> AsyncIterator[Note]:
        """Yield page after page. The next page is counted, never read from an address that an answer names."""
        for page in range(1, MOST_PAGES + 1):
            asked = {**query, "per_page": str(PAGE), "page": str(page)}
            response = await self._exchange("GET", path, query=asked, need=self.forge.read_permission)
            rows = self._parse(response)
            if not isinstance(rows, list):
                raise ForgeError(
                    "forge-failed", f"{self.forge.name} answered GET {path} with something that is no list"
                )
            for row in rows:
                if pick(row, ("pull_request",)) is MISSING:
                    yield self._read_note(row)
            if not _has_more(response, len(rows)):
                return
        message = f"GET {path} has more than {MOST_PAGES * PAGE:,} entries; looked no further"
        raise ForgeError("forge-failed", message, advice="Close or lock what is no longer needed.")

    def _read_note(self, row: Json) -> Note:
        numbers = (pick(row, (name,)) for name in (self.forge.number, "id"))
        number = next((found for found in numbers if found is not MISSING), MISSING)
        texts = (pick(row, (name,)) for name in (self.forge.issue_text, "body"))
        text = next((found for found in texts if found is not MISSING), "")
        url = next((found for name in ("html_url", "web_url") if isinstance(found := pick(row, (name,)), str)), "")
        if isinstance(number, bool) or not isinstance(number, int):
            raise ForgeError("forge-failed", f"{self.forge.name} answered with a comment or issue that has no number")
        return Note(number, str(text or ""), str(pick(row, self.forge.author)), shorten(self._token.redact(url)))

    async def _ask(self, method: str, path: str, *, need: str) -> Json:
        return self._parse(await self._exchange(method, path, need=need))

    async def _write(self, method: str, path: str, content: Mapping[str, Json], *, need: str) -> Json:
        """Send a write; whatever it says, the token is not in it."""
        safe = {name: self._token.redact(text) if isinstance(text, str) else text for name, text in content.items()}
        return self._parse(await self._exchange(method, path, content=safe, need=need))

    async def _exchange(
        self,
        method: str,
        path: str,
        *,
        need: str,
        query: Mapping[str, str] | None = None,
        content: Mapping[str, Json] | None = None,
    ) -> httpx.Response:
        kind, failures = (PatientRetry, ANY_FAILURE) if method == "GET" else (WriteRetry, NOT_SENT)
        request = self._http.build_request(method, f"{self._api}{path}", params=query, json=content)
        request.extensions["retry"] = kind(self._patience, methods=frozenset({method}), exceptions=failures)
        try:
            response = await self._http.send(request)
        except WaitTooLongError as error:
            response = error.response
        except httpx.HTTPError as error:
            reached = bool(request.extensions.get("reached"))
            raise ForgeError(
                "forge-failed",
                f"{method} {path} got no answer from {self.forge.name} ({type(error).__name__})",
                advice="Run the job again.",
                in_doubt=reached and method != "GET",
            ) from error
        if not response.is_success:
            raise self._explain(response, f"{method} {path}", need=need)
        return response

    def _parse(self, response: httpx.Response) -> Json:
        try:
            return response.json()
        except ValueError as error:
            message = f"{self.forge.name} answered {response.request.method} with something that is no JSON"
            raise ForgeError("forge-failed", message, in_doubt=response.request.method != "GET") from error

    def _explain(self, response: httpx.Response, asked: str, *, need: str) -> ForgeError:
        status, name = response.status_code, self.forge.name
        says = self._quote(response)
        if status == LIMITED:
            wait = shorten(response.headers.get("Retry-After", "unknown"), length=40)
            message = f"{name} limits requests now and asks to wait {wait} seconds, longer than this job does{says}"
            return ForgeError("forge-limited", message, advice="Run the job again later.")
        if status == UNAUTHORISED:
            message = f"{name} does not accept the token in {self.forge.credential}{says}"
            return ForgeError("forge-permission", message, advice="Renew it, or check that the job passes it on.")
        if status in {FORBIDDEN, NOT_FOUND}:
            return ForgeError("forge-permission", f"{name} refused {asked} with {status}{says}", advice=need)
        if response.is_redirect:
            advice = "Redirects are not followed, so that the token goes nowhere else: was the repository renamed?"
            return ForgeError("forge-failed", f"{name} redirected {asked} with {status}", advice=advice)
        advice = "Issues are switched off there." if status == GONE else ""
        doubtful = response.is_server_error and response.request.method != "GET"
        return ForgeError(
            "forge-failed", f"{name} answered {asked} with {status}{says}", advice=advice, in_doubt=doubtful
        )

    def _quote(self, response: httpx.Response) -> str:
        try:
            said = pick(response.json(), ("message",))
        except ValueError:
            said = MISSING
        return f': "{shorten(self._token.redact(said))}"' if isinstance(said, str) and said else ""


def _has_more(response: httpx.Response, count: int) -> bool:
    """Tell whether another page follows: as the Link header says, or, where there is none, where this one is full."""
    if "Link" in response.headers:
        return "next" in response.links
    return count >= PAGE


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
        transport(account)
        if transport
        else build_transport(api, concurrency=1, environ=os.environ if environ is None else environ)
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
        yield ForgeClient(http, forge=forge, api=api, repository=repository, token=token, patience=patience or PATIENCE)
