"""The ledger as text: what counts of it, what is said of the rest, and which files a save changes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest

from reconciler.ledger.encoding import (
    build_ledger,
    check_overlap,
    digest_files,
    encode_line,
    name_safely,
    read_sheets,
    write_sheets,
)
from reconciler.ledger.errors import LedgerConflict
from reconciler.ledger.fingerprints import KEY_BYTES, create_key, fingerprint_value
from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.model.ledger import Applied, Undone
from reconciler.model.paths import Json
from reconciler.model.project import Account
from reconciler.model.secret import Secret

from .samples import BASE_URL, make_entry

KEY = bytes(range(KEY_BYTES))
POLYAI = Account("polyai", "polyai", BASE_URL, "POLYAI_API_KEY")
ACCOUNTS = {"polyai": POLYAI}


def write(
    *entries: Applied,
    over: Mapping[str, bytes] | None = None,
    removed: tuple[str, ...] = (),
    accounts: Mapping[str, Account] = ACCOUNTS,
) -> dict[str, bytes]:
    """Return the files that change."""
    return write_sheets(read_sheets(over or {}), entries=entries, removed=removed, accounts=accounts, key=KEY)


def read(
    files: Mapping[str, bytes], *, accounts: Mapping[str, Account] = ACCOUNTS
) -> tuple[dict[str, Applied], tuple[Diagnostic, ...]]:
    loaded = build_ledger(read_sheets(files), accounts=accounts, key=KEY, version="v1")
    assert loaded.ledger.version == "v1"
    return dict(loaded.ledger.entries), loaded.notes


def sheet(entries: Json, *, version: Json = 1) -> bytes:
    return json.dumps({"format_version": version, "entries": entries}).encode()


def row(**changes: Json) -> dict[str, Json]:
    texts = dict.fromkeys(("account", "provider", "kind", "when", "commit", "run"), "x")
    return {**texts, "identity": None, "fields": {}, **changes}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("connectors-2_x", "connectors-2_x"),
        ("_x_", "%5Fx_"),
        ("Aé/.%", "%41%C3%A9%2F%2E%25"),
        ("\ud800", "%ED%A0%80"),
        ("", ""),
    ],
)
def test_a_file_name_is_plain_everywhere(text: str, name: str) -> None:
    assert name_safely(text) == name


def test_a_sheet_is_text_that_people_can_compare() -> None:
    entry = replace(make_entry("ä", voiceName="Ü"), undone={"/voiceName": Undone("r0", "B")})
    assert write(entry) == {
        "connectors.json": f"""{{
  "entries": {{
    "connectors.ä": {{
      "account": "polyai",
      "base_url": "{BASE_URL}",
      "commit": "c",
      "fields": {{
        "/voiceName": "Ü"
      }},
      "identity": {{
        "agentId": "P",
        "connectorId": "ä"
      }},
      "kind": "connectors",
      "provider": "polyai",
      "run": "r1",
      "undone": {{
        "/voiceName": {{
          "run": "r0",
          "value": "B"
        }}
      }},
      "when": "w"
    }}
  }},
  "format_version": 1
}}
""".encode()
    }
    assert read(write(entry)) == ({"connectors.ä": entry}, ())


def test_each_kind_is_a_file_and_only_changed_ones_are_written() -> None:
    line, number = make_entry("a"), make_entry("n", kind="numbers")
    files = write(number, line)
    assert list(files) == ["connectors.json", "numbers.json"]
    assert read(files)[0] == {"connectors.a": line, "numbers.n": number}
    assert write(replace(line, run="r2", when="later", commit="d"), number, over=files) == {}
    assert list(write(replace(line, fields={"/voiceName": "B"}), number, over=files)) == ["connectors.json"]


@pytest.mark.parametrize(
    "changes",
    [
        {"account": "other"},
        {"provider": "other"},
        {"identity": {"agentId": "Q"}},
        {"fields": {}},
        {"fields": {"/voiceName": "A", "/more": None}},
        {"undone": {"/voiceName": Undone("r0", "B")}},
    ],
)
def test_a_row_that_says_anything_else_of_the_object_is_replaced(changes: dict[str, Any]) -> None:
    entry = make_entry("a")
    accounts = {**ACCOUNTS, "other": replace(POLYAI, name="other")}
    files = write(entry, accounts=accounts)
    changed = replace(entry, run="r2", **changes)
    rows = json.loads(write(changed, over=files, accounts=accounts)["connectors.json"])["entries"]
    assert rows["connectors.a"]["run"] == "r2"
    again = write(changed, over=write(changed, over=files, accounts=accounts), accounts=accounts)
    assert again == {}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, True),
        (1, 1.0),
        ([1], [True]),
        ({"x": {"y": 1}}, {"x": {"y": True}}),
        ([[{"x": 0}]], [[{"x": False}]]),
    ],
)
def test_values_that_are_one_to_python_and_two_to_json_are_two(one: Json, other: Json) -> None:
    assert write(make_entry("a", x=other), over=write(make_entry("a", x=one)))
    for value in (one, other):
        assert write(make_entry("a", x=value), over=write(make_entry("a", x=value))) == {}


def test_a_mapping_that_cannot_be_changed_is_one_like_any_other() -> None:
    files = write(make_entry("a", y={"z": [1]}))
    assert write(make_entry("a", y=MappingProxyType({"z": [1]})), over=files) == {}
    assert write(make_entry("a", y=MappingProxyType({"z": [True]})), over=files)


def test_what_was_taken_back_is_forgotten_when_it_is_applied_again() -> None:
    entry = make_entry("a")
    files = write(replace(entry, undone={"/voiceName": Undone("r0", "B")}))
    assert read(write(entry, over=files))[0] == {"connectors.a": entry}


def test_removed_rows_are_forgotten_unless_they_are_saved_too() -> None:
    files = write(make_entry("a"), make_entry("b"), make_entry("n", kind="numbers"))
    left = write(make_entry("c"), over=files, removed=("connectors.a", "numbers.n", "numbers.gone"))
    assert set(left) == {"connectors.json", "numbers.json"}
    assert read(left)[0].keys() == {"connectors.b", "connectors.c"}
    assert json.loads(left["numbers.json"]) == {"format_version": 1, "entries": {}}
    assert write(make_entry("a"), over=files, removed=("connectors.a",)) == {}
    assert write(over=files, removed=("connectors.gone",)) == {}


def test_an_entry_of_an_account_that_is_no_more_has_no_base_url() -> None:
    (content,) = write(make_entry("a"), accounts={}).values()
    assert json.loads(content)["entries"]["connectors.a"]["base_url"] is None


def test_a_secret_is_covered_at_every_depth() -> None:
    entry = make_entry("a", token=Secret("s"), deep={"list": [Secret("t")]}, held=MappingProxyType({"x": 1}))
    (content,) = write(entry).values()
    assert json.loads(content)["entries"]["connectors.a"]["fields"] == {
        "/token": fingerprint_value("s", key=KEY),
        "/deep": {"list": [fingerprint_value("t", key=KEY)]},
        "/held": {"x": 1},
    }
    assert write(make_entry("b", token=Secret("s")), over=write(make_entry("b", token=Secret("s")))) == {}


def test_a_secret_that_was_covered_with_another_key_is_not_known() -> None:
    entry = make_entry("a", token=Secret("s"), plain="p")
    sheets = read_sheets(write(entry))
    for key, fields in (
        (KEY, {"/token": fingerprint_value("s", key=KEY), "/plain": "p"}),
        (create_key(), {"/plain": "p"}),
        (None, {"/plain": "p"}),
    ):
        loaded = build_ledger(sheets, accounts=ACCOUNTS, key=key, version="")
        assert loaded.ledger.entries["connectors.a"].fields == fields


# --- what is not as it should be --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"[]", "it does not hold `entries`"),
        (b'{"format_version": 1}', "it does not hold `entries`"),
        (b'{"format_version": 1, "entries": []}', "it does not hold `entries`"),
        (sheet({}, version=2), "its format_version is 2, not 1"),
        (b'{"entries": {}}', "its format_version is None, not 1"),
        (sheet({"a": row(), "b": row(run=1), "c": 1}), "the entry of b is not complete"),
        (sheet({"a": row(fields=[])}), "the entry of a is not complete"),
        (sheet({"a": {name: value for name, value in row().items() if name != "identity"}}), "the entry of a is not complete"),
        (sheet({"a": "text"}), "the entry of a is not complete"),
    ],
)  # fmt: skip
def test_a_damaged_file_costs_its_own_kind_only(content: bytes, reason: str) -> None:
    files = {**write(make_entry("n", kind="numbers")), "lines.json": content, "agents.json": b"["}
    sheets = read_sheets(files)
    assert sheets.damaged.keys() == {"agents.json", "lines.json"}
    assert sheets.damaged["lines.json"] == reason
    entries, notes = read(files)
    assert entries.keys() == {"numbers.n"}
    assert notes[1:] == (
        Diagnostic(
            "ledger-foreign",
            f"the ledger file lines.json was not used: {reason}",
            Severity.WARNING,
            advice="Nothing is known of earlier applies of its kind. The next apply starts it anew and keeps the old one.",
        ),
    )


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\x00", b"[" * 100_000])
def test_what_is_no_json_is_damaged_and_the_reader_says_why(content: bytes) -> None:
    (reason,) = read_sheets({"lines.json": content}).damaged.values()
    assert reason


def test_nothing_stored_is_told_and_what_is_damaged_is_not_nothing() -> None:
    assert read({}) == (
        {},
        (
            Diagnostic(
                "ledger-absent",
                "no ledger yet: nothing is known of earlier applies, so changes cannot be attributed",
                Severity.NOTE,
                advice="The first `reconciler apply` starts the ledger.",
            ),
        ),
    )
    assert [note.code for note in read({"lines.json": b"["})[1]] == ["ledger-foreign"]
    assert [note.code for note in read({"lines.json": sheet({})})[1]] == ["ledger-absent"]


@pytest.mark.parametrize(("count", "told"), [(1, "1 entry"), (2, "2 entries")])
@pytest.mark.parametrize(
    "accounts",
    [
        {},
        {"other": POLYAI},
        {"polyai": replace(POLYAI, provider="other")},
        {"polyai": replace(POLYAI, base_url="https://api.eu.poly.ai")},
    ],
)
def test_the_ledger_of_another_project_is_not_used(accounts: Mapping[str, Account], count: int, told: str) -> None:
    entries, notes = read(write(*(make_entry(str(number)) for number in range(count))), accounts=accounts)
    assert entries == {}
    assert notes == (
        Diagnostic(
            "ledger-foreign",
            f"the ledger was not used: none of its {told} was applied through an account of this project",
            Severity.WARNING,
            advice="Nothing is known of earlier applies. Check that the ledger belongs to this project and environment.",
        ),
    )


def test_rows_of_other_accounts_are_left_out_and_kept() -> None:
    others = {name: replace(POLYAI, name=name) for name in ("west", "east")}
    strangers = [replace(make_entry(name), account=name) for name in ("west", "east", "east2")]
    strangers[2] = replace(strangers[2], account="east")
    files = write(make_entry("a"), *strangers, accounts={**ACCOUNTS, **others})
    entries, notes = read(files)
    assert entries.keys() == {"connectors.a"}
    assert notes == (
        Diagnostic(
            "ledger-foreign",
            "3 entries of the ledger left out: applied through east, west at another provider or base URL",
            Severity.NOTE,
            advice="Changes of these resources cannot be attributed until the next apply.",
        ),
    )
    again = write(make_entry("b"), over=files)
    assert read(again, accounts={**ACCOUNTS, **others})[0].keys() == {
        "connectors.a",
        "connectors.b",
        *(entry.address for entry in strangers),
    }


def test_what_is_damaged_of_what_was_taken_back_is_left_out() -> None:
    whole = {"/a": {"run": "r0", "value": None}}
    broken = {"/b": 1, "/c": {"run": 1, "value": 2}, "/d": {"run": "r0"}, "/e": {"value": 2}}
    stored = row(account="polyai", provider="polyai", base_url=BASE_URL)
    entries, _ = read(
        {"x.json": sheet({"x.a": {**stored, "undone": {**whole, **broken}}, "x.b": {**stored, "undone": 1}})}
    )
    assert {address: entry.undone for address, entry in entries.items()} == {
        "x.a": {"/a": Undone("r0", None)},
        "x.b": {},
    }


# --- what others stored meanwhile -------------------------------------------------------------------------------------


def check(*touched: str, start: Mapping[str, Json], stored: Mapping[str, Json]) -> None:
    check_overlap(start, stored, touched=touched, run="r1")


def test_what_another_run_stored_meanwhile_is_a_conflict() -> None:
    start = {"a": row(run="r0"), "b": row(run="r0"), "c": row(run="r0")}
    stored = {"c": row(run="r3"), "b": row(run="r2"), "a": row(run="r0"), "d": {}, "mine": row(run="r1")}
    check("a", "gone", "mine", start=start, stored=stored)
    with pytest.raises(LedgerConflict) as caught:
        check("c", "a", "b", start=start, stored=stored)
    assert caught.value.addresses == ("b", "c")
    assert caught.value.message == "run r2 stored 2 addresses of this run meanwhile, first b"
    assert caught.value.advice == "Run `reconciler plan`: it shows what is live now, and whose change it was."
    with pytest.raises(LedgerConflict, match=r"^run  stored 1 address of this run meanwhile, first d$"):
        check("d", start=start, stored=stored)


def test_the_version_of_all_files_follows_from_names_and_contents() -> None:
    assert digest_files({}) == ""
    one = digest_files({"a": b"1", "b": b"2"})
    parts = b"".join(name + b"\0" + hashlib.sha256(content).digest() for name, content in ((b"a", b"1"), (b"b", b"2")))
    assert one == digest_files({"b": b"2", "a": b"1"}) == "sha256:" + hashlib.sha256(parts).hexdigest()
    assert len({one, digest_files({"a": b"2", "b": b"1"}), digest_files({"a": b"1"}), digest_files({"c": b"1"})}) == 4


# --- one line ---------------------------------------------------------------------------------------------------------


def test_a_line_is_sorted_and_holds_no_secret() -> None:
    line = encode_line({"b": "ü\ud800", "a": [Secret("s"), MappingProxyType({"x": 1})]}, key=KEY)
    assert line == f'{{"a": ["{fingerprint_value("s", key=KEY)}", {{"x": 1}}], "b": "ü\ud800"}}'.encode("utf-8", "surrogatepass")  # fmt: skip


@pytest.mark.parametrize(
    ("value", "key", "message"),
    [(Secret("s"), None, "Secret is no JSON value"), (object(), KEY, "object is no JSON value")],
    ids=["a secret without a key", "anything else"],
)
def test_what_cannot_be_written_is_an_error(value: object, key: bytes | None, message: str) -> None:
    with pytest.raises(TypeError, match=f"^{message}$"):
        encode_line([value], key=key)
