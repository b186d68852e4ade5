"""Plans made by hand for every face a plan is shown with. Each function returns a fresh, frozen plan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.model.diagnostic import Diagnostic, Location, Severity
from reconciler.model.paths import MISSING
from reconciler.model.plan import (
    Binding,
    CallEdge,
    CallGraph,
    CallNode,
    Cause,
    Change,
    Plan,
    Planned,
    Request,
    Status,
    Taken,
    Update,
)
from reconciler.model.resource_type import Identity

CREATED_AT = "2026-03-02T09:30:00Z"

GALTEA = "https://api.galtea.ai"
FLUENTS = "https://api.fluents.ai/v1"
OPENCOPILOT = "https://api.open.cx"
POLYAI = "https://api.us.poly.ai"

LAST_PROMPT = """\
You are the receptionist of the Harbour Clinic.

Greet the caller by the time of day and ask how you can help.
Keep every answer under three sentences.

Opening hours: Monday to Friday, 8:00 to 17:00.
If the caller describes an emergency, hand over at once.

Never give medical advice.
Never promise an appointment that you have not booked.
Close with the caller's name where you know it.
"""

NEXT_PROMPT = """\
You are the receptionist of the Harbour Clinic.

Greet the caller by the time of day and ask how you can help.
Keep every answer under two sentences.

Opening hours: Monday to Saturday, 8:00 to 18:30.
If the caller describes an emergency, hand over at once.

Never give medical advice.
Never promise an appointment that you have not booked.
Close with the caller's name where you know it.
Offer a text message with the address of the clinic.
"""

BINDING = Binding(
    configuration="sha256:6d1f0c", schemas="sha256:aa10e2", tool_version="0.1.0",
    hosts={"galtea": GALTEA, "fluents": FLUENTS, "opencopilot": OPENCOPILOT, "polyai": POLYAI},
)  # fmt: skip


def one_change() -> Plan:
    """Return the plan of one changed field and nothing else."""
    update = _connector()
    return Plan(
        created_at=CREATED_AT, updates=(update,), resources=(Planned(update.address, Status.UPDATE, "polyai"),),
        binding=BINDING, forecast_requests=1,
    )  # fmt: skip


def no_changes() -> Plan:
    """Return the plan of a project that matches the live state."""
    addresses = ("phone_connections.support-line", "numbers.front-desk", "agents.receptionist", "connectors.live-us")
    accounts = ("galtea", "fluents", "opencopilot", "polyai")
    pairs = zip(addresses, accounts, strict=True)
    return Plan(
        created_at=CREATED_AT, updates=(), binding=BINDING,
        resources=tuple(Planned(address, Status.IN_SYNC, account) for address, account in pairs),
    )  # fmt: skip


def four_vendors() -> Plan:
    """Return a plan with an update at each vendor, drift, a prompt, a companion, a risk and one unreadable number."""
    updates = (_phone_connection(), _number(), _receptionist(), _connector())
    return Plan(
        created_at=CREATED_AT,
        updates=updates,
        resources=(
            *(Planned(update.address, Status.UPDATE, update.account) for update in updates),
            Planned("phone_connections.billing-line", Status.IN_SYNC, "galtea"),
            Planned("connectors.staging-us", Status.IN_SYNC, "polyai"),
            Planned(
                "numbers.after-hours", Status.UNKNOWN, "fluents",
                "GET https://api.fluents.ai/v1/numbers/list?page=1&size=100 answered 503 after 4 attempts",
            ),
        ),
        diagnostics=(
            Diagnostic(
                "open-enum", 'language "no" is not among the languages that Fluents documents', Severity.WARNING,
                "Check the spelling; the vendor may know more languages than its page names.",
                Location("config/fluents.yaml", 9, 17), "      language: no", "numbers.front-desk", "/language",
            ),
        ),
        environment="production",
        binding=BINDING,
        calls=_calls(),
        forecast_requests=4,
    )  # fmt: skip


def many(count: int) -> Plan:
    """Return a plan of `count` updates over the four vendors, a fifth of them drift, each third with two changes."""
    updates = tuple(_numbered(index) for index in range(count))
    in_sync = tuple(Planned(f"numbers.quiet-{index:04}", Status.IN_SYNC, "fluents") for index in range(count // 2))
    planned = tuple(Planned(update.address, Status.UPDATE, update.account) for update in updates)
    return Plan(
        created_at=CREATED_AT, updates=updates, resources=planned + in_sync, binding=BINDING,
        forecast_requests=count,
    )  # fmt: skip


HOSTILE_TEXT = "\x1b[31mred\x1b[0m \x1b]0;title\x07 | `code` ``` </details><script>alert(1)</script> ::error::x \u202egnp.exe\u202c"
"""One string with what breaks a terminal, a Markdown table, HTML, a CI log and a reader's eye."""

