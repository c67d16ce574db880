"""The pictures of the help pages and of the README: each node after a run, and the sidebar, in ComfyUI's own page with the starter index.

``python tests/hosts/node_pictures.py [URL]`` makes them anew, in a ComfyUI of its own or in one that runs.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from browser import FLAGS, HOW, executable
from browser_page import READY, SETTINGS
from comfyui_home import ROOT, HomeServer
from playwright.sync_api import Page, sync_playwright

IMAGES = ROOT / "web" / "docs" / "images"
TEXTS = {
    "DanbooruIndexTagSearch": {"text": "girl with cat ears", "limit": 12},
    "DanbooruIndexPromptExpand": {"text": "a girl with long silver hair and red eyes holding a sword, no hat"},
    "DanbooruIndexRelatedTags": {"tags": "serafuku, neckerchief", "limit": 12},
    "DanbooruIndexLoad": {},
    "DanbooruIndexRebuild": {},
}
MAKE = """([type, values]) => {
  window.app.graph.clear();
  const node = window.LiteGraph.createNode(type);
  node.pos = [120, 120];
  window.app.graph.add(node);
  for (const [name, value] of Object.entries(values)) node.widgets.find(widget => widget.name === name).value = value;
  node.setSize([420, node.computeSize()[1]]);
}"""
WAIT_MS, MARGIN, SIDEBAR_HEIGHT = 120_000, 12, 560


def take(page: Page, node: str, values: dict[str, Any], picture: Path) -> None:
    """Run one node and take it."""
    page.evaluate(MAKE, [node, values])
    page.wait_for_selector("[data-node-id]", timeout=WAIT_MS)
    if values:
        page.get_by_test_id("queue-button").click()
        page.wait_for_selector(".dbi-chip", timeout=WAIT_MS)
    page.wait_for_timeout(6000)  # until the messages in the corner are gone
    page.mouse.move(1150, 950)
    box = page.locator("[data-node-id]").first.bounding_box()
    assert box is not None
    sides = {
        "x": box["x"] - MARGIN,
        "y": box["y"] - MARGIN,
        "width": box["width"] + 2 * MARGIN,
        "height": box["height"] + 2 * MARGIN,
    }
    page.screenshot(path=picture, clip=sides)


def take_sidebar(page: Page, picture: Path) -> None:
    """What is found while somebody types; one tag of it stands in the text box already."""
    page.evaluate(MAKE, ["DanbooruIndexPromptExpand", {}])
    box = page.locator("textarea:not([readonly])").first
    box.click()
    box.fill("aerial fireworks")
    page.locator("button:has(.pi-tags)").first.click()
    with page.expect_response(lambda answer: answer.url.endswith("/v1/tags"), timeout=WAIT_MS):
        page.locator(".dbi-input").fill("夜空の花火")
    page.locator(".dbi-sidebar .dbi-row").first.wait_for(timeout=WAIT_MS)
    page.wait_for_timeout(1000)
    sides = page.locator(".dbi-sidebar").bounding_box()
    assert sides is not None
    page.screenshot(path=picture, clip={**sides, "height": SIDEBAR_HEIGHT})


def warm_up(page: Page, url: str) -> None:
    """Unpack and open the index, so that no picture shows that step."""
    while True:
        page.request.post(f"{url}/danbooru-index/v1/comfyui/prepare", data={}, timeout=WAIT_MS)
        if page.request.post(f"{url}/danbooru-index/v1/search", data={"text": "smile"}, timeout=WAIT_MS).ok:
            return
        page.wait_for_timeout(1000)


def pictures(url: str, path: str) -> None:
    """All of them, from a ComfyUI that runs."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        page = browser.new_context(viewport={"width": 1200, "height": 1000}).new_page()
        settings = {**SETTINGS, "Comfy.Locale": "en", "Comfy.VueNodes.Enabled": True, "Comfy.ColorPalette": "dark"}
        page.request.post(f"{url}/api/settings", data=settings)
        warm_up(page, url)
        for node, values in TEXTS.items():
            # A page keeps the values of a node's widgets by its number.
            page.goto(url)
            page.wait_for_function(READY, timeout=WAIT_MS)
            take(page, node, values, IMAGES / f"{node}.png")
        page.goto(url)
        page.wait_for_function(READY, timeout=WAIT_MS)
        take_sidebar(page, ROOT / "docs" / "sidebar.png")
        browser.close()


def main() -> int:
    """1 if there is no browser."""
    if (path := executable()) is None:
        print(f"there is no Chromium: {HOW}", file=sys.stderr)
        return 1
    if sys.argv[1:]:
        pictures(sys.argv[1], path)
        return 0
    with tempfile.TemporaryDirectory() as folder, HomeServer(Path(folder)) as server:
        pictures(server.url, path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
