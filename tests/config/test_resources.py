"""Resources: accounts, identities, and the validation of `spec`."""

from __future__ import annotations

import pytest

from reconciler.model.diagnostic import Severity

from .conftest import Workspace

CONNECTOR = "id: {agentId: PROJECT-1, connectorId: conn-1}"


def test_the_example_of_the_contract(workspace: Workspace) -> None:
    workspace.write("prompts/receptionist.md", "Be kind.\n")
    workspace.write(
        "all.yaml",
        """
        phone_connections:
          support-line:
            account: galtea
            id: phoneConnection_123
            spec: {phoneNumber: +14155552671, voice: jack, languageCode: en-US, agentSpeaksFirst: false}
          billing-line:
            match: {productId: prod_123, name: Billing line}
            spec: {voice: null}
        numbers:
          front-desk:
            account: fluents
            id: +12025550143
            spec: {label: Front desk, outbound_only: false, inbound_agent: 550e8400-e29b-41d4-a716-446655440000}
        agents:
          receptionist:
            account: opencopilot
            id: 6f9619ff-8b86-4d01-b42d-00c04fc964ff
            spec: {elevenlabs_voice_id: hP72SDESIJq2YuAblBqz, language: no, base_prompt: "${file:prompts/receptionist.md}"}
        connectors:
          live-us:
            id: {agentId: PROJECT-58RP822I, connectorId: conn-1}
            spec: {voiceName: en-US-Neural2-A, asrLangCode: en-US, variantId: null}
            protect: true
        """,
    )
    loaded = workspace.load()
    assert loaded.project, loaded.diagnostics
    support, billing, number, agent, connector = loaded.project.resources
    assert support.spec == {
        "phoneNumber": "+14155552671",
        "voice": "jack",
        "languageCode": "en-US",
        "agentSpeaksFirst": False,
    }
    assert (support.identity and support.identity.as_json(), support.account) == ("phoneConnection_123", "galtea")
    assert (billing.identity, billing.match) == (None, {"productId": "prod_123", "name": "Billing line"})
    assert billing.spec == {"voice": None}
    assert number.identity
    assert number.identity["number"] == "+12025550143"
    assert agent.spec["language"] == "no"
    assert agent.spec["base_prompt"] == "Be kind."
    assert connector.identity
    assert connector.identity.as_json() == {"agentId": "PROJECT-58RP822I", "connectorId": "conn-1"}
    assert connector.protect
    assert connector.spec["variantId"] is None
    assert str(connector.location) == "all.yaml:21:3"


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("numbers: {a: {account: fluents}}", "identity-missing", "`id:`"),
        ("phone_connections: {a: }", "identity-missing", "`match:`"),
        ("numbers: {a: {account: fluents, id: +12025550143, match: {label: x}}}", "bad-identity", "exclude each other"),
        ("numbers: {a: {account: fluents, id: 2025550143}}", "bad-identity", "E.164"),
        ("numbers: {a: {account: fluents, id: 'x\n'}}", "bad-identity", ""),
        ('numbers: {a: {account: fluents, id: "+12025550143\\n"}}', "bad-identity", ""),
        ("numbers: {a: {account: fluents, id: }}", "bad-identity", "nothing"),
        ("numbers: {a: {account: fluents, id: {number: +12025550143}}}", "bad-identity", "mapping"),
        ("numbers: {a: {account: fluents, id: '${var.NOPE}'}}", "variable-undefined", "NOPE"),
        ("phone_connections: {a: {id: voices}}", "bad-identity", "vendor's API"),
        ("phone_connections: {a: {id: ..}}", "bad-identity", "cannot be"),
        ("phone_connections: {a: {id: a/b}}", "bad-identity", "like phoneConnection_123"),
        ("connectors: {a: {id: conn-1}}", "bad-identity", "agentId: ..., connectorId: ..."),
        ("connectors: {a: {id: {agentId: P}}}", "bad-identity", "exactly"),
        ("connectors: {a: {id: {agentId: P, connectorId: batch}}}", "bad-identity", "vendor's API"),
        ("connectors: {a: {id: {agentId: P, connectorId: ''}}}", "bad-identity", ""),
        ("connectors: {a: {match: {name: x}}}", "bad-identity", "`agentId`"),
        ("connectors: {a: {match: {agentId: P, nam: x}}}", "unknown-key", "`name`"),
        ("numbers: {a: {account: fluents, match: {}}}", "bad-identity", "`label`"),
        ("numbers: {a: {account: fluents, match: x}}", "bad-identity", "mapping"),
        ("numbers: {a: {account: fluents, match: {label: [x]}}}", "bad-identity", "list"),
        ("numbers: {-a: {account: fluents, id: +12025550143}}", "bad-name", "letters"),
        ("numbers: {a b: {account: fluents, id: +12025550143}}", "bad-name", "letters"),
        ("numbers: {a: {account: fluents, id: +12025550143, sepc: {}}}", "unknown-key", "`spec`"),
        ("numbers: {a: {account: fluents, id: +12025550143, inbound_agent: x}}", "unknown-key", "below `spec:`"),
        ("numbers: {a: {account: fluents, id: +12025550143, spec: [a]}}", "wrong-type", "list"),
        ("numbers: {a: {account: fluents, id: +12025550143, protect: yes}}", "wrong-type", "Write true"),
        ("numbers: {a: {account: fluents, id: +12025550143, protect: 'true'}}", "wrong-type", "quotes"),
        ("numbers: {a: {id: +12025550143, account: fluent}}", "account-unknown", "`fluents`"),
        ("numbers: {a: {id: +12025550143, account: galtea}}", "account-unknown", "has no numbers"),
        ("numbers: {a: {id: +12025550143, account: [x]}}", "wrong-type", "list"),
    ],
)
def test_mistake(workspace: Workspace, text: str, code: str, words: str) -> None:
    workspace.write("a.yaml", text)
    found = workspace.refuse()
    assert found.code == code
    assert words in found.message + found.advice
    assert found.location
    assert found.location.file == "a.yaml"


