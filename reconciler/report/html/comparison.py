"""The comparison of two environments as one HTML file that needs no network and runs no script."""

from __future__ import annotations

import base64
import hashlib
from importlib import resources

from reconciler.model.comparison import Comparison
from reconciler.report.comparison_words import (
    list_notes,
    list_shown,
    name_places,
    name_verdict,
    sum_up,
    tell_difference,
)
from reconciler.report.escape import escape_terminal
from reconciler.report.phrases import name_field


def render_comparison_html(comparison: Comparison) -> str:
    """Return the comparison as one self-contained HTML document."""
    from jinja2 import Environment, PackageLoader
    from markupsafe import Markup

    def show(value: object) -> object:
        return escape_terminal(value) if isinstance(value, str) and not isinstance(value, Markup) else value

    loader = PackageLoader("reconciler.report.html", "templates")
    environment = Environment(loader=loader, autoescape=True, finalize=show, trim_blocks=True, lstrip_blocks=True)
    style = resources.files("reconciler.report.html").joinpath("templates", "report.css").read_text(encoding="utf-8")
    return environment.get_template("comparison.html.j2").render(
        headline=sum_up(comparison),
        environments=comparison.environments,
        style=Markup(style),  # noqa: S704 -- our own file
        style_hash=f"sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}",
        pairs=[
            {
                "address": pair.address,
                "places": name_places(pair, comparison.environments),
                "notes": list(list_notes(pair, comparison.environments)),
                "differences": [
                    {
                        "field": name_field(difference.path),
                        "intended": difference.intended,
                        "verdict": name_verdict(difference),
                        "lines": tell_difference(difference, comparison.environments),
                    }
                    for difference in pair.differences
                ],
            }
            for pair in list_shown(comparison)
        ],
    )
