"""Accept drift at the terminal: what was written into the files, and what was left."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from reconciler.app.problem import Exit
from reconciler.cli.options import Globals
from reconciler.cli.terminal import measure_width, show_reading, tell, tell_diagnostics, wants_colour, write
from reconciler.model.plan import Scope


def accept_drift(
    options: Globals,
    wanted: Sequence[str],
    *,
    chosen: Scope,
    conflicts: bool,
) -> Exit:
    """Write live values into the files and say which; return the exit code."""
    from reconciler.app.adopt.accept import accept
    from reconciler.app.review.drift import is_certain, keep_drift
    from reconciler.app.review.review import review
    from reconciler.report.phrases import count_noun
    from reconciler.report.text.accepted import render_accepted

    with show_reading() as on_request:
        found = review(
            options.build_context(on_request=on_request),
            targets=chosen.targets,
            accounts=chosen.accounts,
            excluded=chosen.excluded,
        )
    moved = keep_drift(found.plan)
    certain = is_certain(moved)
    if not certain:
        tell_diagnostics(moved.diagnostics)
    done = accept(found, wanted=wanted, conflicts=conflicts)
    tell_diagnostics(done.left)
    if done.updates:
        count = sum(len(update.changes) for update in done.updates)
        write(render_accepted(done.updates, colour=wants_colour(sys.stdout), width=measure_width()))
        tell(f"Wrote {count_noun(count, 'value')} into {', '.join(done.files)}. See what changed with: git diff")
    elif not done.left and certain:
        tell("Nothing moved outside git: nothing was written.")
    return done.exit_code if certain else Exit.UNREADABLE
