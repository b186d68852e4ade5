"""Write a plan as the published JSON document (`schemas/plan.schema.json`) and read it back.

Law: `read_plan(write_plan(plan)) == plan`, up to two documented losses: a secret comes back as `WITHHELD`, and tuples
inside values come back as lists. The marks for unknown and secret values stand in `plan_values`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from reconciler.model.diagnostic import Diagnostic, Location, Severity
from reconciler.model.ignored_document import read_ignored, write_ignored
from reconciler.model.paths import MISSING, Json, Missing, format_pointer, parse_pointer
from reconciler.model.plan import (
    Binding,
    Cause,
    Change,
    Consequence,
    Plan,
    Planned,
    Reach,
    Request,
    Status,
    Subject,
    Update,
)
from reconciler.model.plan_values import WITHHELD, decode_value, encode_value, list_body
from reconciler.model.taken_document import read_identity, read_taken, write_identity, write_taken
from reconciler.model.view_document import read_calls, read_scope, write_calls, write_scope

FORMAT_VERSION: Final = 1
WRITE_METHODS: Final = frozenset({"PATCH", "POST", "PUT"})
Read = TypeVar("Read")


class PlanError(Exception):
    """Say why a document cannot be used as a plan; `code` stands in `CODES`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def write_plan(plan: Plan) -> dict[str, Json]:
    """Return the document of a plan, with a digest over the canonical JSON of the rest."""
    document: dict[str, Json] = {
        "format_version": FORMAT_VERSION,
        "created_at": plan.created_at,
        "digest": "",
        "environment": plan.environment,
        "summary": summarise_plan(plan),
        "updates": [_write_update(update) for update in plan.updates],
        "resources": [_write_planned(planned) for planned in plan.resources],
        "diagnostics": [write_diagnostic(diagnostic) for diagnostic in plan.diagnostics],
        "binding": _write_binding(plan.binding),
        "calls": write_calls(plan.calls),
        **({"ignored": [write_ignored(ignored) for ignored in plan.ignored]} if plan.ignored else {}),
        **({"subject": plan.subject.value} if plan.subject is not Subject.PLAN else {}),
        **({"scope": write_scope(plan.scope)} if plan.scope.narrow else {}),
        **({"project": plan.project} if plan.project else {}),
        "forecast_requests": plan.forecast_requests,
    }
    document["digest"] = compute_digest(document)
    return document


def read_plan(document: Json) -> Plan:
    """Return the plan of a document; raise PlanError where it is none, is newer than this version, or was edited."""
    if not isinstance(document, Mapping) or "format_version" not in document:
        raise PlanError("plan-invalid", "This is not a saved plan: it has no format_version.")
    version = document["format_version"]
    if type(version) is not int or version < 1:
        raise PlanError("plan-invalid", f"This is not a saved plan: its format_version is {version!r}.")
    if version > FORMAT_VERSION:
        reason = f"The plan has format_version {version}; this version of reconciler reads up to {FORMAT_VERSION}."
        raise PlanError("plan-newer", reason)
    if document.get("digest") != compute_digest(document):
        raise PlanError("plan-edited", "The saved plan does not match its digest: it was edited or cut off.")
    try:
        return _read_document(document)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        reason = f"This is not a saved plan that this version of reconciler understands: {error}."
        raise PlanError("plan-invalid", reason) from error


def summarise_plan(plan: Plan) -> dict[str, int]:
    """Count resources by status, updates by cause, and the writes that `apply` would send."""
    statuses = (Status.UPDATE, Status.IN_SYNC, Status.ABSENT, Status.UNKNOWN, Status.REFUSED)
    counts = {status.value: plan.count(status) for status in statuses}
    causes = {cause.value: plan.count_cause(cause) for cause in (Cause.DRIFT, Cause.CONFLICT)}
    ignored = {"ignored": len(plan.ignored)} if plan.ignored else {}
    return counts | causes | {"requests": plan.forecast_requests} | ignored


def compute_digest(document: Mapping[str, Json]) -> str:
    """Return `sha256:` and the hash of the canonical JSON (sorted keys, no spaces, ASCII) of all but `digest`."""
    rest = {key: value for key, value in document.items() if key != "digest"}
    canonical = json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return "sha256:" + hashlib.sha256(canonical.encode()).hexdigest()


