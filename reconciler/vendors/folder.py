"""Where the schemas are."""

from __future__ import annotations

from pathlib import Path


def schema_folder() -> Path:
    """Return the folder of the shipped schemas: inside the package when installed, beside it in a checkout."""
    package = Path(__file__).parent.parent
    installed = package / "schemas"
    return installed if installed.is_dir() else package.parent / "schemas"
