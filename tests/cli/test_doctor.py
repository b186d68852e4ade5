"""`doctor`: each trouble is found where it is, said with what to do, and no key is ever shown or sent astray."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from reconciler.app.learn.credentials import check_credential
from reconciler.cli.options import Globals
from reconciler.cli.root import root, run
from reconciler.config import load_project
from reconciler.config.settings.accounts import default_accounts
from reconciler.ledger import open_store
from reconciler.model.check import Verdict
from reconciler.model.project import Project
from reconciler.vendors import load_catalog
from tests.sandbox.served import serve_in_process

QUICKSTART = Path(__file__).parent.parent.parent / "examples" / "quickstart"
NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
KEYS = {
    "GALTEA_API_KEY": "gsk_0123456789abcdef",
    "FLUENTS_API_KEY": "fluents0123456789",
    "OPENCOPILOT_API_KEY": "ocx_live_0123456789",
    "POLYAI_API_KEY": "poly0123456789",
}
ROWS = {
    "/phoneConnections": [{"id": "c1", "voice": None, "languageCode": None}],
    "/v1/numbers/list": {"items": [], "page": 1, "size": 1, "has_more": False},
    "/phone": {"items": [], "next": None},
    "/v1/agents/PROJECT-58RP822I/telephony/connectors": {"connectors": []},
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return Path(shutil.copytree(QUICKSTART, tmp_path / "project", ignore=shutil.ignore_patterns(".reconciler")))


class Vendors:
    """Answer for all vendors as a test wants, and remember what was asked."""

    def __init__(self, *, status: int = 200, date: datetime | None = NOW, body: Any = None) -> None:
        self.status, self.date, self.body = status, date, body
        self.requests: list[httpx.Request] = []

    def __call__(self, _account: object) -> httpx.MockTransport:
        return httpx.MockTransport(self.answer)

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        headers = {"Date": format_datetime(self.date, usegmt=True)} if self.date else {}
        body = ROWS.get(request.url.path, {}) if self.body is None else self.body
        return httpx.Response(self.status, json=body, headers=headers)


def examine(
    folder: Path, capsys: pytest.CaptureFixture[str], *options: str, **world: Any
) -> tuple[int, dict[str, Any]]:
    chosen = Globals(now=lambda: NOW, **{"environ": KEYS, **world})
    code = root.main(["-C", str(folder), "doctor", "--format", "json", *options], obj=chosen, standalone_mode=False)
    told = capsys.readouterr()
    for name, key in {**KEYS, **world.get("environ", {})}.items():
        assert not name.endswith("_API_KEY") or key not in told.out + told.err, "a key was shown"
    return int(code), json.loads(told.out)


def find(document: Mapping[str, Any], subject: str, name: str) -> dict[str, str]:
    examined = [each for each in document["examinations"] if subject in each["subject"].split()]
    checks = [check for each in examined for check in each["checks"] if check["name"] == name]
    assert checks, (subject, name)
    return dict(checks[0])


def test_all_is_well_in_the_sandbox(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["-C", str(project), "--sandbox", "doctor"]) == 0
    shown = capsys.readouterr().out
    for name in workspace_accounts(project):
        assert f"account {name} (" in shown
    assert "All is well." in shown
    assert "FAILED" not in shown


@pytest.mark.parametrize(
    ("vice", "subject", "name", "words"),
    [
        ("expired-key@galtea", "galtea", "key", "401"),
        ("expired-key@polyai", "polyai", "key", "401"),
        ("forbidden@fluents", "fluents", "key", "403"),
        ("down@fluents", "fluents", "answer", "503"),
        ("newer-api@galtea", "galtea", "api", "does not serve voice, languageCode"),
        ("newer-api@opencopilot", "opencopilot", "api", "generation 2024-09"),
        ("html-200@polyai", "polyai", "answer", "not a JSON document"),
        ("html-404@galtea", "galtea", "answer", "404"),
        ("connect-error@opencopilot", "opencopilot", "answer", "cannot connect"),
        ("drop-before-commit@fluents@reads", "fluents", "answer", "no answer"),
        ("redirect@galtea", "galtea", "answer", "not followed"),
        ("late-429:0@opencopilot", "opencopilot", "answer", "429"),
        ("truncated-json@polyai", "polyai", "answer", "not a JSON document"),
    ],
)
def test_every_vice_is_found_where_it_is(
    project: Path, vice: str, subject: str, name: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["-C", str(project), "--vice", vice, "doctor", "--format", "json"]) == 1
    document = json.loads(capsys.readouterr().out)
    check = find(document, subject, name)
    assert check["verdict"] == "failed"
    assert words in check["message"]
    assert check["advice"]
    others = [each for each in document["examinations"] if subject not in each["subject"].split()]
    assert all(each["well"] for each in others)
    assert document["well"] is False


def test_a_refused_key_of_a_region_names_the_others_and_is_not_sent_there(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    vendors = Vendors(status=401, body={"error": "no", "error_message": f"bad {KEYS['POLYAI_API_KEY']}"})
    code, document = examine(project, capsys, "--account", "polyai", transport=vendors)
    assert code == 1
    region = find(document, "polyai", "region")
    assert region["verdict"] == "warning"
    for other in ("uk", "eu", "studio"):
        assert other in region["advice"]
    assert [request.url.host for request in vendors.requests] == ["api.us.poly.ai"]


def workspace_accounts(project: Path) -> list[str]:
    """Read the names of the accounts from the example itself."""
    loaded = load_project(project, catalog=load_catalog(), environ={})
    assert loaded.project is not None
    return list(loaded.project.accounts)


def test_one_get_for_each_account_and_nothing_else(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    vendors = Vendors()
    code, document = examine(project, capsys, transport=vendors)
    assert code == 0, document
    assert [request.method for request in vendors.requests] == ["GET"] * len(workspace_accounts(project))
    for request in vendors.requests:
        own = [key for key in KEYS.values() if key in str(request.headers.raw)]
        assert len(own) == 1
    for name in workspace_accounts(project):
        assert find(document, name, "key")["verdict"] == "ok"
        assert find(document, name, "clock")["verdict"] == "ok"


def test_an_agent_that_is_absent_puts_region_and_id_in_doubt(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    body = {"success": False, "error": "Not Found", "error_id": "e-1", "error_code": "NOT_FOUND"}
    body |= {"error_message": "no such agent", "data": None}
    code, document = examine(project, capsys, "--account", "polyai", transport=Vendors(status=404, body=body))
    assert code == 1
    assert "uk or eu or studio" in find(document, "polyai", "region")["advice"]
    assert find(document, "polyai", "key")["verdict"] == "skipped"


def test_a_vendor_without_a_question_is_said_not_guessed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "reconciler.yaml").write_text("version: 1\naccounts: {polyai: {}}\n", encoding="utf-8")
    vendors = Vendors()
    code, document = examine(tmp_path, capsys, transport=vendors)
    assert code == 0
    assert vendors.requests == []
    check = find(document, "polyai", "key")
    assert check["verdict"] == "skipped"
    assert "agentId" in check["message"]
    assert "connectors" in check["advice"]


@pytest.mark.parametrize(
    ("seconds", "verdict", "words"),
    [
        (0, "ok", "agrees"),
        (59, "ok", "agrees"),
        (90, "warning", "behind"),
        (-90, "warning", "ahead of"),
        (3600, "failed", "3600 s behind"),
    ],
)
def test_the_clock_is_compared(
    project: Path, seconds: int, verdict: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    vendors = Vendors(date=NOW + timedelta(seconds=seconds))
    code, document = examine(project, capsys, "--account", "galtea", transport=vendors)
    clock = find(document, "galtea", "clock")
    assert clock["verdict"] == verdict
    assert words in clock["message"]
    assert code == (1 if verdict == "failed" else 0)


ACCOUNTS = default_accounts(load_catalog())


@pytest.mark.parametrize(
    ("provider", "value", "verdict", "words"),
    [
        ("galtea", "gsk_abc123", Verdict.OK, "is set"),
        ("galtea", "gsk-abc123", Verdict.OK, "is set"),
        ("galtea", " gsk_abc123\n", Verdict.WARNING, "white space around"),
        ("galtea", "abc123", Verdict.WARNING, "does not begin like"),
        ("galtea", '"gsk_abc123"', Verdict.FAILED, "quotes"),
        ("galtea", "\u2018gsk_abc123\u2019", Verdict.FAILED, "quotes"),
        ("galtea", "Bearer gsk_abc123", Verdict.FAILED, "header"),
        ("galtea", "GALTEA_API_KEY=gsk_abc123", Verdict.FAILED, "own name"),
        ("galtea", "gsk_abc 123", Verdict.FAILED, "white space or odd"),
        ("galtea", "gsk_abc\u200b123", Verdict.FAILED, "white space or odd"),
        ("galtea", "<your key>", Verdict.FAILED, "placeholder"),
        ("galtea", "$GALTEA_API_KEY", Verdict.FAILED, "placeholder"),
        ("galtea", "${{ secrets.X }}", Verdict.FAILED, "white space or odd"),
        ("galtea", "ocx_live_abc123", Verdict.FAILED, "key of opencopilot"),
        ("fluents", "gsk_abc123", Verdict.FAILED, "key of galtea"),
        ("fluents", "anything", Verdict.OK, "is set"),
        ("polyai", "   ", Verdict.FAILED, "is empty"),
    ],
)
def test_obvious_mistakes_in_a_key(provider: str, value: str, verdict: Verdict, words: str) -> None:
    account = ACCOUNTS[provider]
    check = check_credential(account, {account.credential: value}, used=True)
    assert check.verdict is verdict
    assert words in check.message
    told = check.message + check.advice
    assert "abc123" not in told
    assert value.strip() not in told or not value.strip()


def test_a_missing_key_fails_only_where_it_is_needed() -> None:
    account = ACCOUNTS["galtea"]
    assert check_credential(account, {}, used=True).verdict is Verdict.FAILED
    assert check_credential(account, {}, used=False).verdict is Verdict.WARNING
    assert "GALTEA_API_KEY is not set" in check_credential(account, {}, used=True).message


def test_a_key_with_a_mistake_is_not_sent(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    vendors = Vendors()
    code, document = examine(
        project, capsys, transport=vendors, environ={**KEYS, "FLUENTS_API_KEY": KEYS["GALTEA_API_KEY"]}
    )
    assert code == 1
    assert find(document, "fluents", "credential")["verdict"] == "failed"
    assert find(document, "fluents", "key")["verdict"] == "skipped"
    assert "api.fluents.ai" not in [request.url.host for request in vendors.requests]


def write_galtea(folder: Path, base_url: str) -> Path:
    text = f"version: 1\naccounts: {{galtea: {{base_url: '{base_url}'}}}}\nphone_connections: {{a: {{id: phoneConnection_123, spec: {{voice: jack}}}}}}\n"
    (folder / "reconciler.yaml").write_text(text, encoding="utf-8")
    return folder


def find_closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def listen_rudely() -> Iterator[int]:
    """Take connections and answer nonsense, as a port that is not HTTPS does."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        ended = threading.Event()

        def answer() -> None:
            while not ended.is_set():
                try:
                    connection, _ = server.accept()
                except TimeoutError:
                    continue
                with connection:
                    connection.sendall(b"SSH-2.0-nonsense\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        try:
            yield int(server.getsockname()[1])
        finally:
            ended.set()
            thread.join()


def test_over_a_real_network_each_step_is_ok(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    row = {"id": "phoneConnection_123", "productId": "p", "name": "n", "phoneNumber": "+12025550143"}
    with serve_in_process({"galtea": {"phoneConnections": [row]}}) as url:
        folder = write_galtea(tmp_path, url)
        chosen = Globals(environ={"GALTEA_API_KEY": "gsk_sandbox"})
        assert root.main(["-C", str(folder), "doctor", "--format", "json"], obj=chosen, standalone_mode=False) == 0
        document = json.loads(capsys.readouterr().out)
        for name in ("credential", "proxy", "dns", "tcp", "key", "api", "clock"):
            assert find(document, "galtea", name)["verdict"] == "ok", name
        chosen = Globals(environ={"GALTEA_API_KEY": "gsk_wrong"})
        assert root.main(["-C", str(folder), "doctor"], obj=chosen, standalone_mode=False) == 1
        assert "401" in capsys.readouterr().out


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_closed_port_is_found(tmp_path: Path, scheme: str, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_galtea(tmp_path, f"{scheme}://127.0.0.1:{find_closed_port()}")
    code, document = examine(folder, capsys)
    assert code == 1
    assert find(document, "galtea", "dns")["verdict"] == "ok"
    assert find(document, "galtea", "tcp")["verdict"] == "failed"
    assert find(document, "galtea", "key")["verdict"] == "skipped"


def test_a_name_without_address_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    environ = {**KEYS, "RECONCILER_ALLOWED_HOSTS": "nobody.invalid"}
    code, document = examine(write_galtea(tmp_path, "https://nobody.invalid"), capsys, environ=environ)
    assert code == 1
    assert "nobody.invalid has no address" in find(document, "galtea", "dns")["message"]


def test_a_port_without_tls_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with listen_rudely() as port:
        code, document = examine(write_galtea(tmp_path, f"https://127.0.0.1:{port}"), capsys)
    assert code == 1
    assert find(document, "galtea", "tcp")["verdict"] == "ok"
    assert find(document, "galtea", "tls")["verdict"] == "failed"


def test_the_proxy_is_tried_and_its_password_is_not_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "reconciler.yaml").write_text("version: 1\naccounts: {galtea: {}}\n", encoding="utf-8")
    proxy = f"http://user:hunter2hunter2@127.0.0.1:{find_closed_port()}"
    code, document = examine(tmp_path, capsys, environ={**KEYS, "HTTPS_PROXY": proxy})
    assert code == 1
    assert "hunter2" not in json.dumps(document)
    assert "HTTPS_PROXY" in find(document, "galtea", "proxy")["message"]
    assert "the proxy 127.0.0.1" in find(document, "galtea", "tcp")["message"]
    assert find(document, "galtea", "tcp")["advice"].startswith(
        "Check the address in the variable that names the proxy"
    )
    code, document = examine(tmp_path, capsys, environ={**KEYS, "HTTPS_PROXY": "http://[hunter2hunter2"})
    assert code == 1
    assert find(document, "galtea", "proxy")["verdict"] == "failed"


def test_the_lock_and_the_folder_of_the_ledger(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = open_store(Project(project, ACCOUNTS, ()), clock=lambda: NOW, environ={})
    with store.lock("somebody", ttl_seconds=900, run="r1"):
        code, document = examine(project, capsys, transport=Vendors())
        assert code == 1
        assert "somebody" in find(document, "ledger", "lock")["message"]
        assert "unlock" in find(document, "ledger", "lock")["advice"]
        late = Globals(
            now=lambda: NOW + timedelta(hours=1), environ=KEYS, transport=Vendors(date=NOW + timedelta(hours=1))
        )
        assert root.main(["-C", str(project), "doctor"], obj=late, standalone_mode=False) == 0
        assert "left behind by somebody" in " ".join(capsys.readouterr().out.split())
    shutil.rmtree(project / ".reconciler")
    (project / ".reconciler").write_text("a file", encoding="utf-8")
    code, document = examine(project, capsys, transport=Vendors())
    assert code == 1
    checks = [check for each in document["examinations"] if each["subject"] == "ledger" for check in each["checks"]]
    assert [check for check in checks if check["verdict"] == "failed"]


def test_a_ledger_in_git_that_is_no_repository(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "reconciler.yaml").write_text("version: 1\nledger: git\naccounts: {galtea: {}}\n", encoding="utf-8")
    environ = {**KEYS, "PATH": "/usr/bin:/bin", "GIT_CEILING_DIRECTORIES": str(tmp_path)}
    code, document = examine(tmp_path, capsys, transport=Vendors(), environ=environ)
    assert code == 1
    assert find(document, "ledger", "store")["verdict"] == "failed"
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    code, document = examine(tmp_path, capsys, transport=Vendors(), environ=environ)
    assert find(document, "ledger", "lock")["verdict"] == "ok", document
    assert code == 0


def test_the_text_is_readable_narrow_and_wide(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for columns in ("60", "200"):
        monkeypatch.setenv("COLUMNS", columns)
        assert run(["-C", str(project), "--vice", "expired-key@polyai", "doctor"]) == 1
        told = capsys.readouterr()
        assert all(len(line) <= int(columns) for line in told.out.splitlines())
        assert "1 failed, 1 warning." in told.out
        assert "\x1b" not in told.out


def test_unknown_accounts_and_broken_projects(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["-C", str(project), "doctor", "--account", "galtae"]) == 64
    assert "Did you mean `galtea`?" in capsys.readouterr().err
    assert run(["-C", str(tmp_path), "doctor"]) == 3
    assert "no-project" in capsys.readouterr().err
