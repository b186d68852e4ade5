"""YAML text -> documents with positions -> declared resources. The only door to `yaml` and `jsonschema`.

What is named here is loaded when it is asked for: the pure parts of this room are used where no file is read.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reconciler.config.fingerprint import compute_digest, digest_resources
    from reconciler.config.load import Loaded, load_project
    from reconciler.config.untyped import read_untyped

__all__ = ["Loaded", "compute_digest", "digest_resources", "load_project", "read_untyped"]

_HOMES = {
    "Loaded": "load",
    "compute_digest": "fingerprint",
    "digest_resources": "fingerprint",
    "load_project": "load",
    "read_untyped": "untyped",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)