HOSTILE_PROMPT = f"""\
Line one is fine.
{HOSTILE_TEXT}
::set-output name=x::y
```
<img src=x onerror=alert(1)> <!-- reconciler --> -->
| a | b |
{{{{ template }}}} {{% raw %}} ${{var.SECRET}}
zero\u200bwidth \u2066isolated\u2069 nul\x00 bell\x07 back\x08space \ud800 lone
\x85next\u2028line\u2029paragraph
"""


def hostile() -> Plan:
    """Return a plan whose every text tries to break out of where it is shown."""
    address = "numbers.front</details>`|\x1b[2J"
    changes = (
        Change(("label",), "Front\r\ndesk", HOSTILE_TEXT, Cause.CONFIG, Location("config/`|<b>.yaml", 3, 5)),
        Change(
            ("description",),
            HOSTILE_PROMPT,
            HOSTILE_PROMPT.replace("fine", "\x1b[32mfine"),
            Cause.DRIFT,
            risk=HOSTILE_TEXT,
        ),
        Change(
            ("example_context", "<b>key</b>|`\n\u202e"), {"a|b": HOSTILE_TEXT}, ["::warning::", None, {"unknown": True}]
        ),
        Change(("wide",), "日本語の電話番号", "👩‍👩‍👧 東京オフィス — Ünïcödé", Cause.CONFLICT, last_applied="한국어"),
        Change(("endless",), "x" * 500, "x" * 250 + "y" + "x" * 249, Cause.CONFIG),
    )
    update = Update(
        address=address, provider="fluents", account="fluents", kind="numbers",
        identity=Identity((("number", "+12025550143\x1b[31m"),)), changes=changes,
        request=Request("POST", f"{FLUENTS}/numbers/update?phone_number=%2B12025550143&x=<b>`|", _body(changes)),
        location=Location("config/`|<b>\x1b[31m.yaml", 2, 3), label=HOSTILE_TEXT, risks=(HOSTILE_TEXT,),
    )  # fmt: skip
    return Plan(
        created_at=CREATED_AT, updates=(update,), environment="prod\x1b[31m</b>",
        resources=(
            Planned(address, Status.UPDATE, "fluents"),
            Planned("numbers.\u202egone", Status.UNKNOWN, "fluents\x1b[31m", "<html>\n<h1>502 | Bad Gateway</h1>\x1b[2J"),
            Planned("numbers.::error::", Status.REFUSED, "fluents", "::error file=x::`refused`\r\n</details>"),
            Planned("numbers.<b>", Status.ABSENT, "fluents", "GET …/numbers?phone_number=%2B1 answered 404 </summary>"),
        ),
        diagnostics=(
            Diagnostic(
                "invalid-value", f"bad value {HOSTILE_TEXT}", Severity.WARNING, HOSTILE_TEXT,
                Location("config/`|<b>.yaml", 3, 12), f"    label: \t{HOSTILE_TEXT}", address, "/label",
            ),
        ),
        binding=BINDING,
        calls=CallGraph(
            (
                CallNode("n1", "numbers", "fluents", 'Front"]; click n1 "javascript:alert(1)"', "+12025550143", touched=True),
                CallNode("a1", "agents", "fluents", HOSTILE_TEXT),
            ),
            (CallEdge("n1", "a1", 'answers"|</svg>'),),
        ),
        forecast_requests=1,
    )  # fmt: skip


SECRET_VALUE = "sk-live-do-not-print-0123456789"


