"""Play Galtea's phone connections."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from starlette.responses import HTMLResponse, JSONResponse, Response

from reconciler.sandbox.state.world import Document
from reconciler.sandbox.vendors.calls import Call, Lost, Refusal, Way
from reconciler.sandbox.vendors.desk import Desk
from reconciler.sandbox.vendors.keys import admit_bearer
from reconciler.sandbox.vendors.kinds import fits, read_moment

VOICES = tuple(
    {"id": name.lower(), "name": name, "languageCode": language, "gender": gender}
    for name, language, gender in (
        ("Sarah", "en-GB", "Female"),
        ("Theo", "en-GB", "Male"),
        ("Megan", "en-US", "Female"),
        ("Jack", "en-US", "Male"),
    )
)
_FIELDS = (
    "id",
    "productId",
    "userId",
    "name",
    "phoneNumber",
    "voice",
    "languageCode",
    "agentSpeaksFirst",
    "createdAt",
    "deletedAt",
)
_KINDS = {
    "productId": "string",
    "name": "string",
    "phoneNumber": "phone",
    "voice": "string?",
    "languageCode": "string?",
    "agentSpeaksFirst": "boolean",
    "userId": "string?",
    "createdAt": "moment",
    "deletedAt": "moment?",
}
_WRITABLE: Mapping[str, object] = {
    "name": "",
    "phoneNumber": "",
    "voice": None,
    "languageCode": None,
    "agentSpeaksFirst": False,
}
_DEMANDED = ("productId", "name", "phoneNumber")
_VOICED = ("voice", "languageCode")
_ERRORS = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 409: "Conflict"}
_EXACT = {"ids": "id", "productIds": "productId", "names": "name", "phoneNumbers": "phoneNumber"}
_ROOT = "/phoneConnections"

Filter = Callable[[Document], bool]


class Galtea:
    """Answer for api.galtea.ai."""

    provider = "galtea"

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def ways(self) -> Sequence[Way]:
        """Return the calls that are played."""
        return (
            ("GET", "/minimum-sdk-version", self.tell_versions),
            ("GET", _ROOT + "/voices", self.tell_voices),
            ("GET", _ROOT, self.list_connections),
            ("GET", _ROOT + "/{id}", self.show_connection),
            ("PATCH", _ROOT + "/{id}", self.update_connection),
        )

    def dangers(self) -> Sequence[tuple[str, str]]:
        """Return the calls that create or delete."""
        return (("POST", _ROOT), ("DELETE", _ROOT + "/batch"), ("DELETE", _ROOT + "/{id}"))

    def admit(self, headers: Mapping[str, str], region: str | None) -> Document:  # noqa: ARG002 - no regions here
        """Know the bearer key; both prefixes, `gsk_` and `gsk-`, are the vendor's (D)."""
        return admit_bearer(self._desk, headers, "Invalid or missing API key")

    def is_open(self, path: str) -> bool:
        """Let its own client ask for versions before it shows a key."""
        return path == "/minimum-sdk-version"

    def refuse(self, refusal: Refusal) -> Response:
        """Answer `{error, message}`."""
        error = _ERRORS.get(refusal.status, "Error")
        return JSONResponse({"error": error, "message": str(refusal.message)}, refusal.status)

    def get_lost(self, method: str, path: str) -> Response:
        """Answer an unknown route as Express does: HTML."""
        from html import escape

        page = f"<!DOCTYPE html>\n<pre>Cannot {escape(method)} {escape(path)}</pre>\n"
        return HTMLResponse(page, 404)

    def tell_versions(self, call: Call) -> Response:  # noqa: ARG002
        """Say which of its clients are supported: all."""
        return JSONResponse({"latestSdkVersionPublished": None, "minimumSdkVersionSupported": None})

    def tell_voices(self, call: Call) -> Response:  # noqa: ARG002
        """List the voices; a newer generation of the API has no such route."""
        if self._desk.has("newer-api"):
            raise Lost
        return JSONResponse({"voices": VOICES})

    def list_connections(self, call: Call) -> Response:
        """Answer a bare array of what the key may see, without the soft-deleted."""
        products = call.find_all("productIds")
        self._check_products(call, products)
        rows = [row for row in self._desk.rows("phoneConnections") if row["deletedAt"] is None]
        filters = _read_filters(call)
        rows = [row for row in rows if _may_see(call, row["productId"]) and all(passes(row) for passes in filters)]
        ordered = _sort(rows, call.find_all("sort"))
        size = min(_number(call, "limit", 10_000), self._desk.switches.count("galtea-max-limit"))
        page = self._desk.cut(ordered, _number(call, "offset", 0), size)
        return JSONResponse([self._render(row) for row in page.rows])

    def show_connection(self, call: Call) -> Response:
        """Answer one phone connection."""
        return JSONResponse(self._render(self._find(call)))

    def update_connection(self, call: Call) -> Response:
        """Write what the body names."""
        live = self._find(call)
        body = self._check_body(call.body, live)
        fields = {name: body[name] for name in self._accepted(body)}
        if fields.get("voice") == "":
            fields["voice"] = None
        after = self._desk.commit("phoneConnections", live["id"], fields, writable=_WRITABLE)
        return self._confirm(after)

    def _accepted(self, body: Document) -> list[str]:
        """List the fields of a body that are written. `deletedAt` is: it is the soft-delete mark (D)."""
        names = [*_WRITABLE, "deletedAt"]
        if self._desk.switches.get("galtea-read-only") == "written":
            names += ["userId", "createdAt"]
        if self._desk.has("newer-api"):
            names = [name for name in names if name not in _VOICED]
        return [name for name in names if name in body]

    def _confirm(self, after: Document) -> Response:
        form = self._desk.switches.get("galtea-patch-answer")
        if form == "204":
            return Response(status_code=204)
        return JSONResponse({"id": after["id"]} if form == "id" else self._render(after))

    def _render(self, row: Document) -> Document:
        hidden = _VOICED if self._desk.has("newer-api") else ()
        return {name: row[name] for name in _FIELDS if name not in hidden}

    def _find(self, call: Call) -> Document:
        row = self._desk.find("phoneConnections", call.places["id"])
        if row is None or row["deletedAt"] is not None:
            raise Refusal(404, "Phone connection not found")
        if not _may_see(call, row["productId"]):
            raise Refusal(403, "You do not have access to this product")
        return row

    def _check_products(self, call: Call, wanted: Sequence[str]) -> None:
        """Refuse a product of this account that the key has no grant for; a foreign one is only empty (I)."""
        if not wanted:
            return
        own = {row["productId"] for row in self._desk.rows("phoneConnections")}
        if any(product in own and not _may_see(call, product) for product in wanted):
            raise Refusal(403, "You do not have access to this product")

    def _check_body(self, body: object, live: Document) -> Document:
        if not isinstance(body, dict):
            raise Refusal(400, "Request body must be a JSON object")
        if self._desk.switches.get("galtea-patch") == "strict":
            _demand(body)
        for name, kind in _KINDS.items():
            if name in body and not fits(body[name], kind):
                raise Refusal(400, f"Invalid value for {name}")
        if body.get("voice") and body["voice"] not in {voice["id"] for voice in VOICES}:
            raise Refusal(400, f"Unsupported voice: {body['voice']}")
        if body.get("productId", live["productId"]) != live["productId"]:
            raise Refusal(400, "productId cannot be changed")
        self._check_name(body, live)
        return body

    def _check_name(self, body: Document, live: Document) -> None:
        twins = (
            row
            for row in self._desk.rows("phoneConnections")
            if row["id"] != live["id"] and row["productId"] == live["productId"] and row["deletedAt"] is None
        )
        if "name" in body and any(row["name"] == body["name"] for row in twins):
            status = int(self._desk.switches.get("galtea-duplicate-name"))
            raise Refusal(status, "A phone connection with this name already exists in the product")


