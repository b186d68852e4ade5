"""Say what follows from an update beyond its own fields: what the vendor changes with them, and who uses the object."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.model.paths import MISSING
from reconciler.model.plan import Consequence, Plan, Update
from reconciler.report.escape import escape_json
from reconciler.report.phrases import count_noun, name_field, show_value

_REACHED = 5
"""Names of users of a shared object that are shown of each kind."""


def tell_consequences(update: Update) -> list[str]:
    """Say what the vendor changes because of the changes, a field a line: `ttsLangCode "en-US" → "fr-FR" (follows)`."""
    return [_tell_consequence(consequence) for consequence in update.consequences]


def _tell_consequence(consequence: Consequence) -> str:
    after = "(the vendor decides)" if consequence.after is MISSING else show_value(consequence.after)
    return f"{name_field(consequence.path)} {show_value(consequence.before)} → {after} (follows)"


def tell_reach(update: Update) -> str:
    """Say which declared objects use the changed one, by name; empty where nothing can use it."""
    if update.reach is None:
        return ""
    found = [_tell_users(kind, names) for kind, names in update.reach.users if names]
    return f"reaches {_enumerate(found)}" if found else "reaches nothing that is declared here"


def tell_unseen(plan: Plan) -> str:
    """Say once for a plan whom its updates may reach beside those they name; empty where no update can reach anything."""
    kinds = dict.fromkeys(kind for update in plan.updates if update.reach for kind, _ in update.reach.users)
    if not kinds:
        return ""
    others = _enumerate([kind.replace("_", " ") for kind in kinds])
    return f"“Reaches” counts what this project declares; other {others} were not looked at."


def _enumerate(words: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def _tell_users(kind: str, names: Sequence[str]) -> str:
    noun = kind.removesuffix("s").replace("_", " ")
    shown = ", ".join(escape_json(name) for name in names[:_REACHED])
    among = "among them " if len(names) > _REACHED else ""
    return f"{count_noun(len(names), noun)} ({among}{shown})"