def _write_update(update: Update) -> dict[str, Json]:
    request = update.request
    return {
        "address": update.address,
        "provider": update.provider,
        "account": update.account,
        "kind": update.kind,
        "generation": update.generation,
        "id": update.identity.as_json(),
        "identity": write_identity(update.identity),
        "label": update.label,
        "source": _write_location(update.location),
        "changes": [_write_change(change) for change in update.changes],
        "request": {
            "method": request.method,
            "url": request.url,
            "body": list_body(update),
            "companions": list(request.companions),
            "batch": request.batch or None,
        },
        "consequences": [_write_consequence(consequence) for consequence in update.consequences],
        "reach": _write_reach(update.reach),
        "risks": list(update.risks),
        "protected": update.protected,
        **({"follows": list(update.follows)} if update.follows else {}),
        **({"taken": [write_taken(taken) for taken in update.taken]} if update.taken else {}),
    }


def _write_consequence(consequence: Consequence) -> dict[str, Json]:
    return {
        "path": format_pointer(consequence.path),
        "before": encode_value(consequence.before),
        "after": encode_value(consequence.after),
        "source": consequence.source,
    }


def _write_reach(reach: Reach | None) -> Json:
    return None if reach is None else [{"kind": kind, "names": list(names)} for kind, names in reach.users]


def _write_change(change: Change) -> dict[str, Json]:
    written: dict[str, Json] = {
        "path": format_pointer(change.path),
        "before": _write_side(change.before, secret=change.secret),
        "after": _write_side(change.after, secret=change.secret),
        "cause": change.cause.value,
        **_write_location(change.location),
        "risk": change.risk,
        "secret": change.secret,
    }
    if change.last_applied is not MISSING:
        written["last_applied"] = _write_side(change.last_applied, secret=change.secret)
    written |= {"owners": list(change.owners)} if change.owners else {}
    written |= {"owner_before": change.owner_before} if change.owner_before else {}
    if change.undone_by:
        written["undone_by"] = change.undone_by
    return written


def _write_side(value: Json | Missing, *, secret: bool) -> Json:
    hidden = secret and value is not MISSING and value is not None
    return encode_value(WITHHELD if hidden else value)


def _write_location(location: Location | None) -> dict[str, Json]:
    if location is None:
        return {"file": None, "line": None, "column": None}
    return {"file": location.file, "line": location.line, "column": location.column}


def _write_planned(planned: Planned) -> dict[str, Json]:
    return {
        "address": planned.address,
        "status": planned.status.value,
        "account": planned.account,
        "reason": planned.reason,
        **({"through": planned.through} if planned.through else {}),
    }


def write_diagnostic(diagnostic: Diagnostic) -> dict[str, Json]:
    """Return a diagnostic as JSON; what it does not have is null or empty, never left out."""
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity.value,
        "message": diagnostic.message,
        "advice": diagnostic.advice,
        **_write_location(diagnostic.location),
        "excerpt": diagnostic.excerpt,
        "address": diagnostic.address,
        "path": diagnostic.path,
    }


def _write_binding(binding: Binding) -> dict[str, Json]:
    return {
        "configuration": binding.configuration,
        "schemas": binding.schemas,
        "tool_version": binding.tool_version,
        "hosts": dict(binding.hosts),
    }


def _read_document(document: Mapping[str, Json]) -> Plan:
    environment = document["environment"]
    return Plan(
        created_at=_text(document["created_at"]),
        updates=_read_each(document["updates"], _read_update),
        resources=_read_each(document["resources"], _read_planned),
        diagnostics=_read_each(document["diagnostics"], _read_diagnostic),
        environment=None if environment is None else _text(environment),
        binding=_read_binding(document["binding"]),
        calls=read_calls(document["calls"]),
        ignored=tuple(read_ignored(entry) for entry in document.get("ignored", [])),
        forecast_requests=int(document["forecast_requests"]),
        subject=Subject(document.get("subject", Subject.PLAN)),
        scope=read_scope(document.get("scope")),
        project=_text(document.get("project", "")),
    )


