"""Every seed that the documentation shows can be sown and read."""

from typing import Any

import pytest

from reconciler.config import read_untyped
from reconciler.sandbox import create_app, read_scalar
from tests.docs.pages import ROOT, list_blocks

BLOCKS = [block for block in list_blocks(ROOT / "docs" / "sandbox.md") if block.language == "yaml"]


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: f"line-{block.line}")
def test_a_seed_of_the_page_can_be_sown(block: Any, tmp_path: Any) -> None:
    (tmp_path / "sandbox.yaml").write_text("\n".join(block.lines), encoding="utf-8")
    seed, diagnostics = read_untyped("sandbox.yaml", root=tmp_path, decide=read_scalar)
    assert not diagnostics
    assert isinstance(seed, dict)
    world = create_app(database=None, seed=seed).state.world
    for provider in set(seed) - {"switches", "vices"}:
        grown = {name: world.rows(provider, name) for name in seed[provider] if name not in {"generation", "worlds"}}
        assert all(grown.values())


def test_the_page_shows_every_collection() -> None:
    from reconciler.sandbox.state.rows import SHAPES

    text = (ROOT / "docs" / "sandbox.md").read_text(encoding="utf-8")
    assert [name for shapes in SHAPES.values() for name in shapes if name not in text] == []
