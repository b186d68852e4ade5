"""The built-in sandbox of a project: seeded from `sandbox.yaml`, state kept under `.reconciler/sandbox/`.

Each environment is a world of its own, under its name, sown from `environments/<name>/sandbox.yaml` where there is one.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reconciler.app.problem import Exit, Problem
from reconciler.config.discover import ENVIRONMENTS
from reconciler.ledger.atomic import make_state_folder
from reconciler.ledger.encoding import name_safely
from reconciler.ledger.state_files import STATE_FOLDER, check_folder, check_tree
from reconciler.model.diagnostic import Diagnostic, Location

if TYPE_CHECKING:
    from reconciler.sandbox.app import Sandbox

SEED = "sandbox.yaml"


def name_state(root: Path, environment: str | None) -> Path:
    """Return the folder of an environment's world, with its state, ledger and journals."""
    folder = root / STATE_FOLDER / "sandbox"
    return folder / name_safely(environment) if environment else folder


def name_seed(root: Path, environment: str | None) -> str:
    """Return the seed of an environment's world: its own, or the project's."""
    own = f"{ENVIRONMENTS}/{environment}/{SEED}"
    return own if environment and os.path.lexists(root / own) else SEED


def build_sandbox(root: Path, *, environment: str | None = None, vices: Sequence[str] = ()) -> Sandbox:
    """Build the sandbox of a project folder; raise Problem for a broken seed or an unknown vice."""
    from reconciler.sandbox import SeedError, SwitchError, ViceError, create_app

    state, file = name_state(root, environment), name_seed(root, environment)
    seed = read_seed(root, file)
    try:
        make_state_folder(root / STATE_FOLDER)
        check_tree(state).mkdir(parents=True, exist_ok=True)
        return create_app(database=state / "state.sqlite", seed=seed, vices=tuple(vices))  # type: ignore[return-value]
    except SeedError as error:
        raise _refuse_seed(str(error), file) from error
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


def read_seed(root: Path, file: str = SEED) -> Mapping[str, Any] | None:
    """Read the seed of a project folder, None where it has none; raise Problem for one that cannot be read."""
    from reconciler.config import read_untyped
    from reconciler.sandbox import read_scalar

    if not os.path.lexists(root / file):
        return None
    seed, diagnostics = read_untyped(file, root=root, decide=read_scalar)
    if diagnostics:
        raise Problem(*diagnostics, exit_code=Exit.INVALID)
    if not isinstance(seed, dict):
        raise _refuse_seed("the seed must be a mapping with one section for each vendor", file)
    return seed


def _refuse_seed(message: str, file: str) -> Problem:
    advice = "Correct the sandbox's seed; `reconciler sandbox reset` sows it anew."
    return Problem(Diagnostic("bad-seed", message, advice=advice, location=Location(file)), exit_code=Exit.INVALID)


def reset_sandbox(root: Path, *, environment: str | None = None) -> bool:
    """Forget the sandbox's state, with its ledger and journals; tell whether there was any.

    Without an environment that is the state of all of them. Raises Problem where its folder is not one of our own: what a
    link leads to is not removed.
    """
    state = name_state(root, environment)
    try:
        if not os.path.lexists(check_folder(state)):
            return False
        shutil.rmtree(state)
    except OSError as error:
        message = f"the sandbox cannot be reset: {error}"
        raise Problem(Diagnostic("cannot-write", message), exit_code=Exit.FAILED) from error
    return True


def find_root(folder: Path) -> Path:
    """Return the project folder at or above a folder, or the folder itself where there is none."""
    resolved = folder.resolve()
    return next((place for place in (resolved, *resolved.parents) if (place / "reconciler.yaml").is_file()), resolved)
