"""Compile `schemas/` into frozen resource types: all that the product knows of the vendors is data there."""

from reconciler.vendors.catalog import SchemaError, load_catalog, schema_folder

__all__ = ["SchemaError", "load_catalog", "schema_folder"]
