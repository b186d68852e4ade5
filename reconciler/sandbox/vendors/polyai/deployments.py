"""Play what is deployed where: to be read only."""

from collections.abc import Sequence

from starlette.responses import JSONResponse, Response

from reconciler.sandbox.state.world import Document
from reconciler.sandbox.vendors.calls import Call, Refusal, Way
from reconciler.sandbox.vendors.polyai.agents import Agents

_DEPLOYMENTS = "/v1/agents/{agent}/deployments"
_ENVIRONMENTS = ("sandbox", "pre-release", "live")


class Deployments:
    """Answer for the deployments of an agent."""

    def __init__(self, agents: Agents) -> None:
        self._agents = agents

    def ways(self) -> Sequence[Way]:
        """Return the two reads; what publishes, promotes and rolls back is a danger."""
        return (("GET", _DEPLOYMENTS, self.list_deployments), ("GET", _DEPLOYMENTS + "/active", self.show_active))

    def list_deployments(self, call: Call) -> Response:
        """Answer the deployments to one environment, the newest first."""
        environment, limit = call.find("environment"), call.find("limit") or "10"
        if environment not in _ENVIRONMENTS or not limit.isdecimal():
            raise Refusal(400, "environment must be one of sandbox, pre-release, live", code="SCHEMA_VALIDATION_FAILED")
        rows = [row for row in self._rows(call) if row["environment"] == environment]
        return JSONResponse({"deployments": rows[::-1][: int(limit)]})

    def show_active(self, call: Call) -> Response:
        """Answer the newest deployment of each environment."""
        return JSONResponse({"activeDeployments": {row["environment"]: row for row in self._rows(call)}})

    def _rows(self, call: Call) -> list[Document]:
        own = [row for row in self._agents.enter(call).rows("deployments") if row["projectId"] == call.places["agent"]]
        return [
            {"agentId": row["projectId"], **{name: value for name, value in row.items() if name != "projectId"}}
            for row in own
        ]
