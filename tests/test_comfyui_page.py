"""The page's own parts in a real browser: chips, the sidebar's live search, search and expansion in place, the index dialog."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser_page import Page, open_page
from comfyui import ComfyUIServer, prepare
from node_inputs import FROZEN

from danbooru_index.records import NSFW_CHOICES

sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed: pip install playwright")

ROOT = Path(__file__).resolve().parent.parent
WITHOUT = [name for name, _ in FROZEN["DanbooruIndexPromptExpand"][0] if name != "index"].index("without")
pytest_plugins = ["browser_fixtures"]
pytestmark = [pytest.mark.comfyui, pytest.mark.slow]


@pytest.fixture(scope="module", params=["0.30.0", "0.18.2"])
def server(
    request: pytest.FixtureRequest,
    browser: sync_api.Browser,
    tmp_path_factory: pytest.TempPathFactory,
    small_folder: Path,
) -> Iterator[ComfyUIServer]:
    base = tmp_path_factory.mktemp("comfyui-page")
    shutil.copytree(small_folder, base / "home" / "index")
    environment = {"DANBOORU_INDEX_HOME": str(base / "home"), "HF_HUB_OFFLINE": "1"}
    installation = prepare(request.param, ROOT / "requirements.txt")
    with ComfyUIServer(installation, pack=ROOT, base_directory=base, environment=environment) as running:
        yield running


@pytest.fixture(params=[False, True], ids=["legacy nodes", "nodes 2.0"])
def page(request: pytest.FixtureRequest, server: ComfyUIServer, browser: sync_api.Browser) -> Iterator[Page]:
    """ComfyUI's page in English, with either kind of nodes; nothing of ours may complain in its console."""
    with open_page(server, browser, vue=request.param) as opened:
        yield opened
        assert opened.complaints == []


def saved(page: Page) -> dict:
    """The workflow as it would be saved."""
    return json.loads(page.page.evaluate("() => JSON.stringify(window.app.graph.serialize())"))


def test_a_chip_switched_off_stays_off_in_the_run_the_workflow_and_the_export(page: Page) -> None:
    page.load("Prompt Expand")
    page.text_box.fill("一个女孩，双马尾，没有雨伞")
    page.run()
    chips = page.page.locator(".dbi-chip")
    sync_api.expect(chips.first).to_be_visible()
    assert [chip.get_attribute("data-tag") for chip in chips.all()][:2] == ["1girl", "twintails"]
    assert "900K" in chips.nth(1).inner_text()
    page.page.locator(".dbi-chip[data-tag=twintails]").click()
    sync_api.expect(page.page.locator(".dbi-chip[data-tag=twintails]")).to_have_attribute("data-state", "off")
    entry = page.run()
    exported = entry["prompt"][2]["1"]["inputs"]
    assert exported["without"] == "twintails" and not [name for name in exported if name.startswith("danbooru")]
    assert page.preview(2).startswith("1girl") and "twintails" not in page.preview(2)
    (node,) = [node for node in saved(page)["nodes"] if node["type"] == "DanbooruIndexPromptExpand"]
    assert node["widgets_values"][WITHOUT] == "twintails"
    # Another text keeps what is still found and drops the rest.
    page.text_box.fill("双马尾，猫耳")
    page.run()
    assert page.without(1) == "twintails"
    page.text_box.fill("猫耳")
    page.run()
    page.page.wait_for_function(
        "id => !window.app.graph.getNodeById(id).widgets.find(w => w.name === 'without').value", arg=1
    )
    page.page.get_by_role("button", name="Report").click()
    assert "cat_ears" in page.page.locator(".dbi-chips .dbi-report").inner_text()


def test_chips_inside_a_subgraph(page: Page) -> None:
    page.load("Prompt Expand")
    page.text_box.fill("一个女孩，双马尾")
    page.into_subgraph(1)
    page.run()
    chip = page.page.locator(".dbi-chip[data-tag=twintails]")
    chip.click()
    sync_api.expect(chip).to_have_attribute("data-state", "off")
    entry = page.run()
    (inputs,) = [
        node["inputs"] for node in entry["prompt"][2].values() if node["class_type"] == "DanbooruIndexPromptExpand"
    ]
    assert inputs["without"] == "twintails"
    shown = entry["outputs"]["2"]["text"][0]
    assert shown.startswith("1girl") and "twintails" not in shown
    (subgraph,) = saved(page)["definitions"]["subgraphs"]
    (node,) = [node for node in subgraph["nodes"] if node["type"] == "DanbooruIndexPromptExpand"]
    assert node["widgets_values"][WITHOUT] == "twintails"


