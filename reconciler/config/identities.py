"""Read which live object a resource is: its `id`, or the natural keys of `match`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from reconciler.config.findings import Findings
from reconciler.config.references.drafts import Draft, MentionReader, Parts
from reconciler.config.settings.section import is_null, name_node
from reconciler.config.suggest import list_names, suggest, with_article
from reconciler.config.text.positions import Document, Node
from reconciler.config.text.source import Place, quote
from reconciler.config.values.forms import describe_form
from reconciler.config.values.interpolate import InterpolationError, Interpolator
from reconciler.config.values.validate import Knowledge
from reconciler.model.reference import Section
from reconciler.model.resource_type import Identity, IdentityPart

# Dots would be read as steps of a URL's path, which no percent-encoding prevents.
_PATH_STEPS = frozenset({".", ".."})
_TEXT = frozenset({"string"})
_NO_MATCH: Mapping[str, str] = {}


@dataclass(slots=True)  # not frozen: that would triple the time it takes to make one
class IdentityReader:
    """Read `id` and `match` of one resource. All values are text, however they look."""

    document: Document
    body: dict[str, Node]
    address: str
    place: Place
    interpolator: Interpolator
    mentions: MentionReader
    findings: Findings
    placed: bool = True
    """Whether a resource must say which live object it is."""
    drafts: list[Draft] = field(default_factory=list)
    """Values with references, in order of their places."""
    keys: tuple[tuple[str, str | Draft], ...] = ()
    """All keys of an `id` or `match` in which there are drafts; then neither an identity nor a match is returned."""

    def read(self, knowledge: Knowledge) -> tuple[Identity | None, Mapping[str, str]]:
        """Return the identity or the match keys; neither where that is wrong, which is reported."""
        has_id, has_match = "id" in self.body, "match" in self.body
        if has_id and has_match:
            self._refuse(
                self._find_place("match"), "bad-identity", "`id` and `match` exclude each other", "Keep one of the two."
            )
            return None, _NO_MATCH
        if has_id:
            return self._read_id(knowledge), _NO_MATCH
        if has_match:
            return None, self._read_match(knowledge)
        if not self.placed:
            return None, {}
        advice = (
            f"Add `id:`, or `match:` with {list_names(knowledge.match_keys)}." if knowledge.match_keys else "Add `id:`."
        )
        self._refuse(self.place, "identity-missing", f"{self.address} does not say which live object it is", advice)
        return None, _NO_MATCH

    def _read_id(self, knowledge: Knowledge) -> Identity | None:
        parts, value = knowledge.parts, self.body["id"]
        if len(parts) == 1:
            (part,) = parts.values()
            return self._identify(parts, [(part.name, self._read_part(self.body, "id", part, section="id"))])
        if not isinstance(value, dict) or value.keys() != parts.keys():
            wanted = ", ".join(f"{name}: ..." for name in parts)
            message = f"`id` takes exactly {list_names(parts)}"
            self._refuse(self._find_place("id"), "bad-identity", message, f"Write `id: {{{wanted}}}`.")
            return None
        texts = [(name, self._read_part(value, name, part, section="id")) for name, part in parts.items()]
        return self._identify(parts, texts)

    def _identify(
        self, parts: Mapping[str, IdentityPart], texts: list[tuple[str, str | Draft | None]]
    ) -> Identity | None:
        known = tuple((name, parts[name].spell(text)) for name, text in texts if isinstance(text, str))
        if self.drafts:
            self.keys = tuple((name, text) for name, text in texts if text is not None)
        return Identity(known) if len(known) == len(texts) else None

    def _read_match(self, knowledge: Knowledge) -> dict[str, str]:
        keys = self.body["match"]
        place = self._find_place("match")
        if not knowledge.match_keys:
            self._refuse(
                place,
                "bad-identity",
                f"{with_article(knowledge.resource_type.title)} has no natural keys to match by",
                "Use `id:`.",
            )
            return {}
        if not isinstance(keys, dict) or not keys:
            advice = f"Write natural keys: {list_names(knowledge.match_keys)}."
            self._refuse(
                place, "bad-identity", f"`match` takes a mapping, not {name_node(keys) if keys else 'nothing'}", advice
            )
            return {}
        missing = [name for name in knowledge.match_required if name not in keys]
        if missing:
            self._refuse(
                place, "bad-identity", f"`match` needs {list_names(missing)}", "Objects are only listed within it."
            )
        unknown = [key for key in keys if key not in knowledge.match_keys]
        for key in unknown:
            at = self.document.places.of_key(keys, key)
            self._refuse(at, "unknown-key", f"`match` has no key {quote(key)}", self._advise_key(key, knowledge))
        return {} if missing or unknown else self._read_keys(keys, knowledge)

    def _advise_key(self, key: str, knowledge: Knowledge) -> str:
        """Say that a key is the id, where it is; else name the nearest natural key."""
        part = next((part for part in knowledge.parts.values() if key in {part.name, part.field}), None)
        if part is None:
            return suggest(key, knowledge.match_keys)
        written = (
            f"`id: {{{', '.join(f'{name}: ...' for name in knowledge.parts)}}}`"
            if len(knowledge.parts) > 1
            else "`id:`"
        )
        return f"{key} is the id of {with_article(knowledge.resource_type.title)}: write {written} instead of `match:`."

    def _read_keys(self, keys: dict[str, Node], knowledge: Knowledge) -> dict[str, str]:
        texts = {key: self._read_key(keys, key, knowledge.parts.get(key)) for key in keys}
        known = {key: text for key, text in texts.items() if isinstance(text, str)}
        if self.drafts:
            self.keys = tuple((key, text) for key, text in texts.items() if text is not None)
        return known if len(known) == len(texts) else {}

    def _read_key(self, keys: dict[str, Node], key: str, part: IdentityPart | None) -> str | Draft | None:
        return (
            self._read_part(keys, key, part, section="match") if part else self._read_text(keys, key, section="match")
        )

    def _read_part(
        self, holder: dict[str, Node], key: str, part: IdentityPart, *, section: Section
    ) -> str | Draft | None:
        text = self._read_text(holder, key, section=section)
        if not isinstance(text, str):
            return text
        problem = find_problem(text, part)
        if problem:
            self._refuse_value(holder, key, "bad-identity", problem, part.description)
            return None
        return text

    def _read_text(self, holder: dict[str, Node], key: str, *, section: Section) -> str | Draft | None:
        value = holder[key]
        if not isinstance(value, str) or is_null(value):
            message = f"`{key}` takes text, not {name_node(value)}"
            self._refuse_value(holder, key, "bad-identity", message, "Write the text that the vendor shows.")
            return None
        if "${" not in value:
            return str(value)
        try:
            parts = self.mentions.read(value)
            return self._draft(holder, key, parts, section) if parts else self.interpolator.expand(value)
        except InterpolationError as error:
            self._refuse_value(holder, key, error.code, f"{key}: {error}", error.advice)
            return None

    def _draft(self, holder: dict[str, Node], key: str, parts: Parts, section: Section) -> Draft:
        place = self.document.places.of_value(holder, key)
        path = () if holder is self.body else (key,)
        draft = Draft(section, path, parts, _TEXT, self.document.source, place, holder, key)
        self.drafts.append(draft)
        return draft

    def _refuse_value(self, holder: dict[str, Node], key: str, code: str, message: str, advice: str) -> None:
        self._refuse(self.document.places.of_value(holder, key), code, message, advice)

    def _find_place(self, key: str) -> Place:
        return self.document.places.of_value(self.body, key)

    def _refuse(self, place: Place, code: str, message: str, advice: str) -> None:
        source, address = self.document.source, self.address
        self.findings.report(code, message, source=source, place=place, advice=advice, address=address)


def find_problem(text: str, part: IdentityPart) -> str | None:
    """Say why a text cannot be a part of an identity; None where it can."""
    if text in part.reserved:
        return f"{quote(text)} is a word of the vendor's API, not an id (`{part.name}`)"
    if not text.strip() or text in _PATH_STEPS or not text.isprintable():
        return f"{quote(text)} cannot be an id (`{part.name}`)"
    if part.pattern and not _compile(part.pattern).fullmatch(text):
        form = describe_form(part.pattern, description=part.description)
        return f"{quote(text)} does not look like `{part.name}`. {form.removesuffix('.')}"
    return None


@cache
def _compile(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
