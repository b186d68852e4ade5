"""Find and load every provider and resource type."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from reconciler.model.paths import Json
from reconciler.model.resource_type import Catalog, GenerationShape, Provider, ResourceType
from reconciler.vendors.compile import SchemaError, compile_provider, compile_resource_type
from reconciler.vendors.folder import schema_folder


@functools.cache
def load_catalog(folder: Path | None = None) -> Catalog:
    """Compile all resource types of a folder, in order of provider and kind.

    The vocabulary is enforced by the tests over the meta-schemas and by the compiler; `SchemaError` names the file and
    the keyword. Loading costs a few milliseconds, so nothing is cached on disk.
    """
    root = folder or schema_folder()
    providers: dict[str, Provider] = {}
    loaded: dict[tuple[str, str, str], ResourceType] = {}
    for home in sorted(path.parent for path in root.glob("*/provider.json")):
        folders = {"": home, **{path.name: path for path in sorted(home.iterdir()) if path.is_dir()}}
        provider = compile_provider(_read(home / "provider.json"), source=home / "provider.json")
        providers[provider.name] = _name_generations(provider, [name for name in folders if name])
        for api, place in folders.items():
            for source in _resource_files(place):
                compiled = compile_resource_type(_read(source), provider=provider.name, kind=source.stem, source=source)
                loaded[provider.name, source.stem, api] = replace(compiled, api=api)
    known = {key: _point_at_others(each, providers, loaded) for key, each in loaded.items()}
    return Catalog(
        providers=providers,
        resource_types={(name, kind): each for (name, kind, api), each in known.items() if not api},
        generations={key: each for key, each in known.items() if key[2]},
    )


def _name_generations(provider: Provider, further: Sequence[str]) -> Provider:
    if not further:
        return provider
    if not provider.generation:
        message = f"{provider.name}: a vendor with several generations names that of its provider.json: generation"
        raise SchemaError(message)
    return replace(provider, generations=(provider.generation, *further))


def _point_at_others(
    known: ResourceType, providers: Mapping[str, Provider], loaded: Mapping[tuple[str, str, str], ResourceType]
) -> ResourceType:
    """Let a resource type recognise answers that are those of another generation of its kind."""
    others = tuple(
        _describe_shape(other, api or providers[name].generation)
        for (name, kind, api), other in loaded.items()
        if (name, kind) == (known.provider, known.kind) and api != known.api
    )
    return replace(known, others=others)


def _describe_shape(other: ResourceType, api: str) -> GenerationShape:
    shown = frozenset(each.live_name for each in other.fields.values() if each.readable)
    return GenerationShape(
        api=api,
        items=other.list.items,
        identity=tuple(part.field for part in other.identity if part.field),
        shown=shown if other.list.closed else frozenset(),
        served=frozenset(other.owned_fields),
    )


def _resource_files(home: Path) -> Iterator[Path]:
    return (path for path in sorted(home.glob("*.json")) if path.name != "provider.json")


def _read(source: Path) -> Json:
    try:
        return json.loads(source.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        message = f"{source}: {error}"
        raise SchemaError(message) from error
