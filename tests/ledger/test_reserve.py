"""Disk space is held in a file without a name, and given back once."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.ledger.reserve import Reserve

SIZE = 8 * 1024 * 1024


def test_space_is_held_and_given_back_once(tmp_path: Path) -> None:
    reserve = Reserve()
    reserve.hold(tmp_path, octets=SIZE)
    assert list(tmp_path.iterdir()) == [], "a kill must leave nothing behind"
    assert reserve.release()
    assert not reserve.release()


def test_nothing_is_held_before() -> None:
    assert not Reserve().release()


def test_more_than_a_disk_can_have_is_refused_with_nothing_held(tmp_path: Path) -> None:
    """As much as no file system takes, so that this test fills none; a full one is tested in `laws`."""
    reserve = Reserve()
    with pytest.raises(OSError, match="too large"):
        reserve.hold(tmp_path, octets=2**62)
    assert not reserve.release()
