"""Check a converted `spec` against what is known of its resource type.

The fast validator answers yes or no; only for a no the slow one is imported, which explains (see `explain`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from reconciler.config.findings import Findings
from reconciler.config.suggest import find_nearest, list_names, with_article
from reconciler.config.text.positions import Node
from reconciler.config.text.source import Place, quote
from reconciler.config.values.convert import Converter
from reconciler.config.values.explain import Problem, describe_read_only, explain_errors, name_path
from reconciler.config.values.marked import EACH, Pattern, find_marked, pick_each
from reconciler.config.values.shapes import Shape, compile_shape, mark_secrets
from reconciler.model.diagnostic import Severity
from reconciler.model.field import Field, Form
from reconciler.model.paths import FieldPath, Json, format_pointer
from reconciler.model.project import Account
from reconciler.model.resource_type import ResourceType
from reconciler.model.secret import redact_all, reveal_within

if TYPE_CHECKING:
    import jsonschema_rs


class Knowledge:
    """What checking must know of one resource type, worked out once."""

    def __init__(self, resource_type: ResourceType) -> None:
        self.resource_type = resource_type
        self.parts = {part.name: part for part in resource_type.identity}
        natural = resource_type.match
        self.match_required = tuple(part for part in self.parts if part in (*natural, *resource_type.list.group))
        self.match_keys = tuple(dict.fromkeys((*self.match_required, *natural)))

    @cached_property
    def shape(self) -> Shape:
        """The types of each place of `spec`."""
        return mark_secrets(compile_shape(self.resource_type.spec_schema), self.resource_type.fields)

    @cached_property
    def validator(self) -> jsonschema_rs.Validator:
        """The fast validator of `spec`."""
        import jsonschema_rs

        return jsonschema_rs.validator_for(dict(self.resource_type.spec_schema), validate_formats=True)

    @cached_property
    def open_enums(self) -> tuple[tuple[Pattern, Field], ...]:
        """Fields whose known values are not all there are."""
        return tuple(find_marked(self.resource_type.fields, lambda known: known.open_enum))

    @cached_property
    def forms(self) -> tuple[tuple[Pattern, Field], ...]:
        """Fields whose values are known to have a form."""
        return tuple(find_marked(self.resource_type.fields, lambda known: known.form is not None))

    @cached_property
    def nested_read_only(self) -> tuple[tuple[Pattern, Field], ...]:
        """Read-only fields below the top level, where a schema that takes any key would let them pass."""
        found = find_marked(self.resource_type.fields, lambda known: not (known.writable or known.immutable))
        return tuple((pattern, known) for pattern, known in found if len(pattern) > 1 and self._is_open(pattern[:-1]))

    def _is_open(self, pattern: Pattern) -> bool:
        fields, known = self.resource_type.fields, None
        for step in pattern:
            known = (known.entries or known.rest) if step is EACH and known else fields.get(str(step))
            if known is None:
                return False
            fields = known.fields
        return known is not None and known.schema.get("additionalProperties") is not False


def find_problems(resource_type: ResourceType, spec: Mapping[str, Json]) -> list[Problem]:
    """List why values that were not written down themselves do not fit the schema of `spec`."""
    validator, judged = Knowledge(resource_type).validator, reveal_within(spec)
    return [] if validator.is_valid(judged) else explain_errors(resource_type, judged, validator=validator)


@dataclass(slots=True)  # not frozen: that would triple the time it takes to make one
class SpecCheck:
    """Check one resource's `spec`. `converter` knows which values were reported already; `body` is the
    resource that holds the spec, `place` where it stands.
    """

    knowledge: Knowledge
    converter: Converter
    spec: Mapping[str, Json]
    body: dict[str, Node]
    place: Place
    account: Account | None
    """Says how null clears; without one nothing is refused for it."""

    def check(self) -> None:
        """Report everything that is wrong with the spec."""
        knowledge = self.knowledge
        if self.converter.nulls:
            self._check_nulls(self.spec, knowledge.resource_type.fields, ())
        if knowledge.open_enums:
            self._check_open_enums()
        if knowledge.forms:
            self._check_forms()
        if knowledge.nested_read_only:
            self._check_read_only()
        if knowledge.resource_type.companions and self.spec:
            self._check_companions()
        judged = reveal_within(self.spec) if self.converter.secrets else self.spec
        if not knowledge.validator.is_valid(judged):
            self._explain(judged)

    def _explain(self, judged: Mapping[str, Json]) -> None:
        if self._findings.count_only() or self._misses_nulls_only(judged):
            return
        for problem in explain_errors(self.knowledge.resource_type, judged, validator=self.knowledge.validator):
            if self._is_widened(problem):
                message = f"{name_path(problem.path)}: {quote(problem.value)} is taken because this account's `widen` names it"
                self._report("open-enum", message, problem.path, advice="", severity=Severity.WARNING)
                continue
            cleared = problem.value is None and self._find_field(problem.path) is not None
            hidden = self.converter.is_broken(problem.path) or (
                problem.about_form and self.converter.holds_broken(problem.path)
            )
            if not hidden and not (cleared and problem.about_value):
                self._report_problem(problem)

    def _misses_nulls_only(self, judged: Mapping[str, Json]) -> bool:
        """Tell whether nothing but null where a field stands is wrong, of which the schema has nothing to tell: null is
        how a field is cleared, and how one looks whose value another resource gives.
        """
        wrong = self.knowledge.validator.iter_errors(judged)
        return all(error.instance is None and self._find_field(error.instance_path) is not None for error in wrong)

    def _is_widened(self, problem: Problem) -> bool:
        """Tell whether a value is refused by a closed list only, which the account widens by it."""
        if len(problem.path) != 1 or not self.account or not isinstance(problem.value, str) or not problem.about_value:
            return False
        known = self._find_field(problem.path)
        widened = self.account.widen.get(str(problem.path[0]), ())
        return known is not None and "enum" in known.schema and problem.value in widened

    def _report_problem(self, problem: Problem) -> None:
        message, advice, excerpt = problem.message, problem.advice, None
        if problem.about_value and self._is_secret(problem.path):
            message = f"`{problem.path[-1]}` does not fit its schema; a secret is not shown"
            advice, excerpt = "", ""
        message, advice = (redact_all(text, self.converter.secrets) for text in (message, advice))
        self._report(problem.code, message, problem.path, advice=advice, key=problem.key, excerpt=excerpt)

    def _is_secret(self, path: Sequence[str | int]) -> bool:
        """Tell whether a path leads to a secret or into one."""
        found = (self._find_field(path[:end]) for end in range(1, len(path) + 1))
        return any(known.secret for known in found if known)

    def _find_field(self, path: Sequence[str | int]) -> Field | None:
        known, fields = None, self.knowledge.resource_type.fields
        for key in path:
            known = fields.get(str(key))
            if known is None:
                return None
            fields = known.fields
        return known

    def _check_nulls(self, values: Mapping[str, Json], fields: Mapping[str, Field], above: FieldPath) -> None:
        for key, value in values.items():
            known, path = fields.get(key), (*above, key)
            if known is None or path in self.converter.broken:
                continue
            if isinstance(value, dict):
                self._check_nulls(value, known.fields, path)
            elif value is None and (known.writable or known.immutable):
                self._check_null(known, path)

    def _check_null(self, known: Field, path: FieldPath) -> None:
        name = with_article(self.knowledge.resource_type.title)
        if known.clearing == "refuse":
            message = f"`{known.name}` of {name} cannot be cleared with null"
            advice = 'Remove the line to leave the field alone. For the text "null" use quotes.'
            self._report("cannot-clear", message, path, advice=advice)
        elif known.clearing == "account" and self.account and self.account.clear_of(path[0]) == "refuse":
            message = f"nobody knows how the vendor clears `{known.name}` of {name}, so null is refused"
            advice = "Remove the line, or say how this account clears: `clear: send-null` or `clear: send-empty` under `accounts`."
            self._report("cannot-clear", message, path, advice=advice)

    def _check_open_enums(self) -> None:
        for pattern, known in self.knowledge.open_enums:
            values = known.schema.get("enum", ())
            for path, value in pick_each(self.spec, pattern):
                if isinstance(value, str) and value not in values and value not in known.equals_null:
                    nearest = find_nearest(value, values)
                    advice = f"Did you mean `{nearest}`?" if nearest else f"Known: {list_names(values)}."
                    message = (
                        f"{name_path(path)}: {quote(value)} is not among the known values; the vendor may still know it"
                    )
                    self._report("open-enum", message, path, advice=advice, severity=Severity.WARNING)

    def _check_forms(self) -> None:
        for pattern, known in self.knowledge.forms:
            for path, value in pick_each(self.spec, pattern):
                if known.form and not _fits(value, known.form):
                    message = f"{name_path(path)}: {value!r} is not {known.form.means}; the vendor may still take it"
                    self._report("open-enum", message, path, advice=known.advice, severity=Severity.WARNING)

    def _check_read_only(self) -> None:
        for pattern, known in self.knowledge.nested_read_only:
            for path, _ in pick_each(self.spec, pattern):
                problem = describe_read_only(known, path[:-1])
                self._report_problem(problem)

    def _check_companions(self) -> None:
        for name in self.knowledge.resource_type.companions:
            if name not in self.spec:
                message = f"`{name}` is missing: the vendor demands it with every change"
                self._report(
                    "companion-missing", message, (), advice=f"Add `{name}` to `spec` with the value it should have."
                )

    def _report(
        self,
        code: str,
        message: str,
        path: Sequence[str | int],
        *,
        advice: str,
        severity: Severity = Severity.ERROR,
        key: str | None = None,
        excerpt: str | None = None,
    ) -> None:
        document, findings = self.converter.document, self._findings
        findings.report(
            code,
            message,
            source=document.source,
            place=self._find_place(path, key),
            advice=advice,
            address=self.converter.address,
            path=format_pointer(tuple(map(str, path if key is None else (*path, key)))),
            severity=severity,
            excerpt=excerpt,
        )

    @property
    def _findings(self) -> Findings:
        return self.converter.findings

    def _find_place(self, path: Sequence[str | int], key: str | None) -> Place:
        places = self.converter.document.places
        if key is None:
            return places.find(self.body, ("spec", *path), fallback=self.place)
        holder: Json = self.spec
        for step in path:
            holder = holder[step]
        return places.of_key(holder, key)


def _fits(value: Json, form: Form) -> bool:
    if isinstance(value, str) and form.pattern:
        return bool(re.search(form.pattern, value))
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return not (number and form.maximum is not None and value > form.maximum)
