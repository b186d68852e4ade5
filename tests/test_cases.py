"""Run every case: from a project's YAML and a vendor's answers to the exact requests."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from reconciler.config import Loaded, load_project
from reconciler.engine.plan import make_plan
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.ledger import Applied, Ledger
from reconciler.model.live import Absent, LiveState, Present, Reading, Unknown
from reconciler.model.paths import Json
from reconciler.model.plan import Binding, Plan, Update
from reconciler.model.plan_document import read_plan, write_diagnostic, write_plan
from reconciler.model.plan_values import WITHHELD
from reconciler.model.project import Declared, Project
from reconciler.model.resource_type import Identity, ResourceType
from reconciler.model.secret import Secret
from reconciler.vendors import load_catalog, schema_folder

ROOT = Path(__file__).parent / "cases"
CASES = sorted(path.parent for path in ROOT.glob("**/declared.yaml") if path.parent.name != "files")
CATALOG = load_catalog()
PLAN_SCHEMA = Draft202012Validator(json.loads((schema_folder() / "plan.schema.json").read_text(encoding="utf-8")))

SECRETS = {f"RECONCILER_SECRET_{name}": f"case-{name.lower()}-value" for name in ("SID", "TOKEN", "KEY")}
"""What `${secret.NAME}` stands for in cases; nothing of it may occur in a plan."""

CHANGE_KEYS = ("path", "before", "after", "cause", "line", "risk", "secret", "last_applied")
REQUEST_KEYS = ("method", "url", "body", "companions")
DIAGNOSTIC_KEYS = ("code", "severity", "address", "path", "line")


def name_case(folder: Path) -> str:
    return folder.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("folder", CASES, ids=name_case)
def test_case(folder: Path, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    loaded = load_case(folder, tmp_path)
    live = folder / "live.json"
    if live.exists():
        assert loaded.project is not None, [diagnostic.message for diagnostic in loaded.diagnostics]
        golden, outcome = folder / "plan.json", plan_case(folder, loaded.project, loaded.diagnostics)
    else:
        golden, outcome = folder / "diagnostics.json", [sum_up(found) for found in loaded.diagnostics]
    if request.config.getoption("--rewrite-golden"):
        golden.write_text(json.dumps(outcome, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    assert json.loads(golden.read_text(encoding="utf-8")) == outcome
    assert json.dumps(outcome) == json.dumps(json.loads(golden.read_text(encoding="utf-8"))), "1 and 1.0, order of keys"


@pytest.mark.parametrize("resource_type", CATALOG.all_types, ids=lambda resource_type: resource_type.name)
def test_every_resource_type_has_ten_cases(resource_type: ResourceType) -> None:
    counted = Counter(folder.parent.relative_to(ROOT).as_posix() for folder in CASES)
    assert counted[resource_type.name] >= 10


def test_no_case_is_half() -> None:
    for folder in CASES:
        files = {path.name for path in folder.iterdir()}
        assert files >= {"live.json", "plan.json"} or "diagnostics.json" in files, folder
        assert files <= {"declared.yaml", "live.json", "plan.json", "ledger.json", "diagnostics.json", "files"}, folder


def load_case(folder: Path, home: Path) -> Loaded:
    shutil.copyfile(folder / "declared.yaml", home / "reconciler.yaml")
    if (folder / "files").is_dir():
        shutil.copytree(folder / "files", home, dirs_exist_ok=True)
    return load_project(home, catalog=CATALOG, environ=SECRETS)


def plan_case(folder: Path, project: Project, diagnostics: tuple[Diagnostic, ...]) -> Json:
    live = read_live(json.loads((folder / "live.json").read_text(encoding="utf-8")), project)
    plan = make_plan(
        project,
        project.resources,
        catalog=CATALOG,
        live=live,
        ledger=read_ledger(folder / "ledger.json", project, live),
        created_at="2026-01-01T00:00:00Z",
        binding=Binding(),
        diagnostics=diagnostics,
    )
    document = json.loads(json.dumps(write_plan(plan)))
    assert [error.message for error in PLAN_SCHEMA.iter_errors(document)] == []
    assert read_plan(document) == withhold(plan)
    assert not any(secret in json.dumps(document) for secret in SECRETS.values())
    return {
        "summary": {key: count for key, count in document["summary"].items() if count},
        "updates": [sum_up_update(update) for update in document["updates"]],
        "resources": {planned["address"]: planned["status"] for planned in document["resources"]},
        "diagnostics": [sum_up(diagnostic) for diagnostic in plan.diagnostics],
    }


def withhold(plan: Plan) -> Plan:
    """Return the plan as its document tells it: without the secrets."""

    def hide(value: Json) -> Json:
        if isinstance(value, Secret):
            return WITHHELD
        return {key: hide(inner) for key, inner in value.items()} if isinstance(value, dict) else value

    def hide_update(update: Update) -> Update:
        changes = tuple(
            replace(change, after=WITHHELD, last_applied=change.last_applied and WITHHELD)
            if change.secret and change.after is not None
            else change
            for change in update.changes
        )
        whole = {change.path[0] for change in update.changes if change.secret and len(change.path) == 1}
        body = {
            name: WITHHELD if name in whole and value is not None else hide(value)
            for name, value in update.request.body.items()
        }
        return replace(update, changes=changes, request=replace(update.request, body=body))

    return replace(plan, updates=tuple(map(hide_update, plan.updates)))


def sum_up_update(update: Mapping[str, Json]) -> Json:
    chosen = {
        "address": update["address"],
        "id": update["id"],
        "changes": [keep(change, CHANGE_KEYS) for change in update["changes"]],
        "request": keep(update["request"], REQUEST_KEYS),
    }
    return chosen | keep(update, ("consequences", "reach", "risks", "protected"))


def sum_up(diagnostic: Diagnostic) -> Json:
    return keep(write_diagnostic(diagnostic), DIAGNOSTIC_KEYS)


def keep(document: Mapping[str, Json], keys: tuple[str, ...]) -> dict[str, Json]:
    """Keep the named keys, without what is empty; before, after and body are kept whatever they hold."""
    telling = ("before", "after", "last_applied", "body")
    return {key: document[key] for key in keys if key in document and (document[key] or key in telling)}


def read_live(document: Mapping[str, Json], project: Project) -> LiveState:
    declared = {resource.address: resource for resource in project.resources}
    assert declared.keys() == document["readings"].keys()
    options = document.get("options", {})
    return LiveState(
        readings={
            address: read_reading(reading, declared[address]) for address, reading in document["readings"].items()
        },
        missing={tuple(key.split(" ")): proof for key, proof in document.get("missing", {}).items()},
        options={(name, path): frozenset(values) for name, lists in options.items() for path, values in lists.items()},
    )


def read_reading(document: Mapping[str, Json], declared: Declared) -> Reading:
    if "absent" in document:
        return Absent(document["absent"])
    if "unknown" in document:
        return Unknown(document["unknown"])
    return Present(read_identity(document, declared), document["present"])


def read_identity(document: Mapping[str, Json], declared: Declared) -> Identity:
    resource_type = CATALOG.of(declared)
    known = dict(declared.identity.parts) if declared.identity else dict(declared.match)
    held = {part.name: document["present"][part.field] for part in resource_type.identity if part.field}
    parts = known | held | document.get("identity", {})
    return Identity(tuple((part.name, parts[part.name]) for part in resource_type.identity))


def read_ledger(path: Path, project: Project, live: LiveState) -> Ledger:
    if not path.exists():
        return Ledger()
    document = json.loads(path.read_text(encoding="utf-8"))
    declared = {resource.address: resource for resource in project.resources}
    return Ledger({address: read_applied(declared[address], fields, live) for address, fields in document.items()})


def read_applied(declared: Declared, fields: Mapping[str, Json], live: LiveState) -> Applied:
    reading = live.readings[declared.address]
    identity = reading.identity if isinstance(reading, Present) else declared.identity
    known = identity.as_json() if identity else None
    return Applied(
        address=declared.address,
        account=declared.account,
        provider=declared.provider,
        kind=declared.kind,
        identity=fields.get("identity", known),
        fields={pointer: value for pointer, value in fields.items() if pointer != "identity"},
        when="2025-12-31T00:00:00Z",
        commit="0123456",
        run="1",
    )
