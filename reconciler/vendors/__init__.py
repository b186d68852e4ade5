"""Compile `schemas/` into frozen resource types: all that the product knows of the vendors is data there.

What is named here is loaded when it is asked for: a verdict that is remembered needs no schema.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reconciler.vendors.catalog import load_catalog
    from reconciler.vendors.compile import SchemaError
    from reconciler.vendors.folder import schema_folder

__all__ = ["SchemaError", "load_catalog", "schema_folder"]

_HOMES = {"SchemaError": "compile", "load_catalog": "catalog", "schema_folder": "folder"}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)
