"""What a prompt, a name, a file or a vendor may say to deceive a terminal, a CI system, a browser or a reviewer's eye."""

from __future__ import annotations

COMMANDS = (
    "::error::x", "  ::set-output name=a::b", "x ::add-mask::y", "##[error]x", "x ##vso[task.setvariable]y", "##teamcity[a]",
    "section_start:1:x\r\x1b[0Kx", "section_end:1:x", "\x1b[31m::warning::x", "word " * 30 + "::error::x", "::" * 90,
    "\u2028::error::x", "\x85##[x]", "#\u200b#[error]x", "[section]\n::debug::x\n##[x]\n\nsection_end:1:x\n", "\u3164::x",
)  # fmt: skip
"""What a CI system that prints it would obey, or would if what cannot be seen were dropped."""

MARKUP = (
    "<img src=x onerror=alert(1)>", "</details></td><script>alert(1)</script>", "[a](https://evil.invalid) @team #1 !2",
    "`` ``` | a | b | <!-- reconciler:plan:a -->", "&lt;b&gt; {{ x }} ${X} $(id) `id`", "\u202egnp.exe\u202c \u2066a\u2069",
    "e\u0301 \u00e9 \u1e9b\u0323 \ufb01", "\x1b]0;title\x07\x1b[2J\x08\x9b31m", "\ufeff\u00ad\u180e\U000e0041\ue000\U0010fffd",
)  # fmt: skip
"""What Markdown, HTML, a terminal or an eye takes for something else."""

FILE = "numbers ::error::x ##[x] \u200b\x1b[2J <b> `x`.yaml"
"""The name of a file that a pull request adds."""
