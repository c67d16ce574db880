"""BGE-M3 chosen in the page where its weights are nowhere: what is missing is said, downloaded through a mirror, and built with.

The pack in this ComfyUI is the real one but for the table of the weights' sizes and hashes, which names a tiny checkpoint.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser_page import Page
from comfyui import with_bge_m3
from comfyui_home import REQUIREMENTS, ROOT, HomeServer
from comfyui_server import NOT_COPIED
from hub_repositories import Blob
from hub_server import HubServer

from danbooru_index.encoders.model_files import CONFIG, REPOSITORY, REVISION, UPSTREAM, read_config
from danbooru_index.storage.files import sha256_of

sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed: pip install playwright")

pytest_plugins = ["browser_fixtures", "comfyui_fixtures", "m3_fixtures"]
pytestmark = [pytest.mark.comfyui, pytest.mark.slow, pytest.mark.torch]


def files_of(checkpoint: Path) -> dict[str, Path]:
    """A checkpoint's files by name, the config last, as the table of the real one has them."""
    found = sorted(checkpoint.iterdir(), key=lambda path: (path.name == CONFIG, path.name))
    return {path.name: path for path in found}


def pack_for(checkpoint: Path, folder: Path) -> Path:
    """A copy of the pack that takes this checkpoint for BGE-M3."""
    shutil.copytree(ROOT, folder, ignore=NOT_COPIED)
    module = folder / "danbooru_index" / "encoders" / "model_files.py"
    table = {name: (path.stat().st_size, sha256_of(path)) for name, path in files_of(checkpoint).items()}
    code, tables = re.subn(
        r"^UPSTREAM = \{.*?^\}", f"UPSTREAM = {table!r}", module.read_text("utf-8"), flags=re.S | re.M
    )
    code, widths = re.subn(r"(REPOSITORY, REVISION), 1024\)", rf"\1, {read_config(checkpoint).hidden})", code)
    assert (tables, widths) == (1, 1) and set(UPSTREAM) - set(table) <= {
        "pytorch_model.bin",
        "sentencepiece.bpe.model",
        "special_tokens_map.json",
    }
    module.write_text(code, "utf-8")
    return folder


@pytest.fixture(scope="module")
def mirror(tiny_folder: Path) -> Iterator[HubServer]:
    """A Hub that holds the checkpoint under the real one's name and commit, and sends it slowly enough to be seen."""
    with HubServer() as running:
        blobs = {name: Blob(path) for name, path in files_of(tiny_folder).items()}
        running.add(REPOSITORY, "model").commits[REVISION] = blobs
        yield running


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, small_folder: Path, tiny_folder: Path, mirror: HubServer
) -> Iterator[HomeServer]:
    environment = {"HF_HOME": str(tmp_path_factory.mktemp("hub")), "HF_ENDPOINT": mirror.url, "HF_HUB_OFFLINE": ""}
    with HomeServer(
        tmp_path_factory.mktemp("comfyui"),
        index=small_folder,
        environment=environment,
        pack=pack_for(tiny_folder, tmp_path_factory.mktemp("pack") / "danbooru-index"),
        requirements=with_bge_m3(REQUIREMENTS),
    ) as running:
        yield running


def test_missing_weights_are_said_downloaded_with_progress_and_built_with(
    page: Page, mirror: HubServer, tmp_path: Path, tiny_folder: Path
) -> None:
    table = tmp_path / "my tags.csv"
    table.write_text("long_hair,0,5000000,longhair\ntwintails,0,900000,\nwlop,1,500,\n", encoding="utf-8")
    page.open_sidebar()
    page.page.locator(".dbi-foot .dbi-button").click()
    dialog = page.page.locator(".dbi-dialog")
    dialog.locator("input[type=file]").set_input_files(table)
    plan, job = dialog.locator(".dbi-plan"), dialog.locator(".dbi-job")
    sync_api.expect(plan).to_contain_text("3 tags")
    dialog.get_by_label("Encoder").select_option("BAAI/bge-m3")
    sync_api.expect(plan).to_contain_text("of model files are downloaded first")
    weights = page.server.home / "models" / "bge-m3"
    assert not weights.exists() and not mirror.requests
    mirror.fault("/storage/", rate=100_000)
    build = dialog.get_by_role("button", name="Build", exact=True)
    build.click()
    build.click()
    sync_api.expect(job).to_contain_text("downloading", timeout=120_000)
    # The old index answers beside the download.
    hits = page.server.ask("search", text="猫耳", limit=1)["hits"]
    assert [hit["tag"] for hit in hits] == ["cat_ears"]
    sync_api.expect(job).to_contain_text("Done.", timeout=240_000)
    sync_api.expect(dialog.locator(".dbi-about")).to_contain_text("Index · 3 tags")
    assert {path.name for path in weights.iterdir() if path.is_file()} == set(files_of(tiny_folder))
    assert page.server.state()["index"]["encoder"].startswith(REPOSITORY)
    hits = page.server.ask("search", text="long hair", limit=1)["hits"]
    assert [hit["tag"] for hit in hits] == ["long_hair"]
    # With the weights here nothing is downloaded any more.
    assert page.server.ask("comfyui/plan", encoder=REPOSITORY)["download_bytes"] == 0