def _demand(body: Document) -> None:
    for name in _DEMANDED:
        if name not in body:
            raise Refusal(400, f"{name} is required")


def _may_see(call: Call, product: str) -> bool:
    granted = call.grant.get("products")
    return granted is None or product in granted


def _read_filters(call: Call) -> list[Filter]:
    """Return what the query demands of a row."""
    exact = ((name, frozenset(call.find_all(parameter))) for parameter, name in _EXACT.items())
    partial = ((name, (call.find(name) or "").lower()) for name in ("name", "phoneNumber"))
    filters = [_is_one_of(name, wanted) for name, wanted in exact if wanted]
    filters += [_contains(name, text) for name, text in partial if text]
    since, until = _moment(call, "fromCreatedAt"), _moment(call, "toCreatedAt")
    if since or until:
        filters.append(lambda row: _is_between(read_moment(row["createdAt"]), since, until))
    return filters


def _is_one_of(name: str, wanted: frozenset[str]) -> Filter:
    return lambda row: row[name] in wanted


def _contains(name: str, text: str) -> Filter:
    return lambda row: text in row[name].lower()


def _is_between(moment: datetime, since: datetime | None, until: datetime | None) -> bool:
    return (since is None or moment >= since) and (until is None or moment <= until)


def _moment(call: Call, name: str) -> datetime | None:
    text = call.find(name)
    if text is not None and not fits(text, "moment"):
        raise Refusal(400, f"{name} must be an ISO 8601 date")
    return read_moment(text) if text else None


def _sort(rows: list[Document], words: Sequence[str]) -> list[Document]:
    """Sort by `sort=field&sort=desc` (what its client sends, M) or `sort=-field` (what its pages show).

    Without a sort the newest comes first: an order that nobody promised.
    """
    if not words:
        return sorted(rows, key=lambda row: str(row["createdAt"]), reverse=True)
    name = words[0].removeprefix("-")
    if name not in _FIELDS:
        raise Refusal(400, f"Cannot sort by {name}")
    down = words[0].startswith("-") or (len(words) > 1 and words[1].lower() == "desc")
    return sorted(rows, key=lambda row: str(row[name]), reverse=down)


def _number(call: Call, name: str, default: int) -> int:
    text = call.find(name)
    if text is None:
        return default
    if not text.isdecimal():
        raise Refusal(400, f"{name} must be a non-negative integer")
    return int(text)
