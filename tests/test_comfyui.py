"""The pack in a real ComfyUI, as a subprocess, over HTTP: the oldest release that is promised and a new one."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from comfyui import ComfyUIServer, PromptRefused, prepare
from node_inputs import FROZEN

from danbooru_index.locate import STARTER_CORPUS
from danbooru_index.storage.files import sha256_of

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = ("zh", "zh-TW", "ja", "ko")
pytestmark = [pytest.mark.comfyui, pytest.mark.slow]


@pytest.fixture(scope="module", params=["0.30.0", "0.18.2"])
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, small_folder: Path
) -> Iterator[ComfyUIServer]:
    base = tmp_path_factory.mktemp("comfyui")
    home = base / "home"
    shutil.copytree(small_folder, home / "index")
    environment = {"DANBOORU_INDEX_HOME": str(home), "HF_HUB_OFFLINE": "1"}
    installation = prepare(request.param, ROOT / "requirements.txt")
    with ComfyUIServer(installation, pack=ROOT, base_directory=base, environment=environment) as running:
        running.home = home
        yield running


def message(entry: dict, kind: str) -> dict | None:
    return next((m[1] for m in entry["status"]["messages"] if m[0] == kind), None)


def search_graph(text: str, **inputs: object) -> dict:
    """Tag Search with each of its outputs shown."""
    return node_graph("DanbooruIndexTagSearch", text=text, **{"limit": 3, **inputs})


def node_graph(node_id: str, **inputs: object) -> dict:
    """A node, with its defaults where nothing else is given, and each of its outputs shown."""
    frozen, outputs = FROZEN[node_id]
    values = {name: default for name, default in frozen if default is not None}
    graph = {"1": {"class_type": node_id, "inputs": {**values, **inputs}}}
    for slot in range(len(outputs)):
        graph[str(2 + slot)] = {"class_type": "PreviewAny", "inputs": {"source": ["1", slot]}}
    return graph


def load_node(**inputs: object) -> dict:
    """A Load node with its defaults."""
    values = {
        "encoder": "auto",
        "device": "auto",
        "precision": "auto",
        "download": "never",
        "repository": "",
        "endpoint": "",
    }
    return {"class_type": "DanbooruIndexLoad", "inputs": {"folder": "", **values, **inputs}}


def rebuild_graph(corpus: str, **inputs: object) -> dict:
    """Rebuild, and a search in the index that it gives."""
    values = {"encoder": "auto", "device": "auto", "batch_size": 0, "unfinished": "resume", "tolerant": True}
    graph = search_graph("a new tag", index=["8", 0], limit=1)
    graph["8"] = {"class_type": "DanbooruIndexRebuild", "inputs": {"corpus": corpus, **values, **inputs}}
    return graph


def texts(entry: dict, node: str) -> list[str]:
    """What a preview shows."""
    assert entry["status"]["status_str"] == "success", entry["status"]
    return entry["outputs"][node]["text"]


def test_the_pack_is_imported_fast_and_every_input_has_a_tooltip(server: ComfyUIServer) -> None:
    assert server.import_seconds() <= 0.5  # on a busy machine; benchmarks/imports.py measures it
    for node_id in FROZEN:
        info = server.object_info(node_id)
        assert all(options[1].get("tooltip") for options in inputs_of(info).values())
        assert all(info["output_tooltips"])


def inputs_of(info: dict) -> dict:
    kinds = [kind for kind in ("required", "optional") if kind in info["input_order"]]
    return {name: info["input"][kind][name] for kind in kinds for name in info["input_order"][kind]}


def test_what_saved_workflows_depend_on_never_changes(server: ComfyUIServer) -> None:
    for node_id, (inputs, outputs) in FROZEN.items():
        info = server.object_info(node_id)
        assert [(name, options[1].get("default")) for name, options in inputs_of(info).items()] == inputs
        assert info["output_name"] == outputs
        if "tags" in outputs:
            assert info["output_is_list"] == [name == "tags" for name in outputs]
    assert {node for node in server.get("/object_info") if node.startswith("DanbooruIndex")} == set(FROZEN)


def test_every_node_is_translated_and_has_help_pages(server: ComfyUIServer) -> None:
    translated = server.get("/i18n")
    for node_id, (inputs, outputs) in FROZEN.items():
        for language in LANGUAGES:
            words = translated[language]["nodeDefs"][node_id]
            assert list(words["inputs"]) == [name for name, _ in inputs]
            assert list(words["outputs"]) == [str(slot) for slot in range(len(outputs))]
            assert words["display_name"] and words["description"]
        for page in (f"{node_id}.md", *(f"{node_id}/{language}.md" for language in LANGUAGES)):
            answer = server.client.get(f"/extensions/danbooru-index/docs/{page}")
            assert answer.status_code == 200 and answer.text.startswith("# Danbooru")


def test_example_workflows_hold_a_value_for_every_widget(server: ComfyUIServer) -> None:
    (names,) = [found for pack, found in server.get("/workflow_templates").items() if pack == "danbooru-index"]
    assert sorted(names) == ["Prompt Expand", "Tag Search", "Text to Image"]
    for name in names:
        assert (ROOT / "example_workflows" / f"{name}.jpg").stat().st_size > 5000
        path = ROOT / "example_workflows" / f"{name}.json"
        for node in json.loads(path.read_text(encoding="utf-8"))["nodes"]:
            if node["type"] in FROZEN:
                inputs, outputs = FROZEN[node["type"]]
                widgets = [default for name, default in inputs if name != "index"]
                assert [type(value) for value in node["widgets_values"]] == [type(value) for value in widgets]
                assert [output["name"] for output in node["outputs"]] == outputs


def test_the_text_to_image_workflow_gives_both_prompts(server: ComfyUIServer) -> None:
    """Its image part needs a checkpoint; here what it would encode is shown instead."""
    path = ROOT / "example_workflows" / "Text to Image.json"
    workflow = json.loads(path.read_text(encoding="utf-8"))
    (expand,) = [node for node in workflow["nodes"] if node["type"] == "DanbooruIndexPromptExpand"]
    encoders = {node["id"] for node in workflow["nodes"] if node["type"] == "CLIPTextEncode"}
    wired = {link[2]: link[3] for link in workflow["links"] if link[1] == expand["id"]}
    assert set(wired) == {0, 1} and set(wired.values()) == encoders
    names = [name for name, _ in FROZEN["DanbooruIndexPromptExpand"][0] if name != "index"]
    graph = node_graph("DanbooruIndexPromptExpand", **dict(zip(names, expand["widgets_values"], strict=True)))
    entry = server.run(graph, 120)
    assert texts(entry, "2")[0].startswith("1girl") and "worst quality" in texts(entry, "3")[0]


def test_a_sentence_in_and_tags_out(server: ComfyUIServer) -> None:
    entry = server.run(search_graph("双马尾"), 120)
    assert texts(entry, "2")[0].split(", ")[0] == "twintails"
    assert texts(entry, "3")[0] == "twintails" and len(texts(entry, "3")) == 3
    assert texts(entry, "4")[0].splitlines()[2].startswith("twintails")
    assert str(server.home / "index") in texts(entry, "4")[0]
    assert "twintails" in entry["outputs"]["1"]["text"][0]


def test_brackets_and_underscores_as_chosen(server: ComfyUIServer) -> None:
    entry = server.run(search_graph("saber (fate)", limit=1), 120)
    assert texts(entry, "2") == [r"saber \(fate\)"]
    entry = server.run(search_graph("saber (fate)", limit=1, spaces=False, escape=False), 120)
    assert texts(entry, "2") == ["saber_(fate)"]


def test_filters_reach_the_engine(server: ComfyUIServer) -> None:
    assert texts(server.run(search_graph("nude", nsfw="only", limit=5), 120), "3") == ["nude"]
    assert texts(server.run(search_graph("girl", category="meta", limit=5), 120), "3") == ["highres"]
    assert texts(server.run(search_graph("girl", category="artist", min_count=1000), 120), "4")[0].startswith(
        "No tag fits"
    )


def test_a_sentence_becomes_a_prompt_and_its_negation_the_negative(server: ComfyUIServer) -> None:
    graph = node_graph("DanbooruIndexPromptExpand", text="一个女孩，双马尾，水手服，没有雨伞", budget=1.0)
    entry = server.run(graph, 120)
    assert texts(entry, "2") == ["1girl, twintails, serafuku"]
    assert texts(entry, "3") == ["umbrella"]
    assert texts(entry, "4") == ["1girl", "twintails", "serafuku"]
    report = texts(entry, "5")[0]
    assert (
        report.startswith("1girl, twintails, serafuku\nnegative: umbrella\n") and str(server.home / "index") in report
    )
    assert entry["outputs"]["1"]["text"] == [report]


def test_the_users_own_parts_of_a_prompt_stay_untouched(server: ComfyUIServer) -> None:
    text = "masterpiece, <lora:x:0.8>, 一个女孩穿着水手服, (red eyes:1.2)\nBREAK\n夜空, __weather__ {a|b}"
    graph = node_graph("DanbooruIndexPromptExpand", text=text, budget=1.0)
    assert texts(server.run(graph, 120), "2") == [
        "masterpiece, <lora:x:0.8>, 1girl, serafuku, (red eyes:1.2)\nBREAK\nnight sky, __weather__ {a|b}"
    ]


def test_the_look_and_the_filters_of_a_prompt_are_as_chosen(server: ComfyUIServer) -> None:
    def prompt(text: str, **inputs: object) -> str:
        return texts(server.run(node_graph("DanbooruIndexPromptExpand", text=text, budget=1.0, **inputs), 120), "2")[0]

    assert prompt("水手服", quality=True, prefix="a", suffix="b") == "a, serafuku, masterpiece, best quality, b"
    assert prompt("红眼睛", style="tags") == "red_eyes"
    assert prompt("猫耳", implied="add") == "cat ears, animal ears"
    assert prompt("裸体", nsfw="include") == "nude" and "nude" not in prompt("裸体")
    assert prompt("初音未来", category="character") == "hatsune miku"
    assert "hatsune miku" not in prompt("初音未来", exclude="character")


def test_an_expansion_of_nothing_passes_on_what_stands_around_it(server: ComfyUIServer) -> None:
    graph = node_graph("DanbooruIndexPromptExpand", text=" // later", prefix="a", suffix="b", negative="blurry")
    entry = server.run(graph, 120)
    assert texts(entry, "2") == ["a, b"] and texts(entry, "3") == ["blurry"]


def test_the_users_negative_and_quality_words_of_both_sides(server: ComfyUIServer) -> None:
    graph = node_graph("DanbooruIndexPromptExpand", text="水手服，没有雨伞", budget=1.0, negative="blurry, ")
    entry = server.run(graph, 120)
    assert texts(entry, "3") == ["blurry, umbrella"]
    graph["1"]["inputs"]["quality"] = True
    entry = server.run(graph, 120)
    assert texts(entry, "2") == ["serafuku, masterpiece, best quality"]
    assert texts(entry, "3")[0].startswith("blurry, umbrella, worst quality, ")


def test_comments_are_no_part_of_a_prompt(server: ComfyUIServer) -> None:
    graph = node_graph("DanbooruIndexPromptExpand", text="水手服 // 雨伞\n/* 夜空 */", budget=1.0)
    assert texts(server.run(graph, 120), "2") == ["serafuku"]


def chips(entry: dict, node: str = "1") -> list[dict]:
    """The chips that the page draws on a node."""
    (shown,) = entry["outputs"][node]["danbooru_index"]
    return [chip for concept in shown["concepts"] for chip in concept["chips"]]


def test_a_tag_that_is_switched_off_leaves_the_outputs_and_stays_a_chip(server: ComfyUIServer) -> None:
    graph = node_graph(
        "DanbooruIndexPromptExpand", text="一个女孩，双马尾，水手服", budget=1.0, without="Twin Tails, twintails"
    )
    entry = server.run(graph, 120)
    assert texts(entry, "2") == ["1girl, serafuku"] and texts(entry, "4") == ["1girl", "serafuku"]
    assert [chip["tag"] for chip in chips(entry)] == ["1girl", "twintails", "serafuku"]
    twintails = chips(entry)[1]
    assert (twintails["names"]["zh"], twintails["names"]["ja"], twintails["posts"]) == (
        "双马尾",
        "ツインテール",
        900_000,
    )
    entry = server.run(search_graph("双马尾", without="twintails"), 120)
    assert "twintails" not in texts(entry, "3") and chips(entry)[0]["tag"] == "twintails"
    related = node_graph("DanbooruIndexRelatedTags", tags="hatsune_miku", category="copyright", without="vocaloid")
    entry = server.run(related, 120)
    assert texts(entry, "2") == [""] and [chip["tag"] for chip in chips(entry)] == ["vocaloid"]


def test_only_what_fits_comes_into_the_prompt_of_a_search(server: ComfyUIServer) -> None:
    entry = server.run(search_graph("双马尾", limit=10), 120)
    assert texts(entry, "2") == ["twintails"] and len(texts(entry, "3")) == 10
    assert {chip["state"] for chip in chips(entry)[1:]} == {"weak"}


def test_related_tags_of_several(server: ComfyUIServer) -> None:
    entry = server.run(node_graph("DanbooruIndexRelatedTags", tags="very long hair，双马尾\nno such tag", limit=3), 120)
    found = texts(entry, "3")
    assert len(found) == 3 and "long_hair" in found and not {"very_long_hair", "twintails"} & set(found)
    assert texts(entry, "2") == [", ".join(found).replace("_", " ")]
    report = texts(entry, "4")[0]
    assert "by dense space" in report and report.endswith("warning: not in the index: no such tag")
    only = node_graph("DanbooruIndexRelatedTags", tags="hatsune_miku", category="copyright")
    assert texts(server.run(only, 120), "3") == ["vocaloid"]


def test_relatives_of_an_unknown_tag_are_an_error(server: ComfyUIServer) -> None:
    entry = server.run(node_graph("DanbooruIndexRelatedTags", tags="no such tag"), 120)
    error = message(entry, "execution_error")
    assert error is not None and "None of these tags is in the index: no such tag." in error["exception_message"]
    entry = server.run(node_graph("DanbooruIndexRelatedTags", tags=", ,"), 120)
    error = message(entry, "execution_error")
    assert error is not None and "There is no tag to find relatives of" in error["exception_message"]


def test_load_names_the_index_and_a_missing_one_is_an_error_on_the_node(server: ComfyUIServer) -> None:
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


def test_an_empty_text_is_refused_at_its_field(server: ComfyUIServer) -> None:
    for graph in (search_graph(" // nothing"), node_graph("DanbooruIndexRelatedTags", tags="\n")):
        graph = {"1": graph["1"]}
        with pytest.raises(PromptRefused) as refused:
            server.queue(graph)
        (error,) = refused.value.body["node_errors"]["1"]["errors"]
        assert "is empty. Say what you want to see" in error["details"]


def test_values_out_of_range_are_refused_before_the_run(server: ComfyUIServer) -> None:
    with pytest.raises(PromptRefused) as refused:
        server.queue(search_graph("x", limit=0))
    assert refused.value.body["node_errors"]["1"]["errors"][0]["type"] == "value_smaller_than_min"


def test_two_prompts_at_once_both_end(server: ComfyUIServer) -> None:
    first, second = server.queue(search_graph("猫耳")), server.queue(search_graph("夜空"))
    assert texts(server.wait(first, 120), "3")[0] == "cat_ears"
    assert texts(server.wait(second, 120), "3")[0] == "night_sky"


def test_the_second_run_is_served_from_the_cache_until_the_index_changes(server: ComfyUIServer) -> None:
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


def test_load_settings_that_mean_the_same_share_one_index(server: ComfyUIServer) -> None:
    def memory() -> int:
        pid = server.get("/system_stats") and server._process.pid  # the server's own process leads its group
        return max(process.memory_info().rss for process in [psutil.Process(pid), *psutil.Process(pid).children(True)])

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


def test_an_interrupted_run_stops_and_the_next_one_works(server: ComfyUIServer, tmp_path: Path) -> None:
    """The starter corpus is read from a file of the user's: encoding it takes long enough to be interrupted."""
    pointer = server.home / "index" / "CURRENT"
    before = pointer.read_text(encoding="utf-8")
    prompt = server.queue({"8": rebuild_graph(str(shutil.copy(STARTER_CORPUS, tmp_path / "mine.jsonl")))["8"]})
    version = server.home / "index" / "versions" / f"{sha256_of(STARTER_CORPUS)[:12]}-use-multilingual"
    try:
        server.wait_there(version)
        server.interrupt()
        interrupted = message(server.wait(prompt, 120), "execution_interrupted")
        assert interrupted is not None and interrupted["node_id"] == "8"
        assert pointer.read_text(encoding="utf-8") == before
        assert texts(server.run(search_graph("猫耳", limit=1), 120), "3") == ["cat_ears"]
    finally:
        shutil.rmtree(version, ignore_errors=True)