def test_values_of_ids_and_matches_are_text(workspace: Workspace) -> None:
    workspace.write(
        "a.yaml",
        "phone_connections: {a: {id: 0123}, b: {match: {name: no, phoneNumber: +14155552671}}, c: {id: 'p-${var.N}'}}",
    )
    first, second, third = workspace.load_project(variables={"N": "7"}).resources
    assert first.identity
    assert first.identity.as_json() == "0123"
    assert second.match == {"name": "no", "phoneNumber": "+14155552671"}
    assert third.identity
    assert third.identity.as_json() == "p-7"


def test_several_accounts_of_a_kind(workspace: Workspace) -> None:
    workspace.write(
        "reconciler.yaml", "version: 1\naccounts: {polyai: {}, polyai-eu: {provider: polyai, region: eu}}\n"
    )
    workspace.write("a.yaml", f"connectors: {{a: {{{CONNECTOR}}}}}\n")
    found = workspace.refuse()
    assert found.code == "account-ambiguous"
    assert "`polyai`, `polyai-eu`" in found.message
    workspace.write("a.yaml", f"connectors: {{a: {{{CONNECTOR}, account: polyai-eu}}}}\n")
    assert workspace.load_project().resources[0].account == "polyai-eu"
    workspace.write("a.yaml", "phone_connections: {a: {id: pc_1}}\n")
    assert workspace.refuse().code == "account-unknown"


TWO = "version: 1\naccounts: {polyai: {}, polyai-eu: {provider: polyai, region: eu}, fluents: {}}\n"


def test_the_account_of_a_file_counts_for_what_does_not_name_its_own(workspace: Workspace) -> None:
    own = "id: {agentId: PROJECT-1, connectorId: conn-2}, account: polyai"
    workspace.write("reconciler.yaml", TWO + f"account: polyai\nconnectors: {{main: {{{CONNECTOR}}}}}\n")
    workspace.write("eu.yaml", f"account: polyai-eu\nconnectors: {{a: {{{CONNECTOR}}}, b: {{{own}}}}}\n")
    workspace.write("other.yaml", "numbers: {c: {account: fluents, id: +12025550143}}\n")
    accounts = {declared.address: declared.account for declared in workspace.load_project().resources}
    assert accounts == {
        "connectors.main": "polyai",
        "connectors.a": "polyai-eu",
        "connectors.b": "polyai",
        "numbers.c": "fluents",
    }


def test_an_account_that_nobody_names_is_asked_for_in_both_ways(workspace: Workspace) -> None:
    workspace.write("reconciler.yaml", TWO)
    workspace.write("a.yaml", f"connectors: {{a: {{{CONNECTOR}}}}}\n")
    found = workspace.refuse()
    assert found.code == "account-ambiguous"
    assert "`polyai`, `polyai-eu`" in found.message
    assert "to the resource" in found.advice
    assert "at the top of the file" in found.advice