def test_taiwan_reads_traditional_characters(server: ComfyUIServer, browser: sync_api.Browser) -> None:
    with open_page(server, browser, vue=False, locale="zh-TW") as page:
        page.load("Tag Search")
        page.text_box.fill("雙馬尾")
        page.run()
        sync_api.expect(page.page.locator(".dbi-chip[data-tag=twintails]")).to_contain_text("雙馬尾")
        page.open_sidebar()
        page.search("雙馬尾")
        sync_api.expect(page.page.locator(".dbi-sidebar .dbi-name").first).to_have_text("雙馬尾")
        assert page.complaints == []


def test_a_workflow_reopened_knows_what_is_off(page: Page) -> None:
    page.load("Tag Search")
    page.page.evaluate(
        "() => { const node = window.app.graph.getNodeById(1);"
        " node.widgets.find(w => w.name === 'without').value = 'twintails' }"
    )
    workflow = saved(page)
    page.page.evaluate("graph => window.app.loadGraphData(graph)", workflow)
    page.page.wait_for_function("() => document.querySelector('.dbi-chip[data-tag=twintails][data-state=off]')")
    assert page.run()["outputs"]["2"]["text"] == [""]


def test_a_workflow_from_before_a_node_had_more_inputs_runs_as_it_was(page: Page) -> None:
    page.load("Prompt Expand")
    page.text_box.fill("一个女孩，双马尾")
    workflow = saved(page)
    (node,) = [node for node in workflow["nodes"] if node["type"] == "DanbooruIndexPromptExpand"]
    node["widgets_values"][WITHOUT:] = ["twintails"]
    page.page.evaluate("graph => window.app.loadGraphData(graph)", workflow)
    page.page.wait_for_function("() => document.querySelector('.dbi-chip[data-tag=twintails][data-state=off]')")
    inputs = page.run()["prompt"][2]["1"]["inputs"]
    assert (inputs["without"], inputs["enrich"], inputs["keep_text"]) == ("twintails", 0, False)


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


def test_search_in_place_with_undo(page: Page) -> None:
    page.load("Tag Search")
    page.text_box.click()
    page.text_box.fill("")
    page.page.keyboard.type("1girl, 双马")
    page.page.keyboard.press("Alt+q")
    popup = page.page.locator(".dbi-popup")
    sync_api.expect(popup).to_be_visible()
    page.page.keyboard.type("尾")
    sync_api.expect(popup.locator(".dbi-row.dbi-active")).to_contain_text("twintails")
    page.page.keyboard.press("Enter")
    assert page.text_box.input_value() == "1girl, twintails, "
    sync_api.expect(popup).to_have_count(0)
    page.page.keyboard.press("Control+z")
    assert page.text_box.input_value() == "1girl, 双马尾"
    page.page.keyboard.press("Alt+q")
    sync_api.expect(popup).to_be_visible()
    page.page.keyboard.press("Escape")
    sync_api.expect(popup).to_have_count(0)


def test_expansion_in_place_with_undo(page: Page) -> None:
    page.load("Tag Search")
    page.text_box.click()
    page.text_box.fill("")
    page.page.keyboard.type("一个女孩，双马尾")
    page.page.keyboard.press("Control+a")
    page.page.keyboard.press("Alt+w")
    page.page.wait_for_function("() => document.activeElement.value?.startsWith('1girl, twintails')")
    page.page.keyboard.press("Control+z")
    assert page.text_box.input_value() == "一个女孩，双马尾"


def test_rebuild_from_an_uploaded_table_in_the_background(page: Page, tmp_path: Path, small_folder: Path) -> None:
    version = page.server.get("/danbooru-index/v1/index")["version"]
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
    assert page.server.get("/danbooru-index/v1/index")["version"] != version
    home = page.server.base_directory / "home" / "index"
    shutil.rmtree(home)
    shutil.copytree(small_folder, home)