def test_the_first_answer_of_all_comes_from_the_starter_index(server: ComfyUIServer) -> None:
    index = server.home / "index"
    index.rename(server.home / "away")
    try:
        entry = server.run(search_graph("水手服"), 120)
        assert texts(entry, "3")[0] == "serafuku" and "starter index" in texts(entry, "4")[0]
    finally:
        (server.home / "away").rename(index)


def test_rebuild_makes_an_index_that_the_next_search_uses(server: ComfyUIServer, corpus: Path) -> None:
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


def test_an_edited_corpus_is_built_again_and_a_table_is_prepared(server: ComfyUIServer, tmp_path: Path) -> None:
    table = tmp_path / "danbooru.csv"
    table.write_text("long_hair,0,5000000,longhair\nwlop,1,500,\n", encoding="utf-8")
    graph = {"8": rebuild_graph(str(table))["8"]}
    report = server.run(graph, 300)["outputs"]["8"]["text"][0]
    assert report.startswith("2 tags") and "prepared 2 tags from danbooru.csv" in report
    assert message(server.run(graph, 300), "execution_cached")["nodes"] == ["8"]
    table.write_text("long_hair,0,5000000,longhair\nwlop,1,500,\nsmile,0,3000000,\n", encoding="utf-8")
    assert server.run(graph, 300)["outputs"]["8"]["text"][0].startswith("3 tags")


