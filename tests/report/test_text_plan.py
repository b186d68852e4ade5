from __future__ import annotations

import re
from dataclasses import replace

import pytest

from reconciler.app.review.drift import keep_drift
from reconciler.model.paths import MISSING
from reconciler.model.plan import Cause, Change, Plan, Planned, Status
from reconciler.model.secret import Secret
from reconciler.report.text.paint import measure
from reconciler.report.text.plan import render_plan
from tests.report import plans
from tests.report.golden_files import check_golden

ANSI = re.compile(r"\x1b\[[0-9;]*m")
PLANS = {
    "one_change": plans.one_change(),
    "no_changes": plans.no_changes(),
    "four_vendors": plans.four_vendors(),
    "many": plans.many(300),
    "hostile": plans.hostile(),
    "everything": plans.everything(),
}


def with_change(change: Change) -> Plan:
    update = replace(plans.one_change().updates[0], changes=(change,))
    return replace(plans.one_change(), updates=(update,))


@pytest.mark.parametrize("name", PLANS)
@pytest.mark.parametrize("width", [40, 80, 200])
def test_golden(request: pytest.FixtureRequest, name: str, width: int) -> None:
    check_golden(request, f"plan-{name}-{width}.txt", render_plan(PLANS[name], width=width, colour=False))


@pytest.mark.parametrize("name", ["four_vendors", "everything", "hostile"])
def test_golden_in_colour(request: pytest.FixtureRequest, name: str) -> None:
    check_golden(request, f"plan-{name}-colour.txt", render_plan(PLANS[name], width=80, colour=True))


def test_golden_verbose(request: pytest.FixtureRequest) -> None:
    text = render_plan(plans.everything(), width=80, colour=False, verbose=True)
    check_golden(request, "plan-everything-verbose.txt", text)


@pytest.mark.parametrize("name", PLANS)
@pytest.mark.parametrize("width", [24, 40, 57, 80, 200])
@pytest.mark.parametrize("colour", [False, True])
@pytest.mark.parametrize("verbose", [False, True])
def test_no_line_is_wider_than_the_terminal(name: str, width: int, colour: bool, verbose: bool) -> None:
    text = ANSI.sub("", render_plan(PLANS[name], width=width, colour=colour, verbose=verbose))
    assert [line for line in text.split("\n") if measure(line) > width] == []


@pytest.mark.parametrize("name", PLANS)
@pytest.mark.parametrize("verbose", [False, True])
def test_without_colour_there_is_no_control_character(name: str, verbose: bool) -> None:
    text = render_plan(PLANS[name], width=80, colour=False, verbose=verbose)
    assert all(character == "\n" or character.isprintable() for character in text)


@pytest.mark.parametrize("verbose", [False, True])
def test_colour_adds_only_our_own_codes(verbose: bool) -> None:
    coloured = render_plan(plans.hostile(), width=80, colour=True, verbose=verbose)
    assert all(character == "\n" or character.isprintable() for character in ANSI.sub("", coloured))


@pytest.mark.parametrize("verbose", [False, True])
def test_a_secret_is_never_shown(verbose: bool) -> None:
    text = render_plan(plans.everything(), width=200, colour=False, verbose=verbose)
    assert plans.SECRET_VALUE not in text
    assert "(cannot be read) → (secret)" in text
    assert re.search(r'"OPENAI_API_KEY":\s+\(secret\)', text)


def test_a_secret_type_within_a_value_is_hidden() -> None:
    change = Change(("webhook",), {"key": Secret("hidden-1")}, {"key": Secret("hidden-2")})
    text = render_plan(with_change(change), width=80, colour=False)
    assert "hidden" not in text
    assert "(secret)" in text


def test_every_update_of_a_large_plan_is_shown() -> None:
    plan = plans.many(300)
    text = render_plan(plan, width=80, colour=False)
    assert all(f"~ {update.address} " in text for update in plan.updates)
    assert '"after 299"' in text
    assert "PATCH https" not in text
    assert "PATCH https" in render_plan(plan, width=80, colour=False, verbose=True)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (Change(("voice",), "sarah", "jack"), 'voice  "sarah" → "jack"\n'),
        (Change(("voice",), "sarah", None), 'voice  "sarah" → (none)\n'),
        (Change(("voice",), None, ""), 'voice  (none) → ""\n'),
        (Change(("speed",), 1, 1.5), "speed  1 → 1.5\n"),
        (Change(("first",), before=False, after=True), "first  false → true\n"),
        (Change(("tags",), ["a"], ["a", "b"]), 'tags  ["a"] → ["a", "b"]\n'),
        (Change(("a", "b"), {"c": 1}, {}), 'a.b  {"c": 1} → {}\n'),
        (Change(("name",), "日本", "東京"), 'name  "日本" → "東京"\n'),
        (Change(("voice",), MISSING, "jack", Cause.UNVERIFIABLE), 'voice  (cannot be read) → "jack"\n'),
        (Change(("voice",), "a", "b", Cause.DRIFT), 'voice  "a" → "b"  drift: changed outside git\n'),
        (Change(("voice",), "a", "b", risk="Callers hear it."), '▲ voice  "a" → "b"\n'),
        (Change(("key",), "old", "new", secret=True), "key  (secret) → (secret)\n"),
        (Change(("key",), None, "new", secret=True), "key  (none) → (secret)\n"),
        (
            Change(("voice",), MISSING, "b", Cause.UNVERIFIABLE, last_applied="a"),
            'voice  "a" → "b"  since the last apply; cannot be read back\n',
        ),
        (
            Change(("voice",), "a", "b", Cause.CONFLICT, last_applied="c"),
            'voice  "a" → "b"  conflict: git and somebody else changed it; last applied "c"\n',
        ),
    ],
)
def test_one_field_is_one_line(change: Change, expected: str) -> None:
    assert "\n    " + expected in render_plan(with_change(change), width=120, colour=False)


