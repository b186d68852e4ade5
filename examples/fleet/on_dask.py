"""Plan a fleet on the workers of a Dask cluster, show one report, and apply what it shows.

python on_dask.py FOLDER --report plans.html
python on_dask.py FOLDER --scheduler tcp://scheduler:8786 --report plans.html --apply
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from distributed import Client, LocalCluster

from reconciler import (
    Exit,
    PlanReport,
    Problem,
    Result,
    Status,
    judge_plan,
    merge_plans,
    open_project,
    read_plan,
    render_plans,
    write_plan,
)

STYLES = {".html": "html", ".md": "markdown", ".json": "json"}


def plan_accounts(folder: str, accounts: list[str], *, sandbox: bool) -> str:
    """Plan some accounts, on a worker. A plan travels as text; the keys never do: they are in the worker's environment."""
    return write_plan(open_project(folder, sandbox=sandbox).plan(accounts=accounts))


def apply_plan(folder: str, text: str, *, sandbox: bool) -> tuple[int, dict[str, int], list[str]]:
    """Apply a plan, on a worker; return the exit code, how many updates ended how, and what there is to say.

    The lock is that of the plan's accounts, so workers go side by side. Where Dask runs this twice, since a worker was lost,
    the second finds what the first one did: it is held to the plan, field by field.
    """
    try:
        done = open_project(folder, sandbox=sandbox).apply(read_plan(text))
    except Problem as problem:
        return int(problem.exit_code), {}, [found.message for found in problem.diagnostics]
    ends = Counter(outcome.result.value for outcome in done.outcomes)
    bad = [outcome for outcome in done.outcomes if outcome.result not in {Result.VERIFIED, Result.ACCEPTED}]
    return int(done.exit_code), dict(ends), [f"{outcome.update.address}: {outcome.message}" for outcome in bad]


def main() -> int:
    """Do what the command line asks for, and exit as `reconciler plan` or `apply` does."""
    options = read_options()
    project = open_project(options.folder, sandbox=options.sandbox)
    accounts = list(project.list_accounts())
    shards = [shard for place in range(options.shards) if (shard := accounts[place :: options.shards])]
    with connect(options) as client:
        planned = [
            client.submit(plan_accounts, options.folder, shard, sandbox=options.sandbox, pure=False) for shard in shards
        ]
        texts = client.gather(planned)
        report = merge_plans({f"shard {place}": read_plan(text) for place, text in enumerate(texts)})
        show(report, options.report)
        if not options.apply:
            return int(judge_plan(report.whole))
        changing = [text for text in texts if read_plan(text).updates]
        sent = [
            client.submit(apply_plan, options.folder, text, sandbox=options.sandbox, pure=False) for text in changing
        ]
        return tell(client.gather(sent))


def read_options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Plan and apply a fleet on the workers of a Dask cluster.")
    parser.add_argument("folder", help="The project, where the workers see it too.")
    parser.add_argument(
        "--shards", type=int, default=20, metavar="N", help="Into how many plans the accounts are split."
    )
    parser.add_argument("--scheduler", metavar="ADDRESS", help="A cluster that runs; without it one of threads, here.")
    parser.add_argument("--workers", type=int, default=4, metavar="N", help="Threads, where the cluster is here.")
    parser.add_argument("--report", type=Path, metavar="FILE", help="Write the report: .html, .md or .json.")
    parser.add_argument("--sandbox", action="store_true", help="Answer from the built-in vendors.")
    parser.add_argument("--apply", action="store_true", help="Apply what the report shows.")
    return parser.parse_args()


def connect(options: argparse.Namespace) -> Client:
    """Connect to the cluster that was named, or to one of threads in this process."""
    if options.scheduler:
        return Client(options.scheduler)
    cluster = LocalCluster(n_workers=1, threads_per_worker=options.workers, processes=False, dashboard_address=None)
    return Client(cluster)


def show(report: PlanReport, target: Path | None) -> None:
    """Write the one report of all plans, and its line that counts."""
    whole = report.whole
    counts = ", ".join(f"{whole.count(status)} {status.value}" for status in Status if whole.count(status))
    print(f"{len(whole.resources)} resources: {counts}")
    if target is not None:
        style: Any = STYLES.get(target.suffix, "text")
        target.write_text(render_plans(report, style=style), encoding="utf-8")
        print(f"The report is in {target}.")


def tell(done: list[tuple[int, dict[str, int], list[str]]]) -> int:
    """Say how all updates ended; return the worst exit code."""
    ends: Counter[str] = Counter()
    for _, counted, messages in done:
        ends.update(counted)
        for message in messages:
            print(message, file=sys.stderr)
    print(", ".join(f"{count} {name}" for name, count in sorted(ends.items())) or "Nothing to apply.")
    return max((code for code, _, _ in done), default=int(Exit.DONE))


if __name__ == "__main__":
    sys.exit(main())
