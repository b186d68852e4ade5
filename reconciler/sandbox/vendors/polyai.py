"""Play PolyAI's connectors, their variants and phone numbers."""

import re
from collections.abc import Mapping, Sequence

from starlette.responses import JSONResponse, Response

from reconciler.sandbox.state.world import Document
from reconciler.sandbox.vendors.calls import Call, Refusal, Way
from reconciler.sandbox.vendors.desk import Desk
from reconciler.sandbox.vendors.kinds import fits

_VOICE = re.compile(r"([a-z]{2,3}-[A-Z]{2})-\S+\Z")
_NULLABLE_FOR_SURE = "variantId"
_SENT = ("variantId", "asrLangCode", "voiceName", "projectId")
_WRITABLE: Mapping[str, object] = {"variantId": "", "asrLangCode": "en-US", "voiceName": "en-US-Neural2-A"}
_SHOWN = (
    "connectorId",
    "name",
    "accountId",
    "projectId",
    "clientEnv",
    "variantId",
    "asrLangCode",
    "ttsLangCode",
    "voiceName",
    "disableHandoff",
)
_CODES = {
    400: "CONNECTORS_VALIDATION_FAILED",
    401: "AUTH_USER_INVALID_TOKEN",
    403: "USER_ACCESS_FORBIDDEN",
    404: "CONNECTORS_NOT_FOUND",
}
_ERRORS = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found"}
_TELEPHONY = "/v1/agents/{agent}/telephony"


