"""Know the keys that open the vendors' worlds."""

from collections.abc import Mapping

from reconciler.sandbox.state.world import Document
from reconciler.sandbox.vendors.calls import Refusal
from reconciler.sandbox.vendors.desk import Desk


def find_grant(desk: Desk, key: str) -> Document | None:
    """Return what a key may do, None where nobody has it.

    `KEY:NAME:NAME` opens the first world of these names that the seed has, else the one of KEY: so each account of a
    project finds its own world where it has one, and the vendor's common one otherwise.
    """
    common, *names = key.split(":")
    if not names:
        return desk.find("keys", common)
    found = (desk.find("worlds", name) for name in names)
    return next((grant for grant in found if grant is not None), desk.find("keys", common))


def admit_bearer(desk: Desk, headers: Mapping[str, str], message: str) -> Document:
    """Return what the bearer key of a request may do; raises Refusal with status 401."""
    scheme, _, key = headers.get("authorization", "").partition(" ")
    grant = find_grant(desk, key.strip()) if scheme.lower() == "bearer" else None
    if grant is None:
        raise Refusal(401, message)
    return grant