@pytest.mark.parametrize(
    ("text", "code", "place", "words"),
    [
        ("account: fluents\nconnectors: {a: {ID}}", "account-unknown", "a.yaml:2:1", "which has no connectors"),
        ("account: polyia\nconnectors: {a: {ID}, b: {ID}}", "account-unknown", "a.yaml:1:10", "`polyai`"),
        ("account: [polyai]\nconnectors: {a: {ID}}", "wrong-type", "a.yaml:1:10", "a list"),
        ("account: fluents\nconnectors: {a: {ID, account: polya}}", "account-unknown", "a.yaml:2:", "`polyai`"),
    ],
)
def test_a_wrong_account_of_a_file_is_told_once_where_it_stands(
    workspace: Workspace, text: str, code: str, place: str, words: str
) -> None:
    workspace.write("reconciler.yaml", TWO)
    workspace.write("a.yaml", text.replace("{ID", "{" + CONNECTOR) + "\n")
    found = workspace.refuse()
    assert (found.code, str(found.location).startswith(place)) == (code, True), found
    assert words in found.message + found.advice


def test_the_account_of_a_file_may_be_left_empty_or_unused(workspace: Workspace) -> None:
    workspace.write("reconciler.yaml", TWO)
    workspace.write("a.yaml", "account:\nnumbers: {c: {account: fluents, id: +12025550143}}\n")
    workspace.write("b.yaml", f"account: fluents\nnumbers:\nconnectors: {{a: {{{CONNECTOR}, account: polyai}}}}\n")
    assert len(workspace.load_project().resources) == 2


@pytest.mark.parametrize(
    ("spec", "code", "path", "words"),
    [
        ("nam: x", "unknown-field", "/nam", "`name`"),
        ("id: x", "read-only", "/id", "vendor sets"),
        ("hook: {url: https://x, state: y}", "read-only", "/hook/state", "Look in the console."),
        ("hook: {url: https://x, mehtod: GET}", "unknown-field", "/hook/mehtod", "`method`"),
        ("hook: {url: https://x, method: Get}", "invalid-value", "/hook/method", "`GET`"),
        ("hook: {url: http://x}", "invalid-value", "/hook/url", "like https://"),
        ("hook: {method: GET}", "invalid-value", "/hook", "`url`"),
        ("hook: {url: https://x, tries: many}", "wrong-type", "/hook/tries", "whole number"),
        ("mode: relax", "invalid-value", "/mode", "`relaxed`"),
        ("mode: purple", "invalid-value", "/mode", "`no`, `relaxed`, `sensitive`"),
        ("speed: 3", "invalid-value", "/speed", "at most 2"),
        ("retries: -1", "invalid-value", "/retries", "at least 0"),
        ("name: " + "x" * 201, "invalid-value", "/name", "at most 200 characters"),
        ("words: [a, b, a]", "invalid-value", "/words", "twice"),
        ("words: [a, [b]]", "wrong-type", "/words/1", "`words[2]`"),
        ("name: null", "cannot-clear", "/name", "cannot be cleared"),
        ("name:", "cannot-clear", "/name", "quotes"),
        ("hook: {url: ~}", "cannot-clear", "/hook/url", "cannot be cleared"),
        ("action: {type: transfer, number: 1415}", "invalid-value", "/action/number", "right form"),
        ("action: {type: transfer}", "invalid-value", "/action", "`number`"),
        ("action: {type: fly}", "invalid-value", "/action", "none of the allowed forms"),
    ],
)
def test_invalid_spec(workspace: Workspace, spec: str, code: str, path: str, words: str) -> None:
    found = workspace.refuse_line(spec)
    assert (found.code, found.path) == (code, path)
    assert words in found.message + found.advice
    assert found.location
    assert (found.location.file, found.location.line) == ("lines.yaml", 5)
    assert found.excerpt
    assert found.address == "lines.main"


