"""Decide where an account's key may be sent. The configuration is hostile: it comes from pull requests."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from reconciler.model.resource_type import Provider

ALLOWED_HOSTS: Final = "RECONCILER_ALLOWED_HOSTS"

# A strict pattern instead of a lenient parser: what two parsers could read differently does not fit.
_URL: Final = re.compile(
    r"(?P<scheme>https?)://(?P<host>[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[::1\])"
    r"(?::(?P<port>[0-9]{1,5}))?(?P<path>(?:/[A-Za-z0-9_~.-]*)*)"
)
_LOOPBACK: Final = re.compile(r"localhost|\[::1\]|127(\.(25[0-5]|2[0-4][0-9]|1?[0-9]{1,2})){3}")
_HIGHEST_PORT: Final = 65535


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a URL is refused; `secret` where it may hold a password and must not be shown."""

    message: str
    advice: str
    secret: bool = False


def check_base_url(url: str, *, provider: Provider, environ: Mapping[str, str]) -> Refusal | None:
    """Return why a key must not be sent to a URL, or None where it may.

    Allowed are https on the vendor's own hosts, http and https on loopback, and hosts that the environment variable
    RECONCILER_ALLOWED_HOSTS names, separated by commas: `host` or `host:port` for https, `http://host` for http too.
    """
    found = _URL.fullmatch(url)
    if found is None or int(found["port"] or 0) > _HIGHEST_PORT or ".." in found["path"].split("/"):
        return _explain_form(url)
    scheme, host = found["scheme"], found["host"].lower()
    if _LOOPBACK.fullmatch(host) or _is_allowed(scheme, host, found["port"], environ):
        return None
    if host not in provider.hosts:
        hosts = ", ".join(provider.hosts)
        advice = f"Hosts of {provider.title}: {hosts}. Only the environment variable {ALLOWED_HOSTS} can name more."
        return Refusal(f"`base_url`: {host} is not a host of {provider.title}", advice)
    return None if scheme == "https" else Refusal("`base_url` would send the key over http", "Write https://.")


def _explain_form(url: str) -> Refusal:
    if "@" in url:
        return Refusal(
            "`base_url` must not hold a user name or password", "Remove what stands before `@`.", secret=True
        )
    if "?" in url or "#" in url:
        return Refusal("`base_url` must not hold a query or fragment", "Remove what follows `?` or `#`.", secret=True)
    return Refusal("`base_url` is not a plain http or https URL", "Write it like https://api.example.com/v1.")


def _is_allowed(scheme: str, host: str, port: str | None, environ: Mapping[str, str]) -> bool:
    named = {entry.strip().lower().rstrip("/") for entry in environ.get(ALLOWED_HOSTS, "").split(",")}
    names = {host, f"{host}:{port}"} if port else {host}
    if scheme == "https":
        names |= {f"https://{name}" for name in names}
        return bool(named & (names | {f"http://{host}"}))
    return bool(named & {f"http://{name}" for name in names})
