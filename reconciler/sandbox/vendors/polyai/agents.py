"""Know which agents there are, and which of them a key may use."""

from collections.abc import Sequence

from starlette.responses import JSONResponse, Response

from reconciler.sandbox.state.world import Document
from reconciler.sandbox.vendors.calls import Call, Refusal, Way
from reconciler.sandbox.vendors.desk import Desk

_SHOWN = ("accountId", "agentId", "agentName", "createdAt", "updatedAt")


class Agents:
    """Lead each call to the desk of its account, past the agent that it names."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def ways(self) -> Sequence[Way]:
        """Return the one way to the agents of an account (D); none of them can be read on its own."""
        return (("GET", "/v1/accounts/{account}/agents", self.list_agents),)

    def list_agents(self, call: Call) -> Response:
        """Answer a bare array of the agents that the key may use (D)."""
        desk, account = self._desk.at(call.scope), call.places["account"]
        rows = [row for row in desk.rows("agents") if is_here(call, row) and row["accountId"] == account]
        if not rows:
            raise Refusal(403, f"No access to account {account}")
        return JSONResponse([self._render(desk, row) for row in rows if may_use(call, row["agentId"])])

    def enter(self, call: Call) -> Desk:
        """Return the desk of the key's account; refuse an agent that is not there or not the key's."""
        desk, agent = self._desk.at(call.scope), call.places["agent"]
        if not may_use(call, agent):
            raise Refusal(403, f"No access to agent {agent}")
        if agent not in self._list(desk, call):
            raise Refusal(404, f"Agent {agent} not found", code="PROJECT_NOT_FOUND")
        return desk

    def check_target(self, call: Call, project: str) -> None:
        """Refuse to move something to an agent that is not there or not the key's."""
        if project not in self._list(self._desk.at(call.scope), None):
            raise Refusal(404, f"Project {project} not found", code="PROJECT_NOT_FOUND")
        if not may_use(call, project):
            raise Refusal(403, f"No access to project {project}")

    def _list(self, desk: Desk, call: Call | None) -> set[str]:
        rows = [*desk.rows("agents"), *desk.rows("connectors")]
        here = [row for row in rows if call is None or is_here(call, row)]
        return {str(row.get("agentId", row.get("projectId"))) for row in here}

    def _render(self, desk: Desk, row: Document) -> Document:
        branches = [branch for branch in desk.rows("branches") if branch["projectId"] == row["agentId"]]
        return {**{name: row[name] for name in _SHOWN}, "branchCount": 1 + len(branches)}


def is_here(call: Call, row: Document) -> bool:
    """Tell whether a row belongs to the region that was called."""
    return call.region is None or row.get("region") in (None, call.region)


def may_use(call: Call, agent: str) -> bool:
    """Tell whether the key of a call has a grant for an agent."""
    granted = call.grant.get("agents")
    return granted is None or agent in granted


def check_object(body: object, *known: str) -> Document:
    """Return a body that is an object; refuse fields beyond those that are known, where any are named."""
    if not isinstance(body, dict):
        raise Refusal(400, "Request body must be a JSON object", code="SCHEMA_VALIDATION_FAILED")
    strange = [name for name in body if known and name not in known]
    if strange:
        raise Refusal(400, f"{strange[0]} is not allowed", code="SCHEMA_VALIDATION_FAILED")
    return body
