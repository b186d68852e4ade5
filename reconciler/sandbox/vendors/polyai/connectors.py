"""Play PolyAI's connectors."""

import re
from collections.abc import Mapping, Sequence

from starlette.responses import JSONResponse, Response

from reconciler.sandbox.state.world import Document
from reconciler.sandbox.vendors.calls import Call, Refusal, Way
from reconciler.sandbox.vendors.desk import Desk
from reconciler.sandbox.vendors.kinds import fits
from reconciler.sandbox.vendors.polyai.agents import Agents, check_object, is_here

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
_CONNECTORS = "/v1/agents/{agent}/telephony/connectors"


class Connectors:
    """Answer for the connectors of an agent."""

    def __init__(self, agents: Agents) -> None:
        self._agents = agents

    def ways(self) -> Sequence[Way]:
        """Return the calls that are played."""
        return (
            ("POST", _CONNECTORS + "/batch", self.show_batch),
            ("PATCH", _CONNECTORS + "/batch", self.update_batch),
            ("POST", _CONNECTORS + "/lookup", self.look_up),
            ("GET", _CONNECTORS, self.list_connectors),
            ("GET", _CONNECTORS + "/{id}", self.show_connector),
            ("PATCH", _CONNECTORS + "/{id}", self.update_connector),
        )

    def list_connectors(self, call: Call) -> Response:
        """Answer all connectors of an agent; there is no paging (D)."""
        return JSONResponse({"connectors": [_render(row) for row in _list(self._agents.enter(call), call)]})

    def show_connector(self, call: Call) -> Response:
        """Answer one connector."""
        return JSONResponse(_render(_find(self._agents.enter(call), call, call.places["id"])))

    def update_connector(self, call: Call) -> Response:
        """Write what the body names."""
        return JSONResponse(self._update(self._agents.enter(call), call, call.places["id"], check_object(call.body)))

    def show_batch(self, call: Call) -> Response:
        """Answer several connectors; a read in the clothes of a POST."""
        wanted, desk = check_object(call.body).get("connectorIds"), self._agents.enter(call)
        if not isinstance(wanted, list) or not wanted or not all(isinstance(key, str) for key in wanted):
            raise Refusal(400, "connectorIds must be a non-empty array of strings")
        known = {row["connectorId"]: row for row in _list(desk, call)}
        found = [_render(known[key]) for key in wanted if key in known]
        missing = [key for key in wanted if key not in known]
        return JSONResponse({"found": desk.dial.shuffle(desk.provider, found), "notFound": missing})

    def update_batch(self, call: Call) -> Response:
        """Write entry by entry; 200 also where entries fail (I)."""
        updates, desk = check_object(call.body).get("updates"), self._agents.enter(call)
        if not isinstance(updates, list) or not updates:
            raise Refusal(400, "updates must be a non-empty array")
        if len(updates) > desk.switches.count("polyai-batch-limit"):
            raise Refusal(400, f"updates must have at most {desk.switches.get('polyai-batch-limit')} entries")
        entries = [_check_entry(entry) for entry in updates]
        results = [self._update_entry(desk, call, place, entry) for place, entry in enumerate(entries, start=1)]
        return JSONResponse({"results": desk.dial.garble(desk.provider, results)})

    def look_up(self, call: Call) -> Response:
        """Answer the connector that serves a number."""
        desk = self._agents.enter(call)
        number = desk.find("phone_numbers", check_object(call.body).get("phoneNumber"))
        if number is None or number["connectorId"] is None:
            raise Refusal(404, "Phone number not found", code="PHONE_NUMBERS_NOT_FOUND")
        return JSONResponse(_render(_find(desk, call, number["connectorId"])))

    def _update_entry(self, desk: Desk, call: Call, place: int, entry: Document) -> Document:
        key = entry["connectorId"]
        if desk.dial.spoils(desk.provider, place):
            return {"connectorId": key, "success": False, "error": "Internal error"}
        try:
            return {"connectorId": key, "success": True, "data": self._update(desk, call, key, entry)}
        except Refusal as refusal:
            return {"connectorId": key, "success": False, "error": str(refusal.message)}

    def _update(self, desk: Desk, call: Call, key: str, body: Document) -> Document:
        live = _find(desk, call, key)
        fields = _check_fields(desk, body)
        project = str(fields.get("projectId", live["projectId"]))
        self._agents.check_target(call, project)
        if project != live["projectId"]:
            # The variant belongs to the old project (I).
            fields = {"variantId": "", **fields}
        if fields.get("variantId") and desk.find("variants", f"{project}/{fields['variantId']}") is None:
            raise Refusal(400, f"Variant {fields['variantId']} does not exist in the project")
        return _render(desk.commit("connectors", key, fields, writable=_WRITABLE))


def _check_fields(desk: Desk, body: Document) -> Document:
    fields: Document = {}
    for name in _SENT:
        if name not in body:
            continue
        if not fits(body[name], "string?"):
            raise Refusal(400, f"{name} must be a string")
        if body[name] or _is_written_empty(desk, name, body[name]):
            fields[name] = body[name] or ""
    if fields.get("voiceName"):
        _probe(desk, fields["voiceName"])
    return fields


def _probe(desk: Desk, voice: str) -> None:
    """Try a voice; a probe may fail for reasons of its own (I)."""
    if not _VOICE.match(voice) or desk.dial.strikes("probe-fails", desk.provider, "writes"):
        raise Refusal(400, f"TTS probe failed for voice {voice}")


def _is_written_empty(desk: Desk, name: str, value: object) -> bool:
    """Tell whether null or "" is written; null in variantId unassigns (D), the rest is unknown."""
    if value is None and name == _NULLABLE_FOR_SURE:
        return True
    position = desk.switches.get("polyai-null" if value is None else "polyai-empty-string")
    if position == "400":
        raise Refusal(400, f"{name} must not be empty")
    return position == "clears" and name != "projectId"


def _find(desk: Desk, call: Call, key: str) -> Document:
    found = desk.find("connectors", key)
    if found is None or found["projectId"] != call.places["agent"] or not is_here(call, found):
        raise Refusal(404, f"Connector {key} not found")
    return found


def _list(desk: Desk, call: Call) -> list[Document]:
    rows = [row for row in desk.rows("connectors") if row["projectId"] == call.places["agent"]]
    return [row for row in rows if is_here(call, row)]


def _render(row: Document) -> Document:
    """Show a connector; the language of the voice is the first two parts of its name (D)."""
    voice = _VOICE.match(row["voiceName"])
    derived = {"ttsLangCode": voice[1] if voice else "", "variantId": row["variantId"] or ""}
    shown = {**row, **derived}
    return {name: shown[name] for name in _SHOWN}


def _check_entry(entry: object) -> Document:
    if not isinstance(entry, dict) or not isinstance(entry.get("connectorId"), str):
        raise Refusal(400, "every update must have a connectorId", code="SCHEMA_VALIDATION_FAILED")
    return entry
