"""The picture of the search node for the README: ComfyUI's own page in a real browser, with the starter index.

``python tests/hosts/picture.py docs/tag-search.png ["Tag Search"]`` makes it anew, from any example workflow.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from browser import FLAGS, HOW, executable
from comfyui import ComfyUIServer, prepare
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
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
WAIT_MS, RUN_SECONDS, MARGIN = 90_000, 300, 20


def run(page: Page, server: ComfyUIServer) -> None:
    """Press the run button and wait for the end."""
    with page.expect_response(lambda answer: answer.url.endswith("/api/prompt")) as sent:
        page.get_by_test_id("queue-button").click()
    server.wait(sent.value.json()["prompt_id"], RUN_SECONDS)


def take(page: Page, server: ComfyUIServer, example: Path, picture: Path) -> None:
    """Run an example and take its nodes."""
    page.goto(server.url)
    page.wait_for_function(READY, timeout=WAIT_MS)
    page.locator("#comfy-file-input").set_input_files(example)
    page.wait_for_selector("[data-node-id]", timeout=WAIT_MS)
    box = page.locator("textarea:not([readonly])").first
    text = box.input_value()
    # The first search builds and opens the index; the time in the report is to be that of any later one.
    for query in ("long hair", "长发", text):
        box.fill(query)
        run(page, server)
    page.wait_for_function(SHOWN, timeout=WAIT_MS)
    page.mouse.move(700, 950)  # away from everything that answers to a pointer
    page.wait_for_timeout(1000)
    found = page.locator("[data-node-id]").evaluate_all(NODES)
    left, top = (min(node[side] for node in found) - MARGIN for side in ("left", "top"))
    right, bottom = (max(node[side] for node in found) + MARGIN for side in ("right", "bottom"))
    page.screenshot(path=picture, clip={"x": left, "y": top, "width": right - left, "height": bottom - top})


def main(picture: Path, example: str = "Tag Search") -> int:
    """Start ComfyUI and the browser in fresh folders; 1 if there is no browser."""
    if (path := executable()) is None:
        print(f"there is no Chromium: {HOW}", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        base = Path(folder)
        environment = {"DANBOORU_INDEX_HOME": str(base / "home"), "HF_HUB_OFFLINE": "1"}
        installation = prepare("0.30.0", ROOT / "requirements.txt")
        with ComfyUIServer(installation, pack=ROOT, base_directory=base, environment=environment) as server:
            server.post("/api/settings", SETTINGS)
            browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
            page = browser.new_context(viewport={"width": 1400, "height": 1000}).new_page()
            take(page, server, ROOT / "example_workflows" / f"{example}.json", picture)
            browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), *sys.argv[2:3]))
