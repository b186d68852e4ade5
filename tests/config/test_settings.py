"""reconciler.yaml: accounts, guards, and where a key may be sent."""

from __future__ import annotations

import pytest

from reconciler.model.project import Guards
from reconciler.vendors import load_catalog

from .conftest import Workspace


def write_account(workspace: Workspace, settings: str, name: str = "galtea") -> None:
    workspace.write("reconciler.yaml", f"version: 1\naccounts:\n  {name}: {{{settings}}}\n")


def test_a_closed_list_is_widened_by_what_the_vendor_has_added(workspace: Workspace) -> None:
    agent = "agents: {a: {account: opencopilot, id: p, spec: {elevenlabs_voice_id: NEWVOICE, language: %s}}}"
    widened = "version: 1\naccounts: {opencopilot: {widen: {elevenlabs_voice_id: [NEWVOICE]}}}\n"
    workspace.write("reconciler.yaml", widened + agent % "en" + "\n")
    loaded = workspace.load()
    assert loaded.project is not None
    assert [(found.code, found.severity.value) for found in loaded.diagnostics] == [("open-enum", "warning")]
    workspace.write("reconciler.yaml", widened + agent % "klingon" + "\n")
    assert {found.code for found in workspace.load().diagnostics} == {"open-enum", "invalid-value"}
    workspace.write("reconciler.yaml", widened.replace("elevenlabs", "elevenlab") + agent % "en" + "\n")
    assert {found.code for found in workspace.load().diagnostics} == {"unknown-key", "invalid-value"}


def test_defaults_are_one_account_for_each_provider(workspace: Workspace) -> None:
    workspace.write("reconciler.yaml", "version: 1\n")
    project = workspace.load_project()
    assert set(project.accounts) == {*load_catalog().providers, "parley"}
    galtea = project.accounts["galtea"]
    assert (galtea.provider, galtea.credential, galtea.base_url) == (
        "galtea",
        "GALTEA_API_KEY",
        "https://api.galtea.ai",
    )
    assert project.accounts["opencopilot"].requests_per_minute == 100
    assert project.guards == Guards()
    assert (project.ledger, project.environment) == ("files", None)


def test_all_settings(workspace: Workspace) -> None:
    workspace.write(
        "reconciler.yaml",
        """
        version: 1
        accounts:
          galtea:
          polyai-eu:
            provider: polyai
            region: eu
            credential: POLYAI_EU_API_KEY
            concurrency: 4
            requests_per_minute: 60
            timeout_seconds: 2.5
            clear: send-null
          parley: {region: south, api: 2}
        guards: {max_updates: 50, max_percent: 20}
        exclude: [build/]
        ledger: git
        """,
    )
    project = workspace.load_project()
    account = project.accounts["polyai-eu"]
    assert (account.provider, account.region, account.base_url) == ("polyai", "eu", "https://api.eu.poly.ai")
    assert (account.credential, account.concurrency, account.requests_per_minute) == ("POLYAI_EU_API_KEY", 4, 60)
    assert (account.timeout_seconds, account.clear) == (2.5, "send-null")
    assert account.location
    assert (account.location.line, account.location.column) == (5, 3)
    assert project.accounts["parley"].generation == "2"
    assert project.guards == Guards(50, 20)
    assert project.ledger == "git"


