"""The few endpoints of GitHub and GitLab that `reconciler ci` uses, with their refusals, as a small application on loopback."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

REPOSITORY = "acme/telephony"
ROBOT = "github-actions[bot]"
TOKEN = "ghs_" + "s3cr3tTokenOfThisJob"
COMMIT = "c0ffee" * 6 + "c0ff"


@dataclass
class FakeForge:
    """State of one repository. `me` is None for the token of a GitHub job, which may not ask who it is.

    `script` holds (method, pattern of the path, response): each is answered once, in order, before anything else.
    `after_commit` makes the next POST take effect and yet answer 502.
    """

    me: str | None = None
    writable: bool = True
    page_limit: int = 100
    with_links: bool = True
    after_commit: bool = False
    comments: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    issues: list[dict[str, Any]] = field(default_factory=list)
    merged: dict[str, list[int]] = field(default_factory=dict)
    """Commit -> the merged pull requests that brought it."""
    targets: dict[int, str] = field(default_factory=dict)
    """Pull request -> the branch that it goes to; `main` where nothing is said."""
    history: list[str] = field(default_factory=list)
    """The commits of the main branch, the oldest first."""
    proposals: list[dict[str, Any]] = field(default_factory=list)
    """Pull requests that were opened here, in both forges' words."""
    hooked: list[dict[str, Any]] = field(default_factory=list)
    """What the chat's webhook was sent."""
    hook_status: int = 200
    script: list[tuple[str, str, Response]] = field(default_factory=list)
    seen: list[tuple[str, str]] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    serial: int = 100
    url: str = ""

    @property
    def author(self) -> str:
        return self.me or ROBOT

    @property
    def writes(self) -> list[tuple[str, str]]:
        return [(method, path) for method, path in self.seen if method != "GET"]

    def say(self, review: int, author: str, body: str) -> dict[str, Any]:
        self.serial += 1
        comment = {
            "id": self.serial,
            "body": body,
            "user": {"login": author},
            "author": {"username": author},
            "html_url": f"{self.url}/pull/{review}#issuecomment-{self.serial}",
        }
        self.comments.setdefault(review, []).append(comment)
        return comment

    async def answer(self, request: Request) -> Response:
        raw = request.scope["raw_path"].decode()
        self.seen.append((request.method, raw))
        self.headers.append(request.headers)
        if scripted := self._take(request.method, raw):
            return scripted
        if raw.startswith("/hook/"):
            self.hooked.append(await request.json())
            return Response("ok", self.hook_status, {"Location": f"{self.url}/hook/elsewhere"})
        if TOKEN not in (request.headers.get("authorization", ""), request.headers.get("private-token")) and (
            request.headers.get("authorization") != f"Bearer {TOKEN}"
        ):
            return JSONResponse({"message": "Bad credentials"}, 401)
        content = await request.json() if request.method != "GET" else {}
        if content and not self.writable:
            return JSONResponse({"message": "Resource not accessible by integration"}, 403)
        response = self._route(request, raw, content)
        if self.after_commit and request.method == "POST":
            self.after_commit = False
            return JSONResponse({"message": "Bad gateway"}, 502)
        return response

    def _take(self, method: str, path: str) -> Response | None:
        for index, (wanted, pattern, response) in enumerate(self.script):
            if wanted == method and re.search(pattern, path):
                del self.script[index]
                return response
        return None

    def _route(self, request: Request, path: str, content: Mapping[str, Any]) -> Response:
        if path in {"/user", "/gitlab/user"}:
            if self.me is None:
                return JSONResponse({"message": "Resource not accessible by integration"}, 403)
            return JSONResponse({"login": self.me, "username": self.me})
        github = f"/repos/{REPOSITORY}"
        gitlab = "/gitlab/projects/77"
        for prefix, routes in ((github, self._github), (gitlab, self._gitlab)):
            if path.startswith(prefix):
                found = routes(request, path[len(prefix) :], content)
                return found or JSONResponse({"message": "Not Found"}, 404)
        return JSONResponse({"message": "Not Found"}, 404)

    def _github(self, request: Request, path: str, content: Mapping[str, Any]) -> Response | None:
        closed = content.get("state") == "closed"
        routes: list[tuple[str, Callable[[re.Match[str]], Response | None]]] = [
            (r"/issues/(\d+)/comments", lambda found: self._notes(request, int(found[1]), content)),
            (r"/issues/comments/(\d+)", lambda found: self._edit_note(request, "PATCH", int(found[1]), content)),
            (r"/issues", lambda _: self._issues(request, content)),
            (r"/issues/(\d+)", lambda found: self._edit_issue(int(found[1]), content, closed=closed)),
            (r"/pulls", lambda _: self._proposals(request, content)),
            (r"/pulls/(\d+)", lambda found: self._edit_proposal(int(found[1]), content, closed=closed)),
            (r"/commits/(\w+)/pulls", lambda found: self._merged(found[1], "number")),
            (r"/compare/(\w+)\.\.\.(\w+)", lambda found: self._compare(found[1], found[2], "sha")),
        ]
        return _take_route(routes, path)

    def _gitlab(self, request: Request, path: str, content: Mapping[str, Any]) -> Response | None:
        closed, query = content.get("state_event") == "close", request.query_params
        routes: list[tuple[str, Callable[[re.Match[str]], Response | None]]] = [
            (r"/(?:merge_requests|issues)/(\d+)/notes", lambda found: self._notes(request, int(found[1]), content)),
            (r"/merge_requests/\d+/notes/(\d+)", lambda found: self._edit_note(request, "PUT", int(found[1]), content)),
            (r"/issues", lambda _: self._issues(request, content)),
            (r"/issues/(\d+)", lambda found: self._edit_issue(int(found[1]), content, closed=closed)),
            (r"/merge_requests", lambda _: self._proposals(request, content)),
            (r"/merge_requests/(\d+)", lambda found: self._edit_proposal(int(found[1]), content, closed=closed)),
            (r"/repository/commits/(\w+)/merge_requests", lambda found: self._merged(found[1], "iid")),
            (r"/repository/compare", lambda _: self._compare(query["from"], query["to"], "id")),
        ]
        return _take_route(routes, path)

    def _notes(self, request: Request, review: int, content: Mapping[str, Any]) -> Response:
        if request.method == "POST":
            return JSONResponse(self.say(review, self.author, content["body"]), 201)
        return self._page(request, self.comments.get(review, []))

    def _proposals(self, request: Request, content: Mapping[str, Any]) -> Response:
        if request.method == "GET":
            return self._page(request, [one for one in self.proposals if one["state"] in ("open", "opened")])
        self.serial += 1
        branch = content.get("head") or content["source_branch"]
        proposal = {
            "number": self.serial,
            "iid": self.serial,
            "title": content["title"],
            "body": content.get("body"),
            "description": content.get("description"),
            "state": "open",
            "head": {"ref": branch, "repo": {"full_name": REPOSITORY}},
            "base": {"ref": content.get("base"), "repo": {"full_name": REPOSITORY}},
            "source_branch": branch,
            "target_branch": content.get("target_branch"),
            "user": {"login": self.author},
            "author": {"username": self.author},
            "html_url": f"{self.url}/pull/{self.serial}",
        }
        self.proposals.append(proposal)
        return JSONResponse(proposal, 201)

    def _edit_proposal(self, number: int, content: Mapping[str, Any], *, closed: bool) -> Response | None:
        found = next((one for one in self.proposals if one["number"] == number), None)
        if found is not None:
            found.update(content)
            found["state"] = "closed" if closed else found["state"]
        return JSONResponse(found) if found else None

    def _edit_note(self, request: Request, method: str, number: int, content: Mapping[str, Any]) -> Response | None:
        if request.method != method:
            return None
        every = [comment for thread in self.comments.values() for comment in thread]
        comment = next(comment for comment in every if comment["id"] == number)
        comment["body"] = content["body"]
        return JSONResponse(comment)

    def _issues(self, request: Request, content: Mapping[str, Any]) -> Response:
        if request.method == "GET":
            state = request.query_params["state"]
            return self._page(request, [issue for issue in self.issues if issue["state"] == state])
        state = "opened" if "description" in content else "open"
        number = len(self.issues) + 1
        owner = {"user": {"login": self.author}, "author": {"username": self.author}, "state": state}
        places = {"number": number, "iid": number, "html_url": f"{self.url}/issues/{number}"}
        names = places if state == "open" else {"id": 9000 + number, **places}
        if state == "opened":
            del names["number"]
        issue = {**names, **owner, **content}
        self.issues.append(issue)
        return JSONResponse(issue, 201)

    def _edit_issue(self, number: int, content: Mapping[str, Any], *, closed: bool) -> Response:
        issue = self.issues[number - 1]
        issue.update({**content, "state": "closed" if closed else issue["state"]})
        return JSONResponse(issue)

    def _merged(self, commit: str, name: str) -> Response:
        rows = [self._show_merged(number, name) for number in self.merged.get(commit, [])]
        return JSONResponse([*rows, {**self._show_merged(999, name), "merged_at": None}])

    def _show_merged(self, number: int, name: str) -> dict[str, Any]:
        branch = self.targets.get(number, "main")
        target = {"base": {"ref": branch}} if name == "number" else {"target_branch": branch}
        return {name: number, "merged_at": "2026-03-02T10:00:00Z", **target}

    def _compare(self, since: str, until: str, name: str) -> Response | None:
        if not {since, until} <= set(self.history):
            return None
        between = self.history[self.history.index(since) + 1 : self.history.index(until) + 1]
        return JSONResponse({"commits": [{name: commit} for commit in between]})

    def _page(self, request: Request, rows: list[dict[str, Any]]) -> Response:
        size = min(int(request.query_params["per_page"]), self.page_limit)
        page = int(request.query_params["page"])
        more = page * size < len(rows)
        elsewhere = "https://elsewhere.example/next"
        links = {"Link": f'<{elsewhere}>; rel="next"' if more else f'<{elsewhere}>; rel="first"'}
        return JSONResponse(rows[(page - 1) * size : page * size], headers=links if self.with_links else {})


def _take_route(routes: list[tuple[str, Callable[[re.Match[str]], Response | None]]], path: str) -> Response | None:
    for pattern, answer in routes:
        if found := re.fullmatch(pattern, path):
            return answer(found)
    return None


@contextmanager
def serve_forge(forge: FakeForge) -> Iterator[FakeForge]:
    """Serve a forge on a free port of loopback while the block runs."""
    app = Starlette(routes=[Route("/{path:path}", forge.answer, methods=["GET", "POST", "PATCH", "PUT", "DELETE"])])
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    forge.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off", ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        deadline = time.monotonic() + 20
        while not server.started:
            assert time.monotonic() < deadline, "the fake did not start"
            time.sleep(0.01)
        yield forge
    finally:
        server.should_exit = True
        thread.join(timeout=20)
        listener.close()
