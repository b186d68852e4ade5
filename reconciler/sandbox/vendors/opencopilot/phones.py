"""Play the phone agents of autumn 2024: a page of names, and a write that answers nothing."""

import base64
import binascii
from collections.abc import Mapping

from starlette.responses import JSONResponse, Response

from reconciler.sandbox.state.world import Document
from reconciler.sandbox.vendors.calls import Call, Refusal
from reconciler.sandbox.vendors.desk import Desk
from reconciler.sandbox.vendors.kinds import PHONE_KINDS, fits
from reconciler.sandbox.vendors.opencopilot.choices import CHOICES

_WRITABLE: Mapping[str, object] = dict.fromkeys(PHONE_KINDS)
_LONGEST_CALL = 21_600


def list_phones(desk: Desk, call: Call) -> Response:
    """Answer a page: id, name and number are all that can be read (D)."""
    rows = desk.rows("phones")
    if desk.has("newer-api"):
        return JSONResponse(rows)
    page = desk.cut(rows, _decode(call.find("cursor")), desk.switches.count("opencopilot-page-size"))
    entries = [{name: row[name] for name in ("id", "name", "phone_number")} for row in page.rows]
    return JSONResponse({"items": entries, "next": _encode(page.following) if page.more else None})


def update_phone(desk: Desk, call: Call) -> Response:
    """Write what the body names, and answer nothing."""
    phone = desk.find("phones", call.places["id"])
    if phone is None:
        raise Refusal(int(desk.switches.get("opencopilot-unknown-id")), "Phone number not found")
    body = _check_body(call.body)
    _check_duration(desk, body)
    fields = {name: body[name] for name in PHONE_KINDS if name in body}
    desk.commit("phones", phone["id"], fields, writable=_WRITABLE)
    return Response(status_code=200)


def _check_duration(desk: Desk, body: Document) -> None:
    limited = not desk.is_set("opencopilot-max-duration", "free")
    if limited and body.get("call_max_duration", 0) > _LONGEST_CALL:
        raise Refusal(400, f"call_max_duration must not be greater than {_LONGEST_CALL}")


def _check_body(body: object) -> Document:
    if not isinstance(body, dict):
        raise Refusal(400, "Request body must be a JSON object")
    if "elevenlabs_voice_id" not in body:
        raise Refusal(400, "elevenlabs_voice_id is required")
    for name, kind in PHONE_KINDS.items():
        if name in body and not fits(body[name], kind):
            raise Refusal(400, f"{name} must be a {kind}")
        if name in body and name in CHOICES and body[name] not in CHOICES[name]:
            raise Refusal(400, f"{name} must be one of the supported values")
    return body


def _encode(start: int) -> str:
    return base64.urlsafe_b64encode(f"phone:{start}".encode()).decode()


def _decode(cursor: str | None) -> int:
    if cursor is None:
        return 0
    try:
        return int(base64.urlsafe_b64decode(cursor).decode().removeprefix("phone:"))
    except (binascii.Error, ValueError):
        raise Refusal(400, "Invalid cursor") from None
