"""ComfyUI's page as the tests use it: opened in a real browser, with the few things that a person does in it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from browser import FLAGS, HOW, executable
from comfyui_home import ROOT, HomeServer

SETTINGS = {
    "Comfy.TutorialCompleted": True,
    "Comfy.Minimap.Visible": False,
    "Comfy.Workflow.Persist": False,
    "Comfy.Sidebar.Size": "small",
}
READY = (
    "() => Boolean(window.app?.extensionManager && window.LiteGraph?.registered_node_types['DanbooruIndexTagSearch'])"
)
PAGE_MS, RUN_SECONDS = 90_000, 120
_INTO_SUBGRAPH = """id => {
  const graph = window.app.graph, node = graph.getNodeById(id);
  const { subgraph } = graph.convertToSubgraph(new Set([node]));
  window.app.canvas.setGraph(subgraph);
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A running Chromium; skipped, or in the full run failed, where there is none."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed: pip install playwright")
    path = executable()
    if path is None:
        if os.environ.get("DANBOORU_INDEX_TEST_FULL") == "1":
            pytest.fail(f"There is no Chromium: {HOW}")
        pytest.skip(f"there is no Chromium: {HOW}")
    sync_api.expect.set_options(timeout=PAGE_MS)  # five seconds are not enough for a page on a busy machine
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield started
        started.close()


class Page:
    """The page, its server, and whatever of our files complained in its console."""

    def __init__(self, page: Any, server: HomeServer) -> None:
        self.page, self.server = page, server
        self.complaints: list[str] = []
        page.on(
            "console", lambda message: self._listen(message.type, f"{message.text} {message.location.get('url', '')}")
        )
        page.on("pageerror", lambda error: self._listen("error", f"{error} {getattr(error, 'stack', '')}"))

    def _listen(self, kind: str, text: str) -> None:
        if kind == "error" and ("danbooru" in text.lower() or ".mjs" in text):
            self.complaints.append(text)

    @property
    def text_box(self) -> Any:
        """The first node's text box; the previews' boxes cannot be written in."""
        return self.page.locator("textarea:not([readonly])").first

    def load(self, name: str) -> None:
        """Open an example as a person does, and wait until its nodes are there."""
        self.page.locator("#comfy-file-input").set_input_files(ROOT / "example_workflows" / f"{name}.json")
        there = "() => window.app.graph.nodes.some(node => node.type.startsWith('DanbooruIndex'))"
        self.page.wait_for_function(there, timeout=PAGE_MS)
        self.text_box.wait_for(timeout=PAGE_MS)

    def run(self) -> dict:
        """Press the run button and wait for the end, and for the page to have drawn it."""
        with self.page.expect_response(
            lambda answer: answer.url.endswith("/api/prompt") and answer.request.method == "POST"
        ) as sent:
            self.page.get_by_test_id("queue-button").click()
        entry = self.server.wait(sent.value.json()["prompt_id"], RUN_SECONDS)
        assert entry["status"]["status_str"] == "success", entry["status"]
        self.page.wait_for_timeout(700)
        return entry

    def preview(self, node: int) -> str:
        """What a preview node shows."""
        shown = "id => window.app.graph.getNodeById(id).widgets.find(widget => widget.name === 'preview_text').value"
        self.page.wait_for_function(f"id => Boolean(({shown})(id))", arg=node, timeout=PAGE_MS)
        return self.page.evaluate(shown, node)

    def without(self, node: int) -> str:
        """What is switched off on a node."""
        value = "id => window.app.graph.getNodeById(id).widgets.find(widget => widget.name === 'without').value"
        return self.page.evaluate(value, node)

    def into_subgraph(self, node: int) -> None:
        """Put a node into a subgraph of its own, and open that."""
        self.page.evaluate(_INTO_SUBGRAPH, node)
        self.page.wait_for_timeout(800)

    def open_sidebar(self) -> None:
        """Click the tab of this pack."""
        self.page.locator("button:has(.pi-tags)").first.click()
        self.page.locator(".dbi-sidebar").wait_for(timeout=PAGE_MS)
        self.page.locator(".dbi-foot .dbi-button").wait_for(timeout=PAGE_MS)

    def search(self, text: str) -> None:
        """Type into the sidebar and wait for the answer, names included."""
        with self.page.expect_response(lambda answer: answer.url.endswith("/v1/tags"), timeout=PAGE_MS):
            self.page.locator(".dbi-input").fill(text)
        self.page.locator(".dbi-sidebar .dbi-row").first.wait_for(timeout=PAGE_MS)
        self.page.wait_for_timeout(150)


@contextmanager
def open_page(
    server: HomeServer,
    browser: Any,
    *,
    vue: bool,
    locale: str = "en",
    theme: str = "dark",
    size: tuple[int, int] = (1600, 1000),
) -> Iterator[Page]:
    """A fresh page with these settings."""
    settings = {**SETTINGS, "Comfy.Locale": locale, "Comfy.VueNodes.Enabled": vue, "Comfy.ColorPalette": theme}
    server.post("/api/settings", settings)
    context = browser.new_context(viewport={"width": size[0], "height": size[1]})
    opened = Page(context.new_page(), server)
    try:
        opened.page.goto(server.url)
        opened.page.wait_for_function(READY, timeout=PAGE_MS)
        yield opened
    finally:
        context.close()
