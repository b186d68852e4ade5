"""Play PolyAI's phone numbers: each is routed to a connector of its agent, or to none."""

from collections.abc import Sequence

from starlette.responses import JSONResponse, Response

from reconciler.sandbox.state.world import Document
from reconciler.sandbox.vendors.calls import Call, Refusal, Way
from reconciler.sandbox.vendors.desk import Desk
from reconciler.sandbox.vendors.polyai.agents import Agents, check_object, is_here

_NUMBERS = "/v1/agents/{agent}/telephony/phone-numbers"
_LOST = "PHONE_NUMBERS_CONNECTOR_DOES_NOT_EXIST"


class Numbers:
    """Answer for the numbers of an agent."""

    def __init__(self, agents: Agents) -> None:
        self._agents = agents

    def ways(self) -> Sequence[Way]:
        """Return the calls that are played; there is no way to take a number from its connector (D)."""
        return (
            ("GET", _NUMBERS, self.list_numbers),
            ("POST", _NUMBERS + "/batch", self.show_batch),
            ("GET", _NUMBERS + "/{number}", self.show_number),
            ("PATCH", _NUMBERS + "/{number}", self.reassign_number),
        )

    def list_numbers(self, call: Call) -> Response:
        """Answer the numbers of an agent, of one connector where asked; there is no paging (D)."""
        wanted = call.find("connectorId")
        rows = [row for row in self._rows(call) if wanted in (None, row["connectorId"])]
        return JSONResponse({"phoneNumbers": [_render(row) for row in rows]})

    def show_batch(self, call: Call) -> Response:
        """Answer several numbers; a read in the clothes of a POST (D)."""
        wanted = check_object(call.body).get("phoneNumbers")
        if not isinstance(wanted, list) or not wanted or not all(isinstance(number, str) for number in wanted):
            raise Refusal(400, "phoneNumbers must be a non-empty array of strings", code="SCHEMA_VALIDATION_FAILED")
        known = {row["number"]: row for row in self._rows(call)}
        found = [_render(known[number]) for number in wanted if number in known]
        return JSONResponse({"found": found, "notFound": [number for number in wanted if number not in known]})

    def show_number(self, call: Call) -> Response:
        """Answer one number."""
        return JSONResponse(_render(self._find(call)))

    def reassign_number(self, call: Call) -> Response:
        """Give a number to another connector of its agent."""
        number, desk = self._find(call), self._agents.enter(call)
        target = check_object(call.body).get("connectorId")
        if not isinstance(target, str):
            raise Refusal(400, "connectorId must be a string", code="SCHEMA_VALIDATION_FAILED")
        self._check_connector(call, desk, number, target)
        return JSONResponse(
            _render(desk.commit("phone_numbers", number["number"], {"connectorId": target}, writable={}))
        )

    def _check_connector(self, call: Call, desk: Desk, number: Document, target: str) -> None:
        connector = desk.find("connectors", target)
        if connector is None or connector["projectId"] != call.places["agent"] or not is_here(call, connector):
            raise Refusal(404, "Connector does not exist", code=_LOST)
        agrees = connector["clientEnv"] == number["clientEnv"]
        if not agrees and desk.is_set("polyai-number-environment", "must-agree"):
            raise Refusal(400, "Connector serves another environment", code=_LOST)

    def _find(self, call: Call) -> Document:
        found = next((row for row in self._rows(call) if row["number"] == call.places["number"]), None)
        if found is None:
            raise Refusal(404, "Phone number not found", code="PHONE_NUMBERS_NOT_FOUND")
        return found

    def _rows(self, call: Call) -> list[Document]:
        rows = self._agents.enter(call).rows("phone_numbers")
        return [row for row in rows if row["projectId"] == call.places["agent"]]


def _render(row: Document) -> Document:
    """Show a number; one that is routed nowhere has no connectorId (D)."""
    return {name: value for name, value in row.items() if name != "connectorId" or value is not None}
