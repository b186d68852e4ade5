"""YAML text -> documents with positions -> declared resources. The only door to `yaml` and `jsonschema`."""

from reconciler.config.fingerprint import compute_digest
from reconciler.config.load import Loaded, load_project

__all__ = ["Loaded", "compute_digest", "load_project"]
