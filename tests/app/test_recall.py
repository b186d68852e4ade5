"""A remembered verdict is what checking anew would say, is believed only where this machine made it, and costs nobody anything."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.app.review.recall import open_memory
from reconciler.app.review.validation import Validation
from reconciler.config import load_project
from reconciler.vendors import load_catalog
from tests.cli.stage import Stage, Told

SETTINGS = "version: 1\naccounts: {galtea: {}, fluents: {}}\n"
LINES = """\
phone_connections:
  front:
    id: pc_1
    spec: {voice: VOICE, name: "${var.CITY}"}
    ignore: {voice: {reason: a test, until: 2026-12-03}}
"""
PROMPT = """\
prompts:
  greeting: {match: {label: Greeting}, spec: {content: "${file:texts/greeting.md}"}}
account_connections:
  carrier:
    id: 0b6f6f0e-6a49-4f6c-8f38-0f6f2f6f9f10
    spec:
      type: account_connection_twilio
      credentials: {twilio_account_sid: "${secret.SID}", twilio_auth_token: "${secret.TOKEN}"}
"""
WORLD = "vars: {CITY: Oslo}\nresources:\n  phone_connections.front: {spec: {voice: jack}}\n"


class Twins:
    """One project that is checked twice: with a memory, and without one since there is nowhere to keep its key."""

    def __init__(self, place: Path) -> None:
        self.place, self.folder = place, place / "project"
        files = {"reconciler.yaml": SETTINGS, "lines.yaml": LINES.replace("VOICE", "sarah"), "more/prompt.yaml": PROMPT}
        files |= {"texts/greeting.md": "Hello\n", "environments/staging.yaml": WORLD}
        environ = {"HOME": str(place / "home"), "RECONCILER_VAR_CITY": "Bergen"}
        self.cached = Stage(self.folder, seed={}, files=files, environ=environ)
        self.options: tuple[str, ...] = ()

    def check(self) -> Told:
        """Check with the memory; what is said must be what is said without one."""
        cached = self.cached.run(*self.options, "validate")
        bare = Stage(self.folder, seed={}, environ=_leave_home(self.cached.environ))
        bare.clock.now = self.cached.clock.now
        assert cached == bare.run(*self.options, "validate")
        return cached

    def recall(self) -> Validation | None:
        memory = open_memory(self.cached.context(self.folder), self.folder.resolve())
        return memory.recall() if memory else None

    @property
    def records(self) -> list[Path]:
        return sorted(self.folder.glob(".reconciler/validated/*.json"))


def _leave_home(environ: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environ.items() if name != "HOME"}


@pytest.fixture
def twins(tmp_path: Path) -> Twins:
    return Twins(tmp_path)


def _write(name: str, *texts: str) -> st.SearchStrategy[Callable[[Twins], object]]:
    return st.sampled_from(texts).map(lambda text: lambda twins: twins.cached.write(name, text))


def _remove(twins: Twins, name: str) -> None:
    path = twins.folder / name
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _set(twins: Twins, name: str, value: str) -> None:
    twins.cached.environ[name] = value


def _link(twins: Twins, name: str, target: Path) -> None:
    _remove(twins, name)
    (twins.folder / name).parent.mkdir(exist_ok=True)
    (twins.folder / name).symlink_to(target)


VALID_OR_NOT = [LINES.replace("VOICE", voice) for voice in ("sarah", "jack", "nobody", "[]", "", "${var.VOICE}")]
FILES = ("lines.yaml", "more/prompt.yaml", "texts/greeting.md", "texts", "environments/staging.yaml", "more")
NAMES = ("CITY", "VOICE")
EDITS: st.SearchStrategy[Callable[[Twins], object]] = st.one_of(
    _write("lines.yaml", *VALID_OR_NOT),
    _write("more/twin.yaml", LINES.replace("VOICE", "sarah"), LINES.replace("front", "back").replace("VOICE", "theo")),
    _write("texts/greeting.md", "Hello\n", "Hello there\n", " \n", "<<<<<<< HEAD\n"),
    _write(
        "reconciler.yaml", SETTINGS, SETTINGS + "exclude: [more]\n", SETTINGS + "environment: staging\n", "version: 2\n"
    ),
    _write(
        "environments/staging.yaml", WORLD, WORLD.replace("jack", "theo"), "vars: {}\n", "resources: {a.b: absent}\n"
    ),
    _write("environments/staging.yml", WORLD.replace("jack", "nobody"), "vars: {CITY: 1}\n"),
    _write("environments/production.yaml", WORLD, "vars: [1]\n"),
    _write("more/reconciler.yaml", SETTINGS),
    st.sampled_from(FILES).map(lambda name: lambda twins: _remove(twins, name)),
    st.sampled_from(FILES[:3]).map(lambda name: lambda twins: _link(twins, name, twins.place / "elsewhere")),
    st.tuples(st.sampled_from(NAMES), st.sampled_from(["Oslo", "", " ", "jack"])).map(
        lambda pair: lambda twins: _set(twins, f"RECONCILER_VAR_{pair[0]}", pair[1])
    ),
    st.sampled_from(["", "a", "b" * 32, "AC" + "0" * 32]).map(
        lambda text: lambda twins: _set(twins, "RECONCILER_SECRET_SID", text)
    ),
    st.sampled_from([(), ("--env", "staging"), ("--env", "*"), ("--var", "CITY=Rome"), ("--sandbox",)]).map(
        lambda options: lambda twins: setattr(twins, "options", options)
    ),
    st.sampled_from([0, 86_400, 30 * 86_400]).map(lambda seconds: lambda twins: twins.cached.clock.wait(seconds)),
)


@settings(max_examples=25, deadline=None)
@given(edits=st.lists(EDITS, min_size=1, max_size=5))
def test_what_is_remembered_is_what_would_be_found(edits: list[Callable[[Twins], object]]) -> None:
    with TemporaryDirectory() as place:
        twins = Twins(Path(place))
        (twins.place / "elsewhere").write_text(LINES.replace("VOICE", "sarah"), encoding="utf-8")
        twins.check()
        for edit in edits:
            edit(twins)
            twins.check()


def test_nothing_changed_is_remembered_with_its_warnings(twins: Twins) -> None:
    told = twins.check()
    assert "ignore" in told.err
    known = twins.recall()
    assert known
    assert [found.code for found in known.diagnostics].count("secret-missing") == 2
    assert twins.check() == told


def test_mistakes_are_not_remembered(twins: Twins) -> None:
    twins.cached.write("lines.yaml", LINES + "  other: 7\n")
    assert twins.check().code == 3
    assert twins.records == []


def test_a_secret_leaves_no_trace(twins: Twins) -> None:
    secret = "AC" + "7" * 32
    twins.cached.environ["RECONCILER_SECRET_SID"] = secret
    twins.check()
    (record,) = twins.records
    assert secret not in record.read_text(encoding="utf-8")


def _tamper(twins: Twins) -> None:
    (record,) = twins.records
    record.write_bytes(record.read_bytes().replace(b'"valid": true', b'"valid": false'))


def _cut(twins: Twins) -> None:
    (record,) = twins.records
    record.write_bytes(record.read_bytes()[:-1])


def _empty(twins: Twins) -> None:
    (record,) = twins.records
    record.write_bytes(b"")


def _hide_behind_a_link(twins: Twins) -> None:
    (record,) = twins.records
    record.rename(twins.place / "moved.json")
    record.symlink_to(twins.place / "moved.json")


def _hide_the_folder_behind_a_link(twins: Twins) -> None:
    state = twins.folder / ".reconciler"
    state.rename(twins.place / "moved")
    state.symlink_to(twins.place / "moved")


def _lose_the_key(twins: Twins) -> None:
    (twins.place / "home" / ".local" / "state" / "reconciler" / "key").unlink()


def _show_the_key(twins: Twins) -> None:
    (twins.place / "home" / ".local" / "state" / "reconciler" / "key").chmod(0o644)


def _move_the_project(twins: Twins) -> None:
    twins.folder = twins.folder.rename(twins.place / "other")
    twins.cached.folder = twins.folder


@pytest.mark.parametrize(
    "harm",
    [
        _tamper,
        _cut,
        _empty,
        _hide_behind_a_link,
        _hide_the_folder_behind_a_link,
        _lose_the_key,
        _show_the_key,
        _move_the_project,
    ],
)
def test_what_this_machine_did_not_make_of_this_project_is_ignored(
    twins: Twins, harm: Callable[[Twins], object]
) -> None:
    told = twins.check()
    harm(twins)
    assert twins.recall() is None
    assert twins.check() == told


def test_the_key_is_for_its_owner_alone_and_outside_of_the_project(twins: Twins) -> None:
    twins.check()
    key = twins.place / "home" / ".local" / "state" / "reconciler" / "key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    twins.cached.environ["XDG_STATE_HOME"] = str(twins.folder / "state")
    assert twins.recall() is None
    twins.check()
    assert not (twins.folder / "state").exists()


def test_where_nothing_can_be_kept_all_goes_on(twins: Twins) -> None:
    (twins.folder / ".reconciler").write_text("in the way", encoding="utf-8")
    assert twins.check().code == 0
    assert twins.records == []


def test_what_is_kept_stays_out_of_commits(twins: Twins) -> None:
    twins.check()
    assert "*" in (twins.folder / ".reconciler" / ".gitignore").read_text(encoding="utf-8").splitlines()


class Watched(Mapping[str, str]):
    """Environment variables that know which of them somebody looked at."""

    def __init__(self, known: Mapping[str, str]) -> None:
        self.known = known
        self.looked: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.looked.add(name)
        return self.known[name]

    def __iter__(self) -> Iterator[str]:
        return (name for name in self.known if name.startswith("RECONCILER_VAR_"))

    def __len__(self) -> int:
        return len(self.known)


def test_checking_looks_at_no_variable_that_a_verdict_does_not_rest_on(twins: Twins) -> None:
    settings = SETTINGS.replace("galtea: {}", "galtea: {base_url: 'https://elsewhere.example', credential: OTHER_GALTEA_KEY}, polyai: {credential: STRANGE}")  # fmt: skip
    twins.cached.write("reconciler.yaml", settings)
    environ = Watched({**os.environ, "RECONCILER_VAR_CITY": "Oslo", "RECONCILER_SECRET_SID": "AC" + "0" * 32})
    load_project(twins.folder, catalog=load_catalog(), environ=environ, absent_secrets="note")
    assert {name for name in environ.looked if not name.startswith("RECONCILER_")} == set()
    assert {"RECONCILER_ENV", "RECONCILER_ALLOWED_HOSTS", "RECONCILER_SECRET_SID"} <= environ.looked
