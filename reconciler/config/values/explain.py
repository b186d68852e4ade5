"""Explain in plain words why a `spec` does not fit its JSON Schema."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from reconciler.config.suggest import list_names, suggest, with_article
from reconciler.config.text.positions import Plain
from reconciler.config.text.source import quote
from reconciler.config.values.forms import describe_form
from reconciler.config.values.scalars import WrongTypeError, convert_scalar, name_types
from reconciler.model.field import Field
from reconciler.model.paths import Json
from reconciler.model.resource_type import ResourceType

if TYPE_CHECKING:
    import jsonschema_rs

_BOUNDS: Final = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "exclusiveMinimum": "more than {}",
    "exclusiveMaximum": "less than {}",
    "multipleOf": "a multiple of {}",
    "minLength": "at least {} characters long",
    "maxLength": "at most {} characters long",
    "minItems": "a list of at least {}",
    "maxItems": "a list of at most {}",
    "minProperties": "a mapping of at least {}",
    "maxProperties": "a mapping of at most {}",
}
_FORMATS: Final = {
    "date-time": "a date and time such as 2025-01-31T12:00:00Z",
    "e164": "a phone number in E.164 such as +14155552671",
    "email": "an e-mail address",
    "uri": "a URL such as https://example.com/hook",
    "uuid": "a UUID",
}
_SHOWN: Final = 60


class _Failure(Protocol):
    """What is used of a `jsonschema` error; its own types would bring the slow import along."""

    message: str
    validator: Any
    validator_value: Any
    instance: Any
    schema: Any
    context: Any
    relative_schema_path: Any

    @property
    def absolute_path(self) -> Any:
        """The keys that lead from `spec` to the instance."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason. `path` leads to the value; `key` names a key of it where the key itself is wrong."""

    code: str
    message: str
    path: tuple[str | int, ...]
    value: Json
    advice: str = ""
    key: str | None = None
    about_value: bool = True
    """Whether it is about the value itself: then a null was judged elsewhere."""
    about_form: bool = False
    """Whether it is about all that lies below: then one value there that is not known yet may be the reason."""


