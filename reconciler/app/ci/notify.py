"""`--notify`: one message to a chat, through the webhook that the environment names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Literal

from reconciler.app.context import Context
from reconciler.app.problem import Exit, Problem
from reconciler.app.running import run_to_end
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.paths import Json
from reconciler.model.secret import Secret

Style = Literal["slack", "json"]
VARIABLE = "RECONCILER_NOTIFY_URL"
"""Whoever sets the environment of the job chooses the host; the configuration cannot. The URL is a secret."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One message: what happened, where, and where to read more."""

    event: Literal["apply", "drift"]
    headline: str
    good: bool
    project: str = ""
    environment: str = ""
    run: str = ""
    commit: str = ""
    url: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)


def send_notice(context: Context, notice: Notice, *, style: Style) -> None:
    """Send a message; raise Problem where the webhook does not take it. The URL stands in no message."""
    from reconciler.forge.webhook import WebhookError, post_message

    address = context.environ.get(VARIABLE, "").strip()
    if not address:
        message, advice = f"{VARIABLE} is not set", "Pass the webhook's URL to this step, as a secret."
        raise Problem(Diagnostic(code="notify-failed", message=message, advice=advice), exit_code=Exit.FAILED)
    body: Mapping[str, Json] = {"text": _write_slack(notice)} if style == "slack" else {"version": 1, **asdict(notice)}
    try:
        run_to_end(
            lambda: post_message(
                Secret(address),
                body,
                transport=context.transport,
                environ=context.environ,
            )
        )
    except WebhookError as error:
        advice = f"{VARIABLE} holds its URL: https, or http on this machine."
        diagnostic = Diagnostic(code="notify-failed", message=str(error), advice=advice)
        raise Problem(diagnostic, exit_code=Exit.FAILED) from error


def _write_slack(notice: Notice) -> str:
    """Write Slack's own markup; what comes from outside can address nobody in it."""
    place = " for ".join(_escape(part) for part in (notice.project, notice.environment) if part)
    sign = ":white_check_mark:" if notice.good else ":warning:"
    more = f" · <{notice.url}|run>" if notice.url else ""
    return f"{sign} {_escape(notice.headline)}{f' — {place}' if place else ''}{more}"


def _escape(text: str) -> str:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return "".join(mark if mark.isprintable() else " " for mark in escaped)