def everything() -> Plan:
    """Return a plan with every status, cause, risk, secret, unknown value and severity there is."""
    updates = (
        _every_cause(), _secret(), _receptionist(), _move(), _nested(),
    )  # fmt: skip
    return Plan(
        created_at=CREATED_AT,
        updates=updates,
        resources=(
            *(Planned(update.address, Status.UPDATE, update.account) for update in updates),
            Planned("connectors.staging-us", Status.IN_SYNC, "polyai"),
            Planned("numbers.lost", Status.ABSENT, "fluents", "GET https://api.fluents.ai/v1/numbers?phone_number=%2B12025550199 answered 404"),
            Planned("numbers.after-hours", Status.UNKNOWN, "fluents", "GET https://api.fluents.ai/v1/numbers/list?page=3&size=100 answered 503 after 4 attempts"),
            Planned(
                "phone_connections.night-line", Status.UNKNOWN, "galtea", "it takes numbers.after-hours.id, and numbers.after-hours is unknown: "
                "GET https://api.fluents.ai/v1/numbers/list?page=3&size=100 answered 503 after 4 attempts", "numbers.after-hours",
            ),
            Planned("connectors.legacy", Status.REFUSED, "polyai-eu", "voiceName cannot be set to null: the vendor offers no known way to clear it"),
        ),
        diagnostics=(
            Diagnostic(
                "absent-object", "numbers.lost is declared, but +12025550199 does not exist", Severity.ERROR,
                "Check the id; nothing is ever created.", Location("config/fluents.yaml", 40, 3), "  lost:", "numbers.lost",
            ),
            Diagnostic("read-failed", "Fluents answered 503 to page 3 of its numbers", Severity.WARNING, "Run plan again in a minute."),
            Diagnostic(
                "cannot-clear", "voiceName cannot be set to null", Severity.ERROR, "Leave the field out, or name a voice.",
                Location("config/polyai.yaml", 31, 18), "      voiceName: null", "connectors.legacy", "/voiceName",
            ),
            Diagnostic("ledger-foreign", "the ledger belongs to another project and was not used", Severity.NOTE),
        ),
        environment="staging",
        binding=BINDING,
        calls=_calls(),
        forecast_requests=4,
    )  # fmt: skip


def _body(changes: tuple[Change, ...]) -> Mapping[str, Any]:
    body: dict[str, Any] = {}
    for change in changes:
        place = body
        for key in change.path[:-1]:
            place = place.setdefault(key, {})
        place[change.path[-1]] = change.after
    return body


def _phone_connection() -> Update:
    file = "config/galtea.yaml"
    changes = (
        Change(("voice",), "sarah", "jack", Cause.CONFIG, Location(file, 8, 14)),
        Change(("languageCode",), "en-GB", "en-US", Cause.CONFIG, Location(file, 9, 21)),
        Change(("agentSpeaksFirst",), before=True, after=False, cause=Cause.DRIFT, location=Location(file, 10, 25)),
    )
    return Update(
        address="phone_connections.support-line", provider="galtea", account="galtea", kind="phone_connections",
        identity=Identity((("id", "phoneConnection_123"),)), changes=changes,
        request=Request("PATCH", f"{GALTEA}/phoneConnections/phoneConnection_123", _body(changes)),
        location=Location(file, 4, 3), label="Support line",
    )  # fmt: skip


def _number() -> Update:
    file = "config/fluents.yaml"
    changes = (
        Change(("label",), "Reception", "Front desk", Cause.CONFIG, Location(file, 6, 14)),
        Change(("description",), None, "Main line of the clinic", Cause.UNATTRIBUTED, Location(file, 7, 20)),
    )
    return Update(
        address="numbers.front-desk", provider="fluents", account="fluents", kind="numbers",
        identity=Identity((("number", "+12025550143"),)), changes=changes,
        request=Request("POST", f"{FLUENTS}/numbers/update?phone_number=%2B12025550143", _body(changes)),
        location=Location(file, 3, 3), label="Reception",
    )  # fmt: skip


