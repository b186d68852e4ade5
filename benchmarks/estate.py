"""Plan a large estate: many objects over many accounts, time and memory an object over those of a small one.

python benchmarks/estate.py [--accounts N] [--each N] [--delay MS] [--beside N]
"""

from __future__ import annotations

import argparse

import stage


def measure(accounts: int, each: int, *, delay: float) -> tuple[stage.Measured, int]:
    """Plan once, and return what it took and the requests that it sent."""
    with (
        stage.serve(each, delay=delay) as server,
        stage.open_project(each, changed=max(1, each // 100), port=server.port, accounts=accounts) as folder,
    ):
        measured = stage.run(["-C", str(folder), "plan"])
        return measured, int(server.count()["GET"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--accounts", type=int, default=10, help="accounts")
    parser.add_argument("--each", type=int, default=10_000, help="objects of each")
    parser.add_argument("--delay", type=float, default=50, help="milliseconds that each answer takes longer")
    parser.add_argument("--beside", type=int, default=1, help="accounts of the small estate that it is held against")
    options = parser.parse_args()
    print(stage.describe_machine())
    stage.run(["--version"])
    small, _ = measure(options.beside, options.each, delay=options.delay)
    large, requests = measure(options.accounts, options.each, delay=options.delay)
    count, few = options.accounts * options.each, options.beside * options.each
    print(f"\nplan {count} objects over {options.accounts} accounts, held against {few} over {options.beside}")
    stage.show("requests", str(requests))
    stage.show("wall time", f"{large.seconds:.1f} s", f"exit code {large.exit_code}")
    growth = large.processor / count / (small.processor / few)
    stage.show(
        "processor time",
        f"{large.processor:.1f} s",
        f"{1000 * large.processor / count:.3f} ms an object, ratio {growth:.2f}",
    )
    growth = large.mebibytes / count / (small.mebibytes / few)
    stage.show(
        "peak memory",
        f"{large.mebibytes:.0f} MiB",
        f"{1024 * large.mebibytes / count:.2f} KiB an object, ratio {growth:.2f}",
    )


if __name__ == "__main__":
    main()
