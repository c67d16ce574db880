"""The page of the service in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from serving import Running, serving

KEY = "a-key-of-the-tests"

pytest_plugins = ["browser_fixtures"]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server(small_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with serving(small_folder, tmp_path_factory.mktemp("page") / "home") as running:
        yield running


@pytest.fixture
def page(browser: Any, server: Running) -> Iterator[Any]:
    """The page, in the dark; whatever the console complains of fails the test."""
    context = browser.new_context(color_scheme="dark")
    opened = context.new_page()
    problems: list[str] = []
    opened.on("console", lambda said: said.type in ("error", "warning") and problems.append(said.text))
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.goto(server.address)
    yield opened
    assert not problems
    context.close()


def found(page: Any) -> list[str]:
    return page.eval_on_selector_all("#search .hits button", "rows => rows.map(row => row.dataset.tag)")


def test_typing_finds_and_keys_choose(page: Any) -> None:
    page.keyboard.type("双马尾")  # the field has the focus
    page.wait_for_selector("#search .hits button")
    assert found(page)[0] == "twintails"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert page.inner_text("#chosen").strip() == "twintails"
    assert page.get_attribute('[data-tag="twintails"]', "aria-pressed") == "true"
    page.keyboard.press("Enter")
    assert page.query_selector("#chosen .chip") is None
    page.keyboard.press("ArrowUp")
    assert page.evaluate("document.activeElement.name") == "text"


def test_an_input_method_that_composes_is_left_alone(page: Any) -> None:
    asked: list[str] = []
    page.on("request", lambda request: request.url.endswith("/search") and asked.append(request.post_data))
    client = page.context.new_cdp_session(page)
    client.send("Input.imeSetComposition", {"text": "mao'er", "selectionStart": 6, "selectionEnd": 6})
    page.wait_for_timeout(400)
    assert asked == []
    client.send("Input.insertText", {"text": "猫耳"})
    page.wait_for_selector('[data-tag="cat_ears"]')
    assert len(asked) == 1 and "猫耳" in asked[0]


def test_filters_ask_again_and_a_late_answer_does_not_win(page: Any) -> None:
    page.fill("#search [name=text]", "初音未来")
    page.wait_for_selector('[data-tag="hatsune_miku"]')
    page.check("#search [value=copyright]")
    page.wait_for_selector('[data-tag="hatsune_miku"]', state="detached")
    assert found(page) == []  # only the character has this name
    page.click("#search .all")
    assert "vocaloid" in found(page)
    page.uncheck("#search [value=copyright]")

    def late(route: Any) -> None:
        if "twintails" in route.request.post_data:
            page.wait_for_timeout(600)
        route.continue_()

    page.route("**/v1/search", late)
    page.fill("#search [name=text]", "twintails")
    page.wait_for_timeout(200)
    page.fill("#search [name=text]", "umbrella")
    page.wait_for_timeout(1500)
    assert found(page)[0] == "umbrella"


def test_the_list_ends_where_hits_stop_fitting(page: Any) -> None:
    page.fill("#search [name=text]", "双马尾")
    page.wait_for_selector('#search [data-tag="twintails"]')
    assert found(page) == ["twintails"]
    page.click("#search .all")
    assert found(page)[0] == "twintails" and len(found(page)) > 5
    page.fill("#search [name=text]", "asdfghjkl")
    page.wait_for_selector("#search .note:has-text('Nothing fits this text')")
    assert found(page) == []
    page.click("#search .all")
    assert len(found(page)) > 5


def test_a_chip_that_is_switched_off_leaves_the_prompt(page: Any) -> None:
    page.click("#tab-expand")
    page.fill("#expand [name=text]", "双马尾，红眼睛，没有雨伞")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".chip .score")
    assert "twintails" in page.input_value("#expand [name=prompt]")
    assert "umbrella" in page.input_value("#expand [name=negative]")
    page.click('.chip[data-tag="red_eyes"]')
    assert "red eyes" not in page.input_value("#expand [name=prompt]")
    page.click('.chip[data-tag="red_eyes"]')
    assert "red eyes" in page.input_value("#expand [name=prompt]")


def test_related_tags_and_the_index(page: Any) -> None:
    page.keyboard.type("水手服")
    page.click('[data-tag="serafuku"]')
    page.click("#tab-related")
    assert page.input_value("#related [name=tags]") == "serafuku"
    page.click("#related [type=submit]")
    page.wait_for_selector("#related .hits button")
    page.focus("#tab-related")
    page.keyboard.press("ArrowRight")
    page.wait_for_selector("#index .facts dd")
    assert "use-multilingual" in page.inner_text("#index .facts")


def test_everything_can_be_read_in_both_schemes(browser: Any, server: Running) -> None:
    """Text against its background, by WCAG's contrast of 4.5, sampled on every kind of text of the page."""
    script = """selector => {
        const channel = value => { value /= 255; return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4; };
        const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
        const canvas = document.createElement("canvas").getContext("2d");
        const rgb = colour => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
            return [...canvas.getImageData(0, 0, 1, 1).data]; };
        const element = document.querySelector(selector);
        let back = element;
        while (rgb(getComputedStyle(back).backgroundColor)[3] === 0) back = back.parentElement;
        const [one, other] = [rgb(getComputedStyle(element).color), rgb(getComputedStyle(back).backgroundColor)].map(light);
        return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05); }"""
    for scheme in ("light", "dark"):
        context = browser.new_context(color_scheme=scheme)
        page = context.new_page()
        page.goto(server.address)
        page.keyboard.type("hair")
        page.wait_for_selector("#search .hits button")
        page.press("#search [name=text]", "ArrowDown")
        page.keyboard.press("Enter")
        names = ("general", "character", "copyright", "artist", "meta")
        for selector in (
            "h1",
            "#state",
            "label.wide",
            ".tag",
            ".posts",
            ".definition",
            "#tab-expand",
            "#copy-chosen",
            *(f"label.{n}" for n in names),
        ):
            assert page.evaluate(script, selector) >= 4.5, (scheme, selector)
        context.close()


def test_the_page_asks_for_the_key(browser: Any, small_folder: Path, tmp_path: Path) -> None:
    with serving(small_folder, tmp_path / "home", key=KEY) as running:
        page = browser.new_page()
        page.goto(running.address)
        page.wait_for_selector("#key-dialog[open]")
        page.fill("#key-dialog [name=key]", KEY)
        page.keyboard.press("Enter")
        page.wait_for_selector("#key-dialog:not([open])", state="attached")
        # The page's own policy forbids eval, so its state is waited for by a selector.
        page.wait_for_selector("#state:has-text('tags')")
        page.fill("#search [name=text]", "双马尾")
        page.wait_for_selector('[data-tag="twintails"]')
        page.close()