def _receptionist() -> Update:
    file = "config/opencopilot.yaml"
    changes = (
        Change(
            ("base_prompt",), MISSING, NEXT_PROMPT, Cause.UNVERIFIABLE, Location(file, 9, 20), last_applied=LAST_PROMPT
        ),
        Change(("voice_speed",), MISSING, 1.1, Cause.UNVERIFIABLE, Location(file, 10, 20)),
    )
    body = {"elevenlabs_voice_id": "hP72SDESIJq2YuAblBqz", **_body(changes)}
    return Update(
        address="agents.receptionist", provider="opencopilot", account="opencopilot", kind="agents",
        identity=Identity((("id", "6f9619ff-8b86-4d01-b42d-00c04fc964ff"),)), changes=changes,
        request=Request(
            "PATCH", f"{OPENCOPILOT}/phone/6f9619ff-8b86-4d01-b42d-00c04fc964ff", body, ("elevenlabs_voice_id",)
        ),
        location=Location(file, 4, 3), label="Receptionist",
    )  # fmt: skip


def _connector() -> Update:
    file = "config/polyai.yaml"
    changes = (Change(("voiceName",), "en-US-Neural2-C", "en-US-Neural2-A", Cause.CONFIG, Location(file, 14, 18)),)
    return Update(
        address="connectors.live-us", provider="polyai", account="polyai", kind="connectors",
        identity=Identity((("agentId", "PROJECT-58RP822I"), ("connectorId", "conn-1"))), changes=changes,
        request=Request("PATCH", f"{POLYAI}/v1/agents/PROJECT-58RP822I/telephony/connectors/conn-1", _body(changes)),
        location=Location(file, 12, 3), label="Live US",
        risks=("The connector is live: the change reaches real calls at once.",),
    )  # fmt: skip


def _every_cause() -> Update:
    file = "config/galtea.yaml"
    changes = (
        Change(("name",), "Billing", "Billing line", Cause.CONFIG, Location(file, 18, 13), last_applied="Billing"),
        Change(("voice",), "theo", None, Cause.DRIFT, Location(file, 19, 14), last_applied=None),
        Change(("languageCode",), "en-GB", "en-US", Cause.CONFLICT, Location(file, 20, 21), last_applied="fr-FR"),
        Change(("agentSpeaksFirst",), before=False, after=True, cause=Cause.UNATTRIBUTED),
        Change(
            ("phoneNumber",), "+14155552671", "+14155552672", Cause.CONFIG, Location(file, 21, 20),
            "The number that callers dial changes.", last_applied="+14155552671",
            owners=("numbers.billing",), owner_before="numbers.front-desk",
        ),
    )  # fmt: skip
    taken = Taken(
        "numbers.billing", "fluents", "fluents", "numbers", Identity((("number", "+14155552672"),)), ("id",), "number",
        "+14155552672", {"label": "Billing"}, ("phoneNumber",),
    )  # fmt: skip
    return Update(
        address="phone_connections.billing-line", provider="galtea", account="galtea", kind="phone_connections",
        identity=Identity((("id", "phoneConnection_456"),)), changes=changes,
        request=Request("PATCH", f"{GALTEA}/phoneConnections/phoneConnection_456", _body(changes)),
        location=Location(file, 16, 3), label="Billing", protected=True,
        risks=("phoneNumber: the number that callers dial changes.",), follows=("numbers.billing",), taken=(taken,),
    )  # fmt: skip


def _secret() -> Update:
    path = ("openai_account_connection", "credentials", "OPENAI_API_KEY")
    changes = (
        Change(
            ("initial_message",),
            "Hi!",
            "Good day, Harbour Clinic.",
            Cause.CONFIG,
            Location("config/fluents.yaml", 24, 24),
        ),
        Change(path, MISSING, SECRET_VALUE, Cause.UNVERIFIABLE, Location("config/fluents.yaml", 27, 27), secret=True),
    )
    return Update(
        address="agents.concierge", provider="fluents", account="fluents", kind="agents",
        identity=Identity((("id", "550e8400-e29b-41d4-a716-446655440000"),)), changes=changes,
        request=Request("POST", f"{FLUENTS}/agents/update?id=550e8400-e29b-41d4-a716-446655440000", _body(changes)),
        location=Location("config/fluents.yaml", 20, 3), label="Concierge",
    )  # fmt: skip


