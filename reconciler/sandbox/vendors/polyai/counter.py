"""Open PolyAI's counter: its four regions, its keys and its envelope for errors."""

from collections.abc import Mapping, Sequence

from starlette.responses import JSONResponse, Response

from reconciler.sandbox.state.world import Document
from reconciler.sandbox.vendors.calls import Refusal, Way
from reconciler.sandbox.vendors.desk import Desk
from reconciler.sandbox.vendors.keys import find_grant
from reconciler.sandbox.vendors.polyai.agents import Agents
from reconciler.sandbox.vendors.polyai.branches import Branches
from reconciler.sandbox.vendors.polyai.connectors import Connectors
from reconciler.sandbox.vendors.polyai.deployments import Deployments
from reconciler.sandbox.vendors.polyai.numbers import Numbers
from reconciler.sandbox.vendors.polyai.real_time import RealTime

_CODES = {
    400: "CONNECTORS_VALIDATION_FAILED",
    401: "AUTH_USER_INVALID_TOKEN",
    403: "USER_ACCESS_FORBIDDEN",
    404: "CONNECTORS_NOT_FOUND",
}
_ERRORS = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    409: "Conflict",
    422: "Unprocessable Entity",
}
_AGENT = "/v1/agents/{agent}"
_BRANCH = _AGENT + "/branches/{branch}"
_TELEPHONY = _AGENT + "/telephony"


class PolyAI:
    """Answer for the four regions of poly.ai."""

    provider = "polyai"
    is_strict = True

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._errors = 0
        agents = Agents(desk)
        self._parts = (
            agents,
            Connectors(agents),
            Numbers(agents),
            Branches(agents),
            RealTime(agents),
            Deployments(agents),
        )

    def ways(self) -> Sequence[Way]:
        """Return the calls that are played."""
        return [way for part in self._parts for way in part.ways()]

    def dangers(self) -> Sequence[tuple[str, str]]:
        """Return the calls that create, import, publish, call and delete; a merge publishes too (D)."""
        numbers = _TELEPHONY + "/phone-numbers"
        return (
            ("DELETE", _TELEPHONY + "/connectors/{id}"),
            ("POST", numbers),
            ("DELETE", numbers),
            ("POST", numbers + "/{number}"),
            ("DELETE", numbers + "/{number}"),
            ("DELETE", _AGENT),
            ("POST", "/v1/accounts/{account}/agents"),
            ("POST", _AGENT + "/branches"),
            ("DELETE", _BRANCH),
            ("POST", _BRANCH + "/merge"),
            ("POST", _BRANCH + "/variants"),
            ("DELETE", _BRANCH + "/variants/{id}"),
            ("POST", _BRANCH + "/attributes"),
            ("DELETE", _BRANCH + "/attributes/{id}"),
            ("POST", _AGENT + "/deployments/publish"),
            ("POST", _AGENT + "/deployments/{id}/promote"),
            ("POST", _AGENT + "/deployments/{id}/rollback"),
            ("POST", "/v1/{rest:path}/outbound-calls"),
        )

    def admit(self, headers: Mapping[str, str], region: str | None) -> Document:
        """Know the key, which is bound to regions."""
        grant = find_grant(self._desk, headers.get("x-api-key", ""))
        if grant is None:
            raise Refusal(401, "Invalid API key")
        regions = grant.get("regions")
        if region is not None and regions is not None and region not in regions:
            status = int(self._desk.switches.get("polyai-wrong-region"))
            code = "AUTH_USER_UNAUTHORISED" if status == 401 else "PROJECT_NOT_FOUND"  # noqa: PLR2004 - a status
            raise Refusal(status, "Not authorised in this region", code=code)
        return grant

    def is_open(self, path: str) -> bool:  # noqa: ARG002
        """Demand a key everywhere."""
        return False

    def refuse(self, refusal: Refusal) -> Response:
        """Answer the vendor's envelope."""
        self._errors += 1
        document = {
            "success": False,
            "error": _ERRORS.get(refusal.status, "Error"),
            "error_id": f"error-{self._errors}",
            "error_code": refusal.code or _CODES.get(refusal.status, "INTERNAL_ERROR"),
            "error_message": str(refusal.message),
            "data": None,
        }
        return JSONResponse(document, refusal.status)

    def get_lost(self, method: str, path: str) -> Response:
        """Answer an unknown route in the envelope."""
        return self.refuse(Refusal(404, f"Cannot {method} {path}", code="NOT_FOUND"))
