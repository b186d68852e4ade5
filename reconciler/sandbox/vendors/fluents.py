"""Play Fluents' numbers, agents, prompts and account connections."""

from collections.abc import Callable, Mapping, Sequence

from starlette.responses import JSONResponse, Response

from reconciler.sandbox.state.world import Danger, Document
from reconciler.sandbox.vendors.calls import Call, Refusal, Way
from reconciler.sandbox.vendors.desk import Desk
from reconciler.sandbox.vendors.fluents_books import CONNECTION, NUMBER, PROMPT, Books
from reconciler.sandbox.vendors.keys import admit_bearer

_ERRORS = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found"}
_LARGEST_PAGE = 100

Show = Callable[[str, Document], Document]


class Fluents:
    """Answer for api.fluents.ai."""

    provider = "fluents"

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._books = Books(desk)

    def ways(self) -> Sequence[Way]:
        """Return the calls that are played; a write is a POST to `/update` that answers 201 (D)."""
        return (
            ("GET", "/v1/numbers/list", self.list_numbers),
            ("GET", "/v1/numbers", self.show_number),
            ("POST", "/v1/numbers/update", self.update_number),
            ("GET", "/v1/agents/list", self.list_agents),
            ("GET", "/v1/agents", self.show_agent),
            ("POST", "/v1/agents/update", self.update_agent),
            ("GET", "/v1/account_connections/list", self.list_account_connections),
            ("GET", "/v1/account_connections", self.show_account_connection),
            ("POST", "/v1/account_connections/update", self.update_account_connection),
            ("GET", "/v1/prompts/list", self.list_prompts),
            ("GET", "/v1/prompts", self.show_prompt),
            ("POST", "/v1/prompts/update", self.update_prompt),
        )

    def dangers(self) -> Sequence[tuple[str, str]]:
        """Return the calls that buy, cancel, detach, link, create, delete and call."""
        kinds = ("agents", "prompts", "actions", "webhooks", "account_connections", "calls")
        return (
            *(("POST", f"/v1/numbers/{act}") for act in ("buy", "cancel", "detach", "link")),
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

    def list_numbers(self, call: Call) -> Response:
        """Answer a page of numbers; whether references are ids here is a switch."""
        deep = self._desk.switches.get("fluents-list-references") == "objects"
        show = self._books.expand_number if deep else self._books.name_number
        return self._answer_page(call, "numbers", show)

    def show_number(self, call: Call) -> Response:
        """Answer one number with its references as objects (I)."""
        return JSONResponse(self._books.expand_number(call.scope, self._find(call, "numbers", "phone_number")))

    def update_number(self, call: Call) -> Response:
        """Write what the body names and answer 201 with references as ids (D)."""
        number = self._find(call, "numbers", "phone_number")
        fields = self._books.take(NUMBER, call.body)
        inline = fields.get("inbound_agent")
        if isinstance(inline, dict):
            fields["inbound_agent"] = self._rewrite_agent(call, number, inline)
        self._books.check_agent(call.scope, fields)
        after = self._books.commit(call.scope, "numbers", number, fields)
        return JSONResponse(self._books.name_number(call.scope, after), 201)

    def _rewrite_agent(self, call: Call, number: Document, inline: Document) -> str:
        """Rewrite the shared agent of a number in place: what an object does in the ancestor (D)."""
        agent = self._desk.find("agents", str(number["inbound_agent"]), scope=call.scope)
        if agent is None:
            raise Refusal(400, ["inbound_agent must be the id of an agent"])
        self._desk.world.dangers.append(Danger(self.provider, call.method, f"{call.path} (inline inbound_agent)"))
        self._books.write_agent(call.scope, agent, inline)
        return str(agent["id"])

    def list_agents(self, call: Call) -> Response:
        """Answer a page of agents, expanded (D)."""
        return self._answer_page(call, "agents", self._books.expand_agent)

    def show_agent(self, call: Call) -> Response:
        """Answer one agent, expanded."""
        return JSONResponse(self._books.expand_agent(call.scope, self._find(call, "agents", "id")))

    def update_agent(self, call: Call) -> Response:
        """Write what the body names, and answer the agent expanded."""
        after = self._books.write_agent(call.scope, self._find(call, "agents", "id"), call.body)
        return JSONResponse(self._books.expand_agent(call.scope, after), 201)

    def list_account_connections(self, call: Call) -> Response:
        """Answer a page of account connections, credentials and all (D)."""
        return self._answer_page(call, "account_connections", self._books.show_connection)

    def show_account_connection(self, call: Call) -> Response:
        """Answer one account connection."""
        found = self._find(call, "account_connections", "id")
        return JSONResponse(self._books.show_connection(call.scope, found))

    def update_account_connection(self, call: Call) -> Response:
        """Write what the body names."""
        after = self._write(call, "account_connections", CONNECTION)
        return JSONResponse(self._books.show_connection(call.scope, after), 201)

    def list_prompts(self, call: Call) -> Response:
        """Answer a page of prompts."""
        return self._answer_page(call, "prompts", lambda _scope, row: row)

    def show_prompt(self, call: Call) -> Response:
        """Answer one prompt."""
        return JSONResponse(self._find(call, "prompts", "id"))

    def update_prompt(self, call: Call) -> Response:
        """Write what the body names; every agent with this prompt speaks by it from now on."""
        return JSONResponse(self._write(call, "prompts", PROMPT), 201)

    def _write(self, call: Call, collection: str, kinds: Mapping[str, str]) -> Document:
        live = self._find(call, collection, "id")
        return self._books.commit(call.scope, collection, live, self._books.take(kinds, call.body))

    def _find(self, call: Call, collection: str, parameter: str) -> Document:
        key = call.find(parameter)
        if key is None:
            raise Refusal(400, [f"{parameter} must be a string", f"{parameter} should not be empty"])
        found = self._desk.find(collection, key, scope=call.scope)
        if found is None:
            raise Refusal(404, f"{collection.removesuffix('s').replace('_', ' ').capitalize()} not found")
        return found

    def _answer_page(self, call: Call, collection: str, show: Show) -> Response:
        page, size = _count(call, "page", 1), _count(call, "size", 10)
        if size > _LARGEST_PAGE:
            raise Refusal(400, [f"size must not be greater than {_LARGEST_PAGE}"])
        rows = self._desk.rows(collection, scope=call.scope)
        size = self._desk.dial.clamp(self.provider, size)
        cut = self._desk.cut(rows, (page - 1) * size, size)
        guessed = self._desk.has("estimated-total")
        document = {
            "items": [show(call.scope, row) for row in cut.rows],
            "page": page,
            "size": size,
            "has_more": cut.more,
            # An estimate that is too small: who stops at it misses rows.
            "total": len(rows) // 2 if guessed else len(rows),
            "total_is_estimated": guessed,
        }
        return JSONResponse(document)


def _count(call: Call, name: str, default: int) -> int:
    text = call.find(name)
    if text is None:
        return default
    if not text.isdecimal() or int(text) < 1:
        raise Refusal(400, [f"{name} must not be less than 1", f"{name} must be an integer number"])
    return int(text)