def test_back_to_the_starter_index(server: ComfyUIServer) -> None:
    before = (server.home / "index" / "CURRENT").read_text(encoding="utf-8")
    report = server.run({"8": rebuild_graph("starter")["8"]}, 600)["outputs"]["8"]["text"][0]
    assert report.endswith("The index that was built before rests on the disk.")
    entry = server.run(search_graph("水手服"), 120)
    assert "starter index" in texts(entry, "4")[0]
    assert (server.home / "index" / "CURRENT.aside").read_text(encoding="utf-8") == before
    (server.home / "index" / "CURRENT.aside").rename(server.home / "index" / "CURRENT")


def test_a_corpus_that_is_not_there_is_said_at_its_field(server: ComfyUIServer) -> None:
    with pytest.raises(PromptRefused) as refused:
        server.queue({"8": rebuild_graph("/nowhere/corpus.jsonl")["8"]})
    assert "There is no file /nowhere/corpus.jsonl" in refused.value.body["node_errors"]["8"]["errors"][0]["details"]


def test_a_download_that_fails_falls_back_to_what_is_there(server: ComfyUIServer) -> None:
    index = server.home / "index"
    index.rename(server.home / "away")
    try:
        graph = search_graph("水手服", index=["9", 0])
        graph["9"] = load_node(download="if missing")
        entry = server.run(graph, 600)
        report = texts(entry, "4")[0]
        assert "starter index" in report and "could not be downloaded" in report
    finally:
        shutil.rmtree(index, ignore_errors=True)
        (server.home / "away").rename(index)


