"""Turn what was written under `spec` into JSON values, in place, as the schema of each field says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from reconciler.config.findings import Findings
from reconciler.config.references.drafts import Draft, MentionReader, Parts
from reconciler.config.text.leftovers import BLANK_ADVICE, find_leftover, is_blank, may_be_unwanted
from reconciler.config.text.positions import Document, Node, Plain
from reconciler.config.text.source import quote
from reconciler.config.values.interpolate import InterpolationError, Interpolator, is_lone_variable
from reconciler.config.values.scalars import NULLS, WrongTypeError, convert_scalar
from reconciler.config.values.secrets import SecretSource, advise
from reconciler.config.values.shapes import ANY, Shape
from reconciler.model.diagnostic import Severity
from reconciler.model.paths import FieldPath, Json, format_pointer
from reconciler.model.secret import Secret


@dataclass(slots=True)
class Converter:
    """Convert the values of one resource. `broken` collects the paths that were reported, so that they are not twice."""

    document: Document
    interpolator: Interpolator
    source: SecretSource
    findings: Findings
    mentions: MentionReader
    address: str
    broken: set[FieldPath] = field(default_factory=set)
    nulls: bool = False
    """Whether a null was met."""
    secrets: list[Secret] = field(default_factory=list)
    """The secrets that were put in."""
    texts: dict[str, str] = field(default_factory=dict)
    """Texts that occur again and again, each once; shared by all resources of a file."""
    drafts: list[Draft] = field(default_factory=list)
    """Values with references: they count as broken until they are linked."""

    def convert_mapping(self, node: dict[str, Node], shape: Shape, path: FieldPath = ()) -> None:
        """Convert the values of a mapping in place: places are known by the identity of their collection."""
        known, extra, texts = shape.fields, shape.extra or ANY, self.texts
        for key, value in node.items():
            kind, below = type(value), known.get(key, extra)
            if kind is Plain and below.text and "$" not in value and value not in NULLS and value.isprintable():
                text = str(value)
                node[key] = texts.setdefault(text, text)
            elif kind is not str or "$" in value or below.secret or may_be_unwanted(value):
                node[key] = self._convert(node, key, value, below, path)

    def _convert_list(self, node: list[Node], shape: Shape, path: FieldPath) -> None:
        for index, value in enumerate(node):
            node[index] = self._convert(node, index, value, shape, path)

    def _convert(self, holder: Node, key: str | int, value: Node, shape: Shape, above: FieldPath) -> Json:
        kind = type(value)
        path = (*above, str(key))
        if kind is dict:
            self.convert_mapping(value, shape, path)
            return value
        if kind is list:
            self._convert_list(value, shape.items or ANY, path)
            return value
        try:
            parts = self.mentions.read(value) if isinstance(value, str) and "${" in value else None
            if parts:
                return self._draft(holder, key, parts, shape, path)
            if shape.secret and not (value is None or value == "" or (kind is Plain and value in NULLS)):
                return self._convert_secret(holder, key, value, path)
            converted = self._convert_scalar(value, shape)
            if type(converted) is str and may_be_unwanted(converted):
                _refuse_unwanted(converted)
        except (WrongTypeError, InterpolationError) as error:
            self._report(error, holder, key, path)
            return None
        return converted

    def _convert_scalar(self, value: Node, shape: Shape) -> Json:
        if value is None or (type(value) is Plain and value in NULLS):
            self.nulls = True
            return None
        if "${" in value:
            return self._expand(value, shape)
        return convert_scalar(value, shape.types) if type(value) is Plain else value

    def _draft(self, holder: Node, key: str | int, parts: Parts, shape: Shape, path: FieldPath) -> None:
        """Keep a value with references until all resources are known; null stands in its place."""
        place = self.document.places.of_value(holder, key)
        self.drafts.append(Draft("spec", path, parts, shape.types, self.document.source, place, holder, key))
        self.broken.add(path)

    def _expand(self, value: str, shape: Shape) -> Json:
        """Expand to text; the whole value of a typed field may be one variable. A variable never means null."""
        text = self.interpolator.expand(value)
        typed = shape.types - {"null"} and not shape.text
        return convert_scalar(text, shape.types) if typed and is_lone_variable(value) else text

    def _convert_secret(self, holder: Node, key: str | int, value: str, path: FieldPath) -> Secret:
        """Fill in a secret. One that is played by a stand-in is not judged by its schema."""
        filled = self.source.fill(value, self.interpolator)
        self.secrets.append(filled.secret)
        if filled.played:
            self.broken.add(path)
        for name in filled.absent:
            message = f"{path[-1]}: the secret {quote(name)} is not set here, so it was not checked"
            self._tell("secret-missing", message, holder, key, path, advice=advise(name), severity=Severity.NOTE)
        return filled.secret

    def _report(
        self, error: WrongTypeError | InterpolationError, holder: Node, key: str | int, path: FieldPath
    ) -> None:
        self.broken.add(path)
        code = error.code if isinstance(error, InterpolationError) else "wrong-type"
        message = f"{path[-1] if isinstance(key, str) else '.'.join(path)}: {error}"
        self._tell(code, message, holder, key, path, advice=error.advice)

    def _tell(
        self,
        code: str,
        message: str,
        holder: Node,
        key: str | int,
        path: FieldPath,
        *,
        advice: str,
        severity: Severity = Severity.ERROR,
    ) -> None:
        self.findings.report(
            code,
            message,
            source=self.document.source,
            place=self.document.places.of_value(holder, key),
            advice=advice,
            address=self.address,
            path=format_pointer(path),
            severity=severity,
            excerpt="" if code == "secret-in-clear" else None,
        )

    def is_broken(self, path: Iterable[str | int]) -> bool:
        """Tell whether a path, or what holds it, was reported already."""
        keys = tuple(str(key) for key in path)
        return any(keys[:end] in self.broken for end in range(1, len(keys) + 1))

    def holds_broken(self, path: Iterable[str | int]) -> bool:
        """Tell whether a value below a path was reported already, or is not known yet."""
        keys = tuple(str(key) for key in path)
        return any(path[: len(keys)] == keys for path in self.broken)


def _refuse_unwanted(text: str) -> None:
    """Raise for a text that nobody wants live; one that is written as empty is meant."""
    leftover = find_leftover(text)
    if leftover:
        raise InterpolationError("unwanted-content", f"the text holds {leftover.message}", leftover.advice)
    if is_blank(text):
        raise InterpolationError("blank-value", "the text holds white space only", BLANK_ADVICE)
