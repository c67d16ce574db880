"""What the page asks before something is done: whether a source of a workflow is allowed, and whether to build from a path."""

from __future__ import annotations

from pathlib import Path

import pytest
from browser_page import Page

sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed: pip install playwright")

pytest_plugins = ["browser_fixtures", "comfyui_fixtures"]
pytestmark = [pytest.mark.comfyui, pytest.mark.slow]
LOAD = """() => {
  const graph = window.app.graph, load = window.LiteGraph.createNode("DanbooruIndexLoad");
  graph.add(load);
  const value = (name, to) => { load.widgets.find(widget => widget.name === name).value = to; };
  value("download", "update");
  value("repository", "some/body");
  load.connect(0, graph.getNodeById(1), graph.getNodeById(1).inputs.findIndex(input => input.name === "index"));
}"""
REBUILD = """corpus => {
  const graph = window.app.graph, node = window.LiteGraph.createNode("DanbooruIndexRebuild");
  graph.clear();
  graph.add(node);
  node.widgets.find(widget => widget.name === "corpus").value = corpus;
  window.pressed = node.widgets.find(widget => widget.type === "button").callback();
}"""


def failed_run(page: Page) -> str:
    """Press the run button; what the error of the run says."""
    with page.page.expect_response(lambda answer: answer.url.endswith("/api/prompt")) as sent:
        page.page.get_by_test_id("queue-button").click()
    entry = page.server.wait(sent.value.json()["prompt_id"], 120)
    return entry["status"]["messages"][-1][1]["exception_message"]


def test_a_source_of_a_workflow_is_allowed_by_a_person(page: Page) -> None:
    page.load("Tag Search")
    page.page.evaluate(LOAD)
    said = failed_run(page)
    assert "say yes where ComfyUI's page asks Allow this source?" in said
    question = page.page.get_by_role("dialog").filter(has_text="Allow this source?")
    sync_api.expect(question).to_contain_text("A workflow asks for the repository “some/body”")
    question.get_by_role("button", name="Cancel").click()
    sync_api.expect(question).to_have_count(0)
    config = page.server.home / "config.toml"
    assert not config.exists()
    failed_run(page)  # which asks again
    question.get_by_role("button", name="Confirm").click()
    sync_api.expect(page.page.get_by_text("Allowed. Run again.")).to_be_visible()
    assert 'allowed_repositories = ["some/body"]' in config.read_text(encoding="utf-8")
    assert "allowed_repositories" not in failed_run(page)  # it is offline, but refused no more


def test_a_build_from_a_path_begins_when_a_person_has_confirmed(page: Page, corpus: Path) -> None:
    page.page.evaluate(REBUILD, str(corpus))
    question = page.page.get_by_role("dialog").filter(has_text=str(corpus))
    sync_api.expect(question).to_contain_text("The node first says how many tags that are")
    question.get_by_role("button", name="Cancel").click()
    page.page.evaluate("() => window.pressed")
    queue = page.server.get("/queue")
    assert not queue["queue_running"] and not queue["queue_pending"]
    page.page.evaluate(REBUILD, str(corpus))
    with page.page.expect_response(lambda answer: answer.url.endswith("/api/prompt")) as sent:
        question.get_by_role("button", name="Confirm").click()
    entry = page.server.wait(sent.value.json()["prompt_id"], 120)
    assert entry["status"]["status_str"] == "success", entry["status"]
    assert "17 tags, about 5 s." in page.server.log.read_text(encoding="utf-8")
