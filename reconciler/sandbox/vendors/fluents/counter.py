"""Play Fluents' numbers, and the agents, prompts, actions, voices, webhooks and account connections behind them."""

from collections.abc import Mapping, Sequence
from functools import partial

from starlette.responses import JSONResponse, Response

from reconciler.sandbox.state.world import Document
from reconciler.sandbox.vendors.calls import Call, Refusal, Way
from reconciler.sandbox.vendors.desk import Desk
from reconciler.sandbox.vendors.fluents.fields import SHEETS
from reconciler.sandbox.vendors.fluents.showing import Window
from reconciler.sandbox.vendors.fluents.writing import Pen
from reconciler.sandbox.vendors.keys import admit_bearer

_ERRORS = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found"}
_LARGEST_PAGE = 100
_STEERING = ("add_to_steering_pool", "remove_from_steering_pool")


class Fluents:
    """Answer for api.fluents.ai."""

    provider = "fluents"
    is_strict = False

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def ways(self) -> Sequence[Way]:
        """Return the calls that are played, three for each collection; a write is a POST to `/update` (D)."""
        return [
            way
            for collection in SHEETS
            for way in (
                ("GET", f"/v1/{collection}/list", partial(self.list_page, collection)),
                ("GET", f"/v1/{collection}", partial(self.show, collection)),
                ("POST", f"/v1/{collection}/update", partial(self.update, collection)),
            )
        ]

    def dangers(self) -> Sequence[tuple[str, str]]:
        """Return the calls that buy, cancel, detach, link, steer, create, delete and call."""
        kinds = (
            "agents",
            "prompts",
            "actions",
            "voices",
            "webhooks",
            "account_connections",
            "vector_databases",
            "calls",
        )
        return (
            *(("POST", f"/v1/numbers/{act}") for act in ("buy", "cancel", "detach", "link")),
            *(("POST", f"/v1/account_connections/{act}") for act in _STEERING),
            *(("POST", f"/v1/{kind}/create") for kind in kinds),
            *(("DELETE", f"/v1/{kind}/delete") for kind in kinds),
            ("POST", "/v1/calls/{rest:path}"),
        )

    def admit(self, headers: Mapping[str, str], region: str | None) -> Document:  # noqa: ARG002 - no regions here
        """Know the bearer key; each opens a world of its own."""
        return admit_bearer(self._desk, headers, "Unauthorized")

    def is_open(self, path: str) -> bool:  # noqa: ARG002
        """Demand a key everywhere."""
        return False

    def refuse(self, refusal: Refusal) -> Response:
        """Answer as NestJS does; a failed validation carries a list of messages."""
        error = _ERRORS.get(refusal.status, "Error")
        document = {"statusCode": refusal.status, "message": refusal.message, "error": error}
        return JSONResponse(document, refusal.status)

    def get_lost(self, method: str, path: str) -> Response:
        """Answer an unknown route as NestJS does."""
        return self.refuse(Refusal(404, f"Cannot {method} {path}"))

    def show(self, collection: str, call: Call) -> Response:
        """Answer one object with its references as objects."""
        desk = self._desk.at(call.scope)
        return JSONResponse(Window(desk).expand(collection, _find(desk, call, collection)))

    def update(self, collection: str, call: Call) -> Response:
        """Write what the body names, and answer 201: whatever shares the object changes with it."""
        desk = self._desk.at(call.scope)
        after = Pen(desk, call).write(collection, _find(desk, call, collection), call.body)
        return JSONResponse(Window(desk).confirm(collection, after), 201)

    def list_page(self, collection: str, call: Call) -> Response:
        """Answer a page (D)."""
        page, size = _count(call, "page", 1), _count(call, "size", 10)
        if size > _LARGEST_PAGE:
            raise Refusal(400, [f"size must not be greater than {_LARGEST_PAGE}"])
        desk = self._desk.at(call.scope)
        rows = _sort(desk.rows(collection), call)
        size = desk.dial.clamp(self.provider, size)
        cut = desk.cut(rows, (page - 1) * size, size)
        guessed, window = desk.has("estimated-total"), Window(desk)
        document = {
            "items": [window.list_row(collection, row) for row in cut.rows],
            "page": page,
            "size": size,
            "has_more": cut.more,
            # An estimate that is too small: who stops at it misses rows.
            "total": len(rows) // 2 if guessed else len(rows),
            "total_is_estimated": guessed,
        }
        return JSONResponse(document)


def _find(desk: Desk, call: Call, collection: str) -> Document:
    parameter = "phone_number" if collection == "numbers" else "id"
    key = call.find(parameter)
    if key is None:
        raise Refusal(400, [f"{parameter} must be a string", f"{parameter} should not be empty"])
    found = desk.find(collection, key)
    if found is None:
        raise Refusal(404, f"{collection.removesuffix('s').replace('_', ' ').capitalize()} not found")
    return found


def _sort(rows: list[Document], call: Call) -> list[Document]:
    """Sort by `sort_column` where it is sent (M)."""
    column = call.find("sort_column")
    if column is None:
        return rows
    return sorted(rows, key=lambda row: str(row.get(column)), reverse=call.find("sort_desc") == "true")


def _count(call: Call, name: str, default: int) -> int:
    text = call.find(name)
    if text is None:
        return default
    if not text.isdecimal() or int(text) < 1:
        raise Refusal(400, [f"{name} must not be less than 1", f"{name} must be an integer number"])
    return int(text)
