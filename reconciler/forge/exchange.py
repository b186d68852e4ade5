"""Ask a forge and be answered: pages, errors in words, the token in nothing that is written or said."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Final
from urllib.parse import quote

import httpx

from reconciler.forge.forges import Forge
from reconciler.forge.wire import FORBIDDEN, LIMITED, WriteRetry
from reconciler.model.paths import MISSING, Json, pick
from reconciler.model.secret import Secret
from reconciler.remote.wire.answers import shorten
from reconciler.remote.wire.transport import ANY_FAILURE, NOT_SENT, Patience, PatientRetry, WaitTooLongError

PAGE: Final = 100
MOST_PAGES: Final = 100
UNAUTHORISED, NOT_FOUND, GONE = 401, 404, 410


class ForgeError(Exception):
    """Say why a forge did not do what was asked; `code` stands in `CODES`.

    `in_doubt` is True where the request may have been carried out all the same.
    """

    def __init__(self, code: str, message: str, *, advice: str = "", in_doubt: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.advice = advice
        self.in_doubt = in_doubt


class Exchange:
    """One conversation with one repository's API."""

    def __init__(
        self, http: httpx.AsyncClient, *, forge: Forge, api: str, repository: str, token: Secret, patience: Patience
    ) -> None:
        self.forge = forge
        self.token = token
        self._http = http
        self._api = api.rstrip("/")
        self._repository = repository
        self._patience = patience

    def fill(self, path: str, **parts: object) -> str:
        """Fill in a path; what comes from outside cannot leave its place in it."""
        safe = "/" if self.forge.edit_method == "PATCH" else ""
        filled = {name: quote(str(part), safe="") for name, part in parts.items()}
        return path.format(repository=quote(self._repository, safe=safe), **filled)

    async def pages(self, path: str, query: Mapping[str, str]) -> AsyncIterator[Json]:
        """Yield page after page. The next page is counted, never read from an address that an answer names."""
        for page in range(1, MOST_PAGES + 1):
            asked = {**query, "per_page": str(PAGE), "page": str(page)}
            response = await self._exchange("GET", path, query=asked, need=self.forge.read_permission)
            found = self._parse(response)
            yield found
            if not _has_more(response, len(found) if isinstance(found, list) else 0):
                return
        message = f"GET {path} has more than {MOST_PAGES * PAGE:,} entries; looked no further"
        raise ForgeError("forge-failed", message, advice="Close or lock what is no longer needed.")

    async def ask(self, method: str, path: str, *, need: str) -> Json:
        """Send a request without a body and return the answer."""
        return self._parse(await self._exchange(method, path, need=need))

    async def write(self, method: str, path: str, content: Mapping[str, Json], *, need: str) -> Json:
        """Send a write; whatever it says, the token is not in it."""
        safe = {name: self.token.redact(text) if isinstance(text, str) else text for name, text in content.items()}
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
        except (ValueError, RecursionError) as error:
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
        except (ValueError, RecursionError):
            said = MISSING
        return f': "{shorten(self.token.redact(said))}"' if isinstance(said, str) and said else ""


def _has_more(response: httpx.Response, count: int) -> bool:
    """Tell whether another page follows: as the Link header says, or, where there is none, where this one is full."""
    if "Link" in response.headers:
        return "next" in response.links
    return count >= PAGE