class PolyAI:
    """Answer for the four regions of poly.ai."""

    provider = "polyai"

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._errors = 0

    def ways(self) -> Sequence[Way]:
        """Return the calls that are played."""
        connectors, numbers = _TELEPHONY + "/connectors", _TELEPHONY + "/phone-numbers"
        return (
            ("POST", connectors + "/batch", self.show_batch),
            ("PATCH", connectors + "/batch", self.update_batch),
            ("POST", connectors + "/lookup", self.look_up),
            ("GET", connectors, self.list_connectors),
            ("GET", connectors + "/{id}", self.show_connector),
            ("PATCH", connectors + "/{id}", self.update_connector),
            ("GET", numbers, self.list_numbers),
            ("GET", numbers + "/{number}", self.show_number),
            ("PATCH", numbers + "/{number}", self.reassign_number),
            ("GET", "/v1/agents/{agent}/branches/{branch}/variants", self.list_variants),
        )

    def dangers(self) -> Sequence[tuple[str, str]]:
        """Return the calls that create, import and delete; deleting a connector releases its numbers (D)."""
        numbers = _TELEPHONY + "/phone-numbers"
        return (
            ("DELETE", _TELEPHONY + "/connectors/{id}"),
            ("POST", numbers),
            ("DELETE", numbers),
            ("POST", numbers + "/{number}"),
            ("DELETE", numbers + "/{number}"),
            ("DELETE", "/v1/agents/{agent}"),
            ("POST", "/v1/accounts/{account}/agents"),
            ("POST", "/v1/agents/{agent}/branches/{branch}/variants"),
            ("DELETE", "/v1/agents/{agent}/branches/{branch}/variants/{id}"),
        )

    def admit(self, headers: Mapping[str, str], region: str | None) -> Document:
        """Know the key, which is bound to regions."""
        grant = self._desk.find("keys", headers.get("x-api-key", ""))
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

    def list_connectors(self, call: Call) -> Response:
        """Answer all connectors of an agent; there is no paging (D)."""
        return JSONResponse({"connectors": [_render(row) for row in self._connectors(call)]})

    def show_connector(self, call: Call) -> Response:
        """Answer one connector."""
        return JSONResponse(_render(self._find(call, call.places["id"])))

    def update_connector(self, call: Call) -> Response:
        """Write what the body names."""
        return JSONResponse(self._update(call, call.places["id"], _check_object(call.body)))

    def show_batch(self, call: Call) -> Response:
        """Answer several connectors; a read in the clothes of a POST."""
        wanted = _check_object(call.body).get("connectorIds")
        if not isinstance(wanted, list) or not wanted or not all(isinstance(key, str) for key in wanted):
            raise Refusal(400, "connectorIds must be a non-empty array of strings")
        known = {row["connectorId"]: row for row in self._connectors(call)}
        found = [_render(known[key]) for key in wanted if key in known]
        missing = [key for key in wanted if key not in known]
        return JSONResponse({"found": self._desk.dial.shuffle(self.provider, found), "notFound": missing})

    def update_batch(self, call: Call) -> Response:
        """Write entry by entry; 200 also where entries fail (I)."""
        updates = _check_object(call.body).get("updates")
        self._known_agent(call)
        if not isinstance(updates, list) or not updates:
            raise Refusal(400, "updates must be a non-empty array")
        if len(updates) > self._desk.switches.count("polyai-batch-limit"):
            raise Refusal(400, f"updates must have at most {self._desk.switches.get('polyai-batch-limit')} entries")
        entries = [_check_entry(entry) for entry in updates]
        results = [self._update_entry(call, place, entry) for place, entry in enumerate(entries, start=1)]
        return JSONResponse({"results": self._desk.dial.garble(self.provider, results)})

    def look_up(self, call: Call) -> Response:
        """Answer the connector that serves a number."""
        self._known_agent(call)
        number = self._desk.find("phone_numbers", str(_check_object(call.body).get("phoneNumber")))
        if number is None or number["connectorId"] is None:
            raise Refusal(404, "Phone number not found", code="PHONE_NUMBERS_NOT_FOUND")
        return JSONResponse(_render(self._find(call, number["connectorId"])))

    def list_numbers(self, call: Call) -> Response:
        """Answer the numbers of an agent, of one connector where asked."""
        self._known_agent(call)
        wanted = call.find("connectorId")
        rows = [row for row in self._desk.rows("phone_numbers") if row["projectId"] == call.places["agent"]]
        return JSONResponse({"phoneNumbers": [row for row in rows if wanted in (None, row["connectorId"])]})

    def show_number(self, call: Call) -> Response:
        """Answer one number."""
        return JSONResponse(self._find_number(call))

    def reassign_number(self, call: Call) -> Response:
        """Give a number to another connector of its agent."""
        number = self._find_number(call)
        target = _check_object(call.body).get("connectorId")
        if not isinstance(target, str) or target not in {row["connectorId"] for row in self._connectors(call)}:
            raise Refusal(404, "Connector does not exist", code="PHONE_NUMBERS_CONNECTOR_DOES_NOT_EXIST")
        fields = {"connectorId": target}
        return JSONResponse(self._desk.commit("phone_numbers", number["number"], fields, writable={}))

    def list_variants(self, call: Call) -> Response:
        """Answer the variants of the main branch."""
        self._known_agent(call)
        if call.places["branch"] != "main":
            raise Refusal(404, "Branch not found", code="BRANCH_NOT_FOUND")
        rows = self._variants(call.places["agent"])
        names = ("id", "name", "isDefault", "attributeValues")
        return JSONResponse({"variants": [{name: row[name] for name in names} for row in rows]})

    def _update_entry(self, call: Call, place: int, entry: Document) -> Document:
        key = entry["connectorId"]
        if self._desk.dial.spoils(self.provider, place):
            return {"connectorId": key, "success": False, "error": "Internal error"}
        try:
            return {"connectorId": key, "success": True, "data": self._update(call, key, entry)}
        except Refusal as refusal:
            return {"connectorId": key, "success": False, "error": str(refusal.message)}

    def _update(self, call: Call, key: str, body: Document) -> Document:
        live = self._find(call, key)
        fields = self._check_fields(body)
        self._check_target(call, fields, live)
        project = str(fields.get("projectId", live["projectId"]))
        if project != live["projectId"]:
            # The variant belongs to the old project (I).
            fields = {"variantId": "", **fields}
        if fields.get("variantId") and fields["variantId"] not in {row["id"] for row in self._variants(project)}:
            raise Refusal(400, f"Variant {fields['variantId']} does not exist in the project")
        return _render(self._desk.commit("connectors", key, fields, writable=_WRITABLE))

    def _check_fields(self, body: Document) -> Document:
        fields: Document = {}
        for name in _SENT:
            if name not in body:
                continue
            if not fits(body[name], "string?"):
                raise Refusal(400, f"{name} must be a string")
            if body[name] or self._is_written_empty(name, body[name]):
                fields[name] = body[name] or ""
        if fields.get("voiceName"):
            self._probe(fields["voiceName"])
        return fields

    def _probe(self, voice: str) -> None:
        """Try a voice; a probe may fail for reasons of its own (I)."""
        if not _VOICE.match(voice) or self._desk.dial.strikes("probe-fails", self.provider, "writes"):
            raise Refusal(400, f"TTS probe failed for voice {voice}")

    def _is_written_empty(self, name: str, value: object) -> bool:
        """Tell whether null or "" is written; null in variantId unassigns (D), the rest is unknown."""
        if value is None and name == _NULLABLE_FOR_SURE:
            return True
        position = self._desk.switches.get("polyai-null" if value is None else "polyai-empty-string")
        if position == "400":
            raise Refusal(400, f"{name} must not be empty")
        return position == "clears" and name != "projectId"

    def _check_target(self, call: Call, fields: Document, live: Document) -> None:
        target = fields.get("projectId", live["projectId"])
        if target not in self._agents():
            raise Refusal(404, f"Project {target} not found", code="PROJECT_NOT_FOUND")
        if not _may_use(call, target):
            raise Refusal(403, f"No access to project {target}")

    def _find(self, call: Call, key: str) -> Document:
        found = next((row for row in self._connectors(call) if row["connectorId"] == key), None)
        if found is None:
            raise Refusal(404, f"Connector {key} not found")
        return found

    def _find_number(self, call: Call) -> Document:
        self._known_agent(call)
        number = self._desk.find("phone_numbers", call.places["number"])
        if number is None or number["projectId"] != call.places["agent"]:
            raise Refusal(404, "Phone number not found", code="PHONE_NUMBERS_NOT_FOUND")
        return number

    def _connectors(self, call: Call) -> list[Document]:
        self._known_agent(call)
        rows = [row for row in self._desk.rows("connectors") if row["projectId"] == call.places["agent"]]
        return [row for row in rows if _is_here(call, row)]

    def _known_agent(self, call: Call) -> None:
        agent = call.places["agent"]
        if not _may_use(call, agent):
            raise Refusal(403, f"No access to agent {agent}")
        if agent not in self._agents(call):
            raise Refusal(404, f"Agent {agent} not found", code="PROJECT_NOT_FOUND")

    def _agents(self, call: Call | None = None) -> set[str]:
        rows = [*self._desk.rows("agents"), *self._desk.rows("connectors")]
        here = [row for row in rows if call is None or _is_here(call, row)]
        named = {str(row.get("agentId", row.get("projectId"))) for row in here}
        return named | {row["projectId"] for row in self._desk.rows("variants")}

    def _variants(self, agent: str) -> list[Document]:
        return [row for row in self._desk.rows("variants") if row["projectId"] == agent]


def _is_here(call: Call, row: Document) -> bool:
    return call.region is None or row.get("region") in (None, call.region)


def _may_use(call: Call, agent: str) -> bool:
    granted = call.grant.get("agents")
    return granted is None or agent in granted


def _render(row: Document) -> Document:
    """Show a connector; the language of the voice is the first two parts of its name (D)."""
    voice = _VOICE.match(row["voiceName"])
    derived = {"ttsLangCode": voice[1] if voice else "", "variantId": row["variantId"] or ""}
    shown = {**row, **derived}
    return {name: shown[name] for name in _SHOWN}


def _check_object(body: object) -> Document:
    if not isinstance(body, dict):
        raise Refusal(400, "Request body must be a JSON object", code="SCHEMA_VALIDATION_FAILED")
    return body


def _check_entry(entry: object) -> Document:
    if not isinstance(entry, dict) or not isinstance(entry.get("connectorId"), str):
        raise Refusal(400, "every update must have a connectorId", code="SCHEMA_VALIDATION_FAILED")
    return entry
