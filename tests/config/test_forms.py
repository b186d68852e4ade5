"""A form is told by an example where one says it, and by its pattern where none does."""

from __future__ import annotations

import pytest

from reconciler.config.values.forms import describe_form

E164 = r"^\+[1-9][0-9]{6,14}$"


@pytest.mark.parametrize(
    ("pattern", "description", "advice"),
    [
        (E164, "The number in E.164.", "Write it like +12025550143."),
        ("^trunk_[0-9]+$", "Its id, for example trunk_7.", "Write it like trunk_7."),
        ("^trunk_[0-9]+$", "Its id, for example none that fits.", "It must match ^trunk_[0-9]+$."),
        ("^https://", "", "Write it like https://example.com/path."),
        (r"^[^/\s?#]+$", "Its id, for example phoneConnection_123.", "Write it like phoneConnection_123."),
        (r"^[^/\s?#]+$", "", r"It must match ^[^/\s?#]+$."),
        ("^.*$", "", "It must match ^.*$."),
        (r"^[0-9a-f]{8}-[0-9a-f-]{27}$", "", "Write it like 550e8400-e29b-41d4-a716-446655440000."),
    ],
)
def test_a_form_is_told(pattern: str, description: str, advice: str) -> None:
    assert describe_form(pattern, description=description) == advice
