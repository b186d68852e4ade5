"""List, show and write Galtea's connections, which all keep to the same verbs."""

from collections.abc import Sequence

from starlette.responses import JSONResponse, Response

from reconciler.sandbox.state.world import Document
from reconciler.sandbox.vendors.calls import Call, Lost, Refusal, Way
from reconciler.sandbox.vendors.desk import Desk
from reconciler.sandbox.vendors.galtea.lists import read_filters, read_number, sort
from reconciler.sandbox.vendors.galtea.sheets import Sheet
from reconciler.sandbox.vendors.kinds import fits

VOICES = tuple(
    {"id": name.lower(), "name": name, "languageCode": language, "gender": gender}
    for name, language, gender in (
        ("Sarah", "en-GB", "Female"),
        ("Theo", "en-GB", "Male"),
        ("Megan", "en-US", "Female"),
        ("Jack", "en-US", "Male"),
    )
)


class Connections:
    """Answer for one collection; `is_new` where only the newer generation has it."""

    def __init__(self, desk: Desk, sheet: Sheet, *, is_new: bool = False) -> None:
        self._desk = desk
        self._sheet = sheet
        self._is_new = is_new

    def ways(self) -> Sequence[Way]:
        """Return the calls that are played."""
        root = "/" + self._sheet.collection
        return (
            ("GET", root, self.list_rows),
            ("GET", root + "/{id}", self.show),
            ("PATCH", root + "/{id}", self.update),
        )

    def list_rows(self, call: Call) -> Response:
        """Answer a bare array of what the key may see, without the soft-deleted (D)."""
        desk = self._enter(call)
        self._check_products(desk, call, call.find_all("productIds"))
        filters = read_filters(call, self._sheet)
        rows = [row for row in desk.rows(self._sheet.collection) if row["deletedAt"] is None]
        rows = [row for row in rows if _may_see(call, row["productId"]) and all(passes(row) for passes in filters)]
        ordered = sort(rows, call.find_all("sort"), self._sheet)
        size = min(read_number(call, "limit", 10_000), desk.switches.count("galtea-max-limit"))
        page = desk.cut(ordered, read_number(call, "offset", 0), size)
        return JSONResponse([self._render(desk, call, row) for row in page.rows])

    def show(self, call: Call) -> Response:
        """Answer one row."""
        desk = self._enter(call)
        return JSONResponse(self._render(desk, call, self._find(desk, call)))

    def update(self, call: Call) -> Response:
        """Write what the body names."""
        desk = self._enter(call)
        live = self._find(desk, call)
        fields = self._take(desk, call, self._check_body(desk, call, live))
        after = desk.commit(self._sheet.collection, live["id"], fields, writable=self._sheet.writable)
        form = desk.switches.get("galtea-patch-answer")
        if form == "204":
            return Response(status_code=204)
        return JSONResponse({"id": after["id"]} if form == "id" else self._render(desk, call, after))

    def _enter(self, call: Call) -> Desk:
        if self._is_new and not is_newer(self._desk, call):
            raise Lost
        return self._desk.at(call.scope)

    def _take(self, desk: Desk, call: Call, body: Document) -> Document:
        """Return the fields of a body that are written. `deletedAt` is: it is the soft-delete mark (D)."""
        names = [*self._sheet.writable, "deletedAt"]
        if desk.is_set("galtea-read-only", "written"):
            names += ["userId", "createdAt"]
        hidden = self._hidden(desk, call)
        fields = {name: body[name] for name in names if name in body and name not in hidden}
        if fields.get("voice") == "" and desk.is_set("galtea-empty-voice", "null"):
            fields["voice"] = None
        if fields.get("apiKey", "") is None and desk.is_set("galtea-null-api-key", "ignored"):
            del fields["apiKey"]
        return fields

    def _hidden(self, desk: Desk, call: Call) -> frozenset[str]:
        return self._sheet.voiced if is_newer(desk, call) else frozenset()

    def _render(self, desk: Desk, call: Call, row: Document) -> Document:
        """Show a row; a key is never shown, only whether there is one."""
        shown = {**row, "hasApiKey": bool(row.get("apiKey"))}
        return {name: shown[name] for name in self._sheet.fields if name not in self._hidden(desk, call)}

    def _find(self, desk: Desk, call: Call) -> Document:
        row = desk.find(self._sheet.collection, call.places["id"])
        gone = row is not None and row["deletedAt"] is not None and desk.is_set("galtea-soft-deleted", "404")
        if row is None or gone:
            raise Refusal(404, f"{self._sheet.title} not found")
        if not _may_see(call, row["productId"]):
            raise Refusal(403, "You do not have access to this product")
        return row

    def _check_products(self, desk: Desk, call: Call, wanted: Sequence[str]) -> None:
        """Refuse a product of this account that the key has no grant for; a foreign one is only empty (I)."""
        if not wanted:
            return
        own = {row["productId"] for row in desk.rows(self._sheet.collection)}
        if any(product in own and not _may_see(call, product) for product in wanted):
            raise Refusal(403, "You do not have access to this product")

    def _check_body(self, desk: Desk, call: Call, live: Document) -> Document:
        body, sheet = call.body, self._sheet
        if not isinstance(body, dict):
            raise Refusal(400, "Request body must be a JSON object")
        if desk.is_set("galtea-patch", "strict"):
            _demand(sheet, body)
        known = {name: kind for name, kind in sheet.kinds.items() if name not in self._hidden(desk, call)}
        _refuse_unknown(desk, known, body)
        for name, kind in known.items():
            if name in body and not fits(body[name], kind):
                raise Refusal(400, f"Invalid value for {name}")
        if "voice" in known and body.get("voice") and body["voice"] not in {voice["id"] for voice in VOICES}:
            raise Refusal(400, f"Unsupported voice: {body['voice']}")
        if body.get("productId", live["productId"]) != live["productId"]:
            raise Refusal(400, "productId cannot be changed")
        _check_key(desk, body)
        self._check_name(desk, body, live)
        return body

    def _check_name(self, desk: Desk, body: Document, live: Document) -> None:
        twins = (
            row
            for row in desk.rows(self._sheet.collection)
            if row["id"] != live["id"] and row["productId"] == live["productId"] and row["deletedAt"] is None
        )
        if "name" in body and any(row["name"] == body["name"] for row in twins):
            status = int(desk.switches.get("galtea-duplicate-name"))
            raise Refusal(status, f"A {self._sheet.title.lower()} with this name already exists in the product")


def is_newer(desk: Desk, call: Call) -> bool:
    """Tell whether the world of a call speaks the newer generation: no voice, no language."""
    generation = call.grant.get("generation") or desk.switches.get("galtea-generation")
    return generation == "5" or desk.has("newer-api")


def _demand(sheet: Sheet, body: Document) -> None:
    for name in sheet.demanded:
        if name not in body:
            raise Refusal(400, f"{name} is required")


def _refuse_unknown(desk: Desk, known: Document, body: Document) -> None:
    strange = [name for name in body if name not in {*known, "id"}]
    if strange and desk.is_set("galtea-unknown-fields", "400"):
        raise Refusal(400, f"Unknown field: {strange[0]}")


def _check_key(desk: Desk, body: Document) -> None:
    """Refuse an empty key; what null does is a switch."""
    refuses_null = desk.is_set("galtea-null-api-key", "400")
    if body.get("apiKey", "-") == "" or ("apiKey" in body and body["apiKey"] is None and refuses_null):
        raise Refusal(400, "Invalid value for apiKey")


def _may_see(call: Call, product: str) -> bool:
    granted = call.grant.get("products")
    return granted is None or product in granted
