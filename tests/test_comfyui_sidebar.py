"""The sidebar in a real browser: live search, favourites and history, related tags, input methods, and the dialog of the index."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from browser_page import Page
from comfyui_marks import both_nodes, each_version

from danbooru_index.records import NSFW_CHOICES

sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed: pip install playwright")

pytest_plugins = ["browser_fixtures", "comfyui_fixtures"]
pytestmark = [pytest.mark.comfyui, pytest.mark.slow, each_version, both_nodes]


def test_typing_in_the_sidebar_finds_and_enter_puts_in_and_takes_out(page: Page) -> None:
    page.server.client.delete("/api/userdata/danbooru-index.json")  # what an earlier run of this test has kept
    page.load("Tag Search")
    page.text_box.click()
    page.text_box.fill("1girl")
    page.open_sidebar()
    page.search("双马尾")
    first = page.page.locator(".dbi-sidebar .dbi-row").first
    assert "twintails" in first.inner_text() and "900K" in first.inner_text()
    sync_api.expect(page.page.locator(".dbi-foot .dbi-button")).to_be_in_viewport()
    page.page.keyboard.press("Enter")
    assert page.text_box.input_value() == "1girl, twintails"
    sync_api.expect(first.locator(".dbi-mark")).to_have_text("✓")
    page.page.keyboard.press("Enter")
    assert page.text_box.input_value() == "1girl"
    page.page.keyboard.press("ArrowDown")
    second = page.page.locator(".dbi-sidebar .dbi-row.dbi-active .dbi-tag").inner_text()
    page.page.locator(".dbi-sidebar .dbi-row.dbi-active").click()
    assert page.text_box.input_value() == f"1girl, {second}"
    # History and favourites are kept on the server.
    page.page.locator(".dbi-sidebar .dbi-star").first.click()
    for _ in range(50):
        kept = page.server.client.get("/api/userdata/danbooru-index.json").json()
        if kept["favourites"]:
            break
        page.page.wait_for_timeout(200)
    assert kept["history"][0] == "双马尾" and kept["favourites"] == ["twintails"]
    page.page.locator("[data-tab=favourites]").click()
    sync_api.expect(page.page.locator(".dbi-sidebar .dbi-tag").first).to_have_text("twintails")


def test_the_sidebars_list_ends_where_hits_stop_fitting(page: Page) -> None:
    page.load("Tag Search")
    page.open_sidebar()
    values = (
        page.page.locator(".dbi-filters select")
        .first.locator("option")
        .evaluate_all("options => options.map(option => option.value)")
    )
    assert tuple(values) == NSFW_CHOICES
    page.search("双马尾")
    rows, status = page.page.locator(".dbi-sidebar .dbi-row"), page.page.locator(".dbi-sidebar .dbi-status")
    sync_api.expect(rows).to_have_count(1)
    page.page.locator(".dbi-input").press("ArrowDown")  # past the end: those below
    sync_api.expect(rows).to_have_count(16)
    sync_api.expect(rows.nth(1)).to_have_class(re.compile("dbi-active"))
    page.page.locator(".dbi-input").fill("asdfghjkl")
    sync_api.expect(status).to_contain_text("Nothing fits this text")
    sync_api.expect(rows).to_have_count(0)
    status.get_by_role("button", name="All (16 more)").click()
    sync_api.expect(rows).to_have_count(16)


def test_the_star_and_the_history_by_keyboard(page: Page) -> None:
    page.server.client.delete("/api/userdata/danbooru-index.json")
    page.load("Tag Search")
    page.text_box.click()
    page.text_box.fill("")
    page.open_sidebar()
    page.search("双马尾")
    rows, said = page.page.locator(".dbi-sidebar .dbi-row"), page.page.locator(".dbi-sidebar .dbi-unseen[role=status]")
    field = page.page.locator(".dbi-input")
    assert field.get_attribute("aria-keyshortcuts") == "Shift+Enter"
    field.press("ArrowDown")
    second = rows.nth(1).locator(".dbi-tag").inner_text()
    field.press("Shift+Enter")
    sync_api.expect(said).to_have_text(f"{second}: in the favourites")
    sync_api.expect(rows.nth(1).locator(".dbi-star")).to_have_text("★Favourite")  # the word is for those who hear it
    # It stays the one that is chosen, and nothing was put into the text box.
    sync_api.expect(rows.nth(1)).to_have_class(re.compile("dbi-active"))
    assert page.text_box.input_value() == ""
    field.press("Enter")
    assert page.text_box.input_value() == second
    field.press("Shift+Enter")
    sync_api.expect(said).to_have_text(f"{second}: no longer in the favourites")
    sync_api.expect(rows.nth(1).locator(".dbi-star")).to_have_text("☆")
    field.fill("猫耳")
    sync_api.expect(rows.first).to_contain_text("cat ears")
    page.page.locator("[data-tab=history]").click()
    sync_api.expect(rows).to_have_text(["双马尾"])
    field.focus()
    field.press("Enter")
    sync_api.expect(field).to_have_value("双马尾")
    sync_api.expect(rows.first).to_contain_text("twintails")


def test_filters_and_related_tags_in_the_sidebar(page: Page) -> None:
    page.load("Tag Search")
    page.text_box.click()
    page.text_box.fill("hatsune miku")
    page.open_sidebar()
    page.search("vocaloid")
    page.page.locator("[data-category=copyright]").click()
    sync_api.expect(page.page.locator(".dbi-sidebar .dbi-row").first).to_contain_text("vocaloid")
    page.page.locator("[data-tab=related]").click()
    sync_api.expect(page.page.locator(".dbi-sidebar .dbi-row").first).to_contain_text("vocaloid")


def test_an_input_method_composes_undisturbed(page: Page) -> None:
    """Composition by the browser's own protocol, as an input method does it."""
    page.load("Tag Search")
    page.open_sidebar()
    typed = page.page.context.new_cdp_session(page.page)
    field = page.page.locator(".dbi-input")
    field.click()
    asked: list[str] = []
    page.page.on(
        "request", lambda request: asked.append(request.post_data or "") if "/v1/search" in request.url else None
    )
    typed.send("Input.imeSetComposition", {"text": "shuang", "selectionStart": 6, "selectionEnd": 6})
    page.page.wait_for_timeout(600)
    assert asked == [] and field.input_value() == "shuang"
    typed.send("Input.insertText", {"text": "双马尾"})
    sync_api.expect(page.page.locator(".dbi-sidebar .dbi-row").first).to_contain_text("twintails")
    assert "shuang" not in "".join(asked)
    # In a text box no key is taken while it composes.
    page.text_box.focus()
    page.text_box.fill("")
    typed.send("Input.imeSetComposition", {"text": "mao", "selectionStart": 3, "selectionEnd": 3})
    taken = page.page.evaluate(
        "() => { const event = new KeyboardEvent('keydown', {key: 'q', code: 'KeyQ', altKey: true, isComposing: true,"
        " bubbles: true, cancelable: true}); document.activeElement.dispatchEvent(event); return event.defaultPrevented }"
    )
    assert taken is False
    page.page.wait_for_timeout(300)
    assert page.page.locator(".dbi-popup").count() == 0 and page.text_box.input_value() == "mao"
    typed.send("Input.insertText", {"text": "猫耳"})
    assert page.text_box.input_value() == "猫耳"


