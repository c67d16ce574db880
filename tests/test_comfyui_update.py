"""The newest index of a repository, taken from the page.

The dialog's Update in a real ComfyUI, from a server that speaks the Hub's protocol, with searches beside the
download.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from browser_page import Page
from comfyui_home import HomeServer
from conftest import corpus_lines
from hub_server import HubServer
from hub_versions import REPOSITORY

from danbooru_index.encoders import open_encoder
from danbooru_index.index.versions import current_version
from danbooru_index.indexing import build_index

sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed: pip install playwright")

pytest_plugins = ["browser_fixtures", "comfyui_fixtures"]
pytestmark = [pytest.mark.comfyui, pytest.mark.slow]


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubServer]:
    """The index of all but one tag of the small corpus."""
    with HubServer() as running:
        publish(running, corpus_lines()[:-1], tmp_path_factory.mktemp("published"))
        yield running


def publish(hub: HubServer, lines: list[str], folder: Path) -> None:
    """Build an index of these lines and make it the repository's newest commit."""
    corpus = folder / "corpus.jsonl"
    corpus.write_text("\n".join(lines) + "\n", encoding="utf-8")
    build_index(corpus, folder / "index", open_encoder("use-multilingual"))
    hub.add(REPOSITORY).commit_folder(current_version(folder / "index"))


@pytest.fixture(scope="module")
def server(hub: HubServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HomeServer]:
    environment = {"DANBOORU_INDEX_REPO": REPOSITORY, "HF_ENDPOINT": hub.url, "HF_HUB_OFFLINE": ""}
    with HomeServer(tmp_path_factory.mktemp("comfyui"), environment=environment) as running:
        yield running


def test_update_fetches_says_the_newest_is_here_and_searches_go_on(page: Page, hub: HubServer, tmp_path: Path) -> None:
    page.open_sidebar()
    page.page.locator(".dbi-foot .dbi-button").click()
    dialog = page.page.locator(".dbi-dialog")
    update = dialog.get_by_role("button", name="Update")
    about, job = dialog.locator(".dbi-about"), dialog.locator(".dbi-job")
    sync_api.expect(dialog.locator(".dbi-plan")).to_contain_text("tags, about")
    update.click()
    sync_api.expect(job).to_contain_text(f"The index of {REPOSITORY}", timeout=60_000)
    sync_api.expect(about).to_contain_text("Downloaded index · 16 tags")
    sync_api.expect(about).to_contain_text("finds by meaning, names, and words")
    sync_api.expect(about).to_contain_text(f"from {REPOSITORY} at ")
    update.click()
    sync_api.expect(job).to_contain_text(f"This is the newest index of {REPOSITORY}", timeout=60_000)

    assert page.server.ask("search", text="猫耳", limit=1)["hits"][0]["tag"] == "cat_ears"
    publish(hub, corpus_lines(), tmp_path)
    hub.fault("/storage/", rate=30_000, times=1)
    update.click()
    sync_api.expect(job).to_contain_text("downloading", timeout=60_000)
    assert page.server.ask("search", text="猫耳", limit=1)["hits"][0]["tag"] == "cat_ears"
    state = page.server.state()
    assert state["job"]["state"] == "running" and state["index"]["tags"] == 16
    sync_api.expect(about).to_contain_text("Downloaded index · 17 tags", timeout=60_000)
    assert page.server.about()["tags"] == 17
    assert hub.url not in str(page.server.state())


def test_an_update_is_cancelled_and_the_old_index_stays(page: Page, hub: HubServer, tmp_path: Path) -> None:
    before = page.server.about()
    publish(hub, corpus_lines()[:9], tmp_path)
    hub.fault("/storage/", stall=60)
    page.open_sidebar()
    page.page.locator(".dbi-foot .dbi-button").click()
    dialog = page.page.locator(".dbi-dialog")
    dialog.get_by_role("button", name="Update").click()
    sync_api.expect(dialog.locator(".dbi-job")).to_contain_text("downloading", timeout=60_000)
    dialog.get_by_role("button", name="Cancel").click()
    sync_api.expect(dialog.locator(".dbi-job")).to_contain_text("Cancelled", timeout=60_000)
    assert page.server.about() == before
