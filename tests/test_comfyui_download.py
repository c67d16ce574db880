"""A download that fails under a real ComfyUI: what was merely wished for is done without, what the workflow names is an error."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from comfyui_home import HomeServer
from hub_server import HubServer
from hub_versions import REPOSITORY
from node_graphs import load_node, message, search_graph, texts

from danbooru_index.index.versions import current_version

pytestmark = [pytest.mark.comfyui, pytest.mark.slow]


@pytest.fixture
def hub(small_folder: Path) -> Iterator[HubServer]:
    """The small index is published there, but the storage has lost its large files."""
    with HubServer() as running:
        running.add(REPOSITORY).commit_folder(current_version(small_folder))
        running.fault("/storage/", status=404)
        yield running


@pytest.fixture
def server(hub: HubServer, tmp_path: Path) -> Iterator[HomeServer]:
    """No index but the starter; the user's settings name the repository."""
    environment = {"DANBOORU_INDEX_REPO": REPOSITORY, "HF_ENDPOINT": hub.url, "HF_HUB_OFFLINE": ""}
    with HomeServer(tmp_path, environment=environment) as running:
        yield running


def test_a_download_that_fails_falls_back_and_is_tried_again_unless_the_workflow_names_it(
    server: HomeServer, hub: HubServer
) -> None:
    graph = search_graph("水手服", index=["9", 0])
    graph["9"] = load_node(download="if missing")
    report = texts(server.run(graph, 600), "4")[0]  # the starter may have to be built
    assert "starter index" in report
    assert f"(the index of {REPOSITORY} could not be downloaded: " in report and "HTTP 404" in report
    assert not (server.home / "index" / "CURRENT").exists()

    graph["9"] = load_node(download="if missing", repository=REPOSITORY)
    error = message(server.run(graph, 300), "execution_error")
    assert error is not None and error["node_id"] == "9" and error["exception_type"] == "danbooru_index.NodeError"
    assert hub.url in error["exception_message"] and "HTTP 404" in error["exception_message"]

    hub.faults.clear()
    graph["9"] = load_node(download="if missing")
    entry = server.run(graph, 300)
    assert texts(entry, "3")[0] == "serafuku"
    report = texts(entry, "4")[0]
    assert str(server.home / "index") in report and "could not be downloaded" not in report
