"""The texts that CI leaves at a forge: the comment with a plan, the issue about drift, and what tells them apart."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from html import escape
from typing import Any

from reconciler.model.plan import Plan
from reconciler.model.plan_document import write_plan
from reconciler.report.markdown.escape import code
from reconciler.report.markdown.plan import render_markdown, write_marker
from reconciler.report.source_links import SourceLinks

LONGEST = 65_000
"""Characters; GitHub refuses a comment or an issue of more than 65,536."""
MOST_SHOWN = 1_000
"""Updates whose fingerprints a comment carries; they take 17 characters each."""

_SHOWN = re.compile(r"\n<!-- reconciler:shown:([0-9a-f,]*) -->\s*\Z")
"""Only as the last line: whatever a prompt or a name says stands before it."""
_COMPARED = ("address", "account", "id", "request")


def mark_plan(plan: Plan, *, name: str = "") -> str:
    """Return the hidden first line of the comment for an environment; `name` tells several projects apart."""
    marker = write_marker(plan)
    return marker.replace(" -->", f":{name} -->") if name else marker


def mark_drift(plan: Plan, *, name: str = "") -> str:
    """Return the hidden first line of the issue about drift in an environment."""
    return mark_plan(plan, name=name).replace("reconciler:plan:", "reconciler:drift:", 1)


def write_comment(
    plan: Plan, *, name: str = "", commit: str = "", run_url: str = "", links: SourceLinks | None = None
) -> str:
    """Return the comment: the plan, the commit it is for, and hidden fingerprints of each update shown."""
    foot = _write_foot(commit, run_url) + _write_shown(plan)
    return _dress(plan, mark_plan(plan, name=name), foot, title=f"Plan {name}".rstrip(), links=links)


def write_failure(plan: Plan, *, name: str = "", commit: str = "", run_url: str = "") -> str:
    """Return the comment for a commit of which no plan could be made; it shows nothing, so nothing of it was reviewed."""
    place = f" for {code(plan.environment)}" if plan.environment else ""
    lines = [mark_plan(plan, name=name), f"<h3>{f'Plan {name}'.rstrip()}{place} — none could be made</h3>", ""]
    lines += ["The files are invalid, or the live state could not be read. The log of the run has the reason.", ""]
    return "\n".join(lines) + _write_foot(commit, run_url)


def write_issue(
    plan: Plan, *, name: str = "", commit: str = "", run_url: str = "", links: SourceLinks | None = None
) -> str:
    """Return the text of the issue about what moved outside git."""
    foot = _write_foot(commit, run_url)
    return _dress(plan, mark_drift(plan, name=name), foot, title=f"Drift {name}".rstrip(), links=links)


def write_closing(plan: Plan, *, run_url: str = "") -> str:
    """Return the last words on an issue: nothing differs any more."""
    run = f" ([run]({escape(run_url)}))" if run_url else ""
    return f"What git declares and what is live agree again, as read at {plan.created_at}{run}.\n"


def _dress(plan: Plan, marker: str, foot: str, *, title: str, links: SourceLinks | None) -> str:
    """Put the plan between its marker and its foot, within the limit."""
    limit = min(60_000, LONGEST - len(foot) - len(marker))
    _, _, shown = render_markdown(plan, links=links, limit=limit, title=title).partition("\n")
    return f"{marker}\n{shown}{foot}"


def _write_foot(commit: str, run_url: str) -> str:
    parts = [f"for commit {code(commit[:12])}"] if commit else []
    parts += [f'<a href="{escape(run_url)}">run</a>'] if run_url else []
    return f"\n<sub>{' · '.join(parts)}</sub>\n" if parts else ""


def _write_shown(plan: Plan) -> str:
    prints = fingerprint_updates(plan)
    return f"\n<!-- reconciler:shown:{','.join(prints)} -->\n" if len(prints) <= MOST_SHOWN else ""


def fingerprint_updates(plan: Plan) -> tuple[str, ...]:
    """Return a fingerprint of each update: address, live id, exact request, and each field's before and after.

    Cause and place in the files are left out: they say why, not what. A secret counts by its name only, as in a plan.
    """
    updates = write_plan(plan)["updates"]
    return tuple(_fingerprint(update) for update in updates)


def _fingerprint(update: dict[str, Any]) -> str:
    told = [{name: change[name] for name in ("path", "before", "after")} for change in update["changes"]]
    canonical = json.dumps([[update[name] for name in _COMPARED], told], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]


def find_unseen(plan: Plan, comments: Sequence[str]) -> tuple[str, ...] | None:
    """Return the addresses of a plan whose update no comment showed as it is now; None where no comment showed a plan."""
    shown = [match.group(1) for text in comments if (match := _SHOWN.search(text))]
    if not shown:
        return None
    seen = {one for line in shown for one in line.split(",")}
    pairs = zip(plan.updates, fingerprint_updates(plan), strict=True)
    return tuple(update.address for update, one in pairs if one not in seen)