def test_values_stand_in_one_column() -> None:
    shown = render_plan(plans.four_vendors(), width=80, colour=False)
    lines = shown.partition("~ phone_connections.support-line")[2].split("\n")
    fields = [line for line in lines[:6] if "→" in line]
    assert {line.index(value) for line, value in zip(fields, ['"sarah"', '"en-GB"', "true"], strict=True)} == {22}


def test_changed_words_of_a_prompt_are_marked() -> None:
    plain = render_plan(plans.four_vendors(), width=80, colour=False)
    assert "│ - Keep every answer under [-three-] sentences." in plain
    assert "│ + Keep every answer under {+two+} sentences." in plain
    assert "8:00 to [-17:00-]." in plain
    coloured = render_plan(plans.four_vendors(), width=80, colour=True)
    assert "\x1b[1;31;7mthree\x1b[0m" in coloured
    assert "\x1b[1;32;7mtwo\x1b[0m" in coloured


def test_a_new_prompt_is_cut_with_a_count() -> None:
    prompt = "\n".join(f"Rule {number}." for number in range(40))
    plan = with_change(Change(("base_prompt",), MISSING, prompt, Cause.UNVERIFIABLE))
    text = render_plan(plan, width=80, colour=False)
    assert f"(cannot be read) → 40 lines, {len(prompt)} characters" in text
    assert "│ + Rule 11.\n" in text
    assert "Rule 12." not in text
    assert "⋯ 28 more lines" in text
    assert "│ + Rule 39.\n" in render_plan(plan, width=80, colour=False, verbose=True)


def test_every_line_of_a_foreign_text_stands_behind_the_gutter() -> None:
    fake = "fine\n\nPlan: 0 to update. Nothing to see.\n~ numbers.fake\n" + "word " * 60
    text = render_plan(with_change(Change(("prompt",), None, fake)), width=60, colour=False)
    shown = text[: text.index("    PATCH")]
    assert [line for line in shown.split("\n") if ("Plan:" in line or "fake" in line) and "│" not in line] == []


def test_an_unread_resource_keeps_the_plan_from_being_empty() -> None:
    plan = replace(plans.no_changes(), resources=(Planned("numbers.a", Status.UNKNOWN, "fluents", "GET … timed out"),))
    text = render_plan(plan, width=80, colour=False)
    assert "No changes" not in text
    assert "Plan: nothing to update, 1 unknown." in text
    assert "GET … timed out" in text


def test_the_counting_line() -> None:
    assert render_plan(plans.no_changes(), width=80, colour=False) == "No changes. 4 resources match the live state.\n"
    text = render_plan(plans.four_vendors(), width=120, colour=False)
    assert "\nPlan for production: 4 to update (1 drift, 1 high risk), 2 in sync, 1 unknown. 4 requests.\n" in text


def test_what_is_in_sync_is_listed_only_when_asked() -> None:
    assert "numbers.front-desk" not in render_plan(plans.no_changes(), width=80, colour=False)
    assert "= numbers.front-desk  in sync" in render_plan(plans.no_changes(), width=80, colour=False, verbose=True)


def test_drift_shows_only_what_moved() -> None:
    text = render_plan(keep_drift(plans.everything()), width=100, colour=False)
    assert 'voice         git says (none)  live says "theo"' in text
    assert 'languageCode  git says "en-US"  live says "en-GB"  conflict: git changed it too' in text
    assert not any(word in text for word in ("agentSpeaksFirst", "phoneNumber", "protected", "high risk", "PATCH"))
    counted = "1 resource moved outside git (1 changed in git too), 2 unknown, 1 absent, 1 refused."
    assert f"Drift for staging: {counted}" in " ".join(text.split())
