"""Open a project and work with it from Python. Nothing is printed, and nothing of the process is changed.

Every method reads the configuration anew, opens its own connections and closes them, so one object serves several threads.
Inside a running event loop the work runs in a thread beside it, and the call blocks as any synchronous one.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.api.beside import Notes, deploy_beside
from reconciler.app.context import Context
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.outcome import Outcome
from reconciler.model.plan import Plan

if TYPE_CHECKING:
    from reconciler.app.adopt.accept import Accepted
    from reconciler.app.adopt.into import Adopted
    from reconciler.app.adopt.pull import Haul
    from reconciler.app.deploy.carry_out import Deployed
    from reconciler.app.deploy.deployment import Deployment
    from reconciler.app.review.review import Review
    from reconciler.app.workspace import Workspace
    from reconciler.ledger import RunRecord, RunSummary
    from reconciler.model.check import Examination
    from reconciler.model.comparison import Comparison


def open_project(
    folder: str | os.PathLike[str] = ".",
    *,
    environment: str | None = None,
    variables: Mapping[str, str] | None = None,
    sandbox: bool = False,
    environ: Mapping[str, str] | None = None,
) -> OpenProject:
    """Return the project of a folder; nothing is read yet.

    `environment` is what `--env` names, `variables` what `--var` gives. `sandbox` answers from the built-in vendors. `environ`
    holds the keys and the rest of what is read from environment variables; without it the process's own are used.
    """
    return OpenProject(
        Context(
            folder=Path(folder),
            environment=environment,
            variables=dict(variables or {}),
            sandbox=sandbox,
            environ=dict(os.environ) if environ is None else dict(environ),
        )
    )


class OpenProject:
    """A project as a program sees it. Every method but `validate` raises `Problem` where a command would stop."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def validate(self) -> tuple[Diagnostic, ...]:
        """Return all that can be found without a network, in order of file and line; errors too."""
        from reconciler.app.review.validation import validate

        return validate(self._context).diagnostics

    def list_accounts(self) -> tuple[str, ...]:
        """Return the names of the accounts, in order: what `accounts` of the other methods takes."""
        from reconciler.app.workspace import open_workspace

        return tuple(open_workspace(self._context).project.accounts)

    def plan(
        self,
        *,
        targets: Iterable[str] = (),
        accounts: Iterable[str] = (),
        excluded: Iterable[str] = (),
        since: str | None = None,
        pictured: bool = False,
    ) -> Plan:
        """Return what would change, from GET requests only.

        `targets` and `excluded` are globs of addresses; `since` is a commit of git: only what comes to something else than
        then is looked at. `pictured` completes the picture of the calls at the cost of a request or two.
        """
        return self.review(targets=targets, accounts=accounts, excluded=excluded, since=since, pictured=pictured).plan

    def review(
        self,
        *,
        targets: Iterable[str] = (),
        accounts: Iterable[str] = (),
        excluded: Iterable[str] = (),
        since: str | None = None,
        pictured: bool = False,
    ) -> Review:
        """Return the plan with what it was made from: the declared resources and the live state."""
        from reconciler.app.review.review import review

        chosen, named, without = tuple(targets), tuple(accounts), tuple(excluded)
        return review(
            self._context, targets=chosen, accounts=named, excluded=without, since=since, with_numbers=pictured
        )

    def drift(self, *, targets: Iterable[str] = (), accounts: Iterable[str] = (), excluded: Iterable[str] = ()) -> Plan:
        """Return the plan of putting back what moved outside git since the last apply.

        Where the ledger cannot tell what moved, its diagnostics hold `drift-unknown`.
        """
        from reconciler.app.review.drift import keep_drift

        return keep_drift(self.plan(targets=targets, accounts=accounts, excluded=excluded))

    def accept(
        self,
        wanted: Iterable[str] = (),
        *,
        targets: Iterable[str] = (),
        accounts: Iterable[str] = (),
        excluded: Iterable[str] = (),
        conflicts: bool = False,
    ) -> Accepted:
        """Write what moved outside git into the files, each value where it comes from, and nothing else there.

        `wanted` are addresses or `address/field`, globs too; without any it is all. What is left is named in the result.
        """
        from reconciler.app.adopt.accept import accept

        found = self.review(targets=targets, accounts=accounts, excluded=excluded)
        return accept(found, wanted=tuple(wanted), conflicts=conflicts)

    def compare(
        self,
        left: str,
        right: str,
        *,
        targets: Iterable[str] = (),
        accounts: Iterable[str] = (),
        excluded: Iterable[str] = (),
    ) -> Comparison:
        """Return what differs between two environments, declared and live, and which of it git makes so.

        What could not be read is no exception: the place of the resource says so.
        """
        from reconciler.app.review.comparing import compare

        chosen, named, without = tuple(targets), tuple(accounts), tuple(excluded)
        return compare(self._context, left, right, targets=chosen, accounts=named, excluded=without)

    def apply(
        self,
        plan: Plan | None = None,
        *,
        targets: Iterable[str] = (),
        accounts: Iterable[str] = (),
        excluded: Iterable[str] = (),
        max_updates: int | None = None,
        allow_protected: Iterable[str] = (),
        accept_conflicts: bool = False,
        on_outcome: Callable[[Outcome], None] = lambda _: None,
    ) -> Deployed:
        """Send the smallest requests and prove each; with a plan exactly its updates, each checked once more.

        Nobody is asked: call it where the plan has been seen. Guards and protections stand unless they are lifted here; what
        they refuse is a Problem before anything is sent. `on_outcome` hears of each update as it ends, in the thread that
        sends; what it raises ends the run politely and is raised when all is recorded. So does an interrupt of the caller.
        """
        from reconciler.app.deploy.approval import Allowances

        chosen = tuple(targets), tuple(accounts), tuple(excluded)
        if plan is not None and any(chosen):
            message = "a plan is applied whole: targets, accounts and excluded belong to plan()"
            raise ValueError(message)
        allowances = Allowances(max_updates, tuple(allow_protected), accept_conflicts)

        def open_deployment(workspace: Workspace, on_notes: Notes) -> AbstractContextManager[Deployment]:
            from reconciler.app.deploy.opening import open_apply
            from reconciler.model.plan import Scope

            return open_apply(workspace, allowances, saved=plan, scope=Scope(*chosen), on_notes=on_notes)

        return deploy_beside(self._context, open_deployment, on_outcome=on_outcome)

    def undo(
        self,
        run: str = "latest",
        *,
        targets: Iterable[str] = (),
        max_updates: int | None = None,
        allow_protected: Iterable[str] = (),
        accept_conflicts: bool = False,
        on_outcome: Callable[[Outcome], None] = lambda _: None,
    ) -> Deployed:
        """Take a run back, field by field; what is left alone is named in the diagnostics, and the exit code is 5.

        `latest` is the last run that changed something. What moved since is left alone unless conflicts are accepted.
        """
        from reconciler.app.deploy.approval import Allowances
        from reconciler.app.look_back.undo import open_undo

        allowances, chosen = Allowances(max_updates, tuple(allow_protected), accept_conflicts), tuple(targets)

        def open_deployment(workspace: Workspace, on_notes: Notes) -> AbstractContextManager[Deployment]:
            return open_undo(workspace, run, allowances, targets=chosen, on_notes=on_notes)

        return deploy_beside(self._context, open_deployment, on_outcome=on_outcome)

    def pull(
        self,
        kinds: Iterable[str] = (),
        *,
        accounts: Iterable[str] = (),
        groups: Iterable[tuple[str, str]] = (),
        all_fields: bool = False,
        declared: bool = False,
        matches: Iterable[tuple[str, str]] = (),
        filters: Iterable[tuple[str, str]] = (),
    ) -> Haul:
        """Return live objects as resources that can be declared as they are.

        `groups` are values of identity parts that a list needs, `matches` fields with globs that their values must fit,
        `filters` query parameters of the vendors' own lists.
        """
        from reconciler.app.adopt.lists import Wish
        from reconciler.app.adopt.pull import pull
        from reconciler.app.workspace import open_workspace

        wish = Wish(tuple(kinds), tuple(accounts), tuple(groups), all_fields, declared, tuple(matches), tuple(filters))
        return pull(open_workspace(self._context), wish)

    def pull_into(
        self,
        folder: str | os.PathLike[str],
        kinds: Iterable[str] = (),
        *,
        accounts: Iterable[str] = (),
        groups: Iterable[tuple[str, str]] = (),
        all_fields: bool = False,
        matches: Iterable[tuple[str, str]] = (),
        filters: Iterable[tuple[str, str]] = (),
    ) -> Adopted:
        """Write live objects as new files below a folder, as a person would; begin a project where there is none.

        The folder is looked at before anything is read, and nothing that is declared is touched.
        """
        from reconciler.app.adopt.into import choose_destination, pull_into
        from reconciler.app.adopt.lists import Wish

        wish = Wish(
            tuple(kinds),
            tuple(accounts),
            tuple(groups),
            all_fields,
            matches=tuple(matches),
            filters=tuple(filters),
        )
        return pull_into(choose_destination(self._context, Path(folder), accounts=wish.accounts), wish)

    def history(self, *, since: str = "") -> tuple[RunSummary, ...]:
        """List earlier runs, the newest first; with `since` (`24h`, `7d`, a date) those from then on."""
        from reconciler.app.look_back.history import open_past

        return open_past(self._context).list_runs(since=since)

    def read_run(self, run: str) -> RunRecord:
        """Return all that one run did; `latest` is a name too."""
        from reconciler.app.look_back.history import open_past

        return open_past(self._context).read_run(run)

    def examine(self, *, accounts: Iterable[str] = ()) -> tuple[Examination, ...]:
        """Check keys, hosts, regions, clock and ledger, as `doctor` does."""
        from reconciler.app.learn.doctor import examine
        from reconciler.app.workspace import open_workspace

        return examine(open_workspace(self._context, placed=False), accounts=tuple(accounts))
