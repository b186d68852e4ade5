"""Find the groups that a key may see, where the vendor lists them: PolyAI's agents."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from reconciler.model.live import Unknown
from reconciler.model.paths import Json, pick
from reconciler.model.resource_type import GroupList
from reconciler.model.spoiled import find_spoiled
from reconciler.remote.reading.classify import believe
from reconciler.remote.reading.source import Source
from reconciler.remote.wire.client import ReadClient


async def list_groups(groups: GroupList, *, reader: ReadClient, workspace: str) -> tuple[str, ...] | Unknown:
    """Return the values of an identity part in the vendor's order; unknown where the list cannot be read or understood."""
    path = groups.path.replace("{workspace}", quote(workspace, safe=""))
    source = Source(reader)
    answer = believe((await source.get(path)).answer, source=source)
    if isinstance(answer, Unknown):
        return answer
    rows = pick(answer.value, groups.items)
    values = [_read(row, groups.value) for row in rows] if isinstance(rows, list) else [None]
    if find_spoiled(values) or not all(isinstance(value, str) and value for value in values):
        return Unknown(f"GET {path} answered something else than a list of {groups.value}", code="answer-shape")
    return tuple(dict.fromkeys(str(value) for value in values))


def _read(row: Json, key: str) -> Json:
    return row.get(key) if isinstance(row, Mapping) else None
