"""What the ledger costs: a plan beside many journals, and an apply that has nothing to do beside a large ledger.

Processor time, the least of several runs, so that a busy machine changes little.

python benchmarks/ledger.py [--runs N] [--count N]
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import stage


def write_journal(folder: Path, number: int, *, updates: int) -> None:
    """Write the journal of a run that ended well, as the product does."""
    run = f"2026{number // 2400 + 1:02d}{number // 100 % 24 + 1:02d}-{number % 100:06d}-0000abc"
    when = "2026-11-21T08:30:00Z"
    rows: list[dict[str, object]] = [
        {"event": "begin", "when": when, "author": "ci", "commit": "0" * 40, "command": "apply", "run": run}
    ]
    for place in range(updates):
        address = f"phone_connections.line-{place:05d}"
        change = {"path": "/voice", "cause": "config", "before": "sarah", "after": "jack"}
        target = {"address": address, "provider": "galtea", "account": "galtea", "kind": "phone_connections"}
        request = {"method": "PATCH", "url": "https://api.galtea.ai/phoneConnections/x", "fields": ["voice"]}
        rows.append(
            {
                "event": "intend",
                "when": when,
                **target,
                "identity": [["id", "x"]],
                "changes": [change],
                "request": request,
            }
        )
        rows.append({"event": "outcome", "when": when, "address": address, "result": "verified", "status": 200})
    rows.append({"event": "end", "when": when, "interrupted": False, "exit_code": 0, "message": ""})
    (folder / f"{run}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def measure_journals(runs: int) -> None:
    """Print a plan and a history beside many journals over those beside one."""
    with stage.serve(100, delay=0) as server, stage.open_project(100, changed=0, port=server.port) as folder:
        apply = ["-C", str(folder), "apply", "--auto-approve"]
        stage.run(apply)
        journals = folder / ".reconciler" / "journal"
        journals.mkdir(exist_ok=True)
        write_journal(journals, 0, updates=10)
        stage.run([*apply[:2], "drift"])
        plan_one = stage.cheapest([*apply[:2], "plan"], times=7)
        history_one = stage.cheapest([*apply[:2], "history"], times=7)
        for number in range(1, runs):
            write_journal(journals, number, updates=10)
        unindexed = stage.cheapest([*apply[:2], "plan"])
        stage.run(apply)
        plan_many = stage.cheapest([*apply[:2], "plan"], times=7)
        history_many = stage.cheapest([*apply[:2], "history"], times=7)
    print(f"\nplan of 100 objects beside {runs} journals of 10 updates each, processor time")
    show("plan", plan_many, plan_one)
    show("plan, before any run has indexed them", unindexed, plan_one)
    show("history", history_many, history_one)


def measure_nothing_to_do(count: int) -> None:
    """Print an apply that has nothing to do, beside a ledger of everything, over the plan alone."""
    with stage.serve(count, delay=0) as server, stage.open_project(count, changed=0, port=server.port) as folder:
        stage.run(["-C", str(folder), "apply", "--auto-approve"])
        planned = stage.cheapest(["-C", str(folder), "plan"], times=5)
        applied = stage.cheapest(["-C", str(folder), "apply", "--auto-approve"], times=5)
    print(f"\nan apply with nothing to do beside a ledger of {count}, processor time")
    show("apply", applied, planned, beside="the plan")


def show(name: str, own: stage.Measured, yardstick: stage.Measured, *, beside: str = "beside one") -> None:
    """Print a ratio."""
    ratio = own.processor / yardstick.processor
    stage.show(name, f"{own.processor:.2f} s", f"{beside} {yardstick.processor:.2f} s, ratio {ratio:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=1_000, help="journals")
    parser.add_argument("--count", type=int, default=10_000, help="entries of the ledger")
    options = parser.parse_args()
    print(stage.describe_machine())
    measure_journals(options.runs)
    measure_nothing_to_do(options.count)


if __name__ == "__main__":
    main()
