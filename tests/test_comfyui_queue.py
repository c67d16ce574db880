"""A rebuild as a queued prompt, from the page.

What a GPU's needs, here on the CPU by the setting `queue_builds`, with BGE-M3's own code over a tiny checkpoint.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from browser_page import Page
from comfyui import with_bge_m3
from comfyui_home import REQUIREMENTS, V1, HomeServer
from node_graphs import rebuild_graph

sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed: pip install playwright")

pytest_plugins = ["browser_fixtures", "comfyui_fixtures", "m3_fixtures"]
pytestmark = [pytest.mark.comfyui, pytest.mark.slow, pytest.mark.torch]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, small_folder: Path, tiny_folder: Path) -> Iterator[HomeServer]:
    with HomeServer(
        tmp_path_factory.mktemp("comfyui"),
        index=small_folder,
        environment={"DANBOORU_INDEX_MODEL": str(tiny_folder), "DANBOORU_INDEX_QUEUE_BUILDS": "1"},
        requirements=with_bge_m3(REQUIREMENTS),
    ) as running:
        yield running


def order(page: Page, table: Path) -> sync_api.Locator:
    """Upload a table and order a build from it in the dialog, which is returned."""
    if not page.page.locator(".dbi-sidebar").count():
        page.open_sidebar()
    page.page.locator(".dbi-foot .dbi-button").click()
    dialog = page.page.locator(".dbi-dialog")
    dialog.locator("input[type=file]").set_input_files(table)
    build = dialog.get_by_role("button", name="Build", exact=True)
    sync_api.expect(dialog.locator(".dbi-plan")).to_contain_text("as a queued prompt")
    build.click()
    sync_api.expect(dialog.locator(".dbi-question")).to_be_visible()
    build.click()
    return dialog


def last_prompt(server: HomeServer) -> dict:
    """The newest entry of ComfyUI's history."""
    return list(server.get("/history").values())[-1]


def test_a_build_for_a_device_that_is_not_there_says_so(server: HomeServer, corpus: Path) -> None:
    """The process of the build is told the device; that ComfyUI's own, here the CPU, is another one changes nothing silently."""
    entry = server.run({"8": rebuild_graph(str(corpus), device="xpu")["8"]}, 300)
    assert entry["status"]["status_str"] == "error"
    said = entry["status"]["messages"][-1][1]["exception_message"]
    assert "BGE-M3 cannot be brought to the device xpu" in said and "Choose device cpu" in said


def test_the_build_runs_as_a_prompt_and_the_page_follows_it(page: Page, tmp_path: Path, tiny_folder: Path) -> None:
    table = tmp_path / "my tags.csv"
    table.write_text("long_hair,0,5000000,longhair\ntwintails,0,900000,\nwlop,1,500,\n", encoding="utf-8")
    dialog = order(page, table)
    sync_api.expect(dialog.locator(".dbi-job")).to_contain_text("Done.", timeout=120_000)
    sync_api.expect(dialog.locator(".dbi-about")).to_contain_text("Index · 3 tags")
    sync_api.expect(dialog.locator(".dbi-about")).to_contain_text(
        "finds by meaning, names, words, term weights, and late interaction"
    )
    entry = last_prompt(page.server)
    assert entry["status"]["status_str"] == "success"
    assert [node["class_type"] for node in entry["prompt"][2].values()] == ["DanbooruIndexRebuild"]
    state = page.server.state()
    assert state["job"]["kind"] == "rebuild" and state["job"]["state"] == "done"
    assert state["index"]["encoder"].startswith(tiny_folder.as_posix())
    hits = page.server.ask("search", text="long hair", limit=1)["hits"]
    assert [hit["tag"] for hit in hits] == ["long_hair"]


def test_cancel_in_the_dialog_interrupts_the_prompt(page: Page, tmp_path: Path) -> None:
    before = page.server.about()["version"]
    table = tmp_path / "many.csv"
    table.write_text("".join(f"some_tag_number_{n},0,{9000 - n},\n" for n in range(6000)), encoding="utf-8")
    dialog = order(page, table)
    sync_api.expect(dialog.locator(".dbi-job")).to_contain_text("encoding texts", timeout=120_000)
    page.server.until(lambda: page.server.job()["done"], 120, "no text is written")
    dialog.get_by_role("button", name="Cancel").click()
    sync_api.expect(dialog.locator(".dbi-job")).to_contain_text("Cancelled", timeout=60_000)
    page.page.wait_for_timeout(500)
    messages = [kind for kind, _ in last_prompt(page.server)["status"]["messages"]]
    assert "execution_interrupted" in messages
    assert page.server.about()["version"] == before
    # What it has encoded is kept for it. Another corpus is built when a person says that it may be thrown away.
    few = tmp_path / "few.csv"
    few.write_text("long_hair,0,5000000,longhair\nwlop,1,500,\n", encoding="utf-8")
    dialog.get_by_role("button", name="Close").click()
    dialog = order(page, few)
    said = dialog.locator(".dbi-error")
    sync_api.expect(said).to_contain_text("An unfinished build of something else is in the way", timeout=120_000)
    sync_api.expect(dialog.locator(".dbi-job")).to_contain_text("an unfinished build of another corpus")
    dialog.get_by_role("button", name="Throw the unfinished build away and build").click()
    sync_api.expect(dialog.locator(".dbi-job")).to_contain_text("Done.", timeout=120_000)
    sync_api.expect(dialog.locator(".dbi-about")).to_contain_text("Index · 2 tags")


def test_what_is_to_be_queued_is_not_built_in_the_background(server: HomeServer) -> None:
    answer = server.client.post(f"{V1}/comfyui/rebuild", json={})
    assert answer.status_code == 400 and "one for the queue" in answer.json()["error"]
