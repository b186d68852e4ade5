"""The built-in sandbox of a project: seeded from `sandbox.yaml`, state kept under `.reconciler/sandbox/`."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.app.problem import Exit, Problem
from reconciler.model.diagnostic import Diagnostic, Location

if TYPE_CHECKING:
    from reconciler.sandbox.app import Sandbox

SEED = "sandbox.yaml"


def build_sandbox(root: Path, *, vices: Sequence[str] = ()) -> Sandbox:
    """Build the sandbox of a project folder; raise Problem for a broken seed or an unknown vice."""
    from reconciler.sandbox import SeedError, SwitchError, ViceError, create_app, load_seed

    state = root / ".reconciler" / "sandbox"
    source = root / SEED
    try:
        state.mkdir(parents=True, exist_ok=True)
        seed = load_seed(source) if source.is_file() else None
        return create_app(database=state / "state.sqlite", seed=seed, vices=tuple(vices))  # type: ignore[return-value]
    except SeedError as error:
        diagnostic = Diagnostic(
            code="bad-seed",
            message=str(error),
            advice="Correct the sandbox's seed; `reconciler sandbox reset` sows it anew.",
            location=Location(SEED),
        )
        raise Problem(diagnostic, exit_code=Exit.INVALID) from error
    except (ViceError, SwitchError) as error:
        diagnostic = Diagnostic(code="bad-vice", message=str(error), advice="`reconciler sandbox vices` lists them.")
        raise Problem(diagnostic, exit_code=Exit.USAGE) from error
    except OSError as error:
        diagnostic = Diagnostic(
            code="cannot-write",
            message=f"the sandbox cannot keep its state: {error}",
            advice=f"`reconciler sandbox reset` begins anew, where {state} may be written.",
        )
        raise Problem(diagnostic, exit_code=Exit.FAILED) from error


def reset_sandbox(root: Path) -> bool:
    """Forget the sandbox's state, with its ledger and journals; tell whether there was any."""
    state = root / ".reconciler" / "sandbox"
    if not state.exists():
        return False
    shutil.rmtree(state)
    return True


def find_root(folder: Path) -> Path:
    """Return the project folder at or above a folder, or the folder itself where there is none."""
    resolved = folder.resolve()
    return next((place for place in (resolved, *resolved.parents) if (place / "reconciler.yaml").is_file()), resolved)
