"""No serious or critical finding of axe-core in what is ours: ComfyUI's sidebar, chips, popup and dialog, and the page of serve."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from accessibility import findings, source
from browser_page import Page, open_page
from comfyui_home import HomeServer
from serving import Running, serving

sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed: pip install playwright")

KEY = "a-key-of-the-tests"
pytest_plugins = ["browser_fixtures", "comfyui_fixtures"]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def axe() -> str:
    return source()


@pytest.fixture(params=["dark", "light"])
def page(request: pytest.FixtureRequest, axe: str, browser: sync_api.Browser, server: HomeServer) -> Iterator[Page]:
    with open_page(server, browser, vue=request.param == "light", theme=request.param) as opened:
        yield opened
        assert opened.complaints == []


@pytest.mark.comfyui
def test_the_sidebar(page: Page, axe: str) -> None:
    page.server.client.delete("/api/userdata/danbooru-index.json")  # what an earlier run of this test has kept
    page.load("Tag Search")
    page.text_box.click()
    page.text_box.fill("twintails, hatsune miku")
    page.open_sidebar()
    page.search("双马尾")
    assert findings(page.page, axe, ".dbi-sidebar") == []
    page.page.locator(".dbi-sidebar .dbi-star").first.click()
    page.page.locator(".dbi-input").press("ArrowDown")  # past the one that fits
    page.page.locator(".dbi-sidebar .dbi-row").nth(1).click()
    for tab in ("related", "favourites", "history"):
        page.page.locator(f"[data-tab={tab}]").click()
        page.page.locator(".dbi-sidebar .dbi-row").first.wait_for()
        page.page.wait_for_timeout(300)
        assert findings(page.page, axe, ".dbi-sidebar") == [], tab


@pytest.mark.comfyui
def test_the_dialog(page: Page, axe: str) -> None:
    page.open_sidebar()
    page.page.locator(".dbi-foot .dbi-button").click()
    dialog = page.page.locator(".dbi-dialog")
    sync_api.expect(dialog.locator(".dbi-plan")).to_contain_text("tags, about")
    dialog.get_by_role("button", name="Build", exact=True).click()
    sync_api.expect(dialog.locator(".dbi-question")).to_be_visible()
    dialog.get_by_role("button", name="Verify").click()
    sync_api.expect(dialog.locator(".dbi-report")).to_contain_text("as they were built")
    assert findings(page.page, axe, ".dbi-dialog") == []
    dialog.locator("select").nth(1).select_option("BAAI/bge-m3")
    sync_api.expect(dialog.locator(".dbi-error").first).to_be_visible()  # FlagEmbedding is missing
    assert findings(page.page, axe, ".dbi-dialog") == []


@pytest.mark.comfyui
def test_the_chips_and_the_list_in_a_text_box(page: Page, axe: str) -> None:
    page.load("Prompt Expand")
    page.text_box.fill("一个女孩，双马尾，水手服，没有雨伞，asdfghjkl")
    page.run()
    page.page.locator(".dbi-chip[data-tag=twintails]").first.click()
    page.page.get_by_role("button", name="Report").click()
    page.page.locator(".dbi-chips .dbi-report").wait_for()
    assert findings(page.page, axe, ".dbi-chips") == []
    page.text_box.fill("")
    page.text_box.click()
    page.page.keyboard.type("双马")
    page.page.keyboard.press("Alt+q")
    page.page.keyboard.type("尾")
    page.page.locator(".dbi-popup .dbi-row").first.wait_for()
    page.page.wait_for_timeout(300)
    assert findings(page.page, axe, ".dbi-popup") == []


@pytest.fixture(scope="module")
def served(small_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with serving(small_folder, tmp_path_factory.mktemp("axe") / "home", key=KEY) as running:
        yield running


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_the_page_of_the_service(scheme: str, served: Running, axe: str, browser: Any) -> None:
    context = browser.new_context(color_scheme=scheme)
    page = context.new_page()
    page.goto(served.address)
    page.wait_for_selector("#key-dialog[open]")
    assert findings(page, axe, "html") == []
    page.fill("#key-dialog [name=key]", KEY)
    page.keyboard.press("Enter")
    page.wait_for_selector("#state:has-text('tags')")
    page.fill("#search [name=text]", "双马尾")
    page.wait_for_selector('[data-tag="twintails"]')
    page.click('#search [data-tag="twintails"]')
    assert findings(page, axe, "html") == []
    page.click("#tab-expand")
    page.fill("#expand [name=text]", "双马尾，红眼睛，没有雨伞")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#expand .chip .score")
    page.click('#expand .chip[data-tag="red_eyes"]')
    assert findings(page, axe, "html") == []
    page.click("#tab-related")
    page.click("#related [type=submit]")
    page.wait_for_selector("#related .hits button")
    assert findings(page, axe, "html") == []
    page.click("#tab-index")
    page.wait_for_selector("#index .facts dd")
    assert findings(page, axe, "html") == []
    context.close()


def test_a_fault_is_found(axe: str, browser: Any) -> None:
    page = browser.new_page()
    page.set_content(
        "<html lang=en><title>x</title><main><h1>x</h1><button></button><p style='color:#bbb'>pale</p></main></html>"
    )
    assert {one["id"] for one in findings(page, axe, "html")} == {"button-name", "color-contrast"}
    page.close()