def test_a_source_that_only_the_workflow_names_is_refused_until_the_user_allows_it(server: ComfyUIServer) -> None:
    graph = search_graph("猫耳", index=["9", 0])
    graph["9"] = load_node(download="update", repository="some/body", folder="")
    error = message(server.run(graph, 120), "execution_error")
    assert error is not None and error["node_id"] == "9" and error["exception_type"] == "danbooru_index.NodeError"
    assert 'allowed_repositories = ["some/body"]' in error["exception_message"]
    answer = server.post("/danbooru-index/v1/comfyui/allow", {"kind": "repository", "value": "some/body"})
    assert answer == {"kind": "repository", "value": "some/body"}
    assert "some/body" in (server.home / "config.toml").read_text(encoding="utf-8")
    error = message(server.run(graph, 120), "execution_error")
    assert (
        error is not None and "allowed_repositories" not in error["exception_message"]
    )  # offline, but no more refused


def test_routes_refuse_what_is_none_of_theirs(server: ComfyUIServer) -> None:
    def status(path: str, **request: object) -> int:
        return server.client.post(f"/danbooru-index/v1/{path}", **request).status_code

    assert status("search", json={"text": "猫耳", "limit": 3}) == 200
    assert status("search", content=b'{"text": "x"}', headers={"content-type": "text/plain"}) == 415
    assert status("search", json={"text": "x" * 140_000}) == 413
    assert status("search", json={"text": 5}) == 400
    assert status("nothing", json={}) == 404
    assert server.client.get("/danbooru-index/v1/comfyui/rebuild").status_code == 405
    for name in ("../home/index/CURRENT", "/etc/passwd", "..", "nothing.jsonl"):
        answer = server.client.post("/danbooru-index/v1/comfyui/rebuild", json={"corpus": name})
        assert answer.status_code == 400 and "no corpus" in answer.json()["error"], name
    for answer in (
        server.client.get("/danbooru-index/v1/comfyui/state"),
        server.client.get("/danbooru-index/v1/index"),
    ):
        assert answer.status_code == 200 and str(server.home) not in answer.text