@pytest.mark.parametrize(
    ("text", "code", "path", "words"),
    [
        (
            "numbers: {a: {account: fluents, id: +12025550143, spec: {inbound_agent: {id: x}}}}",
            "reference-inline",
            "/inbound_agent",
            "Give the agent's id",
        ),
        ("numbers: {a: {account: fluents, id: +12025550143, spec: {active: true}}}", "read-only", "/active", "vendor"),
        (
            "numbers: {a: {id: +12025550143, account: fluents, spec: {telephony_account_connection: x}}}",
            "read-only",
            "/telephony_account_connection",
            "console",
        ),
        (
            "numbers: {a: {account: fluents, id: +12025550143, spec: {label: null}}}",
            "cannot-clear",
            "/label",
            "clear: send-null",
        ),
        (
            "numbers: {a: {account: fluents, id: +12025550143, spec: {outbound_only: null}}}",
            "cannot-clear",
            "/outbound_only",
            "cannot be cleared",
        ),
        (
            "phone_connections: {a: {id: p, spec: {phoneNumber: 4155552671}}}",
            "invalid-value",
            "/phoneNumber",
            "+14155552671",
        ),
        (
            "phone_connections: {a: {id: p, spec: {agentSpeaksFirst: no}}}",
            "wrong-type",
            "/agentSpeaksFirst",
            "Write false.",
        ),
        ("phone_connections: {a: {id: p, spec: {name: ''}}}", "invalid-value", "/name", "empty"),
        ("agents: {a: {account: opencopilot, id: p, spec: {name: x}}}", "companion-missing", "", "elevenlabs_voice_id"),
    ],
)
def test_invalid_spec_of_a_vendor(workspace: Workspace, text: str, code: str, path: str, words: str) -> None:
    workspace.write("a.yaml", text)
    found = workspace.refuse()
    assert (found.code, found.path) == (code, path)
    assert words in found.message + found.advice


def test_the_account_says_how_to_clear(workspace: Workspace) -> None:
    workspace.write("reconciler.yaml", "version: 1\naccounts: {fluents: {clear: send-null}}\n")
    workspace.write("a.yaml", "numbers: {a: {account: fluents, id: +12025550143, spec: {label: null}}}\n")
    assert workspace.load_project().resources[0].spec == {"label": None}


def test_unknown_value_of_an_open_set_is_a_warning(workspace: Workspace) -> None:
    workspace.write("a.yaml", "phone_connections: {a: {id: p, spec: {voice: jak}}, b: {id: q, spec: {voice: ''}}}\n")
    loaded = workspace.load()
    assert loaded.project
    (found,) = loaded.diagnostics
    assert (found.code, found.severity, found.path) == ("open-enum", Severity.WARNING, "/voice")
    assert "`jack`" in found.advice


def test_empty_spec_only_watches(workspace: Workspace) -> None:
    workspace.write("a.yaml", "account: opencopilot\nagents: {a: {id: p}, b: {id: q, spec: {}}, c: {id: r, spec: }}\n")
    assert [dict(each.spec) for each in workspace.load_project().resources] == [{}, {}, {}]


def test_one_spec_by_alias_in_two_kinds_of_places(workspace: Workspace) -> None:
    """An alias is a value of its own: the first use must not decide the types of the second."""
    workspace.write(
        "a.yaml",
        "lines:\n  a: {id: a, spec: {extra: &x {speed: 1, name: 1}, name: n}}\n  b: {id: b, spec: *x}\n",
    )
    first, second = workspace.load_project().resources
    assert first.spec["extra"] == {"speed": 1, "name": 1}
    assert second.spec == {"speed": 1, "name": "1"}


def test_several_mistakes_in_one_spec(workspace: Workspace) -> None:
    workspace.write_line("record: yes\nretries: x\nmode: '${var.X}'\nspeed: 9\nname: null\nhook: {}")
    assert workspace.codes() == [
        "wrong-type",
        "wrong-type",
        "variable-undefined",
        "invalid-value",
        "cannot-clear",
        "invalid-value",
    ]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("numbers: {'a b': {id: +12025550143, account: fluents, spec: {labl: x}}}", ["bad-name", "unknown-field"]),
        ("numbers: {a: {id: +12025550143, account: fluent, spec: {labl: x, label: y}}}", ["account-unknown", "unknown-field"]),
        ("numbers: {'a b': {id: x, account: fluent, spec: {label: y, outbound_only: 7}}}", ["account-unknown", "bad-identity", "bad-name", "wrong-type"]),
    ],
)  # fmt: skip
def test_a_wrong_name_or_account_hides_no_mistake_inside(workspace: Workspace, text: str, codes: list[str]) -> None:
    workspace.write("a.yaml", text)
    assert sorted(workspace.codes()) == codes


def test_secret_is_neither_shown_nor_hashed(workspace: Workspace) -> None:
    short = {"RECONCILER_SECRET_TOKEN": "hunter2"}
    found = workspace.refuse_line("token: ${secret.TOKEN}", environ=short)
    assert (found.code, found.path) == ("invalid-value", "/token")
    assert "hunter2" not in str(found)
    digests = set()
    for token in ("a" * 20, "b" * 20):
        workspace.write_line("token: ${secret.TOKEN}\nname: x")
        digests.add(workspace.compute_digest(environ={"RECONCILER_SECRET_TOKEN": token}))
    assert len(digests) == 1
