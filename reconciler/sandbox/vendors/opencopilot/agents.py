"""Play the phone agents of 2026: whole agents in a bare array, and a write that answers the whole agent."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import JSONResponse, Response

from reconciler.sandbox.state.world import Document
from reconciler.sandbox.vendors.calls import Call, Refusal
from reconciler.sandbox.vendors.desk import Desk
from reconciler.sandbox.vendors.kinds import fits
from reconciler.sandbox.vendors.opencopilot.choices import VOICES as VOICE_IDS

_KINDS = {
    "name": "string",
    "type": "string",
    "voice_id": "string?",
    "language": "string|array?",
    "first_message": "string?",
    "instructions": "array?",
    "handoff_phone_number": "phone?",
    "use_org_knowledgebase": "boolean?",
    "actionIds": "array?",
}
_CLEARED: Mapping[str, object] = {**dict.fromkeys(_KINDS), "language": [], "use_org_knowledgebase": False}
_WRITABLE: Mapping[str, object] = {**_CLEARED, "name": "", "type": "inbound"}
_LABELS = ("accent", "description", "age", "gender", "use_case", "language")
VOICES = [
    {
        "voice_id": voice,
        "name": f"Voice {place}",
        "labels": {**dict.fromkeys(_LABELS), "language": "en"},
        "description": None,
        "preview_url": None,
    }
    for place, voice in enumerate(sorted(VOICE_IDS), start=1)
]


def list_agents(desk: Desk) -> Response:
    """Answer all agents: there are no pages and no filters (D)."""
    return JSONResponse([_render(desk, row) for row in desk.rows("agents")])


def update_agent(desk: Desk, call: Call) -> Response:
    """Write what the body names, and answer the whole agent; its `updated_at` moves (I)."""
    live = desk.find("agents", call.places["id"])
    if live is None:
        raise Refusal(int(desk.switches.get("opencopilot-unknown-id")), "Phone agent not found")
    fields = _understand(desk, _check_body(desk, call.body))
    after = desk.commit("agents", live["id"], fields, writable=_WRITABLE)
    if desk.is_set("opencopilot-patch-answer", "empty"):
        return Response(status_code=200)
    return JSONResponse(_render(desk, after))


def _check_body(desk: Desk, body: object) -> Document:
    if not isinstance(body, dict):
        raise Refusal(400, "Request body must be a JSON object")
    strange = [name for name in body if name not in _KINDS]
    if strange and desk.is_set("opencopilot-unknown-fields", "400"):
        raise Refusal(400, f"property {strange[0]} should not exist")
    for name, kind in _KINDS.items():
        if name in body and not fits(body[name], kind):
            raise Refusal(400, f"{name} must be a {kind.removesuffix('?')}")
    _check_choices(desk, body)
    return {name: body[name] for name in _KINDS if name in body}


def _check_choices(desk: Desk, body: Document) -> None:
    if body.get("type", "inbound") not in {"inbound", "outbound"}:
        raise Refusal(400, "type must be one of inbound, outbound")
    if body.get("voice_id") is not None and body["voice_id"] not in VOICE_IDS:
        raise Refusal(400, "voice_id must be the id of a voice")
    if isinstance(body.get("language"), list) and not desk.is_set("opencopilot-language", "lists"):
        raise Refusal(400, "language must be a string")


def _understand(desk: Desk, body: Document) -> Document:
    """Return the fields that are written, after null is understood by the switch."""
    position = desk.switches.get("opencopilot-null")
    nulls = [name for name, value in body.items() if value is None]
    if nulls and position == "400":
        raise Refusal(400, f"{nulls[0]} should not be null")
    kept = {name: value for name, value in body.items() if value is not None}
    if "language" in kept:
        kept["language"] = _list_languages(kept["language"])
    return kept if position == "ignored" else {**kept, **{name: _CLEARED[name] for name in nulls}}


def _render(desk: Desk, row: Document) -> Document:
    """Show an agent; its language is a list of one (D), or a text, by the switch."""
    languages = _list_languages(row["language"])
    if desk.is_set("opencopilot-language", "text"):
        return {**row, "language": languages[0] if languages else None}
    return {**row, "language": languages}


def _list_languages(value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    return [] if value is None else [value]
