"""`reconciler ci`: the comment, the issue, the job summary, and the check before an apply."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from reconciler.cli.options import Globals, command

if TYPE_CHECKING:
    from reconciler.app.ci.notify import Style
    from reconciler.app.ci.outcome import Telling
    from reconciler.app.ci.posting import Posted, Posting
    from reconciler.model.plan import Plan

Function = TypeVar("Function", bound=Callable[..., Any])
DRIFT_TITLE = "Live configuration differs from git"
ACCEPT_TITLE = "Take over what was changed outside git"
FAILED_TITLE = "An apply of the configuration failed"


@click.group("ci", context_settings={"help_option_names": ["-h", "--help"]})
def ci() -> None:
    """Post the plan to a pull request, or the drift to an issue.

    Repository, pull request and API come from the variables of GitHub Actions or GitLab CI; the token from GITHUB_TOKEN
    or GITLAB_TOKEN. It is sent to the API's host only. docs/ci.md has whole workflows.
    """


def _planfile(function: Function) -> Function:
    kind = click.Path(dir_okay=False, path_type=Path)
    return click.argument("planfile", type=kind)(function)


def _planfiles(function: Function) -> Function:
    kind = click.Path(dir_okay=False, path_type=Path)
    return click.argument("planfiles", nargs=-1, required=True, type=kind, metavar="PLANFILE...")(function)


def _posting(function: Function) -> Function:
    """Add the options of what posts."""
    name = click.option("--name", default="", metavar="NAME", help="Tell several projects of one repository apart.")
    author = click.option(
        "--author", default="", metavar="LOGIN", help="Who we are there; default: asked, or github-actions[bot]."
    )
    return name(author(function))


def _number(function: Function) -> Function:
    return click.option(
        "--pull-request", type=click.IntRange(min=1), metavar="N", help="Default: the one that this job runs for."
    )(function)


def _dry_run(function: Function) -> Function:
    return click.option("--dry-run", is_flag=True, help="Look, show what would be written, and write nothing.")(
        function
    )


def _notify(function: Function) -> Function:
    return click.option(
        "--notify", type=click.Choice(("slack", "json")), help="Tell a chat too: its webhook is RECONCILER_NOTIFY_URL."
    )(function)


def _require(function: Function) -> Function:
    return click.option("--require", is_flag=True, help="Fail where a fork's job may not write, instead of saying so.")(
        function
    )


@command(
    "comment",
    example="reconciler ci comment plan.json\nreconciler ci comment plan-*.json --name telephony --dry-run",
    deed=True,
)
@_planfiles
@_number
@_posting
@click.option(
    "--or-failed",
    is_flag=True,
    help="Where a PLANFILE is missing, let an earlier comment say that no plan could be made.",
)
@_dry_run
@_require
def comment(
    options: Globals,
    planfiles: tuple[Path, ...],
    pull_request: int | None,
    name: str,
    author: str,
    *,
    or_failed: bool,
    dry_run: bool,
    require: bool,
) -> int:
    """Post the plan to the pull request: one comment, created once and updated after.

    The comment is found by a hidden marker that names the environment, and only where we wrote it ourselves. Several plans
    of one project and environment are one comment; others have one each.
    """
    from reconciler.app.ci.comment import post_comment, post_comments
    from reconciler.app.ci.posting import Posting
    from reconciler.app.review.saved import load_report

    context = options.build_context()
    posting = Posting(name=name, author=author, pull_request=pull_request, dry_run=dry_run, strict=require)
    if or_failed and not all(planfile.exists() for planfile in planfiles):
        posted = [post_comment(context, _blank_plan(options), posting, failed=True)]
    else:
        posted = post_comments(context, load_report(planfiles), posting)
    return max([_report(one, posting, what="comment") for one in posted])


@command(
    "issue",
    example="reconciler drift --out drift.json\nreconciler ci issue drift.json --title 'Drift in production'",
    deed=True,
)
@_planfile
@click.option("--title", default=DRIFT_TITLE, show_default=True, metavar="TEXT", help="Title of a new issue.")
@_notify
@_posting
@_dry_run
def issue(
    options: Globals, planfile: Path, title: str, notify: Style | None, name: str, author: str, *, dry_run: bool
) -> int:
    """Keep one issue about drift: opened or updated while something differs, closed when nothing does.

    PLANFILE comes from `drift --out`. Where something could not be read, an open issue stays as it is.
    """
    from reconciler.app.ci.issue import build_drift_notice, post_issue
    from reconciler.app.ci.notify import send_notice
    from reconciler.app.ci.posting import Deed, Posting

    context, plan = options.build_context(), _load(planfile)
    posting = Posting(name=name, author=author, dry_run=dry_run)
    posted = post_issue(context, plan, posting, title=title)
    _report(posted, posting, what="issue")
    if notify and not dry_run and posted.deed in {Deed.CREATED, Deed.CLOSED}:
        send_notice(context, build_drift_notice(context, plan, posting, posted), style=notify)
    return 0


@command(
    "drift-pr",
    example="reconciler ci drift-pr\nreconciler --env production ci drift-pr --target-branch main --dry-run",
    deed=True,
)
@click.option("--title", default=ACCEPT_TITLE, show_default=True, metavar="TEXT", help="Title of a new pull request.")
@click.option("--target-branch", default="", metavar="NAME", help="Where to propose it; default: this job's branch.")
@click.option("--conflicts", is_flag=True, help="Also fields that git changed since the last apply.")
@_posting
@_dry_run
def drift_pr(
    options: Globals, title: str, target_branch: str, name: str, author: str, *, conflicts: bool, dry_run: bool
) -> int:
    """Propose what moved outside git as a change to the files: one pull request, renewed while open, closed when in sync.

    The edit is that of `drift --accept`, on a branch of its own; the work tree stays as it is. For scheduled jobs of the main
    branch, never for pull requests or forks. Takes the rights to push branches and to open pull requests.
    """
    from reconciler.app.ci.drift_pr import post_drift_pr
    from reconciler.app.ci.posting import Posting

    posting = Posting(name=name, author=author, dry_run=dry_run)
    posted = post_drift_pr(options.build_context(), posting, title=title, target=target_branch, conflicts=conflicts)
    return _report(posted, posting, what="pull request")


@command("summary", example="reconciler ci summary plan.json\nreconciler ci summary plan-*.json")
@_planfiles
def summary(options: Globals, planfiles: tuple[Path, ...]) -> int:
    """Append the plan, or several as one report, to the job summary, where CI offers one (GITHUB_STEP_SUMMARY)."""
    from reconciler.app.ci.summary import append_summary
    from reconciler.app.review.saved import load_report
    from reconciler.cli.terminal import tell

    target = append_summary(options.build_context(), load_report(planfiles))
    tell("Added to the job summary." if target else "GITHUB_STEP_SUMMARY is not set: no job summary here.")
    return 0


@command("reviewed", example="reconciler ci reviewed plan.json && reconciler apply plan.json --auto-approve")
@_planfile
@_number
@click.option("--since", default="", metavar="COMMIT", help="Look at what was merged after it; default: last applied.")
@_posting
def reviewed(options: Globals, planfile: Path, pull_request: int | None, since: str, name: str, author: str) -> int:
    """Refuse a plan (exit 5) unless each of its updates was shown in a merged pull request, just as it is now.

    For the apply after the merge: plan again, check, apply. Looks at every pull request that was merged into this
    branch since the last commit that was applied in whole. Fewer updates than were shown are fine.
    """
    from reconciler.app.ci.posting import Posting
    from reconciler.app.ci.reviewed import check_reviewed
    from reconciler.cli.terminal import tell_diagnostics, write

    posting = Posting(name=name, author=author, pull_request=pull_request)
    found = check_reviewed(options.build_context(), _load(planfile), posting, since=since)
    tell_diagnostics(found.notes)
    shown = ", ".join(f"#{number}" for number in found.reviews)
    write(f"Every update was shown in {shown}." if shown else "No updates.")
    return 0


@command(
    "outcome",
    example="reconciler apply plan.json --auto-approve --format json > run.jsonl\nreconciler ci outcome run.jsonl --issue",
    deed=True,
)
@click.argument("events", type=click.Path(dir_okay=False, path_type=Path))
@_number
@click.option("--issue", is_flag=True, help="Keep one issue open while applies fail.")
@click.option("--title", default=FAILED_TITLE, show_default=True, metavar="TEXT", help="Title of a new issue.")
@click.option("--or-failed", is_flag=True, help="Without EVENTS, tell that nothing was applied.")
@_notify
@_posting
@_dry_run
def outcome(
    options: Globals,
    events: Path,
    pull_request: int | None,
    title: str,
    notify: Style | None,
    name: str,
    author: str,
    *,
    issue: bool,
    or_failed: bool,
    dry_run: bool,
) -> int:
    """Tell what became of an apply: at its pull requests, in the job summary, in one issue while it fails.

    EVENTS is what `apply --format json` wrote. One comment at each merged pull request that showed our plan, with the
    words of every update that did not end well.
    """
    from reconciler.app.ci.notify import send_notice
    from reconciler.app.ci.outcome import build_notice, load_events, tell_outcome
    from reconciler.app.ci.posting import Posting
    from reconciler.app.problem import Exit

    context = options.build_context()
    posting = Posting(name=name, author=author, pull_request=pull_request, dry_run=dry_run)
    found = load_events(events, missing=or_failed, environment=options.environment)
    telling = tell_outcome(context, found, posting, issue=title if issue else "")
    _report_telling(telling, posting)
    if notify and not dry_run and (found.updates or found.exit_code != 0):
        send_notice(context, build_notice(context, found, posting, telling), style=notify)
    return int(Exit.FAILED if telling.problems else Exit.DONE)


@command("outputs", example="reconciler ci outputs plan.json\nreconciler ci outputs plan.json > plan.env")
@_planfiles
def outputs(options: Globals, planfiles: tuple[Path, ...]) -> int:
    """Tell a workflow how many changes there are, and how many of them are high risk.

    As outputs of the step where GitHub takes them (GITHUB_OUTPUT); else as NAME=COUNT lines, for GitLab's dotenv report.
    """
    from reconciler.app.ci.outputs import append_outputs, list_outputs
    from reconciler.app.review.saved import load_report
    from reconciler.cli.terminal import write

    plan = load_report(planfiles).whole
    if append_outputs(options.build_context(), plan) is None:
        write("\n".join(f"{name.upper().replace('-', '_')}={count}" for name, count in list_outputs(plan).items()))
    return 0


def _report_telling(telling: Telling, posting: Posting) -> None:
    from reconciler.cli.terminal import tell, tell_diagnostics, write
    from reconciler.report.escape import escape_terminal

    tell_diagnostics(telling.problems)
    write(telling.headline)
    posts = [
        *(("Comment", posted) for posted in telling.comments),
        *([("Issue", telling.issue)] if telling.issue else []),
    ]
    for what, posted in posts:
        tell(f"{what}: {posted.deed}{f' {escape_terminal(posted.url)}' if posted.url else ''}")
    if telling.in_summary:
        tell("Added to the job summary.")
    if posting.dry_run:
        tell("Dry run, nothing was written.")
        write(telling.body)


def _load(planfile: Path) -> Plan:
    from reconciler.app.review.saved import load_plan

    return load_plan(planfile)


def _blank_plan(options: Globals) -> Plan:
    """Return a plan of nothing for the environment: what stands for one that could not be made."""
    from reconciler.app.workspace import load
    from reconciler.model.plan import Plan
    from reconciler.vendors import load_catalog

    environment = load(options.build_context(), catalog=load_catalog(), checking=True).environment
    return Plan(created_at="", updates=(), resources=(), environment=environment)


def _report(posted: Posted, posting: Posting, *, what: str) -> int:
    from reconciler.cli.terminal import tell, tell_diagnostics, write
    from reconciler.report.escape import escape_terminal

    tell_diagnostics(posted.notes)
    line = f"{what.capitalize()}: {posted.deed}{f' {escape_terminal(posted.url)}' if posted.url else ''}"
    if posting.dry_run:
        tell(f"Dry run, nothing was written. {line}")
        write(posted.body, style="markdown")
    else:
        write(line)
    return 0


for subcommand in (comment, issue, drift_pr, summary, reviewed, outcome, outputs):
    ci.add_command(subcommand)
