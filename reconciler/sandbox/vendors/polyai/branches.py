"""Play the branches of an agent, with the variants, the attributes and the prompt on each.

What is on `main` can be read only: a change goes to a branch, and a merge, which publishes, brings it over (D).
"""

from collections.abc import Sequence

from starlette.responses import JSONResponse, Response

from reconciler.sandbox.state.world import Document
from reconciler.sandbox.vendors.calls import Call, Refusal, Way
from reconciler.sandbox.vendors.desk import Desk
from reconciler.sandbox.vendors.polyai.agents import Agents, check_object

_BRANCHES = "/v1/agents/{agent}/branches"
_BRANCH = _BRANCHES + "/{branch}"
_MAIN = "main"
_VARIANT = ("id", "name", "isDefault", "attributeValues")
_WRITABLE = {"name": "", "attributeValues": {"values": {}}}
_MALFORMED = "SCHEMA_VALIDATION_FAILED"


class Branches:
    """Answer for what is kept on branches."""

    def __init__(self, agents: Agents) -> None:
        self._agents = agents

    def ways(self) -> Sequence[Way]:
        """Return the calls that are played; no variant can be read on its own (D by absence)."""
        return (
            ("GET", _BRANCHES, self.list_branches),
            ("GET", _BRANCH + "/variants", self.list_variants),
            ("PATCH", _BRANCH + "/variants/{id}", self.update_variant),
            ("GET", _BRANCH + "/attributes", self.list_attributes),
            ("GET", _BRANCH + "/behavior", self.show_behavior),
            ("PATCH", _BRANCH + "/behavior", self.update_behavior),
        )

    def list_branches(self, call: Call) -> Response:
        """Answer the branches of an agent, `main` first; what a row holds is not documented (U)."""
        rows = [row for row in self._agents.enter(call).rows("branches") if row["projectId"] == call.places["agent"]]
        branches = [{"branchId": row["branchId"], "branchName": row["branchName"]} for row in rows]
        return JSONResponse({"branches": [{"branchId": _MAIN, "branchName": _MAIN}, *branches]})

    def list_variants(self, call: Call) -> Response:
        """Answer the variants on a branch; there is no paging (D)."""
        return JSONResponse({"variants": [_render(row) for row in self._variants(call, self._enter(call))]})

    def update_variant(self, call: Call) -> Response:
        """Write what the body names into a variant of a branch."""
        desk = self._enter(call)
        if call.places["branch"] == _MAIN:
            raise _refuse_main()
        rows = self._variants(call, desk)
        live = next((row for row in rows if row["id"] == call.places["id"]), None)
        if live is None:
            raise Refusal(404, "Variant not found", code="VARIANTS_NOT_FOUND")
        fields = self._check_variant(call, desk, live, [row for row in rows if row is not live])
        if fields.get("isDefault"):
            self._move_default(call, desk, rows)
        after = desk.commit("branch_variants", _address(call, live["id"]), fields, writable=_WRITABLE)
        return JSONResponse(_render(after))

    def list_attributes(self, call: Call) -> Response:
        """Answer the attributes that variants may give values to."""
        return JSONResponse({"attributes": self._attributes(call, self._enter(call))})

    def show_behavior(self, call: Call) -> Response:
        """Answer the prompt of the agent on a branch."""
        return JSONResponse({"behavior": self._holder(call, self._enter(call))["behavior"]})

    def update_behavior(self, call: Call) -> Response:
        """Write the prompt of the agent on a branch; whether `main` takes it is a switch."""
        desk = self._enter(call)
        behavior = check_object(call.body, "behavior").get("behavior")
        if not isinstance(behavior, str) or not behavior:
            raise Refusal(400, "behavior must be a non-empty string", code=_MALFORMED)
        on_main = call.places["branch"] == _MAIN
        if on_main and desk.is_set("polyai-main-behavior", "refused"):
            raise _refuse_main()
        key = call.places["agent"] if on_main else _address(call)
        desk.commit("agents" if on_main else "branches", key, {"behavior": behavior}, writable={})
        return self.show_behavior(call)

    def _enter(self, call: Call) -> Desk:
        desk = self._agents.enter(call)
        self._holder(call, desk)
        return desk

    def _holder(self, call: Call, desk: Desk) -> Document:
        """Return the row that holds the prompt on a branch: the agent's own for `main`."""
        on_main = call.places["branch"] == _MAIN
        found = desk.find("agents", call.places["agent"]) if on_main else desk.find("branches", _address(call))
        if found is None:
            raise Refusal(404, "Branch not found", code="BRANCH_NOT_FOUND")
        return found

    def _variants(self, call: Call, desk: Desk) -> list[Document]:
        branch = call.places["branch"]
        rows = desk.rows("variants" if branch == _MAIN else "branch_variants")
        own = [row for row in rows if row["projectId"] == call.places["agent"]]
        return [row for row in own if row.get("branchId", _MAIN) == branch]

    def _attributes(self, call: Call, desk: Desk) -> list[Document]:
        own = [row for row in desk.rows("attributes") if row["projectId"] == call.places["agent"]]
        return [{"id": row["id"], "name": row["name"]} for row in own]

    def _check_variant(self, call: Call, desk: Desk, live: Document, others: list[Document]) -> Document:
        fields = dict(check_object(call.body, "name", "attributeValues", "isDefault"))
        if "name" in fields:
            _check_name(fields["name"], others)
        if "isDefault" in fields:
            _check_default(fields["isDefault"], live)
        if "attributeValues" in fields:
            values = _check_values(fields["attributeValues"], self._attributes(call, desk))
            kept = live["attributeValues"]["values"] if desk.is_set("polyai-attribute-values", "merge") else {}
            fields["attributeValues"] = {"values": {**kept, **values}}
        return fields

    def _move_default(self, call: Call, desk: Desk, rows: list[Document]) -> None:
        """Take the default from the variant that has it: there is one on each branch."""
        for row in rows:
            if row["isDefault"]:
                key = _address(call, row["id"])
                desk.world.edit(desk.provider, "branch_variants", key, {"isDefault": False}, scope=desk.scope)


