"""Show Fluents' objects with what they refer to: as ids, or as objects with their secrets in clear."""

from collections.abc import Mapping

from reconciler.sandbox.state.world import Document
from reconciler.sandbox.vendors.desk import Desk
from reconciler.sandbox.vendors.fluents.fields import SHEETS

_MASK = "********"
_SECRETS = frozenset({"api_key", "api_user_id", "signature_secret"})


class Window:
    """Show what one account holds, by the switches."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def list_row(self, collection: str, row: Document) -> Document:
        """Show a row of a list: agents are expanded (D), how numbers are is a switch."""
        if collection == "agents":
            return self._show_agent(row)
        if collection == "numbers":
            deep = self._desk.is_set("fluents-list-references", "objects")
            return self.expand(collection, row) if deep else self._name(row)
        return self.expand(collection, row)

    def confirm(self, collection: str, row: Document) -> Document:
        """Show what a write has left: a number names ids (D), how an agent does is a switch."""
        if collection == "agents":
            return self._show_agent(row)
        return self._name(row) if collection == "numbers" else self.expand(collection, row)

    def expand(self, collection: str, row: Document) -> Document:
        """Show an object with all that it refers to as objects, and those with theirs."""
        if collection == "account_connections":
            return {**row, "credentials": self._hide_all(row["credentials"])}
        if collection == "voices":
            return self._hide(row)
        if collection == "actions":
            return {**row, "config": self._hide(row["config"])}
        shown = self._name(row) if collection == "numbers" else dict(row)
        references = SHEETS[collection].references
        if collection == "numbers":
            references = {**references, "telephony_account_connection": "account_connections"}
        return self._leave_out({**shown, **self._resolve(references, row)}, references)

    def _show_agent(self, row: Document) -> Document:
        if self._desk.is_set("fluents-agent-references", "ids"):
            return self._leave_out(dict(row), SHEETS["agents"].references)
        return self.expand("agents", row)

    def _resolve(self, references: Mapping[str, str], row: Document) -> Document:
        return {
            name: [self._find(target, key) for key in row[name]]
            if isinstance(row[name], list)
            else self._find(target, row[name])
            for name, target in references.items()
            if name in row
        }

    def _find(self, collection: str, key: object) -> Document | None:
        row = self._desk.find(collection, key)
        return None if row is None else self.expand(collection, row)

    def _name(self, number: Document) -> Document:
        agent = self._desk.find("agents", number["inbound_agent"])
        return {**number, "inbound_agent_name": None if agent is None else agent["name"]}

    def _leave_out(self, shown: Document, references: Mapping[str, str]) -> Document:
        """Leave references out that point nowhere, where the switch says so; a number always names its agent."""
        if "webhook" not in references or self._desk.is_set("fluents-empty-reference", "null"):
            return shown
        return {name: value for name, value in shown.items() if name not in references or value is not None}

    def _hide(self, row: Document) -> Document:
        secret = {name: _MASK for name, value in row.items() if name in _SECRETS and value}
        return {**row, **secret} if self._desk.is_set("fluents-credentials", "masked") else row

    def _hide_all(self, credentials: Document) -> Document:
        masked = self._desk.is_set("fluents-credentials", "masked")
        return dict.fromkeys(credentials, _MASK) if masked else credentials
