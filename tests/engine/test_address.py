"""URLs are built from templates; no value leaves its place in one."""

from __future__ import annotations

import pytest

from reconciler.engine.address import build_url, fill
from reconciler.model.resource_type import Identity

IDENTITY = Identity((("agent", "P/1 +é"), ("line", "l?&=#")))


@pytest.mark.parametrize(
    ("template", "filled"),
    [
        ("/agents/{agent}/lines/{line}", "/agents/P%2F1%20%2B%C3%A9/lines/l%3F%26%3D%23"),
        ("{line}{line}", "l%3F%26%3D%23l%3F%26%3D%23"),
        ("/agents/agent/{other}", "/agents/agent/{other}"),
    ],
)
def test_each_part_is_percent_encoded_in_its_place(template: str, filled: str) -> None:
    assert fill(template, IDENTITY) == filled


@pytest.mark.parametrize(
    ("base_url", "query", "url"),
    [
        ("https://a.example/v1", (), "https://a.example/v1/x/l%3F%26%3D%23"),
        ("https://a.example/vX/", (), "https://a.example/vX/x/l%3F%26%3D%23"),
        (
            "https://a.example",
            (("a/b", "{line}"), ("c", "d")),
            "https://a.example/x/l%3F%26%3D%23?a%2Fb=l%3F%26%3D%23&c=d",
        ),
    ],
)
def test_a_url_is_base_path_and_query(base_url: str, query: tuple[tuple[str, str], ...], url: str) -> None:
    assert build_url(base_url, "/x/{line}", query=query, identity=IDENTITY) == url
