"""YAML text -> documents with positions -> declared resources. The only door to `yaml` and `jsonschema`."""

from reconciler.config.fingerprint import compute_digest
from reconciler.config.load import Loaded, load_project
from reconciler.config.untyped import read_untyped

__all__ = ["Loaded", "compute_digest", "load_project", "read_untyped"]
