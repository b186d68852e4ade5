"""Build the URL of a request from templates of the schemas."""

from __future__ import annotations

from urllib.parse import quote

from reconciler.model.endpoints import Query
from reconciler.model.resource_type import Identity


def fill(template: str, identity: Identity) -> str:
    """Fill `{part}` of a template with identity parts, percent-encoded: `/` cannot leave its segment, `+` stays a plus."""
    for name, value in identity.parts:
        template = template.replace("{" + name + "}", quote(value, safe=""))
    return template


def build_url(base_url: str, path: str, *, query: Query, identity: Identity) -> str:
    """Return the absolute URL of a request to one object. A `+` in the query is always `%2B`."""
    parameters = "&".join(f"{quote(key, safe='')}={fill(value, identity)}" for key, value in query)
    return base_url.rstrip("/") + fill(path, identity) + (f"?{parameters}" if parameters else "")
