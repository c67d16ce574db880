"""What the page adds to the nodes, in a real browser: chips, and search and expansion in their text boxes."""

from __future__ import annotations

import json

import pytest
from browser_page import Page, open_page
from comfyui_home import HomeServer
from comfyui_marks import both_nodes, each_version
from node_inputs import FROZEN

sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed: pip install playwright")

WITHOUT = [name for name, _ in FROZEN["DanbooruIndexPromptExpand"][0] if name != "index"].index("without")
pytest_plugins = ["browser_fixtures", "comfyui_fixtures"]
pytestmark = [pytest.mark.comfyui, pytest.mark.slow, each_version]


def saved(page: Page) -> dict:
    """The workflow as it would be saved."""
    return json.loads(page.page.evaluate("() => JSON.stringify(window.app.graph.serialize())"))


@both_nodes
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


@both_nodes
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


def test_taiwan_reads_traditional_characters(server: HomeServer, browser: sync_api.Browser) -> None:
    with open_page(server, browser, vue=False, locale="zh-TW") as page:
        page.load("Tag Search")
        page.text_box.fill("雙馬尾")
        page.run()
        sync_api.expect(page.page.locator(".dbi-chip[data-tag=twintails]")).to_contain_text("雙馬尾")
        page.open_sidebar()
        page.search("雙馬尾")
        sync_api.expect(page.page.locator(".dbi-sidebar .dbi-name").first).to_have_text("雙馬尾")
        assert page.complaints == []


@both_nodes
def test_a_workflow_reopened_knows_what_is_off(page: Page) -> None:
    page.load("Tag Search")
    page.page.wait_for_function("() => window.app.graph.getNodeById(1)?.widgets")  # a busy machine shows it later
    page.page.evaluate(
        "() => { const node = window.app.graph.getNodeById(1);"
        " node.widgets.find(w => w.name === 'without').value = 'twintails' }"
    )
    workflow = saved(page)
    page.page.evaluate("graph => window.app.loadGraphData(graph)", workflow)
    page.page.wait_for_function("() => document.querySelector('.dbi-chip[data-tag=twintails][data-state=off]')")
    assert page.run()["outputs"]["2"]["text"] == [""]


@both_nodes
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


@both_nodes
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


@both_nodes
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
