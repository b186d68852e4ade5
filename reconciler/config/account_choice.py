"""Choose the account of a resource: its own `account:`, else the file's, else the only one that offers the kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from reconciler.config.entry import Entry
from reconciler.config.findings import Findings
from reconciler.config.settings.section import is_null, name_node
from reconciler.config.suggest import list_names, suggest
from reconciler.config.text.positions import Document, Node
from reconciler.config.text.source import Place, quote
from reconciler.model.project import Account
from reconciler.model.resource_type import Catalog

ACCOUNT_KEY: Final = "account"
"""The key that names an account: of one resource, and at the top of a file for all of its resources."""


class AccountChoice:
    """The accounts of a project and what each of them offers."""

    def __init__(self, catalog: Catalog, accounts: Mapping[str, Account], findings: Findings) -> None:
        self._accounts = accounts
        self._findings = findings
        self._offers = {kind: self._find_offers(kind, catalog) for kind in catalog.kinds}

    def _find_offers(self, kind: str, catalog: Catalog) -> list[str]:
        return [
            name for name, account in self._accounts.items() if catalog.find(account.provider, kind, account.generation)
        ]

    def choose(self, entry: Entry) -> Account | None:
        """Return the account of a resource; None where there is none, which is reported here or by `check_file`."""
        if not is_null(entry.body.get(ACCOUNT_KEY)):
            place = entry.find_place(ACCOUNT_KEY)
            return self._find(entry.document, entry.body[ACCOUNT_KEY], entry.kind, place=place, address=entry.address)
        if not is_null(entry.document.root.get(ACCOUNT_KEY)):
            name = entry.document.root[ACCOUNT_KEY]
            return self._accounts[name] if isinstance(name, str) and name in self._offers[entry.kind] else None
        return self._choose_only(entry)

    def check_file(self, document: Document) -> None:
        """Report once what is wrong with the `account:` of a file: its name, or a kind that it does not offer."""
        name = document.root.get(ACCOUNT_KEY)
        if is_null(name):
            return
        if not isinstance(name, str) or name not in self._accounts:
            self._find(document, name, "", place=document.places.of_value(document.root, ACCOUNT_KEY))
            return
        for kind, offers in self._offers.items():
            if name not in offers and _leave_account(document.root.get(kind)):
                place = document.places.of_key(document.root, kind)
                self._refuse_kind(document, str(name), kind, place=place, whose="the account of this file, ")

    def _find(
        self, document: Document, name: Node, kind: str, *, place: Place, address: str | None = None
    ) -> Account | None:
        """Return the named account where it offers the kind; without a kind only the name is judged."""
        offers = self._offers.get(kind, list(self._accounts))
        if isinstance(name, str) and name in offers:
            return self._accounts[str(name)]
        if not isinstance(name, str):
            message = f"`account` takes a name, not {name_node(name)}"
            self._report(document, place, "wrong-type", message, "Write the account's name.", address)
        elif name in self._accounts:
            self._refuse_kind(document, str(name), kind, place=place, address=address)
        else:
            advice = suggest(name, offers) or "Add it under `accounts` in reconciler.yaml."
            self._report(document, place, "account-unknown", f"there is no account {quote(name)}", advice, address)
        return None

    def _refuse_kind(
        self, document: Document, name: str, kind: str, *, place: Place, whose: str = "", address: str | None = None
    ) -> None:
        title = f"{whose}{quote(name)}," if whose else f"the account {quote(name)}"
        message = f"{title} is at {self._accounts[name].provider}, which has no {kind}"
        advice = f"Accounts that do: {list_names(self._offers[kind]) or 'none'}."
        advice += " Name one with `account:` at each resource, or move them to another file." if whose else ""
        self._report(document, place, "account-unknown", message, advice, address)

    def _choose_only(self, entry: Entry) -> Account | None:
        offers = self._offers[entry.kind]
        if len(offers) == 1:
            return self._accounts[offers[0]]
        if offers:
            code = "account-ambiguous"
            message = f"{entry.address} does not say its account, and several offer {entry.kind}: {list_names(offers)}"
            advice = f"Add `account: {offers[0]}`, or another of them, to the resource, or at the top of the file for all of its resources."
        else:
            code, message = "account-unknown", f"no account of this project offers {entry.kind}"
            advice = "Add one under `accounts` in reconciler.yaml."
        self._report(entry.document, entry.place, code, message, advice, entry.address)
        return None

    def _report(
        self, document: Document, place: Place, code: str, message: str, advice: str, address: str | None
    ) -> None:
        source = document.source
        self._findings.report(code, message, source=source, place=place, advice=advice, address=address)


def _leave_account(resources: Node) -> bool:
    """Tell whether any resource of a kind leaves its account to the file."""
    bodies = resources.values() if isinstance(resources, dict) else ()
    return any(not isinstance(body, dict) or is_null(body.get(ACCOUNT_KEY)) for body in bodies)
