"""Apply 1,000 updates to 10,000 phone connections on a server that takes 50 ms for each answer.

The bound is what latency and the allowed concurrency give: requests / concurrency * delay. Two of them are printed: over
the writes alone, and over all requests that prove them (the plan's reading, and the reading back).

python benchmarks/apply_1000.py [--count N] [--changed N] [--delay MS] [--concurrency N] [--disk MS]
"""

from __future__ import annotations

import argparse

import stage


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10_000, help="phone connections")
    parser.add_argument("--changed", type=int, default=1_000, help="how many of them differ")
    parser.add_argument("--delay", type=float, default=50, help="milliseconds that each answer takes longer")
    parser.add_argument("--concurrency", type=int, default=10, help="requests in flight")
    parser.add_argument("--disk", type=float, default=0, help="milliseconds that each flush of a file takes longer")
    options = parser.parse_args()
    disk = stage.slow_down_disk(options.disk)
    print(stage.describe_machine())
    with (
        stage.serve(options.count, delay=options.delay) as server,
        stage.open_project(
            options.count, changed=options.changed, port=server.port, concurrency=options.concurrency
        ) as folder,
    ):
        # The first run compiles.
        stage.run(["-C", str(folder), "plan"], environment=disk)
        planned = stage.run(["-C", str(folder), "plan"], environment=disk)
        before = server.count()
        applied = stage.run(["-C", str(folder), "apply", "--auto-approve"], environment=disk)
        after = server.count()
        again = stage.run(["-C", str(folder), "plan", "--detailed-exitcode"])
    reads, writes = (int(after[name] - before.get(name, 0)) for name in ("GET", "PATCH"))
    print(
        f"\napply {options.changed} updates of {options.count}, {options.delay:.0f} ms an answer, {options.concurrency} in flight, "
        f"{options.disk:.0f} ms more a flush"
    )
    stage.show("writes", str(writes))
    stage.show("reads", str(reads), "for the plan, right before the writes, and to prove them")
    stage.show("wall time, whole command", f"{applied.seconds:.1f} s", f"exit code {applied.exit_code}")
    stage.show("the command's processor time", f"{applied.processor:.1f} s")
    stage.show("peak memory", f"{applied.mebibytes:.0f} MiB")
    stage.show("the server's own processor time", f"{after['seconds'] - before['seconds']:.1f} s")
    each = options.delay / 1000 / options.concurrency
    stage.show(
        "bound over the writes",
        f"{writes * each:.1f} s",
        f"the command takes {applied.seconds / writes / each:.2f} times that",
    )
    total = reads + writes
    stage.show(
        "bound over all requests",
        f"{total * each:.1f} s",
        f"the command takes {applied.seconds / total / each:.2f} times that",
    )
    own = applied.seconds - planned.seconds
    stage.show(
        "the same without the plan", f"{own:.1f} s", f"{own / writes / each:.2f} times the bound over the writes"
    )
    stage.show(
        "processor time without the plan's",
        f"{applied.processor - planned.processor:.2f} s",
        f"{1000 * (applied.processor - planned.processor) / writes:.2f} ms a write",
    )
    stage.show("second plan", "empty" if again.exit_code == 0 else f"exit {again.exit_code}")


if __name__ == "__main__":
    main()
