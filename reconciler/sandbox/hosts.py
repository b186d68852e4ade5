"""Know whose host and whose path a request is for."""

import re
from collections.abc import Mapping

_HOSTS = {"api.galtea.ai": "galtea", "api.fluents.ai": "fluents", "api.open.cx": "opencopilot"}
_REGIONAL = re.compile(r"api\.(us|uk|eu|studio)\.poly\.ai\Z")
_PATHS = (
    ("galtea", re.compile(r"/(?:phoneConnections|webRtcConnections|versions|minimum-sdk-version)(?:/|\Z)")),
    ("opencopilot", re.compile(r"/phone(?:/|\Z)")),
    ("fluents", re.compile(r"/v1/agents(?:/(?:list|create|update|delete))?/?\Z")),
    (
        "fluents",
        re.compile(
            r"/v1/(?:numbers|account_connections|prompts|actions|webhooks|calls|voices|vector_databases)(?:/|\Z)"
        ),
    ),
    ("polyai", re.compile(r"/v1/(?:agents|accounts)/")),
)
_READING_POSTS = re.compile(r".*/telephony/(?:connectors/(?:batch|lookup)|phone-numbers/batch)\Z")
_KEYS = (("galtea", ("gsk_", "gsk-")), ("opencopilot", ("ocx_",)), ("fluents", ("",)))


def find_region(host: str) -> str | None:
    """Return the region that a host name stands for, None for any other host."""
    regional = _REGIONAL.match(host.partition(":")[0].lower())
    return regional[1] if regional else None


def find_provider(host: str, path: str) -> str | None:
    """Return the vendor of a request: by its own host, or by the path where the host is nobody's."""
    if find_region(host) is not None:
        return "polyai"
    if host in _HOSTS:
        return _HOSTS[host]
    return next((provider for provider, pattern in _PATHS if pattern.match(path)), None)


def find_holder(headers: Mapping[str, str]) -> str | None:
    """Return the vendor whose kind of key a request carries, None where it carries none.

    On one port, this tells whose unknown path it is.
    """
    if "x-api-key" in headers:
        return "polyai"
    scheme, _, key = headers.get("authorization", "").partition(" ")
    known = (provider for provider, marks in _KEYS if key.startswith(marks))
    return next(known, None) if scheme.lower() == "bearer" else None


def is_write(method: str, path: str) -> bool:
    """Tell whether a request may change something; three POSTs of PolyAI are reads."""
    return method not in {"GET", "HEAD", "OPTIONS"} and not (method == "POST" and _READING_POSTS.match(path))
