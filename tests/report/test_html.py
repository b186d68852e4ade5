from __future__ import annotations

import base64
import hashlib
import re
import subprocess
import sys
from html.parser import HTMLParser

import pytest

from reconciler.report.html.page import render_html
from reconciler.report.source_links import SourceLinks
from tests.report import plans
from tests.report.golden_files import check_golden

LINKS = SourceLinks("https://github.com", "acme/phones", "0a1b2c3d")
PLANS = {
    "one_change": plans.one_change(),
    "no_changes": plans.no_changes(),
    "four_vendors": plans.four_vendors(),
    "hostile": plans.hostile(),
    "everything": plans.everything(),
}


class Tags(HTMLParser):
    """Collect what the document asks a browser to load, run or obey."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.feed(document)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))


def hash_inner(document: str, tag: str) -> str:
    (inner,) = re.findall(f"<{tag}>(.*?)</{tag}>", document, flags=re.DOTALL)
    return "sha256-" + base64.b64encode(hashlib.sha256(inner.encode()).digest()).decode()


@pytest.mark.parametrize("name", PLANS)
def test_golden(request: pytest.FixtureRequest, name: str) -> None:
    check_golden(request, f"plan-{name}.html", render_html(PLANS[name], links=LINKS))


@pytest.mark.parametrize("name", PLANS)
def test_policy_allows_this_style_and_this_script_and_nothing_else(name: str) -> None:
    document = render_html(PLANS[name])
    (policy,) = [found["content"] for tag, found in Tags(document).tags if "http-equiv" in found and tag == "meta"]
    assert policy == (
        f"default-src 'none'; style-src '{hash_inner(document, 'style')}'; script-src '{hash_inner(document, 'script')}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


@pytest.mark.parametrize("name", PLANS)
def test_nothing_is_loaded_and_no_attribute_runs(name: str) -> None:
    tags = Tags(render_html(PLANS[name], links=LINKS)).tags
    assert [tag for tag, _ in tags].count("script") == 1
    assert not {tag for tag, _ in tags} & {"img", "iframe", "object", "embed", "base", "b>key<", "audio", "video"}
    for tag, found in tags:
        assert "src" not in found
        assert "style" not in found
        assert not any(name.startswith("on") for name in found)
        if tag == "a":
            assert found["href"].startswith(("https://github.com/acme/phones/blob/", "#main"))


def test_secrets_never_appear() -> None:
    assert plans.SECRET_VALUE not in render_html(plans.everything())


def test_says_cause_risk_request_and_what_is_demanded() -> None:
    document = render_html(plans.four_vendors(), links=LINKS)
    assert "1 drift, 2 from this change, 1 cannot be read back; 2 numbers affected; 1 high risk" in document
    assert "The connector is live: the change reaches real calls at once." in document
    assert "PATCH https://api.us.poly.ai/v1/agents/PROJECT-58RP822I/telephony/connectors/conn-1" in document
    assert "<code>elevenlabs_voice_id</code> is sent because the API demands it." in document
    assert "Keep every answer under <del>three</del> sentences." in document
    assert 'href="https://github.com/acme/phones/blob/0a1b2c3d/config/polyai.yaml#L14"' in document


def test_a_folded_card_names_what_is_risky_first_and_whose_value_it_is() -> None:
    text = render_html(plans.everything())
    peeks = re.findall(r'<div class="peek">(.*?)</div>', text)
    assert any(peek.startswith("phoneNumber numbers.front-desk → numbers.billing") for peek in peeks)


def test_invisible_characters_are_shown() -> None:
    document = render_html(plans.hostile())
    assert not re.search("[\x00-\x09\x0b-\x1f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", document)
    assert "\\u202e" in document


def test_jinja_is_imported_only_to_render() -> None:
    code = "import sys, reconciler.report.html; print('jinja2' in sys.modules, 'markupsafe' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.split() == ["False", "False"]
