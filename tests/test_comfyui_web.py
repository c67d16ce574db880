"""The pack in ComfyUI's own page, in a real browser, as a person uses it: load an example, type Chinese, run, see the tags."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser_page import PAGE_MS, READY, RUN_SECONDS
from comfyui import ComfyUIServer, prepare

sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed: pip install playwright")

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = ROOT / "example_workflows"
SETTINGS = {"Comfy.TutorialCompleted": True, "Comfy.Minimap.Visible": False, "Comfy.Workflow.Persist": False}
pytest_plugins = ["browser_fixtures"]
pytestmark = [pytest.mark.comfyui, pytest.mark.slow]


@pytest.fixture(scope="module")
def server(
    browser: sync_api.Browser, tmp_path_factory: pytest.TempPathFactory, small_folder: Path
) -> Iterator[ComfyUIServer]:
    base = tmp_path_factory.mktemp("comfyui-web")
    shutil.copytree(small_folder, base / "home" / "index")
    environment = {"DANBOORU_INDEX_HOME": str(base / "home"), "HF_HUB_OFFLINE": "1"}
    installation = prepare("0.30.0", ROOT / "requirements.txt")
    with ComfyUIServer(installation, pack=ROOT, base_directory=base, environment=environment) as running:
        yield running


@pytest.fixture(params=[False, True], ids=["legacy nodes", "nodes 2.0"])
def page(request: pytest.FixtureRequest, server: ComfyUIServer, browser: sync_api.Browser) -> Iterator[sync_api.Page]:
    """ComfyUI's page in Chinese, with either kind of nodes."""
    server.post("/api/settings", {**SETTINGS, "Comfy.Locale": "zh", "Comfy.VueNodes.Enabled": request.param})
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    opened.goto(server.url)
    opened.wait_for_function(READY, timeout=PAGE_MS)
    opened.vue_nodes = request.param
    yield opened
    context.close()


def load(page: sync_api.Page, name: str, node_id: str) -> None:
    """Open an example as a person does, and wait until its nodes are there."""
    page.locator("#comfy-file-input").set_input_files(EXAMPLES / f"{name}.json")
    page.wait_for_function("id => window.app.graph.nodes.some(node => node.type === id)", arg=node_id, timeout=PAGE_MS)


def text_box(page: sync_api.Page) -> sync_api.Locator:
    """The node's text box; the previews' boxes cannot be written in."""
    return page.locator("textarea:not([readonly])").first


def run(page: sync_api.Page, server: ComfyUIServer) -> dict:
    """Press the run button and wait for the end."""
    with page.expect_response(
        lambda answer: answer.url.endswith("/api/prompt") and answer.request.method == "POST"
    ) as sent:
        page.get_by_test_id("queue-button").click()
    return server.wait(sent.value.json()["prompt_id"], RUN_SECONDS)


def preview(page: sync_api.Page, node: int) -> str:
    """What a preview node shows on the page, which is waited for."""
    shown = "id => window.app.graph.getNodeById(id).widgets.find(widget => widget.name === 'preview_text').value"
    page.wait_for_function(f"id => Boolean(({shown})(id))", arg=node, timeout=PAGE_MS)
    value = page.evaluate(shown, node)
    boxes = page.locator("textarea[readonly]")
    sync_api.expect(boxes.first).to_be_visible()
    assert value in [boxes.nth(i).input_value() for i in range(boxes.count())]
    return value


def test_chinese_typed_into_the_search_shows_tags(page: sync_api.Page, server: ComfyUIServer) -> None:
    load(page, "Tag Search", "DanbooruIndexTagSearch")
    text_box(page).fill("猫耳")
    entry = run(page, server)
    assert entry["status"]["status_str"] == "success"
    assert preview(page, 2).split(", ")[0] == "cat ears"
    assert preview(page, 3).splitlines()[2].startswith("cat_ears")


def test_a_chinese_sentence_becomes_a_prompt_and_a_negative_one(page: sync_api.Page, server: ComfyUIServer) -> None:
    load(page, "Prompt Expand", "DanbooruIndexPromptExpand")
    text_box(page).fill("一个女孩，双马尾，没有雨伞")
    entry = run(page, server)
    assert entry["status"]["status_str"] == "success"
    assert preview(page, 2).startswith("1girl, twintails") and preview(page, 2).endswith("masterpiece, best quality")
    assert preview(page, 3).split(", ")[0] == "umbrella"


def test_the_nodes_speak_chinese(page: sync_api.Page) -> None:
    load(page, "Prompt Expand", "DanbooruIndexPromptExpand")
    node = page.evaluate(
        "() => { const node = window.app.graph.getNodeById(1);"
        " return {title: node.title, outputs: node.outputs.map(slot => slot.localized_name ?? slot.label),"
        " widgets: node.widgets.map(widget => widget.label)} }"
    )
    assert node["title"] == "Danbooru 索引：提示词扩写"
    assert node["outputs"] == ["正面提示词", "负面提示词", "标签", "报告"]
    assert page.evaluate("() => window.app.graph.getNodeById(1).widgets[5].options.getOptionLabel('auto')") == "自动"
    assert node["widgets"][1:5] == ["风格", "数量上限", "每项上限", "每项平均"]