def test_rebuild_from_an_uploaded_table_in_the_background(page: Page, tmp_path: Path, small_folder: Path) -> None:
    version = page.server.about()["version"]
    page.open_sidebar()
    page.page.locator(".dbi-foot .dbi-button").click()
    dialog = page.page.locator(".dbi-dialog")
    sync_api.expect(dialog).to_be_visible()
    sync_api.expect(dialog.locator(".dbi-about")).to_contain_text("No prebuilt index is published yet")
    dialog.get_by_text("Server settings").click()
    sync_api.expect(dialog.locator("tr", has_text="offline")).to_contain_text("trueenvironment")
    sync_api.expect(dialog.locator("tr", has_text="allowed_folders")).to_contain_text("built indefault")
    table = tmp_path / "my tags.csv"
    table.write_text("long_hair,0,5000000,longhair\ntwintails,0,900000,\nwlop,1,500,\n", encoding="utf-8")
    dialog.locator("input[type=file]").set_input_files(table)
    sync_api.expect(dialog.locator(".dbi-plan")).to_contain_text("3 tags, about")
    dialog.get_by_role("button", name="Build", exact=True).click()
    sync_api.expect(dialog.locator(".dbi-plan")).to_contain_text("Build the index again from 3 tags?")
    dialog.get_by_role("button", name="Build", exact=True).click()
    sync_api.expect(dialog.locator(".dbi-job")).to_contain_text("Done.", timeout=120_000)
    sync_api.expect(dialog.locator(".dbi-about")).to_contain_text("3 tags")
    dialog.get_by_role("button", name="Verify").click()
    sync_api.expect(dialog.locator(".dbi-job")).to_contain_text("as they were built", timeout=60_000)
    dialog.get_by_role("button", name="Close").click()
    assert page.server.about()["version"] != version
    home = page.server.home / "index"
    shutil.rmtree(home)
    shutil.copytree(small_folder, home)
