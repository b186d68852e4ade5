"""The texts that CI leaves at a forge: the comment with a plan, the issue about drift, and what tells them apart."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from reconciler.model.plan import Plan
from reconciler.model.plan_document import write_plan
from reconciler.report.markdown.escape import code, prose
from reconciler.report.markdown.plan import Shown, compose_markdown, write_marker, write_safely
from reconciler.report.phrases import count_noun, show_time
from reconciler.report.source_links import SourceLinks

LONGEST = 65_000
"""Characters; GitHub refuses a comment or an issue of more than 65,536."""
MOST_SHOWN = 1_000
"""Updates whose fingerprints a comment carries at most; they take 17 characters each."""

_MOST_LEFT = 50
_FOOT = 2_000
"""Room for the marker, the foot and what is said between."""
_SHOWN = re.compile(r"\n<!-- reconciler:shown:([0-9a-f,]*) -->\s*\Z")
"""Only as the last line: whatever a prompt or a name says stands before it."""
_COMPARED = ("address", "account", "id", "request")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a note comes from: the project's folder in the repository ("" for its top), a name, a commit, a run."""

    folder: str = ""
    name: str = ""
    commit: str = ""
    run_url: str = ""

    @property
    def label(self) -> str:
        """Name the project in a heading; "" for the only one of a repository."""
        return " ".join(part for part in (self.folder, self.name) if part)


def mark(environment: str | None, origin: Origin, *, subject: str = "plan") -> str:
    """Return the hidden first line of a note: its subject, the environment, the project's folder and name."""
    marker = write_marker(environment).replace("reconciler:plan:", f"reconciler:{subject}:", 1)
    parts = [f"/{write_safely(origin.folder, keep='/')}"] if origin.folder else []
    parts += [origin.name] if origin.name else []
    return marker.replace(" -->", "".join(f":{part}" for part in parts) + " -->")


def write_comment(
    plan: Plan, origin: Origin, *, links: SourceLinks | None = None, queued_after: str | None = None
) -> str:
    """Return the comment: the plan, the commit it is for, and hidden fingerprints of each update that it shows whole.

    `queued_after` is the comment as it stood when a merge queue took the pull request: nobody looks after that, so the
    new comment stands for what the old one showed, and for nothing more.
    """
    marker, limit = mark(plan.environment, origin), LONGEST - _FOOT - 17 * min(len(plan.updates), MOST_SHOWN)
    shown = compose_markdown(plan, links=links, limit=min(60_000, limit), title=f"Plan {origin.label}".rstrip())
    if queued_after is None:
        words, prints = _count_hidden(plan, shown), _list_prints(plan, shown)
    else:
        words = "Planned in the merge queue, with what waits before it; reviewed is what stood here before."
        found = _SHOWN.search(queued_after)
        prints = found.group(1) if found else ""
    said = f"\n<p><i>{words}</i></p>\n" if words else ""
    return f"{marker}\n{_drop_marker(shown.text)}{said}{write_foot(origin)}\n<!-- reconciler:shown:{prints} -->\n"


def _list_prints(plan: Plan, shown: Shown) -> str:
    pairs = zip(plan.updates, fingerprint_updates(plan), strict=True)
    return ",".join([one for update, one in pairs if update.address in shown.whole][:MOST_SHOWN])


def _count_hidden(plan: Plan, shown: Shown) -> str:
    hidden = len(plan.updates) - min(MOST_SHOWN, len(shown.whole))
    if not hidden:
        return ""
    which = count_noun(hidden, "update")
    return (
        f"{which} had no room to be shown whole: this comment is no review of them, and an apply after it is refused."
    )


def write_failure(plan: Plan, origin: Origin) -> str:
    """Return the comment for a commit of which no plan could be made; it shows nothing, so nothing of it was reviewed."""
    place = f" for {code(plan.environment)}" if plan.environment else ""
    title = prose(f"Plan {origin.label}".rstrip())
    lines = [mark(plan.environment, origin), f"<h3>{title}{place} — none could be made</h3>", ""]
    lines += ["The files are invalid, or the live state could not be read. The log of the run has the reason.", ""]
    return "\n".join(lines) + write_foot(origin)


def write_issue(plan: Plan, origin: Origin, *, links: SourceLinks | None = None) -> str:
    """Return the text of the issue about what moved outside git."""
    title = f"Drift {origin.label}".rstrip()
    text = compose_markdown(plan, links=links, limit=min(60_000, LONGEST - _FOOT), title=title).text
    return f"{mark(plan.environment, origin, subject='drift')}\n{_drop_marker(text)}{write_foot(origin)}"


def write_proposal(plan: Plan, origin: Origin, *, left: Sequence[str], links: SourceLinks | None = None) -> str:
    """Return the text of the pull request that takes over what moved outside git; `left` names what it could not take."""
    shown = write_issue(plan, origin, links=links).partition("\n")[2]
    lines = [mark(plan.environment, origin, subject="drift-pr")]
    lines += ["Merge this to keep what was changed outside git; close it and apply to put git's values back.", ""]
    if left:
        lines += ["Not in this change, since no single place in the files holds them:", ""]
        lines += [*(f"- {code(name)}" for name in left[:_MOST_LEFT]), *_count_rest(left), ""]
    return "\n".join(lines) + shown


def _count_rest(left: Sequence[str]) -> list[str]:
    return [f"- and {len(left) - _MOST_LEFT} more"] if len(left) > _MOST_LEFT else []


def write_closing(plan: Plan, *, run_url: str = "") -> str:
    """Return the last words on an issue: nothing differs any more."""
    run = f" ([run]({escape(run_url)}))" if run_url else ""
    return f"What git declares and what is live agree again, as read at {show_time(plan.created_at)}{run}.\n"


def _drop_marker(text: str) -> str:
    return text.partition("\n")[2]


def write_foot(origin: Origin) -> str:
    """Return the last visible line of a note: its commit and its run."""
    parts = [f"for commit {code(origin.commit[:12])}"] if origin.commit else []
    parts += [f'<a href="{escape(origin.run_url)}">run</a>'] if origin.run_url else []
    return f"\n<sub>{' · '.join(parts)}</sub>\n" if parts else ""


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
