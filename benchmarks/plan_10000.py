"""Plan 10,000 objects against a server that takes 50 ms for each answer; validate them beside plain YAML.

python benchmarks/plan_10000.py [--count N] [--changed N] [--delay MS] [--vendor galtea|fluents]
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import stage
import yaml

from reconciler.app.context import Context
from reconciler.app.review.review import Review, read
from reconciler.app.review.validation import validate
from reconciler.app.workspace import open_workspace
from reconciler.config.discover import list_files
from reconciler.config.findings import Findings
from reconciler.config.text.events import parse_document
from reconciler.config.text.source import Source
from reconciler.engine.plan import make_plan
from reconciler.report.text.plan import render_plan

YARDSTICK = """
import sys, yaml
from pathlib import Path
kept = [yaml.load(path.read_text("utf-8"), yaml.CSafeLoader) for path in sorted(Path(sys.argv[1]).rglob("*.yaml"))]
"""


def parse_plainly(folder: Path) -> list[Any]:
    """Load the files as most tools do."""
    files = sorted(folder.rglob("*.yaml"))
    return [yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader) for path in files]


def parse(folder: Path) -> list[Any]:
    """Parse the files as the product does: values with positions, nothing checked yet."""
    findings, names = Findings(), ("reconciler.yaml", *list_files(folder, unreadable=print))
    texts = {name: (folder / name).read_text(encoding="utf-8") for name in names}
    return [parse_document(Source(name, text), findings=findings) for name, text in texts.items()]


@dataclass(slots=True)
class Stages:
    """Seconds by stage, in the order in which they ran."""

    seconds: dict[str, float] = field(default_factory=dict)

    def time(self, name: str, started: float) -> None:
        self.seconds[name] = time.perf_counter() - started


def plan_in_stages(folder: Path) -> tuple[Stages, Review, str]:
    """Do what `plan` does, step by step in this process."""
    stages, context = Stages(), Context(folder=folder, environ=stage.ENVIRONMENT)
    started = time.perf_counter()
    workspace = open_workspace(context)
    stages.time("load", started)
    started = time.perf_counter()
    live = read(workspace, workspace.project.resources)
    stages.time("read", started)
    started = time.perf_counter()
    loaded = workspace.open_store().load()
    plan = make_plan(
        workspace.project,
        workspace.project.resources,
        catalog=workspace.catalog,
        live=live,
        ledger=loaded.ledger,
        created_at=context.now().isoformat(timespec="seconds"),
        binding=workspace.binding,
        diagnostics=workspace.diagnostics,
    )
    stages.time("diff", started)
    started = time.perf_counter()
    text = render_plan(plan, width=100, colour=False, verbose=False)
    stages.time("render", started)
    return stages, Review(workspace, workspace.project.resources, live, plan), text


def measure_validate(count: int, *, per_file: int) -> None:
    """Print what `validate` takes beside the yardstick, in process and as a whole command."""
    with stage.open_project(count, changed=0, per_file=per_file) as folder:
        context = Context(folder=folder, environ=stage.ENVIRONMENT)
        validate(context)
        plain = stage.best(lambda: stage.take(lambda: parse_plainly(folder)))
        own = stage.best(lambda: stage.take(lambda: validate(context)))
        bare = (sys.executable, "-c", YARDSTICK)
        plain_command = find_cheapest([str(folder)], program=bare)
        own_command = find_cheapest(["-C", str(folder), "validate"])
        size = sum(path.stat().st_size for path in folder.rglob("*.yaml"))
    print(f"\nvalidate {count} resources in files of {per_file} ({size / 2**20:.1f} MiB), processor time")
    show_ratio("in process", own, plain)
    show_ratio("whole command", own_command.processor, plain_command.processor)
    stage.show("peak memory", f"{own_command.mebibytes:.0f} MiB", f"yardstick {plain_command.mebibytes:.0f} MiB")


def show_ratio(name: str, own: float, plain: float) -> None:
    """Print what something took beside the yardstick."""
    stage.show(name, f"{own:.2f} s", f"yardstick {plain:.2f} s, ratio {own / plain:.2f} (wanted: below 0.50)")


def find_cheapest(arguments: list[str], **program: Any) -> stage.Measured:
    """Run a command several times and return the run that took the least; the first one compiles."""
    return min((stage.run(arguments, **program) for _ in range(4)), key=lambda run: run.processor)


def measure_plan(folder: Path, server: stage.Server, options: Any) -> None:
    """Print what `plan` takes as a whole command, and where the time goes."""
    stage.run(["-C", str(folder), "plan"])
    before = server.count()
    whole = stage.run(["-C", str(folder), "plan"])
    after = server.count()
    requests = int(after["GET"] - before.get("GET", 0))
    print(
        f"\nplan {options.count} objects of {options.vendor}, {options.changed} of them changed, {options.delay:.0f} ms an answer"
    )
    stage.show(
        "requests", str(requests), f"writes: {int(sum(after.get(name, 0) for name in ('PATCH', 'POST', 'PUT')))}"
    )
    stage.show("wall time, whole command", f"{whole.seconds:.2f} s", f"exit code {whole.exit_code}")
    bound = requests / 10 * options.delay / 1000
    stage.show(
        "bound by latency, 10 in flight", f"{bound:.2f} s", f"the command takes {whole.seconds / bound:.1f} times that"
    )
    stage.show("the command's processor time", f"{whole.processor:.2f} s")
    stage.show("the server's own processor time", f"{after['seconds'] - before['seconds']:.2f} s")
    stage.show("peak memory", f"{whole.mebibytes:.0f} MiB")
    parsing = stage.best(lambda: stage.take(lambda: parse(folder)))
    stages, _, text = plan_in_stages(folder)
    print("\nwhere the time goes, in one process")
    seconds = stages.seconds
    stage.show("parse", f"{parsing:.2f} s")
    stage.show("validate (the rest of loading)", f"{max(0.0, seconds['load'] - parsing):.2f} s")
    for name in ("read", "diff"):
        stage.show(name, f"{seconds[name]:.2f} s")
    stage.show("render", f"{seconds['render']:.2f} s", f"{text.count(chr(10))} lines of text")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10_000, help="objects")
    parser.add_argument("--changed", type=int, default=100, help="how many of them differ")
    parser.add_argument("--delay", type=float, default=50, help="milliseconds that each answer takes longer")
    parser.add_argument("--vendor", choices=("galtea", "fluents"), default="galtea", help="whose objects")
    options = parser.parse_args()
    print(stage.describe_machine())
    print("The yardstick is yaml.load(..., CSafeLoader) of the same files.")
    if options.vendor == "galtea":
        for per_file in (100, 1_000, options.count):
            measure_validate(options.count, per_file=per_file)
    with (
        stage.serve(options.count, delay=options.delay) as server,
        stage.open_project(options.count, changed=options.changed, port=server.port, vendor=options.vendor) as folder,
    ):
        measure_plan(folder, server, options)


if __name__ == "__main__":
    main()
