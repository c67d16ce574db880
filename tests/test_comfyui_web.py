"""The pack in ComfyUI's own page, in a real browser, as a person uses it: load an example, type Chinese, run, see the tags."""

from __future__ import annotations

import pytest
from browser_page import Page
from comfyui_marks import both_nodes

sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed: pip install playwright")

pytest_plugins = ["browser_fixtures", "comfyui_fixtures"]
pytestmark = [pytest.mark.comfyui, pytest.mark.slow, both_nodes]


@pytest.fixture
def language() -> str:
    return "zh"


def shown(page: Page, node: int) -> str:
    """What a preview node shows, in its value and before one's eyes."""
    value = page.preview(node)
    boxes = page.page.locator("textarea[readonly]")
    sync_api.expect(boxes.first).to_be_visible()
    assert value in [boxes.nth(i).input_value() for i in range(boxes.count())]
    return value


def test_chinese_typed_into_the_search_shows_tags(page: Page) -> None:
    page.load("Tag Search")
    page.text_box.fill("猫耳")
    page.run()
    assert shown(page, 2).split(", ")[0] == "cat ears"
    assert shown(page, 3).splitlines()[2].startswith("cat_ears")


def test_a_chinese_sentence_becomes_a_prompt_and_a_negative_one(page: Page) -> None:
    page.load("Prompt Expand")
    page.text_box.fill("一个女孩，双马尾，没有雨伞")
    page.run()
    assert shown(page, 2).startswith("1girl, twintails") and shown(page, 2).endswith("masterpiece, best quality")
    assert shown(page, 3).split(", ")[0] == "umbrella"


def test_the_nodes_speak_chinese(page: Page) -> None:
    page.load("Prompt Expand")
    node = page.page.evaluate(
        "() => { const node = window.app.graph.getNodeById(1);"
        " return {title: node.title, outputs: node.outputs.map(slot => slot.localized_name ?? slot.label),"
        " widgets: node.widgets.map(widget => widget.label)} }"
    )
    assert node["title"] == "Danbooru 索引：提示词扩写"
    assert node["outputs"] == ["正面提示词", "负面提示词", "标签", "报告"]
    assert (
        page.page.evaluate("() => window.app.graph.getNodeById(1).widgets[5].options.getOptionLabel('auto')") == "自动"
    )
    assert node["widgets"][1:5] == ["风格", "数量上限", "每项上限", "每项平均"]
