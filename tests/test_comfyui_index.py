"""Which index the nodes use in a real ComfyUI: named, built again, gone back from, fetched, shared and interrupted."""

from __future__ import annotations

import gzip
import shutil
from pathlib import Path

import psutil
import pytest
from comfyui import PromptRefused
from comfyui_home import HomeServer
from comfyui_marks import each_version
from node_graphs import load_node, message, rebuild_graph, search_graph, texts

from danbooru_index.corpus.reader import corpus_sha256
from danbooru_index.locate import STARTER_CORPUS

pytest_plugins = ["comfyui_fixtures"]
pytestmark = [pytest.mark.comfyui, pytest.mark.slow, each_version]


def test_load_names_the_index_and_a_missing_one_is_an_error_on_the_node(server: HomeServer) -> None:
    graph = search_graph("雨伞", index=["9", 0])
    graph["9"] = load_node(folder=str(server.home / "index"))
    assert texts(server.run(graph, 120), "3")[0] == "umbrella"
    graph["9"]["inputs"]["folder"] = str(server.home / "nowhere")
    error = message(server.run(graph, 120), "execution_error")
    assert error is not None and error["node_id"] == "9"
    message_text = error["exception_message"]
    assert "There is no index folder" in message_text and message_text.endswith("so that the starter index is used.\n")
    graph["9"] = load_node(folder=str(server.home / "index"), encoder="BAAI/bge-m3")
    error = message(server.run(graph, 120), "execution_error")
    assert error is not None and error["node_id"] == "9"
    assert "was built by use-multilingual@0.2.1" in error["exception_message"]


def test_the_second_run_is_served_from_the_cache_until_the_index_changes(server: HomeServer) -> None:
    graph = search_graph("红眼睛")
    server.run(graph, 120)
    cached = message(server.run(graph, 120), "execution_cached")
    assert cached is not None and set(cached["nodes"]) == {"1", "2", "3", "4"}
    version = (server.home / "index" / "CURRENT").read_text(encoding="utf-8").strip()
    versions = server.home / "index" / "versions"
    if not (versions / "again").exists():
        shutil.copytree(versions / version, versions / "again")
    (server.home / "index" / "CURRENT").write_text("again\n", encoding="utf-8")
    entry = server.run(graph, 120)
    cached = message(entry, "execution_cached")
    assert cached is not None and "1" not in cached["nodes"]
    assert texts(entry, "3")[0] == "red_eyes"


def test_load_settings_that_mean_the_same_share_one_index(server: HomeServer) -> None:
    def memory() -> int:
        own = psutil.Process(server.pid)
        return max(process.memory_info().rss for process in [own, *own.children(recursive=True)])

    def search_with(**inputs: object) -> None:
        graph = search_graph("猫耳", index=["9", 0])
        graph["9"] = load_node(**inputs)
        assert texts(server.run(graph, 120), "3")[0] == "cat_ears"

    search_with()
    readers = len(list((server.home / "index" / "readers").glob("*/*.lock")))
    before = memory()
    for number in range(10):
        search_with(
            endpoint=f"http://127.0.0.1:9/{number}", device=["auto", "cpu"][number % 2], repository=f"a/{number}"
        )
    assert len(list((server.home / "index" / "readers").glob("*/*.lock"))) == readers
    assert memory() - before < 20_000_000


def test_an_interrupted_run_stops_and_the_next_one_works(server: HomeServer, tmp_path: Path) -> None:
    """The starter corpus is read from a file of the user's: encoding it takes long enough to be interrupted."""
    pointer = server.home / "index" / "CURRENT"
    before = pointer.read_text(encoding="utf-8")
    prompt = server.queue({"8": rebuild_graph(str(shutil.copy(STARTER_CORPUS, tmp_path / "mine.jsonl.gz")))["8"]})
    version = server.home / "index" / "versions" / f"{corpus_sha256(STARTER_CORPUS)[:12]}-use-multilingual"
    try:
        server.wait_there(version)
        server.interrupt()
        interrupted = message(server.wait(prompt, 120), "execution_interrupted")
        assert interrupted is not None and interrupted["node_id"] == "8"
        assert pointer.read_text(encoding="utf-8") == before
        assert texts(server.run(search_graph("猫耳", limit=1), 120), "3") == ["cat_ears"]
    finally:
        shutil.rmtree(version, ignore_errors=True)


def test_the_first_answer_of_all_comes_from_the_starter_index(server: HomeServer) -> None:
    index = server.home / "index"
    index.rename(server.home / "away")
    try:
        entry = server.run(search_graph("水手服"), 120)
        assert texts(entry, "3")[0] == "serafuku" and "starter index" in texts(entry, "4")[0]
    finally:
        (server.home / "away").rename(index)