@pytest.mark.parametrize(
    ("text", "code", "line", "words"),
    [
        ("", "unknown-version", 1, "version: 1"),
        ("accounts: {}\n", "unknown-version", 1, "version: 1"),
        ("version: 2\n", "unknown-version", 1, "version: 1"),
        ('version: "1"\n', "unknown-version", 1, "version: 1"),
        ("version: [1]\n", "unknown-version", 1, "version: 1"),
        ("- version\n", "bad-document", 1, "key: value"),
        ("version: 1\nacounts: {}\n", "unknown-key", 2, "`accounts`"),
        ("version: 1\nnumber: {}\n", "unknown-key", 2, "`numbers`"),
        ("version: 1\naccounts: [galtea]\n", "bad-setting", 2, ""),
        ("version: 1\naccounts: {galtea: yes}\n", "bad-setting", 2, "galtea: {}"),
        ("version: 1\naccounts: {mine: {}}\n", "bad-setting", 2, "provider:"),
        ("version: 1\naccounts: {mine: {provider: }}\n", "bad-setting", 2, "provider:"),
        ("version: 1\naccounts: {mine: {provider: galtia}}\n", "bad-setting", 2, "`galtea`"),
        ("version: 1\naccounts: {a b: {provider: galtea}}\n", "bad-name", 2, ""),
        ("version: 1\naccounts: {galtea: {concurency: 3}}\n", "unknown-key", 2, "`concurrency`"),
        ("version: 1\naccounts: {galtea: {concurrency: 0}}\n", "bad-setting", 2, "1 to 100"),
        ("version: 1\naccounts: {galtea: {concurrency: '3'}}\n", "bad-setting", 2, "quotes"),
        ("version: 1\naccounts: {galtea: {concurrency: 1.5}}\n", "bad-setting", 2, ""),
        ("version: 1\naccounts: {galtea: {requests_per_minute: 0}}\n", "bad-setting", 2, ""),
        ("version: 1\naccounts: {galtea: {timeout_seconds: x}}\n", "bad-setting", 2, ""),
        ("version: 1\naccounts: {galtea: {clear: null-it}}\n", "bad-setting", 2, "`send-null`"),
        ("version: 1\naccounts: {galtea: {clear: [a]}}\n", "bad-setting", 2, ""),
        ("version: 1\naccounts: {galtea: {region: us}}\n", "bad-setting", 2, "no regions"),
        ("version: 1\naccounts: {fluents: {api: v2}}\n", "bad-setting", 2, "Remove"),
        ("version: 1\naccounts: {galtea: {api: v2}}\n", "bad-setting", 2, "`5`"),
        ("version: 1\naccounts: {fluents: {clear: {lable: send-null}}}\n", "unknown-key", 2, "`label`"),
        ("version: 1\naccounts: {fluents: {clear: {label: empty}}}\n", "bad-setting", 2, "send-empty"),
        ("version: 1\naccounts: {opencopilot: {api: 2025-01}}\n", "bad-setting", 2, "2024-09"),
        ("version: 1\naccounts: {polyai: {region: ue}}\n", "bad-setting", 2, "`us`"),
        ("version: 1\naccounts: {parley: {}}\n", "bad-setting", 2, "`north`"),
        ("version: 1\nguards: {max_updates: -1}\n", "bad-guard", 2, "0 or more"),
        ("version: 1\nguards: {max_percent: 101}\n", "bad-guard", 2, "100"),
        ("version: 1\nguards: 5\n", "bad-guard", 2, ""),
        ("version: 1\nguards: {max: 5}\n", "unknown-key", 2, "`max_updates`"),
        ("version: 1\nexclude: build\n", "bad-setting", 2, "- "),
        ("version: 1\nexclude: [[a]]\n", "bad-setting", 2, ""),
        ("version: 1\nledger: fils\n", "bad-setting", 2, "Write files, git"),
    ],
)
def test_mistake(workspace: Workspace, text: str, code: str, line: int, words: str) -> None:
    workspace.write("reconciler.yaml", text)
    found = workspace.refuse()
    assert found.code == code
    assert found.location
    assert (found.location.file, found.location.line) == ("reconciler.yaml", line)
    assert words in found.message + found.advice


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://api.galtea.ai", ""),
        ("https://API.galtea.ai/v1/", ""),
        ("https://api.galtea.ai:8443", ""),
        ("http://localhost:8080", ""),
        ("http://127.0.0.1:8080/galtea", ""),
        ("http://127.3.2.1", ""),
        ("https://[::1]:8080", ""),
        ("https://proxy.corp.example/galtea", "other.example, proxy.corp.example"),
        ("https://proxy.corp.example:444", "proxy.corp.example:444"),
        ("http://sandbox:8080", "http://sandbox"),
        ("http://sandbox:8080", "http://sandbox:8080"),
        ("https://sandbox", "http://sandbox"),
    ],
)
def test_base_url_that_is_accepted(workspace: Workspace, url: str, allowed: str) -> None:
    write_account(workspace, f"base_url: '{url}'")
    environ = {"RECONCILER_ALLOWED_HOSTS": allowed}
    assert workspace.load_project(environ=environ).accounts["galtea"].base_url == url.rstrip("/")


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("http://api.galtea.ai", ""),
        ("https://evil.example", ""),
        ("https://api.galtea.ai.evil.example", ""),
        ("https://evil.example/api.galtea.ai", ""),
        ("https://evil.example#@api.galtea.ai", ""),
        ("https://evil.example\\@api.galtea.ai", ""),
        ("https://api.galtea.ai@evil.example", ""),
        ("https://user:hunter2@api.galtea.ai", ""),
        ("https://api.galtea.ai?x=1", ""),
        ("https://api.galtea.ai#x", ""),
        ("https://api.galtea.ai/../x", ""),
        ("https://api.galtea.ai:99999", ""),
        ("https://api.galtea.ai\\n.evil.example", ""),
        ("https://127.0.0.1.evil.example", ""),
        ("http://127.0.0.999", ""),
        ("http://2130706433", ""),
        ("http://localhost.evil.example", ""),
        ("http://169.254.169.254", ""),
        ("http://0x7f.1", ""),
        ("ftp://api.galtea.ai", ""),
        ("file:///etc/passwd", ""),
        ("//api.galtea.ai", ""),
        ("https://", ""),
        ("https://аpi.galtea.ai", ""),  # noqa: RUF001  the first letter is Cyrillic: that is the attack
        ("https://api.us.poly.ai", ""),
        ("http://proxy.example", "proxy.example"),
        ("https://proxy.example:444", "proxy.example:443"),
        ("https://sub.proxy.example", "proxy.example"),
        ("https://evil.example", "*"),
    ],
)
def test_base_url_that_is_refused(workspace: Workspace, url: str, allowed: str) -> None:
    write_account(workspace, f'base_url: "{url}"' if "\\n" in url else f"base_url: '{url}'")
    found = workspace.refuse(environ={"RECONCILER_ALLOWED_HOSTS": allowed})
    assert found.code == "bad-base-url"
    assert "hunter2" not in str(found)


