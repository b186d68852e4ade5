"""Carry a deployment out beside the caller: in a thread, so that no signal handler of the process is touched."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from reconciler.app.context import Context
from reconciler.app.problem import Exit, Problem
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.outcome import Outcome

if TYPE_CHECKING:
    from reconciler.app.deploy.carry_out import Deployed
    from reconciler.app.deploy.deployment import Deployment
    from reconciler.app.workspace import Workspace

Result = TypeVar("Result")
Notes: TypeAlias = Callable[[Sequence[Diagnostic]], None]


def deploy_beside(
    context: Context,
    open_deployment: Callable[[Workspace, Notes], AbstractContextManager[Deployment]],
    *,
    on_outcome: Callable[[Outcome], None],
) -> Deployed:
    """Open a deployment and carry it out; `on_outcome` hears of each update in the thread that sends.

    What a deployment refuses is raised before anything is sent.
    """
    from reconciler.app.workspace import open_workspace

    def deploy(stop: threading.Event) -> Deployed:
        from reconciler.app.deploy.carry_out import carry_out
        from reconciler.app.deploy.sending import Watch

        def show(outcome: Outcome) -> str:
            on_outcome(outcome)
            return ""

        watch = Watch(on_send=lambda _: "the caller was interrupted" if stop.is_set() else "", on_outcome=show)
        workspace, notes = open_workspace(context), list[Diagnostic]()
        with open_deployment(workspace, notes.extend) as prepared:
            if prepared.refusals:
                raise Problem(*prepared.refusals, exit_code=Exit.REFUSED)
            done = carry_out(prepared, watch=watch)
        return replace(done, diagnostics=(*notes, *prepared.plan.diagnostics, *done.diagnostics))

    return _run_beside(deploy)


def _run_beside(work: Callable[[threading.Event], Result]) -> Result:
    """Run work in a thread; an interrupt of the caller asks it to end, and waits."""
    stop = threading.Event()
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="reconciler") as pool:
        future = pool.submit(work, stop)
        try:
            return future.result()
        except BaseException:
            stop.set()
            raise
