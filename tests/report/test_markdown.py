from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from reconciler.model.diagnostic import Diagnostic, Location
from reconciler.model.paths import MISSING
from reconciler.model.plan import Cause, Change, Plan, Planned, Request, Status
from reconciler.report.markdown.escape import code, fence, prose
from reconciler.report.markdown.plan import compose_markdown, render_markdown, write_marker
from reconciler.report.phrases import write_headline
from reconciler.report.source_links import SourceLinks, source_links
from tests.report import plans
from tests.report.golden_files import check_golden

LINKS = SourceLinks("https://github.com", "acme/phones", "0a1b2c3d", "telephony")
PLANS = {
    "one_change": plans.one_change(),
    "no_changes": plans.no_changes(),
    "four_vendors": plans.four_vendors(),
    "many": plans.many(300),
    "hostile": plans.hostile(),
    "everything": plans.everything(),
}
OWN_TAGS = frozenset({
    "a", "b", "br", "code", "details", "h3", "i", "li", "p", "pre", "sub", "summary", "table", "td", "th", "tr", "ul",
})  # fmt: skip


class Tree(HTMLParser):
    """Collect tags and attributes, and check that every element is closed by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.text = ""
        self.code = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name == "href"]
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag == "p" and "p" not in self.open:
            return
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data
        if {"code", "pre"} & set(self.open):
            self.code += data


def parse(markdown: str) -> Tree:
    tree = Tree()
    tree.feed(MarkdownIt("commonmark", {"html": True}).enable("table").render(markdown))
    tree.close()
    assert tree.open == []
    return tree


def with_text(text: str) -> Plan:
    """Return a plan that holds a text wherever a text can stand."""
    update = plans.one_change().updates[0]
    place = Location(text or "f", 1, 1)
    changes = (
        Change((text,), text, f"{text}x", Cause.CONFIG, place, risk=text),
        Change(("prompt",), f"a\n{text}\n", f"b\n{text}\n", Cause.DRIFT),
    )
    body = {text: f"{text}x", "prompt": f"b\n{text}\n"}
    hostile = replace(
        update, address=f"connectors.{text}", account=text, label=text, changes=changes, risks=(text,), location=place,
        request=Request("PATCH", f"https://api.example/{text}", body, (text,)),
    )  # fmt: skip
    return Plan(
        created_at=plans.CREATED_AT, updates=(hostile,), environment=text or None,
        resources=(Planned(hostile.address, Status.UPDATE), Planned(text, Status.UNKNOWN, text, text)),
        diagnostics=(Diagnostic("read-failed", text, advice=text, location=place, address=text),),
    )  # fmt: skip


@pytest.mark.parametrize("name", PLANS)
def test_golden(request: pytest.FixtureRequest, name: str) -> None:
    check_golden(request, f"plan-{name}.md", render_markdown(PLANS[name], links=LINKS))


@pytest.mark.parametrize("name", ["hostile", "four_vendors"])
def test_golden_where_nothing_says_where_the_source_is(request: pytest.FixtureRequest, name: str) -> None:
    check_golden(request, f"plan-{name}-no-links.md", render_markdown(PLANS[name]))


def test_starts_with_the_marker_and_then_the_line_that_says_it_all() -> None:
    first, second, *_ = render_markdown(plans.four_vendors()).split("\n")
    assert first == "<!-- reconciler:plan:production -->"
    assert "4 updates: 1 drift, 2 from this change, 1 cannot be read back; 2 numbers affected; 1 high risk" in second


def test_marker_names_the_default_environment() -> None:
    assert write_marker(None) == "<!-- reconciler:plan:default -->"


def test_markers_of_different_hostile_environments_differ_and_close_only_once() -> None:
    markers = {write_marker(name) for name in ("a b", "a/b", "a-->b", "a\nb")}
    assert len(markers) == 4
    assert all(re.fullmatch(r"<!-- reconciler:plan:[A-Za-z0-9._-]+ -->", marker) for marker in markers)


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        (plans.no_changes(), "No changes: 4 resources match the live state"),
        (plans.one_change(), "1 update: 1 from this change; 1 high risk"),
        (plans.many(1000), "1,000 updates: 200 drift, 800 from this change; 84 high risk"),
    ],
)
def test_headline(plan: Plan, words: str) -> None:
    assert write_headline(plan) == words


def test_blocks_show_fields_diff_request_cause_risk_and_source_link() -> None:
    text = render_markdown(plans.four_vendors(), links=LINKS)
    assert '<a href="https://github.com/acme/phones/blob/0a1b2c3d/telephony/config/polyai.yaml#L14">' in text
    assert "```diff" in text
    assert "\n- Keep every answer under three sentences.\n+ Keep every answer under two sentences.\n" in text
    assert (
        'PATCH https://api.us.poly.ai/v1/agents/PROJECT-58RP822I/telephony/connectors/conn-1\n\n{\n  "voiceName"'
        in text
    )
    assert "sent because the API demands it" in text
    assert "<b>▲ high risk:</b> The connector is live" in text
    assert "```mermaid\nflowchart LR" in text


def test_secrets_never_appear() -> None:
    text = render_markdown(plans.everything())
    assert plans.SECRET_VALUE not in text
    assert '"OPENAI_API_KEY": "(secret)"' in text


@pytest.mark.parametrize("name", PLANS)
def test_nothing_but_our_own_markup(name: str) -> None:
    tree = parse(render_markdown(PLANS[name], links=LINKS))
    assert tree.tags <= OWN_TAGS
    assert tree.attributes <= {"href", "class", "colspan", "open", "rowspan"}
    assert all(link.startswith("https://github.com/acme/phones/blob/0a1b2c3d/telephony/") for link in tree.links)


HOSTILE = st.text(
    alphabet=st.one_of(st.sampled_from(list("|`~<>&\"'[]()!#*_-+=:@\\{}$%/ \n\r\t\x1b\u202e\u2028\x00")), st.characters()), max_size=30
) | st.sampled_from([
    "\ud800", "</details>", "</summary>", "```", "`````", "-->", "<!--", "<script>alert(1)</script>", "![x](http://a.example/p.png)",
    "<img src=x>", "@everyone", "#123", "[a](javascript:alert(1))", "http://a.example", "\n\n# head", "\n~~~\n", "</code></pre>",
])  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(HOSTILE)
def test_no_text_breaks_out(text: str) -> None:
    markdown = render_markdown(with_text(text), links=LINKS)
    markdown.encode()
    tree = parse(markdown)
    assert tree.tags <= OWN_TAGS
    assert all(link.startswith("https://github.com/acme/phones/blob/") for link in tree.links)


@settings(max_examples=150, deadline=None)
@given(HOSTILE)
def test_no_line_is_a_command_to_the_job_that_prints_it(text: str) -> None:
    for line in render_markdown(with_text(f"{text}\n::error::x\n ##[group]x")).splitlines():
        assert not line.strip().startswith("::")
        assert "##[" not in line


def test_mentions_and_numbers_stand_in_code_or_are_cut() -> None:
    tree = parse(render_markdown(with_text("@everyone #123")))
    assert "@everyone #123" in tree.code
    assert prose("ask @everyone about #123") == "ask @<!-- -->everyone about #<!-- -->123"


@settings(deadline=None)
@given(st.text())
def test_code_is_one_line_without_markup(text: str) -> None:
    shown = code(text)
    assert len(shown.splitlines()) == 1
    assert "<" not in shown.removeprefix("<code>").removesuffix("</code>")


@settings(deadline=None)
@given(st.text(alphabet="`a\n"))
def test_fence_is_longer_than_any_run_in_it(text: str) -> None:
    first, *inner, last = fence(text, "text").split("\n")
    assert first == f"{last}text"
    assert all(last not in line for line in inner)


@pytest.mark.parametrize("count", [1, 20, 60, 300, 1000, 5000])
@pytest.mark.parametrize("limit", [60_000, 20_000, 3_000])
def test_stays_within_the_limit(count: int, limit: int) -> None:
    text = render_markdown(plans.many(count), links=LINKS, limit=limit)
    assert len(text) <= limit
    assert parse(text).tags <= OWN_TAGS
    assert write_headline(plans.many(count)) in text


def test_a_thousand_updates_are_still_useful() -> None:
    text = render_markdown(plans.many(1000), links=LINKS)
    for update in plans.many(1000).updates:
        assert update.address.partition(".")[2] in text
    assert 'line-0003  voiceName  "before 3" → "after 3"' in text
    assert "Left out to stay within 60,000 characters" in text
    assert "the exact requests" in text


def test_detail_goes_in_the_stated_order() -> None:
    plan = plans.many(40)
    steps = [render_markdown(plan, limit=limit) for limit in (60_000, 25_000, 8_000, 2_000)]
    assert ["the exact requests of" in text for text in steps] == [False, False, True, True]
    assert ["<table>" in text for text in steps] == [True, True, False, False]
    assert ["before 3" in text for text in steps] == [True, True, True, False]
    assert ["before and after of" in text for text in steps] == [False, False, False, True]
    assert all("line-0039" in text for text in steps)


@pytest.mark.parametrize("count", [1, 3, 4, 40, 100])
def test_changes_of_one_line_are_never_behind_a_click(count: int) -> None:
    text = render_markdown(plans.many(count), links=LINKS)
    folded = re.sub(r"<details.*?</details>", "", text, flags=re.DOTALL)
    assert all(f'"before {index}"' in unescape(folded) for index in range(count))
    assert "Left out" not in text or count == 100


def test_texts_share_the_room_that_there_is() -> None:
    update = plans.one_change().updates[0]
    small = replace(update, address="agents.small", changes=(Change(("prompt",), "a\nb", "a\nc", Cause.CONFIG),))
    large = replace(
        update, address="agents.large", changes=(Change(("prompt",), "x\n" * 9_000, "y\n" * 9_000, Cause.CONFIG),)
    )
    shown = compose_markdown(replace(plans.one_change(), updates=(large, large, small)), limit=20_000)
    assert shown.whole == {"agents.small"}
    assert shown.text.count("more lines @@") == 2
    assert "the ends of 2 text diffs" in shown.text
    assert len(shown.text) <= 20_000


def test_a_long_list_is_shown_line_by_line() -> None:
    before = [{"type": "transfer", "phone_number": f"+1202555{index:04}"} for index in range(9)]
    change = Change(("actions",), before, [*before[:4], *before[5:]], Cause.CONFIG)
    plan = replace(plans.one_change(), updates=(replace(plans.one_change().updates[0], changes=(change,)),))
    text = render_markdown(plan)
    assert '-     "phone_number": "+12025550004"' in text
    assert len(re.findall(r"@@ \d+ unchanged lines @@", text)) == 2


def test_says_how_many_updates_found_no_room() -> None:
    text = render_markdown(plans.many(1000), limit=3_000)
    assert re.search(r"\d+ more updates in \d+ groups?\.", text)


def test_one_endless_prompt_leaves_the_other_fields_readable() -> None:
    update = plans.one_change().updates[0]
    prompt = Change(("prompt",), "a " * 100_000, "b\n" * 100_000, Cause.CONFIG)
    plan = replace(plans.one_change(), updates=(replace(update, changes=(*update.changes, prompt)),))
    text = render_markdown(plan)
    assert len(text) <= 60_000
    assert "en-US-Neural2-C" in text
    assert "more lines @@" in text


def test_a_thousand_problems_stay_within_the_limit() -> None:
    resources = tuple(
        Planned(f"numbers.n{index}", Status.UNKNOWN, "fluents", f"{index}" + "x" * 500) for index in range(1000)
    )
    findings = tuple(Diagnostic("read-failed", f"{index}" + "y" * 1000, advice="z" * 1000) for index in range(1000))
    text = render_markdown(replace(plans.one_change(), resources=resources, diagnostics=findings))
    assert len(text) <= 60_000
    assert (
        re.search(r"and 97\d more</i></li>\n</ul>\n\n<ul>(\n<li>.*)+and 97\d more", text)
        or text.count(" more</i></li>") == 2
    )


def test_what_cannot_be_read_is_said() -> None:
    change = Change(("voice",), MISSING, None, Cause.UNVERIFIABLE)
    plan = replace(plans.one_change(), updates=(replace(plans.one_change().updates[0], changes=(change,)),))
    assert "<td><code>(cannot be read)</code></td><td><code>(none)</code></td>" in render_markdown(plan)


def test_links_of_github_and_gitlab() -> None:
    place = Location("config/a b#.yaml", 12, 3)
    github = source_links({"GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "o/r", "GITHUB_SHA": "abc"})
    gitlab = source_links({"CI_PROJECT_URL": "https://gitlab.example/g/s/r", "CI_COMMIT_SHA": "def"}, prefix="infra/")
    assert github is not None
    assert gitlab is not None
    assert github.link(place) == "https://github.com/o/r/blob/abc/config/a%20b%23.yaml#L12"
    assert gitlab.link(place) == "https://gitlab.example/g/s/r/-/blob/def/infra/config/a%20b%23.yaml#L12"


def test_a_file_name_that_is_no_text_still_has_a_link() -> None:
    assert LINKS.link(Location("a\udce9.yaml")).endswith("/a%5Cudce9.yaml#L1")


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "o/r"},
        {"GITHUB_SERVER_URL": "javascript:alert(1)//", "GITHUB_REPOSITORY": "o/r", "GITHUB_SHA": "abc"},
        {"CI_PROJECT_URL": "ftp://x/y", "CI_COMMIT_SHA": "def"},
    ],
)
def test_no_links_elsewhere(environ: dict[str, str]) -> None:
    assert source_links(environ) is None


def test_why_is_said_once_for_a_table_where_it_is_the_same() -> None:
    alike, mixed = render_markdown(plans.one_change()), render_markdown(plans.four_vendors())
    assert "at <code>polyai</code> · from this change · 1 ▲ high risk" in alike
    assert "<th>Why</th>" not in alike
    assert mixed.count("<th>Why</th>") == 3
    assert "<td>drift</td></tr>" in mixed
