"""Turn the mappings of a file into declared resources."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Final

from reconciler.config.account_choice import ACCOUNT_KEY, AccountChoice
from reconciler.config.entry import Entry
from reconciler.config.environments.overlays import Overlays
from reconciler.config.exemptions import ExemptionReader
from reconciler.config.findings import Findings
from reconciler.config.identities import IdentityReader
from reconciler.config.references.drafts import MentionReader, Unlinked
from reconciler.config.settings.accounts import NAME, NAME_ADVICE
from reconciler.config.settings.section import is_null, name_node
from reconciler.config.suggest import find_nearest, suggest
from reconciler.config.text.positions import Document, Node, Plain, Positions
from reconciler.config.text.source import Place, Source, quote
from reconciler.config.values.convert import Converter
from reconciler.config.values.interpolate import Interpolator
from reconciler.config.values.scalars import WrongTypeError, convert_scalar
from reconciler.config.values.secrets import SecretSource
from reconciler.config.values.validate import Knowledge, SpecCheck
from reconciler.model.exemption import Exemption
from reconciler.model.project import Account, Declared
from reconciler.model.resource_type import Catalog

RESOURCE_KEYS: Final = (ACCOUNT_KEY, "id", "match", "spec", "protect", "ignore")

_BOOLEAN: Final = frozenset({"boolean"})


class ResourceReader:
    """Read the resources of all files of a project, one file after the other."""

    def __init__(
        self,
        catalog: Catalog,
        accounts: Mapping[str, Account],
        *,
        interpolator: Interpolator,
        secrets: SecretSource,
        overlays: Overlays,
        findings: Findings,
        placed: bool = True,
    ) -> None:
        """`placed` tells whether each resource must say which live object it is; otherwise `unplaced` holds those that do not."""
        self._placed = placed
        self.unplaced: list[Declared] = []
        self._catalog = catalog
        self._choice = AccountChoice(catalog, accounts, findings)
        self._interpolator = interpolator
        self._secrets = secrets
        self._overlays = overlays
        self._mentions = MentionReader(catalog.kinds, interpolator)
        self._findings = findings
        self._addresses: dict[str, tuple[Source, Place]] = {}
        self.absent: set[str] = set()
        """Addresses of resources that the environment does not have."""
        self.unlinked: dict[str, Unlinked] = {}
        """What is left to be done for resources that hold references, by address."""
        self._texts: dict[str, str] = {}
        self._knowledge = {known.key: Knowledge(known) for known in catalog.all_types}

    @property
    def addresses(self) -> Collection[str]:
        """List the addresses that were read, those of resources that are wrong among them."""
        return self._addresses.keys()

    def read_resources(self, document: Document) -> Iterator[Declared]:
        """Yield the resources of one file that can be told what they are; every mistake is reported."""
        self._texts = {}
        self._choice.check_file(document)
        for kind in self._catalog.kinds:
            for entry in self._list_entries(document, kind):
                declared = self._read_entry(entry)
                if declared:
                    yield declared

    def read_own(self) -> Iterator[Declared]:
        """Yield the resources that only the environment has; call it after all files."""
        for entry in self._overlays.list_own():
            declared = self._read_entry(entry) if self._accept_entry(entry) else None
            if declared:
                yield declared

    def _list_entries(self, document: Document, kind: str) -> Iterator[Entry]:
        node = document.root.get(kind)
        if is_null(node):
            return
        if not isinstance(node, dict):
            place = document.places.of_value(document.root, kind)
            self._report(
                document,
                place,
                "bad-document",
                f"`{kind}` takes a mapping of names to resources, not {name_node(node)}",
            )
            return
        places = document.places.of_mapping(node)
        for index, (name, body) in enumerate(node.items()):
            entry = Entry(document, kind, name, {} if is_null(body) else body, places[2 * index])
            if not self._accept_entry(entry):
                self._read_rejected(entry)
                continue
            laid = self._overlays.lay(entry)
            if laid:
                yield laid
            else:
                self.absent.add(entry.address)

    def _read_rejected(self, entry: Entry) -> None:
        """Read a resource whose name is none all the same: it must not hide the mistakes inside."""
        if isinstance(entry.body, dict) and not NAME.fullmatch(entry.name):
            self._read_entry(entry)

    def _accept_entry(self, entry: Entry) -> bool:
        if not NAME.fullmatch(entry.name):
            self._refuse(entry, entry.place, "bad-name", f"{quote(entry.name)} is no name for a resource", NAME_ADVICE)
            return False
        if not isinstance(entry.body, dict):
            message = f"a resource takes a mapping, not {name_node(entry.body)}"
            self._refuse(entry, entry.place, "bad-document", message, "Write `id:` and `spec:` below the name.")
            return False
        first = self._addresses.setdefault(entry.address, (entry.document.source, entry.place))
        if first != (entry.document.source, entry.place):
            message = f"{entry.address} is declared twice; first at {first[0].locate(first[1])}"
            self._refuse(entry, entry.place, "duplicate-key", message, "Keep one of the two, or rename one.")
        return True

    def _read_entry(self, entry: Entry) -> Declared | None:
        account = self._choice.choose(entry)
        knowledge = self._find_knowledge(entry, account)
        if not entry.body.keys() <= set(RESOURCE_KEYS):
            self._report_keys(entry, knowledge)
        protect = self._read_protect(entry)
        if knowledge is None:
            return None
        spec = self._read_spec(entry, knowledge, account)
        reader = IdentityReader(
            entry.document,
            entry.body,
            entry.address,
            entry.place,
            self._interpolator,
            self._mentions,
            self._findings,
            placed=self._placed,
        )
        identity, match = reader.read(knowledge)
        self._keep_unlinked(entry, reader, knowledge)
        exemptions = self._read_exemptions(entry, knowledge, spec) if "ignore" in entry.body else ()
        said = bool(identity or match or reader.keys)
        if account is None or not (said or self._is_unplaced(entry)):
            return None
        declared = Declared(
            address=entry.address,
            kind=entry.kind,
            account=account.name,
            provider=account.provider,
            identity=identity,
            match=match,
            spec=spec,
            location=entry.document.source.locate(entry.place),
            protect=protect,
            generation=knowledge.resource_type.api,
            positions=Positions(entry.document, spec),
            exemptions=exemptions,
        )
        self.unplaced += [] if said else [declared]
        return declared if said else None

    def _is_unplaced(self, entry: Entry) -> bool:
        return not self._placed and "id" not in entry.body and "match" not in entry.body

    def _read_exemptions(self, entry: Entry, knowledge: Knowledge, spec: dict[str, Node]) -> tuple[Exemption, ...]:
        return ExemptionReader(entry, knowledge.resource_type, spec, self._findings).read()

    def _find_knowledge(self, entry: Entry, account: Account | None) -> Knowledge | None:
        """Find what is known of the kind; where the account is wrong, what knows more of the fields than any other."""
        if account:
            offered = self._catalog.find(account.provider, entry.kind, account.generation)
            return self._knowledge[offered.key] if offered else None
        spec = entry.body.get("spec")
        written = spec.keys() if isinstance(spec, dict) else set()
        known = [knowledge for knowledge in self._knowledge.values() if knowledge.resource_type.kind == entry.kind]
        counts = [len(written & knowledge.resource_type.fields.keys()) for knowledge in known]
        best = max(counts, default=0)
        return known[counts.index(best)] if counts.count(best) == 1 else None

    def _report_keys(self, entry: Entry, knowledge: Knowledge | None) -> None:
        fields = knowledge.resource_type.owned_fields if knowledge else ()
        for key in entry.body:
            if key in RESOURCE_KEYS:
                continue
            nearest = None if find_nearest(key, RESOURCE_KEYS) else find_nearest(key, fields)
            advice = f"Put `{nearest}` below `spec:`." if nearest else suggest(key, RESOURCE_KEYS)
            place = entry.document.places.of_key(entry.body, key)
            self._refuse(entry, place, "unknown-key", f"a resource has no key {quote(key)}", advice)

    def _read_protect(self, entry: Entry) -> bool:
        value = entry.body.get("protect")
        if is_null(value):
            return False
        try:
            if type(value) is Plain:
                return bool(convert_scalar(value, _BOOLEAN))
            problem, advice = f"takes true or false, not {name_node(value)}", "Write true or false, without quotes."
        except WrongTypeError as error:
            problem, advice = f"takes true or false: {error}", error.advice
        self._refuse(entry, entry.find_place("protect"), "wrong-type", f"`protect` {problem}", advice)
        return False

    def _read_spec(self, entry: Entry, knowledge: Knowledge, account: Account | None) -> dict[str, Node]:
        spec = entry.body.get("spec")
        if is_null(spec):
            return {}
        if not isinstance(spec, dict):
            message = f"`spec` takes a mapping of fields, not {name_node(spec)}"
            self._refuse(
                entry, entry.find_place("spec"), "wrong-type", message, "Write `field: value` lines below `spec:`."
            )
            return {}
        converter = Converter(
            entry.document,
            self._interpolator,
            self._secrets,
            self._findings,
            self._mentions,
            entry.address,
            texts=self._texts,
        )
        converter.convert_mapping(spec, knowledge.shape)
        check = SpecCheck(knowledge, converter, spec, entry.body, entry.place, account)
        if converter.drafts:
            self.unlinked[entry.address] = Unlinked(entry.address, converter.drafts, check)
        else:
            check.check()
        return spec

    def _keep_unlinked(self, entry: Entry, reader: IdentityReader, knowledge: Knowledge) -> None:
        """Keep an `id` or `match` with references until all resources are known."""
        if reader.drafts:
            kept = self.unlinked.setdefault(entry.address, Unlinked(entry.address))
            kept.drafts[:0] = reader.drafts
            kept.section, kept.keys, kept.identity_parts = reader.drafts[0].section, reader.keys, knowledge.parts

    def _refuse(self, entry: Entry, place: Place, code: str, message: str, advice: str) -> None:
        self._report(entry.document, place, code, message, advice=advice, address=entry.address)

    def _report(
        self, document: Document, place: Place, code: str, message: str, *, advice: str = "", address: str | None = None
    ) -> None:
        self._findings.report(code, message, source=document.source, place=place, advice=advice, address=address)