def _refuse_main() -> Refusal:
    return Refusal(422, "Cannot directly update main branch", code="BRANCHES_MAIN_READ_ONLY")


def _address(call: Call, *rest: str) -> str:
    return "/".join((call.places["agent"], call.places["branch"], *rest))


def _render(row: Document) -> Document:
    return {name: row[name] for name in _VARIANT}


def _check_name(name: object, others: list[Document]) -> None:
    if not isinstance(name, str) or not name:
        raise Refusal(400, "name must be a non-empty string", code=_MALFORMED)
    if any(row["name"] == name for row in others):
        raise Refusal(409, f"Variant {name} exists already", code="VARIANTS_DUPLICATE_NAME_ERROR")


def _check_default(wanted: object, live: Document) -> None:
    if not isinstance(wanted, bool):
        raise Refusal(400, "isDefault must be a boolean", code=_MALFORMED)
    if live["isDefault"] and not wanted:
        raise Refusal(400, "The default variant cannot be unset", code="VARIANTS_REMOVE_DEFAULT_ERROR")


def _check_values(written: object, attributes: list[Document]) -> Document:
    values = check_object(written, "values").get("values", {})
    if not isinstance(values, dict) or not all(isinstance(value, str) for value in values.values()):
        raise Refusal(400, "attributeValues.values must be a map of strings", code=_MALFORMED)
    strange = set(values) - {attribute["id"] for attribute in attributes}
    if strange:
        raise Refusal(400, f"Unknown attributes: {', '.join(sorted(strange))}", code="VARIANTS_BAD_ATTRIBUTES_ERROR")
    return values
