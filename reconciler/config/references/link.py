"""Link references to what they name, when all resources of a project are known, and fill in what declarations tell.

What is left is open: values that only the live state of another resource tells. A circle of resources that take values from each
other has no beginning, so it is refused, whichever values they take.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from reconciler.config.findings import Findings
from reconciler.config.identities import find_problem
from reconciler.config.references.drafts import Draft, Unlinked
from reconciler.config.references.fill import fill, take_declared
from reconciler.config.references.fitness import check_fitness
from reconciler.config.references.names import LinkError, link_mention, split_mention, trace_fields
from reconciler.config.references.order import Walk
from reconciler.config.values.scalars import WrongTypeError
from reconciler.model.paths import MISSING, Json, Missing, format_pointer
from reconciler.model.project import Declared
from reconciler.model.reference import Reference, Sought, Template, Use
from reconciler.model.resource_type import Catalog, Identity, ResourceType
from reconciler.model.secret import Secret


def link_references(
    resources: Sequence[Declared],
    unlinked: Sequence[Unlinked],
    *,
    addresses: Collection[str],
    absent: Collection[str],
    catalog: Catalog,
    findings: Findings,
) -> list[Declared]:
    """Return the resources with every reference linked, and its value filled in where it is declared.

    `addresses` are all that were written down: a resource that is wrong itself is not among `resources`, and what refers to
    it is not blamed for that. `absent` are those of them that the environment does not have.
    """
    if not unlinked:
        return list(resources)
    return _Linker(resources, unlinked, addresses, absent, catalog, findings).link()


class _Linker:
    def __init__(
        self,
        resources: Sequence[Declared],
        unlinked: Sequence[Unlinked],
        addresses: Collection[str],
        absent: Collection[str],
        catalog: Catalog,
        findings: Findings,
    ) -> None:
        self._declared = {declared.address: declared for declared in resources}
        self._unlinked = {one.address: one for one in unlinked}
        self._addresses = addresses
        self._absent = absent
        self._catalog = catalog
        self._findings = findings
        self._spoiled: set[str] = set()
        """Resources that lack a value because of an error, here or where they take it from."""

    def link(self) -> list[Declared]:
        for one in self._unlinked.values():
            for draft in one.drafts:
                self._link_draft(one, draft)
        for address in self._sort():
            if address in self._unlinked:
                self._fill_in(self._unlinked[address])
        for one in self._unlinked.values():
            self._check(one)
        return list(self._declared.values())

    def _type_of(self, declared: Declared) -> ResourceType:
        return self._catalog.of(declared)

    def _link_draft(self, owner: Unlinked, draft: Draft) -> None:
        parts = [part if isinstance(part, str) else self._link_mention(owner, draft, part.text) for part in draft.parts]
        linked = [part for part in parts if part is not None]
        if len(linked) == len(parts):
            draft.template = Template(tuple(linked), draft.types)

    def _link_mention(self, owner: Unlinked, draft: Draft, text: str) -> Reference | None:
        """Link one mention; None where that is not possible, which is reported unless the target itself was."""
        try:
            address, path = split_mention(text, self._addresses, catalog=self._catalog)
            if address in self._absent:
                raise _miss(address)
            target = self._declared.get(address)
            if target is None or owner.address not in self._declared:
                return None
            known = self._type_of(target)
            reference = link_mention(text, target, path, known=known, location=draft.source.locate(draft.place))
            check_fitness(reference, draft, self._declared[owner.address], target, catalog=self._catalog)
        except LinkError as error:
            self._report(owner, draft, error.code, str(error), error.advice)
            return None
        return reference

    def _sort(self) -> Iterator[str]:
        """Return addresses so that each comes after those it refers to; leave out circles, which are reported."""
        walk = Walk({address: self._list_targets(one) for address, one in self._unlinked.items()})
        for circle in walk.circles:
            self._report_circle(circle)
        return iter(walk.order)

    def _list_targets(self, one: Unlinked) -> dict[str, None]:
        templates = [draft.template for draft in one.drafts if draft.template]
        return dict.fromkeys(reference.address for template in templates for reference in template.references)

    def _report_circle(self, circle: Sequence[str]) -> None:
        """Report resources each of which takes a value from the next; the last is the first again."""
        steps = [self._find_step(source, target) for source, target in pairwise(circle)]
        told = ", ".join(
            f"{source} takes {reference} ({reference.location})"
            for source, (_, reference) in zip(circle, steps, strict=False)
        )
        draft = steps[0][0]
        self._report(
            self._unlinked[circle[0]],
            draft,
            "reference-cycle",
            f"resources take values from each other in a circle: {told}",
            "Write the value itself in one of these places.",
        )

    def _find_step(self, source: str, target: str) -> tuple[Draft, Reference]:
        return next(
            (draft, reference)
            for draft in self._unlinked[source].drafts
            if draft.template
            for reference in draft.template.references
            if reference.address == target
        )

    def _fill_in(self, one: Unlinked) -> None:
        """Fill in the drafts of one resource; what it refers to was filled in before."""
        declared = self._declared.get(one.address)
        if declared is None or any(draft.template is None for draft in one.drafts):
            self._spoiled.add(one.address)
            return
        values: dict[int, Json | Missing] = {id(draft): self._evaluate(one, draft) for draft in one.drafts}
        if None in values.values():
            self._spoiled.add(one.address)
        uses = []
        for draft in one.drafts:
            assert draft.template is not None  # noqa: S101 - looked at above
            value = values[id(draft)]
            uses.append(Use(draft.section, draft.path, draft.template, open=value is MISSING))
            draft.holder[draft.key] = draft.template if value is MISSING else value
            if one.check and draft.section == "spec" and value is not MISSING and value is not None:
                one.check.converter.broken.discard(draft.path)
                one.check.converter.secrets += [value] if isinstance(value, Secret) else []
        declared = replace(declared, uses=tuple(uses))
        self._declared[one.address] = self._identify(declared, one, values) if one.keys else declared

    def _evaluate(self, owner: Unlinked, draft: Draft) -> Json | Missing:
        """Return the value of a draft, MISSING where it is open, None where it is wrong, which is reported."""
        assert draft.template is not None  # noqa: S101 - the caller has looked
        values: dict[Reference, Json] = {}
        for reference in draft.template.references:
            target = self._declared[reference.address]
            value = take_declared(target, reference, known=self._type_of(target))
            if value is None and self._is_spoiled(reference.address):
                return None
            if value is None:
                message = f"{reference} is declared as null, so there is no value to take"
                self._report(owner, draft, "reference-empty", message, "Declare a value there, or write one here.")
                return None
            values[reference] = value
        if MISSING in [value for value in values.values() if value is MISSING]:
            return MISSING
        try:
            return fill(draft.template, values)
        except WrongTypeError as error:
            self._report(owner, draft, "wrong-type", f"{_name(draft)}: {error}", error.advice)
            return None

    def _is_spoiled(self, address: str) -> bool:
        """Tell whether a null may come from an error, which was reported where it is."""
        return address in self._spoiled or self._findings.blames(address)

    def _identify(self, declared: Declared, one: Unlinked, values: Mapping[int, Json | Missing]) -> Declared:
        """Return the resource with the `id` or `match` that its drafts make, or with what is sought where they are open."""
        texts = [(name, text if isinstance(text, str) else values[id(text)]) for name, text in one.keys]
        if any(text is None for _, text in texts):
            return declared
        if any(text is MISSING for _, text in texts):
            told = {name: text for name, text in texts if isinstance(text, str)}
            keys = [(name, told.get(name) or draft.template) for name, draft in one.keys if isinstance(draft, Draft)]
            sought = {**told, **{name: key for name, key in keys if key is not None}}
            return replace(declared, sought=Sought(one.section, tuple((name, sought[name]) for name, _ in one.keys)))
        for name, draft in one.keys:
            if isinstance(draft, Draft) and name in one.identity_parts:
                problem = find_problem(str(values[id(draft)]), one.identity_parts[name])
                if problem:
                    self._report(one, draft, "bad-identity", problem, one.identity_parts[name].description)
        known = tuple((name, str(text)) for name, text in texts)
        if one.section == "id":
            return replace(
                declared, identity=Identity(tuple((name, one.identity_parts[name].spell(text)) for name, text in known))
            )
        return replace(declared, match=dict(known))

    def _check(self, one: Unlinked) -> None:
        """Check the spec of a resource without its open values, which are put back afterwards."""
        if one.check is None:
            return
        drafts = [draft for draft in one.drafts if draft.section == "spec"]
        standing = [(draft, draft.holder[draft.key]) for draft in drafts]
        for draft, value in standing:
            draft.holder[draft.key] = None if isinstance(value, Template) else value
        one.check.check()
        for draft, value in standing:
            draft.holder[draft.key] = value

    def _report(self, owner: Unlinked, draft: Draft, code: str, message: str, advice: str) -> None:
        secret = (
            draft.section == "spec"
            and owner.address in self._declared
            and any(field.secret for field in trace_fields(self._type_of(self._declared[owner.address]), draft.path))
        )
        self._findings.report(
            code,
            message,
            source=draft.source,
            place=draft.place,
            advice=advice,
            address=owner.address,
            path=format_pointer(draft.path) if draft.section == "spec" else "",
            excerpt="" if secret else None,
        )


def _miss(address: str) -> LinkError:
    message = f"{address} is absent in this environment, so there is nothing to take from it"
    return LinkError(message, "Lay another value over this one there, or make this resource absent too.")


def _name(draft: Draft) -> str:
    return ".".join(draft.path) or draft.section
