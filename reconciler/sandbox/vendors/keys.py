"""Know the keys that vendors take as bearer tokens."""

from collections.abc import Mapping

from reconciler.sandbox.state.world import Document
from reconciler.sandbox.vendors.calls import Refusal
from reconciler.sandbox.vendors.desk import Desk


def admit_bearer(desk: Desk, headers: Mapping[str, str], message: str) -> Document:
    """Return what the bearer key of a request may do; raises Refusal with status 401."""
    scheme, _, key = headers.get("authorization", "").partition(" ")
    grant = desk.find("keys", key.strip()) if scheme.lower() == "bearer" else None
    if grant is None:
        raise Refusal(401, message)
    return grant
