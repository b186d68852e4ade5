"""Let octoDNS plan 10,000 objects and apply 1,000 updates on the same server, through a provider for its API.

Each phone connection is declared as a TXT record. octoDNS is installed for this alone, in the version below.

python benchmarks/octodns_10000.py [--count N] [--changed N] [--delay MS]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import stage
from octodns_records import list_values, name_record
from vendor import make_connection

VERSION = "1.22.0"
CONFIG = """
providers:
  config: {{class: octodns.provider.yaml.YamlProvider, directory: {folder}, default_ttl: 60, enforce_order: false}}
  phones: {{class: octodns_provider.PhoneProvider, url: 'http://127.0.0.1:{port}'}}
zones:
  phones.example.: {{sources: [config], targets: [phones]}}
"""


def install(folder: Path) -> str:
    """Install octoDNS alone and return its command."""
    python = str(folder / "octodns" / "bin" / "python")
    for command in (
        ("uv", "venv", "--python", sys.executable, str(folder / "octodns")),
        ("uv", "pip", "install", "--python", python, f"octodns=={VERSION}", "requests"),
    ):
        subprocess.run(command, check=True, capture_output=True)
    return str(folder / "octodns" / "bin" / "octodns-sync")


def declare(folder: Path, *, count: int, changed: int, port: int) -> Path:
    """Write the zone, every so many records with another voice, and return the configuration."""
    every = count // changed
    rows = (make_connection(place) | ({"voice": "jack"} if place % every == 0 else {}) for place in range(count))
    records = (f"{name_record(row['id'])}: {{type: TXT, values: {list_values(row)}}}\n" for row in rows)
    (folder / "phones.example.yaml").write_text("---\n" + "".join(records))
    (folder / "config.yaml").write_text(CONFIG.format(folder=folder, port=port))
    return folder / "config.yaml"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10_000, help="phone connections")
    parser.add_argument("--changed", type=int, default=1_000, help="how many of them differ")
    parser.add_argument("--delay", type=float, default=50, help="milliseconds that each answer takes longer")
    options = parser.parse_args()
    print(stage.describe_machine(), f"octoDNS {VERSION}", sep=", ")
    environment = {"PYTHONPATH": str(Path(__file__).parent)}
    with TemporaryDirectory() as place, stage.serve(options.count, delay=options.delay) as server:
        program = (install(Path(place)),)
        config = declare(Path(place), count=options.count, changed=options.changed, port=server.port)
        command = ["--config-file", str(config), "--quiet"]
        stage.run(command, program=program, environment=environment)
        before = server.count()
        planned = stage.run(command, program=program, environment=environment)
        reads = server.count()["GET"] - before["GET"]
        applied = stage.run([*command, "--doit", "--force"], program=program, environment=environment)
        writes = server.count().get("PATCH", 0)
    stage.show("plan", f"{planned.seconds:.1f} s", f"{reads:.0f} requests, processor {planned.processor:.1f} s")
    stage.show(
        f"apply of {writes:.0f} updates, with its plan",
        f"{applied.seconds:.1f} s",
        f"exit code {applied.exit_code}, {applied.mebibytes:.0f} MiB",
    )


if __name__ == "__main__":
    main()
