"""Open OpenCopilot's counter, in the generation that the account's world speaks: the addresses are the same."""

from collections.abc import Mapping, Sequence

from starlette.responses import JSONResponse, Response

from reconciler.sandbox.state.world import Document
from reconciler.sandbox.vendors.calls import Call, Lost, Refusal, Way
from reconciler.sandbox.vendors.desk import Desk
from reconciler.sandbox.vendors.keys import admit_bearer
from reconciler.sandbox.vendors.opencopilot import agents, phones

_ERRORS = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    500: "Internal Server Error",
}


class OpenCopilot:
    """Answer for api.open.cx."""

    provider = "opencopilot"
    is_strict = False

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def ways(self) -> Sequence[Way]:
        """Return the calls that are played; in no generation is there a GET of one phone agent (D, I)."""
        return (
            ("GET", "/phone", self.list_agents),
            ("GET", "/phone/voices", self.list_voices),
            ("PATCH", "/phone/{id}", self.update_agent),
        )

    def dangers(self) -> Sequence[tuple[str, str]]:
        """Return the calls that buy, create, release, call and rewire."""
        return (
            ("POST", "/phone"),
            ("POST", "/phone/buy"),
            ("DELETE", "/phone/{id}"),
            ("POST", "/phone/{id}/call"),
            ("POST", "/phone/sip/{rest:path}"),
        )

    def admit(self, headers: Mapping[str, str], region: str | None) -> Document:  # noqa: ARG002 - no regions here
        """Know the bearer key."""
        return admit_bearer(self._desk, headers, "Unauthorized")

    def is_open(self, path: str) -> bool:  # noqa: ARG002
        """Demand a key everywhere."""
        return False

    def refuse(self, refusal: Refusal) -> Response:
        """Answer `{statusCode, message, error}`."""
        error = _ERRORS.get(refusal.status, "Error")
        document = {"statusCode": refusal.status, "message": str(refusal.message), "error": error}
        return JSONResponse(document, refusal.status)

    def get_lost(self, method: str, path: str) -> Response:
        """Answer an unknown route as NestJS does."""
        return self.refuse(Refusal(404, f"Cannot {method} {path}"))

    def list_agents(self, call: Call) -> Response:
        """Answer what can be read of the phone agents."""
        desk = self._desk.at(call.scope)
        return agents.list_agents(desk) if self._is_newer(call) else phones.list_phones(desk, call)

    def list_voices(self, call: Call) -> Response:
        """Answer the voices, which the older generation only documents."""
        if not self._is_newer(call):
            raise Lost
        return JSONResponse(agents.VOICES)

    def update_agent(self, call: Call) -> Response:
        """Write what the body names."""
        desk = self._desk.at(call.scope)
        return agents.update_agent(desk, call) if self._is_newer(call) else phones.update_phone(desk, call)

    def _is_newer(self, call: Call) -> bool:
        generation = call.grant.get("generation") or self._desk.switches.get("opencopilot-generation")
        return str(generation) == "2026"
