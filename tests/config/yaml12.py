"""Read YAML as an editor's language server does: the 1.2 core schema, where a leading plus is a sign and `no` is text."""

from __future__ import annotations

import re
from typing import Any

import yaml


class CoreLoader(yaml.SafeLoader):
    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - PyYAML's own slot


def read_core(text: str) -> Any:
    """Return the JSON value of a text; keys become text, as in an editor."""
    return _name_keys(yaml.load(text, CoreLoader))  # noqa: S506 - a safe loader with fewer types


def _name_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _name_keys(below) for key, below in value.items()}
    return [_name_keys(entry) for entry in value] if isinstance(value, list) else value


def _construct_integer(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> int:
    text = loader.construct_scalar(node)
    return int(text, 0) if text[:2] in {"0x", "0o"} else int(text)


_TAG = "tag:yaml.org,2002:"
for _name, _pattern in {
    "null": r"~|null|Null|NULL|",
    "bool": r"true|True|TRUE|false|False|FALSE",
    "int": r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+",
    "float": r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
}.items():
    CoreLoader.add_implicit_resolver(_TAG + _name, re.compile(f"(?:{_pattern})\\Z"), None)
CoreLoader.add_constructor(_TAG + "int", _construct_integer)