def _move() -> Update:
    file = "config/polyai-eu.yaml"
    risk = "The connector moves to another project; its variant belongs to the old one."
    changes = (Change(("projectId",), "PROJECT-OLD", "PROJECT-NEW", Cause.CONFIG, Location(file, 7, 18), risk),)
    return Update(
        address="connectors.eu-main", provider="polyai", account="polyai-eu", kind="connectors",
        identity=Identity((("agentId", "PROJECT-OLD"), ("connectorId", "conn-9"))), changes=changes,
        request=Request("PATCH", "https://api.eu.poly.ai/v1/agents/PROJECT-OLD/telephony/connectors/conn-9", _body(changes)),
        location=Location(file, 4, 3), label="EU main", risks=(f"projectId: {risk}",),
    )  # fmt: skip


def _nested() -> Update:
    file = "config/fluents.yaml"
    before = "Hello, you have reached the Harbour Clinic, this call may be recorded, how can we help you today?"
    after = "Hello, you have reached Harbour Clinic, this call is never recorded, how may we help you today?"
    changes = (
        Change(("prompt", "content"), before, after, Cause.CONFIG, Location(file, 33, 16)),
        Change(("actions",), [{"type": "action_end_conversation"}], [
            {"type": "action_end_conversation"},
            {"type": "action_transfer_call", "label": "To a person", "config": {"phone_number": "+12025550100"}},
        ], Cause.CONFIG, Location(file, 34, 16)),
        Change(("webhook",), {"url": "https://a.example/hook", "method": "POST"}, None, Cause.CONFIG, Location(file, 40, 16)),
        Change(("llm_temperature",), 0.7, 0, Cause.CONFIG, Location(file, 41, 24)),
        Change(("label",), "", "  padded ", Cause.CONFIG, Location(file, 42, 14)),
    )  # fmt: skip
    return Update(
        address="agents.night-shift", provider="fluents", account="fluents", kind="agents",
        identity=Identity((("id", "7d444840-9dc0-11d1-b245-5ffdce74fad2"),)), changes=changes,
        request=Request("POST", f"{FLUENTS}/agents/update?id=7d444840-9dc0-11d1-b245-5ffdce74fad2", _body(changes)),
        location=Location(file, 30, 3), label="Night shift",
    )  # fmt: skip


def _numbered(index: int) -> Update:
    cause = Cause.DRIFT if index % 5 == 0 else Cause.CONFIG
    file = f"config/batch-{index // 100}.yaml"
    line = 3 + index % 100 * 5
    template = (_phone_connection, _number, _receptionist, _connector)[index % 4]()
    field = template.changes[0].path if index % 4 != 2 else ("name",)
    changes = [Change(field, f"before {index}", f"after {index}", cause, Location(file, line + 3, 12))]
    if index % 3 == 0:
        changes.append(Change(("description",), "old", f"New {index}", Cause.CONFIG, Location(file, line + 4, 12)))
    identity = template.identity.replace(template.identity.parts[-1][0], f"{template.identity.parts[-1][1]}{index:04}")
    return Update(
        address=f"{template.kind}.line-{index:04}", provider=template.provider, account=template.account,
        kind=template.kind, identity=identity, changes=tuple(changes),
        request=Request(template.request.method, f"{template.request.url}{index:04}", _body(tuple(changes))),
        location=Location(file, line, 3), label=f"Line {index}", risks=template.risks if index % 12 == 3 else (),
    )  # fmt: skip


def _calls() -> CallGraph:
    return CallGraph(
        nodes=(
            CallNode(
                "phone_connections.support-line",
                "phone_connections",
                "galtea",
                "Support line",
                "+14155552671",
                touched=True,
            ),
            CallNode("numbers.front-desk", "numbers", "fluents", "Front desk", "+12025550143", touched=True),
            CallNode("fluents:550e8400", "agents", "fluents", "550e8400-e29b-41d4-a716-446655440000"),
            CallNode("agents.receptionist", "agents", "opencopilot", "Receptionist", "+14155552671", touched=True),
            CallNode("connectors.live-us", "connectors", "polyai", "Live US", "", touched=True),
        ),
        edges=(
            CallEdge("phone_connections.support-line", "agents.receptionist", "dials"),
            CallEdge("numbers.front-desk", "fluents:550e8400", "answers"),
            CallEdge("agents.receptionist", "connectors.live-us", "hands over"),
        ),
    )
