"""Print the goals of this project, each as one ratio from one run beside what is wanted.

Each row builds what it needs, takes from seconds to a minute, and stands alone; without names all but `million` are printed.

python benchmarks/goals.py [ROW ...]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import stage
from estate import measure
from ledger import write_journal
from plan_10000 import YARDSTICK

DELAY = 50.0
"""Milliseconds that each answer takes longer."""


@dataclass(frozen=True, slots=True)
class Goal:
    """One row: what is measured, what is wanted, and the run that tells."""

    title: str
    wanted: str
    run: Callable[[], str]


def plan(vendor: str) -> str:
    """Plan 10,000 objects, 100 of them changed: wall time over what latency alone takes, 10 in flight."""
    with (
        stage.serve(10_000, delay=DELAY) as server,
        stage.open_project(10_000, changed=100, port=server.port, vendor=vendor) as folder,
    ):
        command = ["-C", str(folder), "plan"]
        stage.run(command)
        before = server.count()
        runs = [stage.run(command) for _ in range(3)]
        requests = (server.count()["GET"] - before["GET"]) / len(runs)
    bound = requests / 10 * DELAY / 1000
    best = min(runs, key=lambda run: run.seconds)
    return f"{best.seconds / bound:.2f} ({best.seconds:.2f} s over {bound:.2f} s; processor {best.processor:.2f} s)"


def write(*, concurrency: int, disk: float) -> str:
    """Apply 1,000 updates of 1,000: wall time less that of a plan beside it, over what latency alone takes."""
    environment = stage.slow_down_disk(disk)
    with (
        stage.serve(1_000, delay=DELAY) as server,
        stage.open_project(1_000, changed=1_000, port=server.port, concurrency=concurrency) as folder,
    ):
        planned = [stage.run(["-C", str(folder), "plan"], environment=environment) for _ in range(3)]
        before = server.count()
        applied = stage.run(["-C", str(folder), "apply", "--auto-approve"], environment=environment)
        writes = server.count()["PATCH"] - before.get("PATCH", 0)
    own = applied.seconds - min(run.seconds for run in planned)
    bound = writes / concurrency * DELAY / 1000
    return f"{own / bound:.2f} ({own:.2f} s over {bound:.2f} s)"


def validate() -> str:
    """Check 10,000 resources in 100 files: processor time over that of loading the same files as plain YAML."""
    with stage.open_project(10_000, changed=0) as folder:
        own, plain = [], []
        for _ in range(4):
            own.append(stage.run(["-C", str(folder), "validate"]))
            plain.append(stage.run([str(folder)], program=(sys.executable, "-c", YARDSTICK)))
    return compare(min(run.processor for run in own), min(run.processor for run in plain))


def validate_unchanged() -> str:
    """Check them again, unchanged: processor time beyond that of `validate --help`."""
    with stage.open_project(10_000, changed=0) as folder:
        check = ["-C", str(folder), "validate"]
        stage.run(check, environment=stage.REMEMBERING)
        again, start = [], []
        for _ in range(6):
            again.append(stage.run(check, environment=stage.REMEMBERING))
            start.append(stage.run(["validate", "--help"]))
    own, bare = min(run.processor for run in again), min(run.processor for run in start)
    return f"{1000 * (own - bare):+.0f} ms ({own:.3f} s beside {bare:.3f} s)"


def apply_nothing() -> str:
    """Apply where nothing is to do, beside a ledger of 10,000: processor time over that of the plan."""
    with stage.serve(10_000, delay=0) as server, stage.open_project(10_000, changed=0, port=server.port) as folder:
        apply, plan = ["-C", str(folder), "apply", "--auto-approve"], ["-C", str(folder), "plan"]
        stage.run(apply)
        applied, planned = [], []
        for _ in range(4):
            planned.append(stage.run(plan))
            applied.append(stage.run(apply))
    return compare(min(run.processor for run in applied), min(run.processor for run in planned))


def plan_beside_journals() -> str:
    """Plan beside the journals of 1,000 runs: processor time over that beside one."""
    with stage.serve(100, delay=0) as server, stage.open_project(100, changed=0, port=server.port) as folder:
        plan, apply = ["-C", str(folder), "plan"], ["-C", str(folder), "apply", "--auto-approve"]
        stage.run(apply)
        one = stage.cheapest(plan, times=5)
        journals = folder / ".reconciler" / "journal"
        for number in range(1_000):
            write_journal(journals, number, updates=10)
        stage.run(apply)
        many = stage.cheapest(plan, times=5)
    return compare(many.processor, one.processor)


def estate(accounts: int, beside: int) -> str:
    """Plan many accounts of 10,000 objects: processor time and memory an object, over those of fewer."""
    small, _ = measure(beside, 10_000, delay=DELAY)
    large, _ = measure(accounts, 10_000, delay=DELAY)
    times = accounts / beside
    told = f"exit code {large.exit_code}, so not all was read; " if large.exit_code else ""
    return (
        f"{told}{large.processor / small.processor / times:.2f} of the time an object; {large.mebibytes:.0f} MiB"
        f" ({large.seconds:.0f} s, processor {large.processor:.1f} s)"
    )


def compare(own: float, yardstick: float) -> str:
    """Write a ratio with what it is made of."""
    return f"{own / yardstick:.2f} ({own:.2f} s over {yardstick:.2f} s of processor time)"


GOALS: Mapping[str, Goal] = {
    "plan": Goal("plan of 10,000 (Galtea) over its latency bound", "2.0", lambda: plan("galtea")),
    "plan-fluents": Goal("plan of 10,000 (Fluents) over its latency bound", "2.5", lambda: plan("fluents")),
    "write": Goal("writing 1,000 updates over its bound", "1.1", lambda: write(concurrency=10, disk=0)),
    "write-slow-disk": Goal("the same, 5 ms more a flush", "1.2", lambda: write(concurrency=10, disk=5)),
    "write-50": Goal("the same, 50 in flight", "1.5", lambda: write(concurrency=50, disk=0)),
    "validate": Goal("validate of 10,000 in 100 files over CSafeLoader", "0.5", validate),
    "validate-unchanged": Goal("the same, unchanged, beyond start-up", "+50 ms", validate_unchanged),
    "nothing-to-do": Goal("apply with nothing to do over the plan", "1.05", apply_nothing),
    "journals": Goal("plan beside 1,000 journals over beside one", "1.05", plan_beside_journals),
    "estate": Goal("plan of 100,000 over 10 accounts", "1.0; 300 MiB", lambda: estate(10, 1)),
    "million": Goal("plan of 1,000,000 over 100 accounts", "1.0; 4096 MiB", lambda: estate(100, 10)),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"which to print, of {', '.join(GOALS)}")
    chosen = parser.parse_args().rows or [name for name in GOALS if name != "million"]
    unknown = [name for name in chosen if name not in GOALS]
    if unknown:
        parser.error(f"there is no row {unknown[0]}")
    print(stage.describe_machine())
    stage.run(["--version"])
    print("\n| what | wanted | measured |\n|---|---|---|")
    for name in chosen:
        goal = GOALS[name]
        print(f"| {goal.title} | {goal.wanted} | {goal.run()} |", flush=True)


if __name__ == "__main__":
    main()
