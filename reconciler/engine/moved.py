"""Tell that an object lives under another id now, and how to write it."""

from __future__ import annotations

from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.model.live import Present
from reconciler.model.project import Declared
from reconciler.model.resource_type import Identity


def note_moved(declared: Declared, reading: Present) -> tuple[Diagnostic, ...]:
    """Warn of an object that is found under another id than the declared one."""
    if declared.identity is None or declared.identity == reading.identity:
        return ()
    return (
        Diagnostic(
            code="moved",
            message=f"{declared.address} now lives at {reading.identity}",
            severity=Severity.WARNING,
            advice=f"Write its new id: {_write_id(reading.identity)}",
            location=declared.location,
            address=declared.address,
        ),
    )


def _write_id(identity: Identity) -> str:
    """Write an identity as the `id:` of a file."""
    if len(identity.parts) == 1:
        return f"id: {identity}"
    return "id: {" + ", ".join(f"{name}: {value}" for name, value in identity.parts) + "}"
