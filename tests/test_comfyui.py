"""The pack in a real ComfyUI, as a subprocess, over HTTP: the oldest release that is promised and a new one."""

from __future__ import annotations

import json

import pytest
from comfyui import PromptRefused
from comfyui_home import ROOT, V1, HomeServer
from comfyui_marks import each_version
from node_graphs import inputs_of, node_graph, search_graph, texts
from node_inputs import FROZEN

LANGUAGES = ("zh", "zh-TW", "ja", "ko")
pytest_plugins = ["comfyui_fixtures"]
pytestmark = [pytest.mark.comfyui, pytest.mark.slow, each_version]


def test_the_pack_is_imported_fast_and_every_input_has_a_tooltip(server: HomeServer) -> None:
    assert server.import_seconds() <= 0.5  # on a busy machine; benchmarks/imports.py measures it
    for node_id in FROZEN:
        info = server.object_info(node_id)
        assert all(options[1].get("tooltip") for options in inputs_of(info).values())
        assert all(info["output_tooltips"])


def test_what_saved_workflows_depend_on_never_changes(server: HomeServer) -> None:
    for node_id, (inputs, outputs) in FROZEN.items():
        info = server.object_info(node_id)
        assert [(name, options[1].get("default")) for name, options in inputs_of(info).items()] == inputs
        assert info["output_name"] == outputs
        if "tags" in outputs:
            assert info["output_is_list"] == [name == "tags" for name in outputs]
    assert {node for node in server.get("/object_info") if node.startswith("DanbooruIndex")} == set(FROZEN)


def test_every_node_is_translated_and_has_help_pages(server: HomeServer) -> None:
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


def test_example_workflows_hold_a_value_for_every_widget(server: HomeServer) -> None:
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


def test_the_text_to_image_workflow_gives_both_prompts(server: HomeServer) -> None:
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


def test_an_empty_text_is_refused_at_its_field(server: HomeServer) -> None:
    for graph in (search_graph(" // nothing"), node_graph("DanbooruIndexRelatedTags", tags="\n")):
        graph = {"1": graph["1"]}
        with pytest.raises(PromptRefused) as refused:
            server.queue(graph)
        (error,) = refused.value.body["node_errors"]["1"]["errors"]
        assert "is empty. Say what you want to see" in error["details"]


def test_values_out_of_range_are_refused_before_the_run(server: HomeServer) -> None:
    with pytest.raises(PromptRefused) as refused:
        server.queue(search_graph("x", limit=0))
    assert refused.value.body["node_errors"]["1"]["errors"][0]["type"] == "value_smaller_than_min"


def test_two_prompts_at_once_both_end(server: HomeServer) -> None:
    first, second = server.queue(search_graph("猫耳")), server.queue(search_graph("夜空"))
    assert texts(server.wait(first, 120), "3")[0] == "cat_ears"
    assert texts(server.wait(second, 120), "3")[0] == "night_sky"


def test_the_servers_settings_are_listed_with_their_source_and_without_paths(server: HomeServer) -> None:
    config = server.home / "config.toml"
    config.write_text(
        'device = "cpu"\nendpoint = "https://user:word@mirror.example"\nmodel = "/some/folder"\n', encoding="utf-8"
    )
    try:
        answer = server.client.get(f"{V1}/comfyui/state")
    finally:
        config.unlink()
    listed = {one["name"]: (one["value"], one["source"]) for one in answer.json()["settings"]}
    assert listed["offline"] == ("true", "environment")
    assert listed["device"] == ("cpu", "config.toml")
    assert listed["dense"] == ("auto", "default")
    assert listed["endpoint"] == (None, "config.toml") and listed["model"] == (None, "config.toml")
    for secret in ("mirror.example", "/some/folder", str(server.home)):
        assert secret not in answer.text
    assert not {"token", "key", "home", "config"} & set(listed)


def test_routes_refuse_what_is_none_of_theirs(server: HomeServer) -> None:
    def status(path: str, **request: object) -> int:
        return server.client.post(f"{V1}/{path}", **request).status_code

    assert status("search", json={"text": "猫耳", "limit": 3}) == 200
    assert status("search", content=b'{"text": "x"}', headers={"content-type": "text/plain"}) == 415
    assert status("search", json={"text": "x" * 140_000}) == 413
    assert status("search", json={"text": 5}) == 400
    assert status("nothing", json={}) == 404
    assert server.client.get(f"{V1}/comfyui/rebuild").status_code == 405
    update = server.client.post(f"{V1}/comfyui/update", json={})
    assert update.status_code == 400 and "No prebuilt index is published yet" in update.json()["error"]
    assert 'repository = "OWNER/NAME"' in update.json()["hint"]
    for name in ("../home/index/CURRENT", "/etc/passwd", "..", "nothing.jsonl"):
        answer = server.client.post(f"{V1}/comfyui/rebuild", json={"corpus": name})
        assert answer.status_code == 400 and "no corpus" in answer.json()["error"], name
    for answer in (
        server.client.get(f"{V1}/comfyui/state"),
        server.client.get(f"{V1}/index"),
    ):
        assert answer.status_code == 200 and str(server.home) not in answer.text
