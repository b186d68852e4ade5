"""Find and load every provider and resource type."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from pathlib import Path

from reconciler.model.paths import Json
from reconciler.model.resource_type import Catalog, Provider, ResourceType
from reconciler.vendors.compile import SchemaError, compile_provider, compile_resource_type

__all__ = ["SchemaError", "load_catalog", "schema_folder"]


def schema_folder() -> Path:
    """Return the folder of the shipped schemas: inside the package when installed, beside it in a checkout."""
    package = Path(__file__).parent.parent
    installed = package / "schemas"
    return installed if installed.is_dir() else package.parent / "schemas"


@functools.cache
def load_catalog(folder: Path | None = None) -> Catalog:
    """Compile all resource types of a folder, in order of provider and kind.

    The vocabulary is enforced by the tests over the meta-schemas and by the compiler; `SchemaError` names the file and
    the keyword. Loading costs a few milliseconds, so nothing is cached on disk.
    """
    root = folder or schema_folder()
    providers: dict[str, Provider] = {}
    resource_types: dict[tuple[str, str], ResourceType] = {}
    for home in sorted(path.parent for path in root.glob("*/provider.json")):
        provider = compile_provider(_read(home / "provider.json"), source=home / "provider.json")
        providers[provider.name] = provider
        for source in _resource_files(home):
            compiled = compile_resource_type(_read(source), provider=provider.name, kind=source.stem, source=source)
            resource_types[provider.name, source.stem] = compiled
    return Catalog(providers=providers, resource_types=resource_types)


def _resource_files(home: Path) -> Iterator[Path]:
    return (path for path in sorted(home.glob("*.json")) if path.name != "provider.json")


def _read(source: Path) -> Json:
    try:
        return json.loads(source.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        message = f"{source}: {error}"
        raise SchemaError(message) from error
