"""Say what the rows of OpenCopilot's collections look like."""

from collections.abc import Mapping
from types import MappingProxyType

from reconciler.sandbox.state.shapes.shape import Shape, always
from reconciler.sandbox.vendors.kinds import PHONE_KINDS

SHAPES: Mapping[str, Shape] = MappingProxyType(
    {
        "phones": Shape(
            key="id",
            required={"id": "string", "phone_number": "phone"},
            optional={**PHONE_KINDS, "name": "string?"},
            defaults={"name": always(None), "elevenlabs_voice_id": always("hP72SDESIJq2YuAblBqz")},
        ),
    }
)