def explain_errors(
    resource_type: ResourceType, spec: Mapping[str, Json], *, validator: jsonschema_rs.Validator
) -> list[Problem]:
    """List the reasons why a spec is not valid: never an empty list.

    `validator` is the fast validator that said no; it has the word where the explaining one finds nothing.
    """
    from jsonschema import Draft202012Validator

    slow = Draft202012Validator(resource_type.spec_schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    problems = [problem for error in slow.iter_errors(spec) for problem in _explain(error, resource_type)]
    return problems or [_explain_fast(error) for error in validator.iter_errors(spec)]


def _explain_fast(error: jsonschema_rs.ValidationError) -> Problem:
    path = tuple(error.instance_path)
    return Problem("invalid-value", f"{name_path(path)}: {_shorten(str(error.message))}", path, error.instance)


def _explain(error: _Failure, resource_type: ResourceType) -> Iterator[Problem]:
    word = str(error.validator)
    if word in {"additionalProperties", "unevaluatedProperties"} and isinstance(error.instance, dict):
        yield from _explain_keys(error, resource_type)
    elif word in {"anyOf", "oneOf"}:
        yield from _explain_union(error, resource_type)
    elif word == "required":
        yield _explain_missing(error)
    else:
        yield _explain_value(error, word, _find_field(resource_type.fields, error.absolute_path))


def _find_field(fields: Mapping[str, Field], path: Iterable[str | int]) -> Field | None:
    found = None
    for key in path:
        found = (found.entries if found else None) if isinstance(key, int) else fields.get(key)
        if found is None:
            return None
        fields = found.fields
    return found


def _explain_keys(error: _Failure, resource_type: ResourceType) -> Iterator[Problem]:
    path = tuple(error.absolute_path)
    known = error.schema.get("properties", {})
    holder = _find_field(resource_type.fields, path)
    fields = resource_type.fields if not path else holder.fields if holder else {}
    for key in error.instance:
        if key in known:
            continue
        if key in fields and not fields[key].writable:
            yield describe_read_only(fields[key], path)
        else:
            title = name_path(path) if path else with_article(resource_type.title)
            union = holder.union if holder else None if path else resource_type.union
            title += f" with {union.by} {error.instance[union.by]}" if union and union.choose(error.instance) else ""
            message = f"{title} has no field {quote(key)}"
            yield Problem(
                "unknown-field", message, path, error.instance, suggest(key, known), key=key, about_value=False
            )


def describe_read_only(known: Field, path: tuple[str | int, ...]) -> Problem:
    """Describe the declaration of a field that the vendor sets; `path` leads to what holds it."""
    advice = known.advice or "Remove it: the vendor sets it."
    message = f"`{known.name}` is set by the vendor and cannot be declared"
    return Problem("read-only", message, path, None, advice, key=known.name, about_value=False)


def _explain_missing(error: _Failure) -> Problem:
    path = tuple(error.absolute_path)
    missing = [name for name in error.validator_value if name not in error.instance]
    message = f"{name_path(path)} lacks {list_names(missing)}"
    return Problem("invalid-value", message, path, error.instance, "Add what is missing.", about_value=False)


def _explain_union(error: _Failure, resource_type: ResourceType) -> Iterator[Problem]:
    """Report the one branch that was meant: that whose type, and constants below it, fit."""
    branches: dict[int, list[_Failure]] = {}
    for cause in error.context:
        branches.setdefault(cause.relative_schema_path[0], []).append(cause)
    meant = [
        causes for causes in branches.values() if not any(cause.validator in {"type", "const"} for cause in causes)
    ]
    if len(meant) == 1:
        for cause in meant[0]:
            yield from _explain(cause, resource_type)
        return
    known = _find_field(resource_type.fields, error.absolute_path)
    path = tuple(error.absolute_path)
    yield Problem(
        "invalid-value",
        f"{name_path(path)} fits none of the allowed forms",
        path,
        error.instance,
        known.advice if known else "",
        about_form=True,
    )


def _explain_value(error: _Failure, word: str, known: Field | None) -> Problem:
    value, limit, path = error.instance, error.validator_value, tuple(error.absolute_path)
    name = name_path(path)
    code, message, advice = "invalid-value", f"{name}: {_shorten(error.message)}", ""
    if word == "type":
        return _explain_type(error, known)
    if word in {"enum", "const"}:
        message, advice = _explain_enum(name, value, limit if word == "enum" else [limit])
    elif word in {"pattern", "format"}:
        message = f"{name}: {_show(value)} is not {_name_form(word, limit, error.schema)}"
        told = known.description if known else ""
        advice = describe_form(limit, description=told) if word == "pattern" else ""
    elif word in _BOUNDS:
        message = f"{name} must be {_BOUNDS[word].format(limit)}, not {_show(value)}"
        if limit == 1 and word == "minLength":
            message = f"{name} must not be empty"
    elif word == "uniqueItems":
        message, advice = f"{name} holds the same value twice", "Keep one of them."
    return Problem(code, message, path, value, (known.advice if known else "") or advice)


def _name_form(word: str, limit: str, schema: Mapping[str, Json]) -> str:
    form = schema.get("format", "") if word == "pattern" else limit
    return _FORMATS.get(form, f"of the form `{form}`" if form else "of the right form")


def _explain_enum(name: str, value: Json, allowed: list[Json]) -> tuple[str, str]:
    words = ["null" if each is None else str(each) for each in allowed]
    advice = suggest(value, words) if isinstance(value, str) else f"Known: {list_names(words)}."
    if isinstance(value, bool):
        advice += " Text that looks like a boolean needs quotes."
    return f"{name}: {_show(value)} is not allowed", advice or f"Known: {list_names(words)}."


def _explain_type(error: _Failure, known: Field | None) -> Problem:
    value, path = error.instance, tuple(error.absolute_path)
    limit = error.validator_value
    types = frozenset({limit} if isinstance(limit, str) else limit)
    advice = known.advice if known else ""
    if known and known.reference and isinstance(value, dict | list):
        kind = known.reference.kind
        message = f"{name_path(path)} takes the id of another object ({kind}), not the object itself"
        return Problem(
            "reference-inline", message, path, value, advice or "Write the id; change the object where it is declared."
        )
    if isinstance(value, str) and _fits_unquoted(value, types):
        advice = f"Remove the quotes: {_shorten(value)}."
    message = f"{name_path(path)} takes {name_types(types)}, not {_show(value)}"
    return Problem("wrong-type", message, path, value, advice or f"Write {name_types(types)}.")


def _fits_unquoted(text: str, types: frozenset[str]) -> bool:
    try:
        return not isinstance(convert_scalar(Plain(text), types), str)
    except WrongTypeError:
        return False


def name_path(path: tuple[str | int, ...]) -> str:
    """Name a place of a spec, for people."""
    if not path:
        return "`spec`"
    return "`" + "".join(f"[{key + 1}]" if isinstance(key, int) else f".{key}" for key in path).lstrip(".") + "`"


def _show(value: Json) -> str:
    if isinstance(value, str):
        return quote(value)
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _shorten(text: str) -> str:
    return text if len(text) <= _SHOWN * 3 else text[: _SHOWN * 3 - 1] + "…"
