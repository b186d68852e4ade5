"""Read YAML as people write phone numbers and language codes in it.

Plain scalars follow the YAML 1.2 core schema: `no` is a string, a date is a string. One thing differs: what starts
with a plus is a string, for `+14155552671` is a phone number.
"""

import re
from collections.abc import Hashable
from typing import Any

import yaml


class PlainLoader(yaml.SafeLoader):
    """Build values by the rules of this module. Only safe tags are known."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - PyYAML's own slot

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002 - PyYAML's signature
        """Build a mapping, and refuse a key that is written twice."""
        mapping = super().construct_mapping(node, deep=deep)
        if len(mapping) != len(node.value):
            raise yaml.constructor.ConstructorError(None, None, "a key is written twice", node.start_mark)
        return mapping


def read_yaml(text: str) -> object:
    """Return the value that a YAML text stands for. Raises ValueError where it is not YAML."""
    loader = PlainLoader(text)
    try:
        value: object = loader.get_single_data()
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error
    finally:
        loader.dispose()
    return value


def _make_integer(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> int:
    text = str(loader.construct_scalar(node))
    return int(text, 0 if text[:2] in {"0x", "0o"} else 10)


_TAG = "tag:yaml.org,2002:"
_NUMERIC = list("-0123456789.")
PlainLoader.add_implicit_resolver(_TAG + "null", re.compile(r"(?:~|null|Null|NULL|)\Z"), ["~", "n", "N", ""])
PlainLoader.add_implicit_resolver(_TAG + "bool", re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z"), list("tTfF"))
PlainLoader.add_implicit_resolver(_TAG + "int", re.compile(r"(?:-?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)\Z"), _NUMERIC)
PlainLoader.add_implicit_resolver(
    _TAG + "float",
    re.compile(r"(?:-?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|-?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\Z"),
    _NUMERIC,
)
PlainLoader.add_constructor(_TAG + "int", _make_integer)
