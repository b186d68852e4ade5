"""Play the phone agents of OpenCopilot, in the generation of autumn 2024."""

import base64
import binascii
from collections.abc import Mapping, Sequence

from starlette.responses import JSONResponse, Response

from reconciler.sandbox.state.world import Document
from reconciler.sandbox.vendors.calls import Call, Refusal, Way
from reconciler.sandbox.vendors.desk import Desk
from reconciler.sandbox.vendors.keys import admit_bearer
from reconciler.sandbox.vendors.kinds import PHONE_KINDS, fits

LANGUAGES = frozenset(
    [
        "bg",
        "ca",
        "zh",
        "zh-TW",
        "cs",
        "da",
        "nl",
        "en",
        "et",
        "fi",
        "nl-BE",
        "fr",
        "de",
        "de-CH",
        "el",
        "hi",
        "hu",
        "id",
        "it",
        "ja",
        "ko",
        "lv",
        "lt",
        "ms",
        "multi",
        "no",
        "pl",
        "pt",
        "ro",
        "ru",
        "sk",
        "es",
        "sv",
        "th",
        "tr",
        "uk",
        "vi",
    ]
)
VOICES = frozenset(
    [
        "hP72SDESIJq2YuAblBqz",
        "a38v0NaUbsvackET0tSL",
        "UR972wNGq3zluze0LoIp",
        "IOyj8WtBHdke2FjQgGAr",
        "6pVydnYcVtMsrrSeUKs6",
        "BafnizVJUkrZF7B8vAMB",
        "7ml0LUl80q5HrlC5rH5n",
        "2EUn20N7uqcXUxqGrJEF",
        "dRqoXefWJMo2lbk72Ucp",
        "3R4yOxfnii0AEiNj88t7",
        "AcERRlWeeyUhaV8Z6nI7",
        "CXlx1qNjAZaq99XYNLZl",
        "ktBW0zUVLSxdQiNCm7VY",
        "EOYxsIDQfFQEnzbIRe3T",
        "4h05pJAlcSqTMs5KRd8X",
        "H61ermx0gHYPgQYw03E4",
        "fc0bJMlcn2uSFDSWPMjI",
        "Yx8RZ6gdw0HEEzcwrVlS",
        "4CrZuIW9am7gYAxgo2Af",
        "x8udhExu0uJxUn4Tf9Az",
        "sY2peC9GbHX8NCy5enOe",
        "TxErUhYT25MQSG3MlH4A",
        "PoPHDFYHijTq7YiSCwE3",
        "tavIIPLplRB883FzWU0V",
        "RFMAYURhm3MdnPIzpcwm",
        "GiGOaehga8enaTnFQvb4",
        "jQWvT5ZpmLknePt8F1jr",
        "JjHBC66wF58p4ogebCNA",
        "cfO5AAIh6JY3KjKu6QRz",
        "IJOA5d06iGvU3ehQdDjg",
    ]
)
_CHOICES = {
    "language": LANGUAGES,
    "elevenlabs_voice_id": VOICES,
    "speaks_first": frozenset({"assistant-speaks-first", "user-speaks-first"}),
}
_WRITABLE: Mapping[str, object] = dict.fromkeys(PHONE_KINDS)
_LONGEST_CALL = 21_600
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

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def ways(self) -> Sequence[Way]:
        """Return the calls that are played; there is no GET of one phone in this generation (D)."""
        return (("GET", "/phone", self.list_phones), ("PATCH", "/phone/{id}", self.update_phone))

    def dangers(self) -> Sequence[tuple[str, str]]:
        """Return the calls that buy, release and call."""
        return (("POST", "/phone/buy"), ("DELETE", "/phone/{id}"), ("POST", "/phone/{id}/call"))

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

    def list_phones(self, call: Call) -> Response:
        """Answer a page: id, name and number are all that can be read (D)."""
        rows = self._desk.rows("phones")
        if self._desk.has("newer-api"):
            return JSONResponse(rows)
        page = self._desk.cut(rows, _decode(call.find("cursor")), self._desk.switches.count("opencopilot-page-size"))
        entries = [{name: row[name] for name in ("id", "name", "phone_number")} for row in page.rows]
        return JSONResponse({"items": entries, "next": _encode(page.following) if page.more else None})

    def update_phone(self, call: Call) -> Response:
        """Write what the body names, and answer nothing."""
        phone = self._desk.find("phones", call.places["id"])
        if phone is None:
            raise Refusal(int(self._desk.switches.get("opencopilot-unknown-id")), "Phone number not found")
        body = _check_body(call.body)
        self._check_duration(body)
        fields = {name: body[name] for name in PHONE_KINDS if name in body}
        self._desk.commit("phones", phone["id"], fields, writable=_WRITABLE)
        return Response(status_code=200)

    def _check_duration(self, body: Document) -> None:
        limited = self._desk.switches.get("opencopilot-max-duration") != "free"
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
        if name in body and name in _CHOICES and body[name] not in _CHOICES[name]:
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
