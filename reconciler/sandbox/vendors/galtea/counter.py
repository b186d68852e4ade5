"""Open Galtea's counter, in the generation that the account's world speaks."""

from collections.abc import Mapping, Sequence

from starlette.responses import HTMLResponse, JSONResponse, Response

from reconciler.sandbox.state.world import Document
from reconciler.sandbox.vendors.calls import Call, Lost, Refusal, Way
from reconciler.sandbox.vendors.desk import Desk
from reconciler.sandbox.vendors.galtea.connections import VOICES, Connections, is_newer
from reconciler.sandbox.vendors.galtea.sheets import PHONE, VERSION, WEB_RTC
from reconciler.sandbox.vendors.keys import admit_bearer

_ERRORS = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 409: "Conflict"}
_ROOTS = ("/phoneConnections", "/webRtcConnections", "/versions")


class Galtea:
    """Answer for api.galtea.ai."""

    provider = "galtea"
    is_strict = False

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def ways(self) -> Sequence[Way]:
        """Return the calls that are played."""
        phones, versions = Connections(self._desk, PHONE), Connections(self._desk, VERSION)
        web = Connections(self._desk, WEB_RTC, is_new=True)
        return (
            ("GET", "/minimum-sdk-version", self.tell_versions),
            ("GET", "/phoneConnections/voices", self.tell_voices),
            *phones.ways(),
            *web.ways(),
            *(way for way in versions.ways() if way[0] == "GET"),
        )

    def dangers(self) -> Sequence[tuple[str, str]]:
        """Return the calls that create or delete."""
        return tuple(
            danger
            for root in _ROOTS
            for danger in (("POST", root), ("DELETE", root + "/batch"), ("DELETE", root + "/{id}"))
        )

    def admit(self, headers: Mapping[str, str], region: str | None) -> Document:  # noqa: ARG002 - no regions here
        """Know the bearer key; both prefixes, `gsk_` and `gsk-`, are the vendor's (D)."""
        return admit_bearer(self._desk, headers, "Invalid or missing API key")

    def is_open(self, path: str) -> bool:
        """Let its own client ask for versions before it shows a key."""
        return path == "/minimum-sdk-version"

    def refuse(self, refusal: Refusal) -> Response:
        """Answer `{error, message}`."""
        error = _ERRORS.get(refusal.status, "Error")
        return JSONResponse({"error": error, "message": str(refusal.message)}, refusal.status)

    def get_lost(self, method: str, path: str) -> Response:
        """Answer an unknown route as Express does: HTML."""
        from html import escape

        page = f"<!DOCTYPE html>\n<pre>Cannot {escape(method)} {escape(path)}</pre>\n"
        return HTMLResponse(page, 404)

    def tell_versions(self, call: Call) -> Response:  # noqa: ARG002
        """Say which of its clients are supported: all."""
        return JSONResponse({"latestSdkVersionPublished": None, "minimumSdkVersionSupported": None})

    def tell_voices(self, call: Call) -> Response:
        """List the voices; the newer generation has no such route (I)."""
        if is_newer(self._desk, call):
            raise Lost
        return JSONResponse({"voices": VOICES})