@pytest.mark.parametrize("name", ["GALTEA_API_KEY", "MY_GALTEA_KEY", "_GALTEA", "GALTEA2", "galtea_key"])
def test_credential_is_the_name_of_a_variable(workspace: Workspace, name: str) -> None:
    write_account(workspace, f"credential: {name}")
    assert workspace.load_project().accounts["galtea"].credential == name


@pytest.mark.parametrize("name", ["GITHUB_TOKEN", "MY_KEY", "_X"])
def test_configuration_cannot_choose_any_other_secret(workspace: Workspace, name: str) -> None:
    write_account(workspace, f"credential: {name}")
    found = workspace.refuse(environ={"RECONCILER_ALLOWED_CREDENTIALS": "OTHER"})
    assert found.code == "bad-setting"
    assert "RECONCILER_ALLOWED_CREDENTIALS" in found.advice
    allowed = workspace.load_project(environ={"RECONCILER_ALLOWED_CREDENTIALS": f"OTHER, {name}"})
    assert allowed.accounts["galtea"].credential == name


@pytest.mark.parametrize(
    "key",
    [
        "gsk_abcdef",
        "gsk-abc",
        "ocx_live_abc",
        "sk-abc",
        "a1b2c3d4",
        "A B",
        "${var.KEY}",
        "Bearer abc",
        "A" * 40,
        "6f9619ff-8b86-4d01",
    ],
)
def test_key_in_the_file_is_refused_and_not_shown(workspace: Workspace, key: str) -> None:
    write_account(workspace, f'credential: "{key}"')
    found = workspace.refuse()
    assert found.code == "bad-setting"
    assert "not in git" in found.advice
    assert key not in str(found)


def test_key_of_another_vendor_is_refused(workspace: Workspace) -> None:
    write_account(workspace, "credential: POLYAI_API_KEY")
    assert "PolyAI" in workspace.refuse().message
