"""Points in time are written in UTC, to the second, and read as they come."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from reconciler.ledger.times import format_time, in_utc, parse_time

MOMENT = datetime(2026, 11, 21, 8, 30, 5, 999, tzinfo=UTC)
EAST = timezone(timedelta(hours=2))


@pytest.mark.parametrize("moment", [MOMENT, MOMENT.replace(tzinfo=None), MOMENT.astimezone(EAST)])
def test_a_time_is_written_in_utc_to_the_second(moment: datetime) -> None:
    assert format_time(moment) == "2026-11-21T08:30:05Z"
    assert in_utc(moment) == MOMENT
    assert in_utc(moment).tzinfo is UTC


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-21T08:30:05Z", MOMENT.replace(microsecond=0)),
        ("2026-11-21T10:30:05+02:00", MOMENT.replace(microsecond=0)),
        ("2026-11-21T08:30:05", MOMENT.replace(microsecond=0)),
        ("soon", None),
        ("0001-01-01T00:00:00+02:00", None),
    ],
)
def test_a_time_is_read_or_is_none(text: str, moment: datetime | None) -> None:
    assert parse_time(text) == moment
