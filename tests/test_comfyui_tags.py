"""What the search, expand and related nodes give in a real ComfyUI."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from comfyui_home import HomeServer
from comfyui_marks import each_version
from node_graphs import chips, load_node, message, node_graph, search_graph, texts

from danbooru_index.encoders import open_encoder
from danbooru_index.indexing import BuildOptions, build_index

pytest_plugins = ["comfyui_fixtures"]
pytestmark = [pytest.mark.comfyui, pytest.mark.slow, each_version]


def test_a_sentence_in_and_tags_out(server: HomeServer) -> None:
    entry = server.run(search_graph("双马尾"), 120)
    assert texts(entry, "2")[0].split(", ")[0] == "twintails"
    assert texts(entry, "3")[0] == "twintails" and len(texts(entry, "3")) == 3
    assert texts(entry, "4")[0].splitlines()[2].startswith("twintails")
    assert str(server.home / "index") in texts(entry, "4")[0]
    assert "twintails" in entry["outputs"]["1"]["text"][0]


def test_brackets_and_underscores_as_chosen(server: HomeServer) -> None:
    entry = server.run(search_graph("saber (fate)", limit=1), 120)
    assert texts(entry, "2") == [r"saber \(fate\)"]
    entry = server.run(search_graph("saber (fate)", limit=1, spaces=False, escape=False), 120)
    assert texts(entry, "2") == ["saber_(fate)"]


def test_filters_reach_the_engine(server: HomeServer) -> None:
    assert texts(server.run(search_graph("nude", nsfw="only", limit=5), 120), "3") == ["nude"]
    assert texts(server.run(search_graph("girl", category="meta", limit=5), 120), "3") == ["highres"]
    assert texts(server.run(search_graph("girl", category="artist", min_count=1000), 120), "4")[0].startswith(
        "No tag fits"
    )


def test_a_sentence_becomes_a_prompt_and_its_negation_the_negative(server: HomeServer) -> None:
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


def test_the_users_own_parts_of_a_prompt_stay_untouched(server: HomeServer) -> None:
    text = "masterpiece, <lora:x:0.8>, 一个女孩穿着水手服, (red eyes:1.2)\nBREAK\n夜空, __weather__ {a|b}"
    graph = node_graph("DanbooruIndexPromptExpand", text=text, budget=1.0)
    assert texts(server.run(graph, 120), "2") == [
        "masterpiece, <lora:x:0.8>, 1girl, serafuku, (red eyes:1.2)\nBREAK\nnight sky, __weather__ {a|b}"
    ]


def test_the_look_and_the_filters_of_a_prompt_are_as_chosen(server: HomeServer) -> None:
    def prompt(text: str, **inputs: object) -> str:
        return texts(server.run(node_graph("DanbooruIndexPromptExpand", text=text, budget=1.0, **inputs), 120), "2")[0]

    assert prompt("水手服", quality=True, prefix="a", suffix="b") == "a, serafuku, masterpiece, best quality, b"
    assert prompt("红眼睛", style="tags") == "red_eyes"
    assert prompt("猫耳", implied="add") == "cat ears, animal ears"
    assert prompt("裸体", nsfw="include") == "nude" and "nude" not in prompt("裸体")
    assert prompt("初音未来", category="character") == "hatsune miku"
    assert "hatsune miku" not in prompt("初音未来", exclude="character")


def test_an_expansion_of_nothing_passes_on_what_stands_around_it(server: HomeServer) -> None:
    graph = node_graph("DanbooruIndexPromptExpand", text=" // later", prefix="a", suffix="b", negative="blurry")
    entry = server.run(graph, 120)
    assert texts(entry, "2") == ["a, b"] and texts(entry, "3") == ["blurry"]


def test_the_users_negative_and_quality_words_of_both_sides(server: HomeServer) -> None:
    graph = node_graph("DanbooruIndexPromptExpand", text="水手服，没有雨伞", budget=1.0, negative="blurry, ")
    entry = server.run(graph, 120)
    assert texts(entry, "3") == ["blurry, umbrella"]
    graph["1"]["inputs"]["quality"] = True
    entry = server.run(graph, 120)
    assert texts(entry, "2") == ["serafuku, masterpiece, best quality"]
    assert texts(entry, "3")[0].startswith("blurry, umbrella, worst quality, ")


def test_comments_are_no_part_of_a_prompt(server: HomeServer) -> None:
    graph = node_graph("DanbooruIndexPromptExpand", text="水手服 // 雨伞\n/* 夜空 */", budget=1.0)
    assert texts(server.run(graph, 120), "2") == ["serafuku"]


def test_a_tag_that_is_switched_off_leaves_the_outputs_and_stays_a_chip(server: HomeServer) -> None:
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


def test_further_tags_are_marked_as_added_and_can_be_switched_off(
    server: HomeServer, corpus: Path, tmp_path: Path
) -> None:
    graph = node_graph("DanbooruIndexPromptExpand", text="水手服", enrich=3)
    warned = texts(server.run(graph, 120), "5")[0]
    assert "no co-occurrence counts: Danbooru Index: Rebuild takes them from a file" in warned
    pairs = "tag_a,tag_b,count\nserafuku,umbrella,70000\nserafuku,red_eyes,60000\n"
    counts = tmp_path / "pairs.csv.gz"
    counts.write_bytes(gzip.compress(pairs.encode()))
    build_index(corpus, tmp_path / "paired", open_encoder("use-multilingual"), BuildOptions(cooccurrence=counts))
    graph["9"] = load_node(folder=str(tmp_path / "paired"))
    graph["1"]["inputs"]["index"] = ["9", 0]
    entry = server.run(graph, 120)
    assert sorted(texts(entry, "4")) == ["red_eyes", "serafuku", "umbrella"]
    assert "\nadded: " in texts(entry, "5")[0] and "warning" not in texts(entry, "5")[0]
    assert {chip["tag"]: chip["state"] for chip in chips(entry)} == {
        "serafuku": "fits",
        "umbrella": "added",
        "red_eyes": "added",
    }
    graph["1"]["inputs"]["without"] = "umbrella"
    entry = server.run(graph, 120)
    assert texts(entry, "2") == ["serafuku, red eyes"] and len(chips(entry)) == 3
    # An export from before these inputs were there.
    for name in ("enrich", "keep_text", "without"):
        del graph["1"]["inputs"][name]
    assert texts(server.run(graph, 120), "2") == ["serafuku"]


def test_what_found_no_tag_stays_as_words_if_asked(server: HomeServer) -> None:
    # No tag of the index passes these filters.
    filters = {"category": "artist", "min_count": 1000}
    graph = node_graph("DanbooruIndexPromptExpand", text="red_eyes, 水手服和雨伞", **filters)
    assert texts(server.run(graph, 120), "2") == ["red_eyes"]
    graph["1"]["inputs"]["keep_text"] = True
    assert texts(server.run(graph, 120), "2") == ["red_eyes, 水手服和雨伞"]


def test_only_what_fits_comes_into_the_prompt_of_a_search(server: HomeServer) -> None:
    entry = server.run(search_graph("双马尾", limit=10), 120)
    assert texts(entry, "2") == ["twintails"] and len(texts(entry, "3")) == 10
    assert {chip["state"] for chip in chips(entry)[1:]} == {"weak"}


def test_related_tags_of_several(server: HomeServer) -> None:
    entry = server.run(node_graph("DanbooruIndexRelatedTags", tags="very long hair，双马尾\nno such tag", limit=3), 120)
    found = texts(entry, "3")
    assert len(found) == 3 and "long_hair" in found and not {"very_long_hair", "twintails"} & set(found)
    assert texts(entry, "2") == [", ".join(found).replace("_", " ")]
    report = texts(entry, "4")[0]
    assert "by dense space" in report and report.endswith("warning: not in the index: no such tag")
    only = node_graph("DanbooruIndexRelatedTags", tags="hatsune_miku", category="copyright")
    assert texts(server.run(only, 120), "3") == ["vocaloid"]


def test_relatives_of_an_unknown_tag_are_an_error(server: HomeServer) -> None:
    entry = server.run(node_graph("DanbooruIndexRelatedTags", tags="no such tag"), 120)
    error = message(entry, "execution_error")
    assert error is not None and "None of these tags is in the index: no such tag." in error["exception_message"]
    entry = server.run(node_graph("DanbooruIndexRelatedTags", tags=", ,"), 120)
    error = message(entry, "execution_error")
    assert error is not None and "There is no tag to find relatives of" in error["exception_message"]
