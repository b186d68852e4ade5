"""Send one message to a webhook, and nothing else: once, to the address that was given, which no error shows."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from typing import Final

import httpx

from reconciler import __version__
from reconciler.forge.addresses import split_safe
from reconciler.model.paths import Json
from reconciler.model.project import Account
from reconciler.model.secret import Secret
from reconciler.remote.wire.transport import build_transport

SECONDS: Final = 20.0


class WebhookError(Exception):
    """Say why a message was not taken, without the address."""


async def post_message(
    address: Secret,
    body: Mapping[str, Json],
    *,
    transport: Callable[[Account], httpx.AsyncBaseTransport] | None = None,
    environ: Mapping[str, str] | None = None,
) -> None:
    """POST a message once: a chat that got it twice is worse than one that got none. Redirects are not followed."""
    url = _check(address.reveal())
    account = Account("webhook", "webhook", url, "", concurrency=1)
    inner = (
        transport(account) if transport else build_transport(url, environ=os.environ if environ is None else environ)
    )
    headers = {"User-Agent": f"reconciler/{__version__}"}
    async with httpx.AsyncClient(transport=inner, timeout=SECONDS, follow_redirects=False, trust_env=False) as http:
        try:
            async with asyncio.timeout(SECONDS), http.stream("POST", url, json=dict(body), headers=headers) as response:
                status = response.status_code  # nothing else of the answer is read
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            message = f"the chat's webhook gave no answer ({type(error).__name__})"
            raise WebhookError(message) from None
    if not httpx.codes.is_success(status):
        message = f"the chat's webhook answered {status}"
        raise WebhookError(message)


def _check(address: str) -> str:
    if split_safe(address) is None:
        message = "what should be the URL of the chat's webhook is none to send to"
        raise WebhookError(message)
    return address
