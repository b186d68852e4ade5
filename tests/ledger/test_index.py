"""What an index says of a journal: no more than the journal, and nothing where somebody touched it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from zlib import crc32

import pytest

from reconciler.ledger.journals.history import RunSummary, read_run
from reconciler.ledger.journals.index import (
    Digest,
    digest_journal,
    format_index,
    list_digests,
    list_doubts,
    list_summaries,
    merge_digests,
    parse_index,
    read_records,
)
from reconciler.model.paths import Json


def write(*rows: Mapping[str, Json]) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def begin(environment: str | None = None, command: str = "apply") -> dict[str, Json]:
    return {"event": "begin", "when": "9", "run": "", "command": command, "environment": environment}


def intend(address: str = "lines.a") -> dict[str, Json]:
    return {"event": "intend", "when": "10", "address": address, "changes": ["much"]}


def conclude(address: str = "lines.a", result: str = "verified") -> dict[str, Json]:
    return {"event": "outcome", "when": "11", "address": address, "result": result, "message": "long"}


def rows_of(digest: Digest) -> list[Json]:
    rows: list[Json] = json.loads(digest.rows)
    return rows


DONE = write(begin(), intend(), conclude())
OPEN = write(begin(), intend())


@pytest.mark.parametrize(
    ("rows", "kept"),
    [
        ([begin(), intend(), conclude()], [begin(), {"event": "outcome", "address": "lines.a", "result": "verified"}]),
        (
            [begin(), intend(), intend("lines.b"), conclude("lines.b", "stale"), conclude()],
            [
                begin(),
                {"event": "outcome", "address": "lines.a", "result": "verified"},
                {"event": "outcome", "address": "lines.b", "result": "stale"},
            ],
        ),
        (
            [begin(), intend(), intend(), conclude()],
            [
                begin(),
                {"event": "intend", "address": "lines.a"},
                {"event": "intend", "address": "lines.a"},
                {"event": "outcome", "address": "lines.a", "result": "verified"},
            ],
        ),
        ([conclude(result="stale")], [{"event": "outcome", "address": "lines.a", "result": "stale", "when": "11"}]),
        (
            [intend(), conclude(), conclude(result="stale")],
            [
                {"event": "intend", "address": "lines.a", "when": "10"},
                {"event": "outcome", "address": "lines.a", "result": "verified"},
                {"event": "outcome", "address": "lines.a", "result": "stale"},
            ],
        ),
        ([intend(), conclude()], [{"event": "outcome", "address": "lines.a", "result": "verified", "when": "10"}]),
        (
            [{"event": "settle", "address": "lines.a", "message": "m"}],
            [{"event": "settle", "address": "lines.a", "message": "m"}],
        ),
        ([{"event": "outcome", "result": "stale"}], [{"event": "outcome", "result": "stale"}]),
    ],
    ids=[
        "one-step",
        "two-steps",
        "tried-twice",
        "never-sent",
        "told-twice",
        "no-beginning",
        "others-whole",
        "nameless",
    ],
)
def test_of_a_step_its_address_and_result_are_kept(rows: list[dict[str, Json]], kept: list[Json]) -> None:
    content = write(*rows)
    digest = digest_journal("r.jsonl", content)
    assert rows_of(digest) == kept
    assert b" " not in digest.rows
    assert (digest.name, digest.size, digest.damaged, digest.doubtful) == ("r.jsonl", len(content), 0, False)
    assert digest.read().summary == read_run("r.jsonl", content).summary


def test_a_journal_that_leaves_a_doubt_is_kept_whole() -> None:
    content = OPEN + b"torn"
    digest = digest_journal("r.jsonl", content)
    assert digest == Digest("r.jsonl", len(content), 1, True, digest.rows)
    assert rows_of(digest) == [begin(), intend()]
    assert digest.read() == read_run("r.jsonl", content)


def test_an_index_is_read_back_in_order_of_names() -> None:
    first, second = digest_journal("a.jsonl", DONE), digest_journal("b.jsonl", OPEN)
    content = format_index([second, first])
    assert content == format_index([first, second])
    assert content.count(b"\n") == 2
    assert list(parse_index(content).values()) == [first, second]
    assert parse_index(b"") == {}


LINE = format_index([digest_journal("a.jsonl", DONE)])


def head(*values: Json, rows: bytes = b"[]") -> bytes:
    return json.dumps(list(values)).encode() + b"\t" + rows + b"\n"


@pytest.mark.parametrize(
    "line",
    [
        LINE.replace(b"verified", b"rejected"),
        LINE.partition(b"\t")[0] + b"\n",
        b"\n",
        b"nonsense\n",
        b"7\t[]\n",
        b"[" * 100_000 + b"\n",
        head("a", 1, 0, False),
        head("a", 1, 0, False, crc32(b"[]"), 7),
        head(7, 1, 0, False, crc32(b"[]")),
        head("a", "1", 0, False, crc32(b"[]")),
        head("a", 1, "0", False, crc32(b"[]")),
        head("a", 1, 0, False, crc32(b"[]") + 1),
    ],
)
def test_a_damaged_line_is_as_good_as_none(line: bytes) -> None:
    assert list(parse_index(line + format_index([digest_journal("b.jsonl", OPEN)]))) == ["b.jsonl"]


def test_rows_may_hold_what_parts_the_head_from_them() -> None:
    rows = b'[\t{"event": "end"}]'
    assert parse_index(head("a", 1, 0, False, crc32(rows), rows=rows)) == {"a": Digest("a", 1, 0, False, rows)}


@pytest.mark.parametrize("doubtful", [True, 0, None, "no"])
def test_what_is_not_plainly_without_doubt_counts_as_doubtful(doubtful: Json) -> None:
    (digest,) = parse_index(head("a", 1, 2, doubtful, crc32(b"[]"))).values()
    assert digest == Digest("a", 1, 2, True, b"[]")
    (plain,) = parse_index(head("a", 1, 2, False, crc32(b"[]"))).values()
    assert plain.doubtful is False


@pytest.mark.parametrize(
    ("rows", "addresses"),
    [
        (b"nonsense", ()),
        (b"[" * 100_000, ()),
        (b"{}", ()),
        (b'[7, {"event": 1}, {"event": "outcome", "address": "lines.a"}]', ("lines.a",)),
    ],
)
def test_rows_that_somebody_made_up_are_no_more_than_a_wrong_list(rows: bytes, addresses: tuple[str, ...]) -> None:
    assert Digest("r.jsonl", 1, 3, False, rows).read().summary == RunSummary(
        "r",
        counts=Digest("r.jsonl", 1, 3, False, rows).read().summary.counts,
        damaged_lines=3,
        addresses=addresses,
    )


@dataclass
class Kept:
    """Journals by name, and an index that may be old."""

    journals: Mapping[str, bytes]
    index: bytes = b""
    asked: list[Sequence[str]] = field(default_factory=list)
    indexes: int = 0

    def list_sizes(self) -> Mapping[str, int]:
        return {name: len(content) for name, content in self.journals.items()}

    def read_some(self, names: Sequence[str]) -> Mapping[str, bytes]:
        self.asked.append(list(names))
        return {name: self.journals[name] for name in names if self.journals[name] != b"gone"}

    def read_index(self) -> bytes:
        self.indexes += 1
        return self.index


def test_only_what_the_index_does_not_tell_is_read() -> None:
    old = format_index([digest_journal(name, DONE) for name in ("a", "b", "removed")])
    source = Kept({"a": DONE, "b": OPEN, "c": DONE, "d": b"gone"}, old)
    found = list_digests(source)
    assert found == [digest_journal("a", DONE), digest_journal("b", OPEN), digest_journal("c", DONE)]
    assert source.asked == [["b", "c", "d"]]


def test_nothing_is_read_where_the_index_tells_all_or_there_is_nothing() -> None:
    whole = Kept({"a": DONE}, format_index([digest_journal("a", DONE)]))
    assert list_digests(whole) == [digest_journal("a", DONE)]
    assert whole.asked == []
    empty = Kept({}, LINE)
    assert (list_digests(empty), empty.asked, empty.indexes) == ([], [], 0)


def test_what_is_in_two_places_is_as_it_was_just_stored() -> None:
    kept, local = digest_journal("a", DONE), digest_journal("a", OPEN)
    other = digest_journal("b", DONE)
    assert merge_digests([kept, other], [local]) == [local, other]
    assert merge_digests([], [local]) == [local]


STAGING, LIVE, LOST = (
    digest_journal(f"{name}.jsonl", write(*rows))
    for name, rows in (
        ("r1", [begin("staging"), intend()]),
        ("r3", [begin("live"), intend("lines.b"), conclude("lines.b")]),
        ("r2", [intend("lines.c")]),
    )
)


@pytest.mark.parametrize(
    ("environment", "runs", "doubts"),
    [
        ("staging", ["r2", "r1"], ["lines.a", "lines.c"]),
        ("live", ["r3", "r2"], ["lines.c"]),
        (None, ["r3", "r2", "r1"], ["lines.a", "lines.c"]),
    ],
)
def test_a_run_whose_beginning_is_lost_may_be_of_any_environment(
    environment: str | None, runs: list[str], doubts: list[str]
) -> None:
    digests = [STAGING, LIVE, LOST]
    assert [one.run for one in list_summaries(digests, environment=environment)] == runs
    assert [one.address for one in list_doubts(digests, environment=environment)] == doubts
    assert {one.summary.run for one in read_records(digests, environment)} == set(runs)


def test_where_no_journal_is_doubtful_none_is_looked_into() -> None:
    broken = Digest("r1.jsonl", 1, 0, False, b"[" + write(intend()).strip() + b"]")
    assert list_doubts([broken], environment=None) == ()
    assert len(list_doubts([broken, LOST], environment=None)) == 2
