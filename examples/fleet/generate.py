"""Write a project with an account for each of many customers, and a sandbox that has none of it as declared.

python generate.py FOLDER --customers 1000
"""

from __future__ import annotations

import argparse
import json
import shutil
import uuid
from pathlib import Path

HERE = Path(__file__).parent
SETTINGS = """\
version: 1
ledger: git            # every job and every worker applies from the same ledger
guards:
  max_updates: 500     # in one run: a shard, not the fleet
  max_percent: 100     # one prompt is everybody's, so a change of it is one of all
accounts:
"""
CUSTOMER = """\
account: {name}
prompts:
  {name}: {{id: {prompt}, spec: {{label: {name}, content: "${{file:prompts/receptionist.md}}"}}}}
agents:
  {name}: {{id: {agent}, spec: {{prompt: "${{prompts.{name}.id}}"}}}}
numbers:
  {name}: {{id: "{number}", spec: {{label: {name}, inbound_agent: "${{agents.{name}.id}}"}}}}
"""


def main() -> None:
    """Write the project that the command line asks for."""
    parser = argparse.ArgumentParser(description="Write a project with an account for each of many customers.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--customers", type=int, default=1000, metavar="N")
    options = parser.parse_args()
    write_project(options.folder, count=options.customers)
    print(f"{options.customers} customers in {options.folder}")


def write_project(folder: Path, *, count: int) -> None:
    """Write settings, the shared prompt, a file for each customer, and what the sandbox holds at first."""
    names = [f"customer-{place:04}" for place in range(count)]
    (folder / "customers").mkdir(parents=True)
    shutil.copytree(HERE / "prompts", folder / "prompts")
    accounts = [f"  {name}: {{provider: fluents, credential: {name_key(name)}}}\n" for name in names]
    (folder / "reconciler.yaml").write_text(SETTINGS + "".join(accounts), encoding="utf-8")
    worlds = {}
    for place, name in enumerate(names):
        ids = {kind: str(uuid.uuid5(uuid.NAMESPACE_URL, f"{name}/{kind}")) for kind in ("prompt", "agent")}
        number = f"+1202555{place:04}"
        text = CUSTOMER.format(name=name, number=number, **ids)
        (folder / "customers" / f"{name}.yaml").write_text(text, encoding="utf-8")
        worlds[name_key(name)] = build_world(name, number, **ids)
    seed = json.dumps({"fluents": {"worlds": worlds}}, indent=1)
    (folder / "sandbox.yaml").write_text(seed + "\n", encoding="utf-8")


def name_key(name: str) -> str:
    """Name the environment variable that holds the key of a customer's account."""
    return f"FLUENTS_{name.upper().replace('-', '_')}_KEY"


def build_world(name: str, number: str, *, prompt: str, agent: str) -> dict[str, list[dict[str, str]]]:
    """Return what a customer's account holds before anything is applied."""
    return {
        "prompts": [{"id": prompt, "label": name, "content": "You answer the phone."}],
        "agents": [{"id": agent, "name": name, "prompt": prompt}],
        "numbers": [{"number": number, "label": name, "inbound_agent": agent}],
    }


if __name__ == "__main__":
    main()