def _read_each(entries: Json, read: Callable[[Mapping[str, Json]], Read]) -> tuple[Read, ...]:
    if not isinstance(entries, list):
        raise TypeError("a list was expected")
    return tuple(read(entry) for entry in entries)


def _text(value: Json) -> str:
    if not isinstance(value, str):
        message = f"a text was expected, not {type(value).__name__}"
        raise TypeError(message)
    return value


def _read_update(entry: Mapping[str, Json]) -> Update:
    location = _read_location(entry["source"])
    if location is None:
        raise ValueError("an update names no source")
    return Update(
        address=_text(entry["address"]),
        provider=_text(entry["provider"]),
        account=_text(entry["account"]),
        kind=_text(entry["kind"]),
        identity=read_identity(entry["identity"]),
        changes=_read_each(entry["changes"], _read_change),
        request=_read_request(entry["request"]),
        location=location,
        label=_text(entry["label"]),
        risks=tuple(_text(risk) for risk in entry["risks"]),
        protected=bool(entry["protected"]),
        generation=_text(entry.get("generation", "")),
        follows=tuple(_text(address) for address in entry.get("follows", ())),
        taken=_read_each(entry.get("taken", []), read_taken),
        consequences=_read_each(entry.get("consequences", []), _read_consequence),
        reach=_read_reach(entry.get("reach")),
    )


def _read_consequence(entry: Mapping[str, Json]) -> Consequence:
    before, after = decode_value(entry["before"]), decode_value(entry["after"])
    return Consequence(parse_pointer(_text(entry["path"])), before, after, _text(entry["source"]))


def _read_reach(entries: Json) -> Reach | None:
    if entries is None:
        return None
    return Reach(tuple((_text(entry["kind"]), tuple(map(_text, entry["names"]))) for entry in entries))


def _read_change(entry: Mapping[str, Json]) -> Change:
    last_applied = decode_value(entry["last_applied"]) if "last_applied" in entry else MISSING
    return Change(
        path=parse_pointer(_text(entry["path"])),
        before=decode_value(entry["before"]),
        after=decode_value(entry["after"]),
        cause=Cause(entry["cause"]),
        location=_read_location(entry),
        risk=_text(entry["risk"]),
        secret=bool(entry["secret"]),
        last_applied=last_applied,
        owners=tuple(_text(address) for address in entry.get("owners", ())),
        owner_before=_text(entry.get("owner_before", "")),
        undone_by=_text(entry.get("undone_by", "")),
    )


def _read_request(entry: Mapping[str, Json]) -> Request:
    method = _text(entry["method"])
    if method not in WRITE_METHODS:
        message = f"a plan never sends {method}"
        raise ValueError(message)
    body = {key: decode_value(value) for key, value in entry["body"].items()}
    companions = tuple(_text(name) for name in entry["companions"])
    return Request(method, _text(entry["url"]), body, companions, batch=_text(entry["batch"] or ""))


def _read_location(entry: Mapping[str, Json]) -> Location | None:
    if entry["file"] is None:
        return None
    return Location(_text(entry["file"]), int(entry["line"]), int(entry["column"]))


def _read_planned(entry: Mapping[str, Json]) -> Planned:
    return Planned(
        address=_text(entry["address"]),
        status=Status(entry["status"]),
        account=_text(entry["account"]),
        reason=_text(entry["reason"]),
        through=_text(entry.get("through", "")),
    )


def _read_diagnostic(entry: Mapping[str, Json]) -> Diagnostic:
    address = entry["address"]
    return Diagnostic(
        code=_text(entry["code"]),
        message=_text(entry["message"]),
        severity=Severity(entry["severity"]),
        advice=_text(entry["advice"]),
        location=_read_location(entry),
        excerpt=_text(entry["excerpt"]),
        address=None if address is None else _text(address),
        path=_text(entry["path"]),
    )


def _read_binding(entry: Mapping[str, Json]) -> Binding:
    hosts = {_text(account): _text(host) for account, host in entry["hosts"].items()}
    return Binding(_text(entry["configuration"]), _text(entry["schemas"]), _text(entry["tool_version"]), hosts)
