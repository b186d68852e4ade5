"""Play real-time configuration: variables that running calls see at once, and the schema that they keep to."""

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import JSONResponse, Response

from reconciler.sandbox.state.rows import grow_row
from reconciler.sandbox.state.world import Document
from reconciler.sandbox.vendors.calls import Call, Refusal, Way
from reconciler.sandbox.vendors.desk import Desk
from reconciler.sandbox.vendors.kinds import KINDS
from reconciler.sandbox.vendors.polyai.agents import Agents, check_object

_CONFIGS = "/v1/agents/{agent}/real-time-configs"
_ENVIRONMENTS = ("sandbox", "pre-release", "live")
_WRITABLE: Mapping[str, object] = {"variables": {}, "schema": None}
_KINDS = {"integer": "number", **{name: name for name in ("string", "boolean", "number", "object", "array")}}


class RealTime:
    """Answer for the pages of an agent, one for each environment."""

    def __init__(self, agents: Agents) -> None:
        self._agents = agents

    def ways(self) -> Sequence[Way]:
        """Return the calls that are played: one object, with an address for each of its two fields (D)."""
        return (
            ("GET", _CONFIGS, self.list_pages),
            ("GET", _CONFIGS + "/{environment}", self.show_page),
            ("PATCH", _CONFIGS + "/{environment}/variables", self.merge_variables),
            ("PUT", _CONFIGS + "/{environment}/schema", self.replace_schema),
        )

    def list_pages(self, call: Call) -> Response:
        """Answer the page of each environment; what is not configured is null (I)."""
        desk = self._agents.enter(call)
        return JSONResponse({"configPages": [_find(desk, call, environment) for environment in _ENVIRONMENTS]})

    def show_page(self, call: Call) -> Response:
        """Answer the page of one environment."""
        return JSONResponse(_find(self._agents.enter(call), call, _read_environment(call)))

    def merge_variables(self, call: Call) -> Response:
        """Merge shallowly: the keys that are sent are replaced whole, others stay, and none can be dropped (D)."""
        desk, environment = self._agents.enter(call), _read_environment(call)
        sent = check_object(call.body).get("variables")
        if not isinstance(sent, dict):
            raise Refusal(400, "variables must be an object", code="SCHEMA_VALIDATION_FAILED")
        page = _find(desk, call, environment)
        variables = {**(page["variables"] or {}), **sent}
        _check(variables, page["schema"] or {})
        return JSONResponse(_commit(desk, call, page, {"variables": variables}))

    def replace_schema(self, call: Call) -> Response:
        """Replace the schema; variables that do not keep to it are found at their next write (I)."""
        desk, environment = self._agents.enter(call), _read_environment(call)
        schema = check_object(call.body).get("schema")
        if not isinstance(schema, dict):
            raise Refusal(400, "schema must be an object", code="SCHEMA_VALIDATION_FAILED")
        return JSONResponse(_commit(desk, call, _find(desk, call, environment), {"schema": schema}))


def _read_environment(call: Call) -> str:
    environment = call.places["environment"]
    if environment not in _ENVIRONMENTS:
        raise Refusal(404, f"Environment {environment} not found", code="REAL_TIME_CONFIG_NOT_FOUND")
    return environment


def _find(desk: Desk, call: Call, environment: str) -> Document:
    agent = call.places["agent"]
    found = desk.find("real_time_configs", f"{agent}/{environment}")
    page = found or {"clientEnv": environment, "variables": None, "schema": None}
    return {name: value for name, value in page.items() if name != "projectId"}


def _commit(desk: Desk, call: Call, page: Document, fields: Mapping[str, object]) -> Document:
    agent, environment = call.places["agent"], page["clientEnv"]
    key = f"{agent}/{environment}"
    if desk.find("real_time_configs", key) is None:
        grown = grow_row("polyai", "real_time_configs", {**page, "projectId": agent})
        desk.world.put(desk.provider, "real_time_configs", key, grown, scope=desk.scope)
    after = desk.commit("real_time_configs", key, fields, writable=_WRITABLE)
    return {name: value for name, value in after.items() if name != "projectId"}


def _check(variables: Mapping[str, Any], schema: Mapping[str, Any]) -> None:
    """Hold variables against the top level of a schema: types, required names, closed maps."""
    known = schema.get("properties", {})
    missing = [name for name in schema.get("required", ()) if name not in variables]
    strange = [name for name in variables if name not in known and schema.get("additionalProperties") is False]
    wrong = [name for name, value in variables.items() if not _fits(value, known.get(name, {}).get("type"))]
    if missing or strange or wrong:
        told = ", ".join([*missing, *strange, *wrong])
        raise Refusal(400, f"Variables do not match the schema: {told}", code="REAL_TIME_CONFIG_INVALID_FOR_SCHEMA")


def _fits(value: object, kind: object) -> bool:
    return not isinstance(kind, str) or kind not in _KINDS or KINDS[_KINDS[kind]](value)
