"""The HTML report in a real browser: Chromium and its driver, as Debian packages them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from reconciler.model.diagnostic import Diagnostic
from reconciler.model.plan import CallEdge, CallGraph, CallNode, Plan
from reconciler.report.html.page import render_html
from tests.report import plans

SWITCHES = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
)  # fmt: skip
DESKTOP, PHONE = (1280, 900), (390, 844)

Open = Callable[..., webdriver.Chrome]


def find_program(name: str) -> str:
    """Return where a program is; these tests fail without it, they are not skipped."""
    place = shutil.which(name)
    assert place, f"{name} is not installed: `bash tests/run` installs it"
    return place


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    options.binary_location = find_program("chromium")
    for switch in (*SWITCHES, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(switch)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(find_program("chromedriver")))
    yield driver
    driver.quit()


def read_log(browser: webdriver.Chrome, kind: str) -> list[dict[str, Any]]:
    """Return what was logged since the last call."""
    answer: list[dict[str, Any]] = browser.execute("getLog", {"type": kind})["value"]
    return answer


@pytest.fixture
def show(browser: webdriver.Chrome, tmp_path: Path) -> Open:
    def open_report(
        plan: Plan, *, fragment: str = "", size: tuple[int, int] = DESKTOP, scheme: str = "light"
    ) -> webdriver.Chrome:
        path = tmp_path / "report.html"
        path.write_text(render_html(plan), encoding="utf-8")
        metrics = {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": size == PHONE}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": features})
        browser.get("about:blank")
        read_log(browser, "browser")
        read_log(browser, "performance")
        browser.get(f"{path.as_uri()}{fragment}")
        browser.execute_script("try { localStorage.clear() } catch {}")
        return browser

    return open_report


def list_shown(browser: webdriver.Chrome) -> list[str]:
    script = "return [...document.querySelectorAll('.card')].filter(c => c.offsetParent).map(c => c.querySelector('.address').textContent)"
    answer: list[str] = browser.execute_script(script)
    return answer


def press(browser: webdriver.Chrome, keys: str) -> None:
    webdriver.ActionChains(browser).send_keys(keys).perform()


def choose(browser: webdriver.Chrome, facet: str, value: str) -> None:
    browser.find_element(By.CSS_SELECTOR, f'[data-facet="{facet}"][data-value="{value}"]').click()


def read_style(browser: webdriver.Chrome, selector: str, name: str) -> str:
    answer: str = browser.execute_script(
        "return getComputedStyle(document.querySelector(arguments[0])).getPropertyValue(arguments[1])", selector, name
    )
    return answer


def wait(browser: webdriver.Chrome, condition: Callable[[webdriver.Chrome], Any]) -> None:
    WebDriverWait(browser, 10).until(condition)


def test_filters_narrow_and_combine(show: Open) -> None:
    browser = show(plans.everything())
    assert len(list_shown(browser)) == 5
    choose(browser, "kind", "agents")
    assert list_shown(browser) == ["agents.concierge", "agents.night-shift", "agents.receptionist"]
    choose(browser, "account", "fluents")
    assert list_shown(browser) == ["agents.concierge", "agents.night-shift"]
    choose(browser, "cause", "unverifiable")
    assert list_shown(browser) == ["agents.concierge"]
    choose(browser, "kind", "connectors")
    assert list_shown(browser) == ["agents.concierge"]
    assert browser.find_element(By.ID, "shown").text == "1 of 5"


def test_filter_by_risk_and_protection(show: Open) -> None:
    browser = show(plans.everything())
    choose(browser, "risk", "high risk")
    assert list_shown(browser) == ["phone_connections.billing-line", "connectors.eu-main"]
    choose(browser, "risk", "high risk")
    choose(browser, "risk", "protected")
    assert list_shown(browser) == ["phone_connections.billing-line"]


def test_search_takes_all_words_and_clears(show: Open) -> None:
    browser = show(plans.everything())
    search = browser.find_element(By.ID, "search")
    search.send_keys("harbour SATURDAY")
    wait(browser, lambda found: list_shown(found) == ["agents.receptionist"])
    search.send_keys(" nowhere")
    wait(browser, lambda found: not list_shown(found))
    assert browser.find_element(By.ID, "empty").is_displayed()
    browser.find_element(By.CSS_SELECTOR, "#empty button").click()
    assert len(list_shown(browser)) == 5
    assert search.get_attribute("value") == ""


def test_the_address_keeps_the_filter(show: Open) -> None:
    browser = show(plans.everything())
    choose(browser, "cause", "conflict")
    browser.find_element(By.ID, "search").send_keys("billing")
    wait(browser, lambda found: "q=billing" in found.current_url)
    browser.refresh()
    assert list_shown(browser) == ["phone_connections.billing-line"]
    assert browser.find_element(By.ID, "search").get_attribute("value") == "billing"
    pressed = browser.find_elements(By.CSS_SELECTOR, '[aria-pressed="true"][data-facet]')
    assert [button.get_attribute("data-value") for button in pressed] == ["conflict"]


def test_an_address_with_nonsense_does_no_harm(show: Open) -> None:
    browser = show(plans.everything(), fragment="#kind=%3Cimg%20src=x%3E&q=%E0%A4&__proto__=1&diff=boom")
    assert list_shown(browser) == []
    assert browser.execute_script("return document.documentElement.dataset.diff") == "inline"
    assert not browser.find_elements(By.TAG_NAME, "img")


def measure_pair(browser: webdriver.Chrome) -> tuple[dict[str, float], dict[str, float]]:
    script = "return ['.old', '.new'].map(side => document.querySelector('.diff .change ' + side).getBoundingClientRect().toJSON())"
    old, new = browser.execute_script(script)
    return old, new


def test_diff_modes(show: Open) -> None:
    browser = show(plans.four_vendors())
    old, new = measure_pair(browser)
    assert old["left"] == new["left"]
    assert new["top"] >= old["bottom"] - 1
    browser.find_element(By.CSS_SELECTOR, '[data-mode="side"]').click()
    old, new = measure_pair(browser)
    assert old["top"] == new["top"]
    assert new["left"] >= old["right"] - 1
    assert "diff=side" in browser.current_url
    press(browser, "d")
    assert measure_pair(browser)[0]["left"] == measure_pair(browser)[1]["left"]


def test_changed_words_stand_out(show: Open) -> None:
    browser = show(plans.four_vendors())
    words = [mark.text for mark in browser.find_elements(By.CSS_SELECTOR, ".diff .change ins")]
    assert words[:2] == ["two", "Saturday"]
    assert read_style(browser, ".diff .change .new ins", "background-color") != read_style(
        browser, ".diff .change .new", "background-color"
    )


def test_keys(show: Open) -> None:
    browser = show(plans.many(40))
    focused = "return document.activeElement.closest('.card')?.querySelector('.address').textContent"
    press(browser, "jjj")
    third = browser.execute_script(focused)
    press(browser, "kj")
    assert browser.execute_script(focused) == third == list_shown(browser)[2]
    press(browser, "k")
    assert browser.execute_script(focused) == list_shown(browser)[1]
    press(browser, Keys.ENTER)
    assert browser.execute_script("return document.activeElement.closest('.card').open") is True
    press(browser, "/")
    assert browser.execute_script("return document.activeElement.id") == "search"
    press(browser, "jk?")
    assert browser.find_element(By.ID, "search").get_attribute("value") == "jk?"
    press(browser, Keys.ESCAPE)
    assert browser.find_element(By.ID, "search").get_attribute("value") == ""
    press(browser, Keys.ESCAPE)
    press(browser, "?")
    assert browser.find_element(By.ID, "help").is_displayed()
    press(browser, Keys.ESCAPE)
    assert not browser.find_element(By.ID, "help").is_displayed()
    press(browser, "e")
    assert browser.execute_script("return document.querySelectorAll('.card[open]').length") == 40
    press(browser, "c")
    assert browser.execute_script("return document.querySelectorAll('.card[open]').length") == 0


def test_every_control_has_a_name_and_can_be_reached_by_key(show: Open) -> None:
    browser = show(plans.everything())
    controls = browser.execute_script(
        "return [...document.querySelectorAll('button, input, summary, a')].filter(c => c.checkVisibility())"
        ".map(c => [c.tabIndex, c.ariaLabel || c.textContent.trim()])"
    )
    assert len(controls) > 20
    assert all(index >= 0 and name for index, name in controls)


def wait_for_style(browser: webdriver.Chrome, selector: str, name: str, value: str) -> None:
    """Wait for a style: a busy machine paints late, and a failure here is a timeout that names what was wanted."""
    WebDriverWait(browser, 10).until(lambda _: read_style(browser, selector, name) == value, f"{name}: {value}")


def test_follows_the_system_theme_and_remembers_a_choice(show: Open) -> None:
    light = read_style(show(plans.one_change()), "body", "background-color")
    browser = show(plans.one_change(), scheme="dark")
    dark = read_style(browser, "body", "background-color")
    assert light != dark
    press(browser, "t")
    wait_for_style(browser, "body", "background-color", light)
    browser.refresh()
    wait_for_style(browser, "body", "background-color", light)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("text", "ground"),
    [(".lede", "body"), (".peek", ".card"), (".place", ".card"), (".why", ".card"), (".values ins", ".values ins"),
     (".values del", ".values del"), (".tag.risk", ".card"), (".facet legend", "body"), (".cause-drift", ".card")],
)  # fmt: skip
def test_text_has_contrast(show: Open, scheme: str, text: str, ground: str) -> None:
    browser = show(plans.everything(), scheme=scheme)
    colours = [read_style(browser, text, "color"), read_style(browser, ground, "background-color")]
    first, second = sorted((luminance(colour) for colour in colours), reverse=True)
    assert (first + 0.05) / (second + 0.05) >= 4.5


def luminance(colour: str) -> float:
    red, green, blue = (int(part) / 255 for part in colour.removeprefix("rgb(").removesuffix(")").split(","))
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in (red, green, blue)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_hostile_content_is_only_shown(show: Open) -> None:
    browser = show(plans.hostile())
    tags = browser.execute_script("return [...new Set([...document.querySelectorAll('*')].map(e => e.localName))]")
    assert not {"img", "iframe", "b2", "object", "font"} & set(tags)
    assert len(browser.find_elements(By.TAG_NAME, "script")) == 1
    assert browser.find_elements(By.CSS_SELECTOR, ".card .address")[0].text == "numbers.front</details>`|\\x1b[2J"
    assert browser.execute_script(
        "return [...document.querySelectorAll('*')].every(e => [...e.attributes].every(a => !a.name.startsWith('on')))"
    )
    assert read_log(browser, "browser") == []


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
@pytest.mark.parametrize("fragment", ["", "#diff=side"])
def test_hostile_content_stays_in_its_place(show: Open, size: tuple[int, int], fragment: str) -> None:
    browser = show(plans.hostile(), size=size, fragment=fragment)
    inside, outside = browser.execute_script(
        "const card = document.querySelector('.card').getBoundingClientRect();"
        "return [[...document.querySelectorAll('.card *')].filter(e => e.checkVisibility()).every(e => {"
        "  const box = e.getBoundingClientRect(); return box.left >= card.left - 1 && box.right <= card.right + 1; }),"
        " document.documentElement.scrollWidth - innerWidth]"
    )
    assert inside
    assert outside <= 0


def test_the_policy_stops_injected_script_and_requests(show: Open) -> None:
    browser = show(plans.one_change())
    blocked = browser.execute_async_script(
        "const done = arguments[0]; const seen = [];"
        "document.addEventListener('securitypolicyviolation', e => { seen.push(e.effectiveDirective); if (seen.length === 3) done(seen); });"
        "const script = document.createElement('script'); script.textContent = 'window.ran = 1'; document.body.append(script);"
        "const style = document.createElement('style'); style.textContent = 'body { color: red }'; document.body.append(style);"
        "const image = document.createElement('img'); image.src = 'http://127.0.0.1:9/x.png'; document.body.append(image);"
    )
    assert sorted(blocked) == ["img-src", "script-src-elem", "style-src-elem"]
    assert browser.execute_script("return window.ran") is None


@pytest.mark.parametrize("plan", [plans.hostile(), plans.four_vendors()], ids=["hostile", "four_vendors"])
def test_no_request_leaves_the_file(show: Open, plan: Plan) -> None:
    browser = show(plan)
    press(browser, "ed")
    messages = [json.loads(entry["message"])["message"] for entry in read_log(browser, "performance")]
    urls = [
        message["params"]["request"]["url"] for message in messages if message["method"] == "Network.requestWillBeSent"
    ]
    assert any(url.startswith("file://") for url in urls)
    assert all(url.startswith(("file://", "data:")) for url in urls)


def test_a_thousand_updates_stay_usable(show: Open) -> None:
    browser = show(plans.many(1000))
    assert browser.execute_script("return document.querySelectorAll('*').length") < 60_000
    assert (
        browser.execute_script("return performance.timing.loadEventEnd - performance.timing.navigationStart") < 10_000
    )
    assert len(list_shown(browser)) == 1000
    took = browser.execute_script(
        'const start = performance.now(); document.querySelector(\'[data-facet="cause"][data-value="drift"]\').click();'
        "document.body.getBoundingClientRect(); return performance.now() - start"
    )
    assert took < 3_000
    assert len(list_shown(browser)) == 200
    browser.find_element(By.ID, "search").send_keys("line-0995")
    wait(browser, lambda found: list_shown(found) == ["connectors.line-0995"])
    assert browser.find_element(By.ID, "shown").text == "1 of 1,000"


def test_phone_has_no_sideways_scroll_and_folds_the_filter(show: Open) -> None:
    for plan in (plans.everything(), plans.four_vendors(), plans.many(40), plans.no_changes()):
        browser = show(plan, size=PHONE)
        press(browser, "e")
        assert browser.execute_script("return document.documentElement.scrollWidth <= innerWidth")
    browser = show(plans.everything(), size=PHONE)
    assert not browser.find_element(By.ID, "search").is_displayed()
    browser.find_element(By.CSS_SELECTOR, "#filters > summary").click()
    choose(browser, "kind", "connectors")
    assert list_shown(browser) == ["connectors.eu-main"]


def test_phone_shows_texts_inline_whatever_was_chosen(show: Open) -> None:
    old, new = measure_pair(show(plans.four_vendors(), size=PHONE, fragment="#diff=side"))
    assert old["left"] == new["left"]


def read_picture(browser: webdriver.Chrome) -> tuple[bool, bool, dict[str, float], dict[str, float]]:
    """Return whether the picture is wider than its frame, whether that is said, its first touched stop, and the frame."""
    script = (
        "const frame = document.querySelector('#picture'); return [frame.scrollWidth > frame.clientWidth,"
        " document.querySelector('#scrolls').checkVisibility(),"
        " (frame.querySelector('.rerouted rect') ?? frame.querySelector('.touched rect')).getBoundingClientRect().toJSON(),"
        " frame.getBoundingClientRect().toJSON()]"
    )
    wider, said, stop, frame = browser.execute_script(script)
    return wider, said, stop, frame


def test_where_calls_go_elsewhere_is_in_view_rather_than_what_is_only_renamed(show: Open) -> None:
    nodes = (
        *(
            CallNode(f"line-{index}", "phone_connections", "galtea", f"Line {index}", touched=True)
            for index in range(3)
        ),
        CallNode("number", "numbers", "fluents", "Front desk", touched=True),
        CallNode("old", "agents", "fluents", "Day desk"),
        CallNode("new", "agents", "fluents", "Night desk"),
    )
    edges = (CallEdge("number", "new", "answered by"), CallEdge("number", "old", "answered by", gone=True))
    plan = replace(plans.four_vendors(), calls=CallGraph(nodes, edges))
    wider, _, stop, frame = read_picture(show(plan, size=PHONE))
    assert wider
    assert frame["left"] <= stop["left"] < stop["right"] <= frame["right"]


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
def test_the_changed_stop_is_in_view_and_a_picture_that_scrolls_says_so(show: Open, size: tuple[int, int]) -> None:
    wider, said, stop, frame = read_picture(show(plans.four_vendors(), size=size))
    assert wider == said == (size == PHONE)
    assert frame["left"] <= stop["left"]
    assert stop["right"] <= frame["right"]


def test_a_picture_is_never_taller_than_a_screen(show: Open) -> None:
    nodes = tuple(CallNode(f"n{index}", "numbers", "fluents", f"Line {index}", touched=True) for index in range(300))
    browser = show(replace(plans.four_vendors(), calls=CallGraph(nodes)))
    _, _, _, frame = read_picture(browser)
    assert frame["height"] < DESKTOP[1]
    assert "Not drawn, but touched too: 293 numbers." in browser.find_element(By.CSS_SELECTOR, ".legend-line").text


def test_backticks_are_shown_as_code(show: Open) -> None:
    found = Diagnostic("in-doubt", "run r1: `reconciler history` has more", advice="Run `reconciler <plan>`.")
    browser = show(replace(plans.one_change(), diagnostics=(found,)), size=PHONE)
    notices = browser.find_element(By.ID, "notices")
    assert "`" not in notices.text
    assert [code.text for code in notices.find_elements(By.TAG_NAME, "code")] == [
        "reconciler history",
        "reconciler <plan>",
    ]


def test_print_shows_everything_but_the_controls(show: Open) -> None:
    browser = show(plans.many(30), scheme="dark")
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    browser.execute_script(
        "addEventListener('beforeprint', () => { window.opened = [...document.querySelectorAll('.card')].filter(c => c.open).length; })"
    )
    pdf = browser.execute_cdp_cmd("Page.printToPDF", {"printBackground": True})["data"]
    assert len(pdf) > 10_000
    assert browser.execute_script("return window.opened") == 30
    assert browser.execute_script("return document.querySelectorAll('.card[open]').length") == 0
    for selector in (".filters", ".tools", ".acts"):
        assert read_style(browser, selector, "display") == "none"
    assert read_style(browser, "body", "background-color") == "rgb(255, 255, 255)"


def test_without_changes_there_is_nothing_to_filter(show: Open) -> None:
    browser = show(plans.no_changes())
    assert browser.find_element(By.TAG_NAME, "h1").text == "No changes"
    assert browser.find_elements(By.ID, "search") == []
    press(browser, "j/t?")
    assert browser.find_element(By.ID, "help").is_displayed()
    assert read_log(browser, "browser") == []
