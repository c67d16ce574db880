"""The WebUI extension in a real browser, on both gradio versions, with a double of the WebUI's `modules` and a real engine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from webui import VERSIONS
from webui_host import address_of, end, models_of, start

pytest_plugins = ["browser_fixtures"]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=VERSIONS)
def host(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, small_folder: Path) -> Iterator[Any]:
    models = models_of(tmp_path_factory.mktemp("webui"), small_folder)
    process, address = start(request.param, models)
    yield process, address
    end(process)


@pytest.fixture
def page(browser: Any, host: Any) -> Iterator[Any]:
    context = browser.new_context(viewport={"width": 1100, "height": 1000})
    opened = context.new_page()
    problems: list[str] = []
    opened.on("pageerror", lambda error: problems.append(str(error)) if "danbooru" in (error.stack or "") else None)
    opened.goto(host[1])
    opened.wait_for_selector('.danbooru-index[data-tab="txt2img"][data-ready]', state="attached", timeout=60_000)
    opened.set_default_timeout(60_000)
    yield opened
    assert not problems
    context.close()


PANEL = '.danbooru-index[data-tab="txt2img"]'
PROMPT = "#txt2img_prompt textarea"


def open_panel(page: Any) -> None:
    if not page.is_visible(f"{PANEL} textarea"):
        page.click("#txt2img_danbooru_index .label-wrap")
    page.wait_for_selector(f"{PANEL} textarea", state="visible")


def wait_for_prompt(page: Any, words: str) -> None:
    page.wait_for_function(f"document.querySelector('{PROMPT}').value.includes('{words}')")


def test_expand_to_chips_to_the_prompt_with_undo(page: Any) -> None:
    open_panel(page)
    page.fill(PROMPT, "masterpiece, best quality")
    page.click(PROMPT)
    page.evaluate(f"document.querySelector('{PROMPT}').setSelectionRange(11, 11)")
    page.wait_for_timeout(100)
    page.fill(f"{PANEL} textarea", "双马尾，红眼睛，没有雨伞")
    page.click(f"{PANEL} >> text=Expand")
    page.wait_for_selector(f'{PANEL} [data-tag="twintails"]')
    page.click(f'{PANEL} [data-tag="red_eyes"]')  # off
    page.click(f"{PANEL} >> text=Insert at cursor")
    wait_for_prompt(page, "twintails")
    written = page.input_value(PROMPT)
    assert (
        written.startswith("masterpiece, twintails") and written.endswith("best quality") and "red eyes" not in written
    )
    assert "umbrella" in page.input_value("#txt2img_neg_prompt textarea")
    page.focus(PROMPT)
    page.keyboard.press("Control+z")
    assert page.input_value(PROMPT) == "masterpiece, best quality"
    page.click(f"{PANEL} >> text=Replace prompt")
    page.wait_for_function(f"document.querySelector('{PROMPT}').value.startsWith('twintails')")


def choose(page: Any, name: str, value: str) -> None:
    page.click(f"#txt2img_danbooru_index_{name} input")
    page.click(f"#txt2img_danbooru_index_{name} ul li:has-text('{value}') >> nth=0")
    page.wait_for_function(f"document.querySelector('#txt2img_danbooru_index_{name} input').value === '{value}'")


def test_search_and_expand_ask_what_the_box_says(page: Any) -> None:
    asked: list[dict[str, Any]] = []
    page.on("request", lambda sent: "danbooru-index-webui" in sent.url and asked.append(json.loads(sent.post_data)))
    open_panel(page)
    page.click("#txt2img_danbooru_index_more .label-wrap")
    choose(page, "style", "tags")
    choose(page, "nsfw", "strict")
    choose(page, "category", "general")
    for name, value in (("budget", "4.5"), ("enrich", "3"), ("min_count", "10")):
        page.fill(f"#txt2img_danbooru_index_{name} input[type=number]", value)
    for name in ("keep_text", "weights"):
        page.check(f"#txt2img_danbooru_index_{name} input")
    page.fill(f"{PANEL} textarea", "红眼睛，双马尾")
    page.click(f"{PANEL} >> text=Expand")
    page.wait_for_selector(f'{PANEL} [data-tag="red_eyes"]')
    filters = {"nsfw": "strict", "categories": ["general"], "min_count": 10}
    writing = {"style": "tags", "budget": 4.5, "enrich": 3, "keep_text": True, "weights": True, "quality": False}
    assert asked[-1] == {"text": "红眼睛，双马尾", **filters, **writing}
    page.click(f"{PANEL} >> text=Replace prompt")
    wait_for_prompt(page, "red_eyes")  # as the style writes it
    page.click(f"{PANEL} >> text=Search")
    page.wait_for_function(f"document.querySelector('{PANEL} .danbooru-index-note').textContent.startsWith('Click')")
    assert asked[-1] == {"text": "红眼睛，双马尾", **filters, "limit": 24}
    page.fill(PROMPT, "红眼睛")
    page.check("#txt2img_danbooru_index_enabled input")
    page.click("#txt2img_generate")
    page.wait_for_function("document.querySelector('#txt2img_infotext textarea').value.includes('Danbooru Index')")
    params = json.loads(page.input_value("#txt2img_infotext textarea"))
    assert (params["Danbooru Index NSFW"], params["Danbooru Index enrich"]) == ("strict", 3)
    assert params["Danbooru Index keep text"] is True and "Danbooru Index quality" not in params


def test_what_was_written_by_hand_stays_in_the_prompt(page: Any) -> None:
    open_panel(page)
    page.fill(PROMPT, "something else")
    page.fill(f"{PANEL} textarea", "<lora:flat:0.8>, my own words, 双马尾, 红眼睛")
    page.click(f"{PANEL} >> text=Expand")
    page.wait_for_selector(f'{PANEL} [data-tag="red_eyes"]')
    page.click(f"{PANEL} >> text=Replace prompt")
    wait_for_prompt(page, "red eyes")
    whole = page.input_value(PROMPT)
    assert "<lora:flat:0.8>" in whole and "twintails" in whole and "red eyes" in whole
    page.click(f'{PANEL} [data-tag="red_eyes"]')  # off
    page.click(f"{PANEL} >> text=Replace prompt")
    page.wait_for_function(f"!document.querySelector('{PROMPT}').value.includes('red eyes')")
    rest = page.input_value(PROMPT)
    assert "<lora:flat:0.8>" in rest and "twintails" in rest


def test_lists_end_where_hits_stop_fitting(page: Any) -> None:
    open_panel(page)
    page.fill(f"{PANEL} textarea", "双马尾")
    page.click(f"{PANEL} >> text=Search")
    page.wait_for_selector(f'{PANEL} [data-tag="twintails"]')
    shown = page.locator(f"{PANEL} .danbooru-index-chip")
    fit = shown.count()
    page.click(f"{PANEL} >> text=/All \\(\\d+ more\\)/")
    assert shown.count() > fit
    page.fill(f"{PANEL} textarea", "asdfghjkl")
    page.click(f"{PANEL} >> text=Search")
    page.wait_for_function(f"document.querySelector('{PANEL} .danbooru-index-note').textContent === 'Nothing fits.'")
    assert shown.count() == 0
    page.fill(PROMPT, "asdfghjkl")
    page.keyboard.press("Alt+/")
    page.wait_for_selector(".danbooru-index-popup .danbooru-index-more")
    assert page.locator(".danbooru-index-popup [data-tag]").count() == 0
    page.keyboard.press("Enter")
    assert page.locator(".danbooru-index-popup [data-tag]").count() > 0
    page.keyboard.press("Escape")


def test_an_engine_that_ends_twice_is_started_again_by_a_button(page: Any, host: Any) -> None:
    open_panel(page)

    def searched(text: str) -> None:
        page.fill(f"{PANEL} textarea", text)
        page.click(f"{PANEL} >> text=Search")

    def kill() -> None:
        (engine,) = [
            child for child in psutil.Process(host[0].pid).children() if "danbooru_index" in " ".join(child.cmdline())
        ]
        engine.kill()  # nobody has asked for its exit yet
        while engine.is_running() and engine.status() != psutil.STATUS_ZOMBIE:
            page.wait_for_timeout(50)

    for text, tag in (("双马尾", "twintails"), ("红眼睛", "red_eyes")):
        searched(text)
        page.wait_for_selector(f'{PANEL} [data-tag="{tag}"]')  # once it is started again by itself
        kill()
    searched("雨伞")
    page.wait_for_selector(f"{PANEL} .danbooru-index-restart")
    assert "The server ended" in page.inner_text(f"{PANEL} .danbooru-index-note")
    page.click(f"{PANEL} .danbooru-index-restart")
    page.wait_for_selector(f"{PANEL} .danbooru-index-restart", state="detached")
    searched("雨伞")
    page.wait_for_selector(f'{PANEL} [data-tag="umbrella"]')


def test_live_search_in_the_prompt_box(page: Any) -> None:
    page.fill(PROMPT, "masterpiece, ")
    page.click(PROMPT)
    page.keyboard.press("End")
    page.keyboard.insert_text("猫耳")
    page.keyboard.press("Alt+/")
    page.wait_for_selector('.danbooru-index-popup [data-tag="cat_ears"]')
    page.keyboard.press("Enter")
    assert page.input_value(PROMPT) == "masterpiece, cat ears, "
    page.keyboard.press("Control+z")
    assert page.input_value(PROMPT) == "masterpiece, 猫耳"
    page.keyboard.press("Alt+/")
    page.wait_for_selector('.danbooru-index-popup [data-tag="cat_ears"]')
    page.keyboard.press("Escape")
    assert not page.is_visible(".danbooru-index-popup")
    # While an input method composes, no key is taken.
    client = page.context.new_cdp_session(page)
    client.send("Input.imeSetComposition", {"text": "mao", "selectionStart": 3, "selectionEnd": 3})
    page.dispatch_event(PROMPT, "keydown", {"key": "/", "altKey": True, "isComposing": True, "bubbles": True})
    assert not page.is_visible(".danbooru-index-popup")


def test_generating_expands_and_pasting_restores(page: Any) -> None:
    open_panel(page)
    page.fill(PROMPT, "双马尾，没有雨伞")
    page.fill("#txt2img_neg_prompt textarea", "bad hands")
    page.check("#txt2img_danbooru_index_enabled input")
    page.click("#txt2img_generate")
    page.wait_for_function("document.querySelector('#txt2img_infotext textarea').value.includes('Danbooru Index')")
    params = json.loads(page.input_value("#txt2img_infotext textarea"))
    assert "twintails" in params["Prompt"] and params["Negative prompt"] == "bad hands, umbrella"
    assert "twintails" in params["Danbooru Index added"]
    page.fill(PROMPT, "something else")
    page.uncheck("#txt2img_danbooru_index_enabled input")
    page.wait_for_timeout(300)
    page.click("#txt2img_paste")
    page.wait_for_function(f"document.querySelector('{PROMPT}').value.startsWith('双马尾')")
    assert page.input_value("#txt2img_neg_prompt textarea") == "bad hands"
    assert page.is_checked("#txt2img_danbooru_index_enabled input")


def test_nothing_secret_is_in_the_page_and_other_sites_get_nothing(page: Any, host: Any) -> None:
    answer = page.request.post(
        f"{host[1]}danbooru-index-webui/v1/search", data={"text": "x"}, headers={"Origin": "https://evil.example"}
    )
    assert answer.status == 403
    assert page.request.get(f"{host[1]}danbooru-index-webui/v1/index").status in (404, 405)
    assert "Bearer" not in page.content() and "DANBOORU_INDEX_KEY" not in page.content()


def test_reload_ui_keeps_the_engine(browser: Any, host: Any) -> None:
    """Last: the page is closed and made anew in the same process."""
    process, address = host
    page = browser.new_page()
    page.goto(address)
    sent = "{{method: 'POST', headers: {{'Content-Type': 'application/json'}}, body: '{{}}'}}"
    asked = "fetch('./danbooru-index-webui/v1/{}', " + sent + ").then(answer => answer.json())"
    page.wait_for_selector('.danbooru-index[data-tab="txt2img"][data-ready]', state="attached", timeout=60_000)
    page.evaluate(asked.format("index"))
    process.stdin.write("reload\n")
    process.stdin.flush()
    page.goto(address_of(process))
    page.wait_for_selector('.danbooru-index[data-tab="txt2img"][data-ready]', state="attached", timeout=60_000)
    state = page.evaluate(asked.format("status"))
    assert state["running"] and state["installed"]
    assert page.evaluate(asked.format("index"))["tags"] == 17
    page.close()


@pytest.mark.parametrize("version", VERSIONS)
def test_a_login_is_obeyed_and_installing_is_offered(
    browser: Any, tmp_path: Path, small_folder: Path, version: str
) -> None:
    process, address = start(version, models_of(tmp_path, small_folder, installed=False), '["me", "secret"]')
    try:
        context = browser.new_context()
        page = context.new_page()
        page.set_default_timeout(60_000)
        refused = page.request.post(f"{address}danbooru-index-webui/v1/status", data={})
        assert refused.status == 401
        logged_in = page.request.post(f"{address}login", form={"username": "me", "password": "secret"})
        assert logged_in.status == 200
        assert page.request.post(f"{address}danbooru-index-webui/v1/status", data={}).json()["installed"] is False
        page.goto(address)
        page.wait_for_selector(f"{PANEL}[data-ready]", state="attached")
        open_panel(page)
        page.fill(f"{PANEL} textarea", "猫耳")
        page.keyboard.press("Enter")
        page.wait_for_selector(".danbooru-index-install")
        assert "not installed yet" in page.inner_text(f"{PANEL} .danbooru-index-note")
        context.close()
    finally:
        end(process)