def test_rebuild_makes_an_index_that_the_next_search_uses(server: HomeServer, corpus: Path) -> None:
    lines = corpus.read_text(encoding="utf-8")
    more = '{"text": "【通用】a_new_tag - 新的标签。 Not there before.", "post_count": 7}\nno json\n'
    corpus.write_text(lines + more, encoding="utf-8")
    pairs = corpus.with_name("corpus.cooccurrence.csv.gz")
    pairs.write_bytes(gzip.compress(b"tag_a,tag_b,count\ncat_ears,a_new_tag,5\n"))
    entry = server.run(rebuild_graph(str(corpus)), 300)
    assert texts(entry, "3") == ["a_new_tag"]
    report = entry["outputs"]["8"]["text"][0]
    assert report.startswith("18 tags") and "skipped line 19: not JSON" in report
    assert f"1 pairs of tags are taken from {pairs.name}." in report
    # From its own corpus the index keeps its pairs.
    own = server.run(rebuild_graph(""), 300)["outputs"]["8"]["text"][0]
    assert own.startswith("18 tags") and "1 pairs of tags are taken from own.cooccurrence.csv.gz." in own
    # Without a Load or Rebuild node the search finds the new index too.
    assert texts(server.run(search_graph("新的标签", limit=1), 120), "3") == ["a_new_tag"]
    error = message(server.run(rebuild_graph(str(corpus), tolerant=False), 300), "execution_error")
    assert error is not None and error["node_id"] == "8" and "line 19: not JSON" in error["exception_message"]
    assert texts(server.run(search_graph("新的标签", limit=1), 120), "3") == ["a_new_tag"]


def test_an_edited_corpus_is_built_again_and_a_table_is_prepared(server: HomeServer, tmp_path: Path) -> None:
    table = tmp_path / "danbooru.csv"
    table.write_text("long_hair,0,5000000,longhair\nwlop,1,500,\n", encoding="utf-8")
    graph = {"8": rebuild_graph(str(table))["8"]}
    report = server.run(graph, 300)["outputs"]["8"]["text"][0]
    assert report.startswith("2 tags") and "prepared 2 tags from danbooru.csv" in report
    assert "2 tags, about 5 s." in server.log.read_text(encoding="utf-8")
    assert message(server.run(graph, 300), "execution_cached")["nodes"] == ["8"]
    table.write_text("long_hair,0,5000000,longhair\nwlop,1,500,\nsmile,0,3000000,\n", encoding="utf-8")
    assert server.run(graph, 300)["outputs"]["8"]["text"][0].startswith("3 tags")


def test_back_to_the_starter_index(server: HomeServer) -> None:
    before = (server.home / "index" / "CURRENT").read_text(encoding="utf-8")
    report = server.run({"8": rebuild_graph("starter")["8"]}, 600)["outputs"]["8"]["text"][0]
    assert report.endswith("The index that was built before rests on the disk.")
    entry = server.run(search_graph("水手服"), 120)
    assert "starter index" in texts(entry, "4")[0]
    assert (server.home / "index" / "CURRENT.aside").read_text(encoding="utf-8") == before
    (server.home / "index" / "CURRENT.aside").rename(server.home / "index" / "CURRENT")


def test_a_corpus_that_is_not_there_is_said_at_its_field(server: HomeServer) -> None:
    with pytest.raises(PromptRefused) as refused:
        server.queue({"8": rebuild_graph("/nowhere/corpus.jsonl")["8"]})
    assert "There is no file /nowhere/corpus.jsonl" in refused.value.body["node_errors"]["8"]["errors"][0]["details"]


def test_without_a_repository_what_is_there_serves_and_says_so(server: HomeServer) -> None:
    index = server.home / "index"
    index.rename(server.home / "away")
    try:
        graph = search_graph("水手服", index=["9", 0])
        graph["9"] = load_node(download="if missing")
        entry = server.run(graph, 600)
        report = texts(entry, "4")[0]
        assert "starter index" in report and "(nothing was downloaded: no prebuilt index" in report
    finally:
        shutil.rmtree(index, ignore_errors=True)
        (server.home / "away").rename(index)


def test_a_source_that_only_the_workflow_names_is_refused_until_the_user_allows_it(server: HomeServer) -> None:
    graph = search_graph("猫耳", index=["9", 0])
    graph["9"] = load_node(download="update", repository="some/body", folder="")
    error = message(server.run(graph, 120), "execution_error")
    assert error is not None and error["node_id"] == "9" and error["exception_type"] == "danbooru_index.NodeError"
    assert 'allowed_repositories = ["some/body"]' in error["exception_message"]
    answer = server.ask("comfyui/allow", kind="repository", value="some/body")
    assert answer == {"kind": "repository", "value": "some/body"}
    assert "some/body" in (server.home / "config.toml").read_text(encoding="utf-8")
    error = message(server.run(graph, 120), "execution_error")
    assert (
        error is not None and "allowed_repositories" not in error["exception_message"]
    )  # offline, but no more refused
