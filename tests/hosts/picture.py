"""The picture of the search node for the README, and those of the template browser: ComfyUI's own page, with the starter index.

``python tests/hosts/picture.py`` makes them anew from the example workflows.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from browser import FLAGS, HOW, executable
from comfyui_home import ROOT, HomeServer
from node_pictures import warm_up
from playwright.sync_api import Page, sync_playwright

EXAMPLES = ROOT / "example_workflows"
PICTURES = {
    "docs/tag-search.png": "Tag Search",
    "example_workflows/Tag Search.jpg": "Tag Search",
    "example_workflows/Prompt Expand.jpg": "Prompt Expand",
}
SETTINGS = {
    "Comfy.TutorialCompleted": True,
    "Comfy.Minimap.Visible": False,
    "Comfy.Workflow.Persist": False,
    "Comfy.Locale": "en",
    "Comfy.VueNodes.Enabled": True,
}
READY = "() => Boolean(window.app?.extensionManager && window.LiteGraph?.registered_node_types['PreviewAny'])"
NODES = "nodes => nodes.map(node => node.getBoundingClientRect().toJSON())"
SHOWN = (
    "() => window.app.graph.nodes.filter(node => node.type === 'PreviewAny').every(node => node.widgets.at(0).value)"
)
WAIT_MS, RUN_SECONDS, MARGIN, JPEG_QUALITY = 90_000, 300, 20, 60


def run(page: Page, server: HomeServer) -> None:
    """Press the run button and wait for the end."""
    with page.expect_response(lambda answer: answer.url.endswith("/api/prompt")) as sent:
        page.get_by_test_id("queue-button").click()
    server.wait(sent.value.json()["prompt_id"], RUN_SECONDS)


def take(page: Page, server: HomeServer, example: Path, picture: Path) -> None:
    """Run an example and take its nodes."""
    page.goto(server.url)
    page.wait_for_function(READY, timeout=WAIT_MS)
    page.locator("#comfy-file-input").set_input_files(example)
    page.wait_for_selector("[data-node-id]", timeout=WAIT_MS)
    box = page.locator("textarea:not([readonly])").first
    text = box.input_value()
    # The time in the report is to be that of any later search.
    for query in ("long hair", "长发", text):
        box.fill(query)
        run(page, server)
    page.wait_for_function(SHOWN, timeout=WAIT_MS)
    page.mouse.move(700, 950)  # away from everything that answers to a pointer
    page.wait_for_timeout(1000)
    found = page.locator("[data-node-id]").evaluate_all(NODES)
    left, top = (min(node[side] for node in found) - MARGIN for side in ("left", "top"))
    right, bottom = (max(node[side] for node in found) + MARGIN for side in ("right", "bottom"))
    small = {"quality": JPEG_QUALITY} if picture.suffix == ".jpg" else {}
    page.screenshot(path=picture, clip={"x": left, "y": top, "width": right - left, "height": bottom - top}, **small)


def main() -> int:
    """Start ComfyUI and the browser in fresh folders; 1 if there is no browser."""
    if (path := executable()) is None:
        print(f"there is no Chromium: {HOW}", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright, HomeServer(Path(folder)) as server:
        server.post("/api/settings", SETTINGS)
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        page = browser.new_context(viewport={"width": 1400, "height": 1000}).new_page()
        warm_up(page, server.url)
        for picture, example in PICTURES.items():
            take(page, server, EXAMPLES / f"{example}.json", ROOT / picture)
        browser.close()
    # Its image part needs a checkpoint; what it adds to the other is the same node.
    shutil.copyfile(EXAMPLES / "Prompt Expand.jpg", EXAMPLES / "Text to Image.jpg")
    return 0


if __name__ == "__main__":
    sys.exit(main())
