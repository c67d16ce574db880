"""A rebuild that the page orders in a real ComfyUI: beside it, cancelled, and not outliving it."""

from __future__ import annotations

import json

import psutil
import pytest
from builds import tag_lines, write_lines
from comfyui_home import V1, HomeServer

from danbooru_index.index.versions import CHECKPOINT_FILE, UNFINISHED

pytest_plugins = ["comfyui_fixtures"]
pytestmark = [pytest.mark.comfyui, pytest.mark.slow]


@pytest.fixture(scope="module", autouse=True)
def uploads(server: HomeServer) -> None:
    """Corpora where those lie that the page has uploaded."""
    folder = server.base_directory / "input" / "danbooru-index"
    folder.mkdir(parents=True)
    write_lines(folder / "many.jsonl", tag_lines(3000))
    write_lines(folder / "few.jsonl", tag_lines(5))
    write_lines(folder / "beside.jsonl", tag_lines(6))


def builders(server: HomeServer) -> list[psutil.Process]:
    """The children of ComfyUI that build."""
    children = psutil.Process(server.pid).children(recursive=True)
    return [process for process in children if "--progress=json" in process.cmdline()]


def start(server: HomeServer) -> psutil.Process:
    """A rebuild that has come to encoding, and its process."""
    assert server.ask("comfyui/rebuild", corpus="danbooru-index/many.jsonl")["state"] == "running"
    server.until(lambda: server.job()["stage"] == "encoding", 120, "nothing is encoded")
    (found,) = builders(server)
    return found


def test_it_is_cancelled_while_searches_go_on(server: HomeServer) -> None:
    before = server.about()["version"]
    building = start(server)
    assert server.ask("search", text="猫耳", limit=1)["hits"][0]["tag"] == "cat_ears"
    assert server.job()["total"] > 10_000 and server.job()["state"] == "running"
    server.ask("comfyui/cancel")
    building.wait(30)
    server.until(lambda: server.job()["state"] == "cancelled", 30, "it is not cancelled")
    assert server.about()["version"] == before and not builders(server)


def slow_graph(colour: int) -> dict:
    """A prompt of ComfyUI's own nodes that computes for long on the CPU: a picture that is blurred again and again."""
    graph: dict = {
        "0": {"class_type": "EmptyImage", "inputs": {"width": 512, "height": 512, "batch_size": 1, "color": colour}}
    }
    for number in range(1, 101):
        inputs = {"image": [str(number - 1), 0], "blur_radius": 31, "sigma": 9.0}
        graph[str(number)] = {"class_type": "ImageBlur", "inputs": inputs}
    graph["end"] = {"class_type": "PreviewImage", "inputs": {"images": ["100", 0]}}
    return graph


def test_it_is_done_beside_a_prompt_that_runs(server: HomeServer) -> None:
    """The queue holds several times as much work as the build, whatever the machine."""
    for colour in range(6):
        server.queue(slow_graph(colour))
    server.until(lambda: server.get("/queue")["queue_running"], 60, "no prompt runs")
    # what the test before cancelled may have come to a checkpoint, which another corpus does not go over
    server.ask("comfyui/rebuild", corpus="danbooru-index/beside.jsonl", unfinished="restart")
    server.until(lambda: server.job()["state"] != "running", 120, "it does not end")
    running = server.get("/queue")["queue_running"]
    assert server.job()["state"] == "done", server.job()
    assert [prompt[2]["1"]["class_type"] for prompt in running] == ["ImageBlur"]
    assert server.about()["tags"] == 6
    server.post("/queue", {"clear": True})
    server.interrupt()
    server.until(lambda: not server.get("/queue")["queue_running"], 120, "the prompt does not end")


def encoded_rows(server: HomeServer) -> int:
    """How many tags an unfinished build has kept."""
    checkpoints = (server.home / "index" / "versions").glob(f"*/{UNFINISHED}/{CHECKPOINT_FILE}")
    return sum(json.loads(path.read_text(encoding="utf-8"))["rows"] for path in checkpoints)


def test_after_a_cancelled_one_another_corpus_says_what_is_in_the_way_and_can_start_afresh(
    server: HomeServer,
) -> None:
    kept = 0
    while not kept:  # on a busy machine it may be ended before it has written what it did
        start(server)
        server.until(lambda: server.job()["done"], 120, "no text is written")
        server.ask("comfyui/cancel")
        server.until(lambda: server.job()["state"] == "cancelled", 30, "it is not cancelled")
        kept = encoded_rows(server)
    few = {"corpus": "danbooru-index/few.jsonl"}
    server.ask("comfyui/rebuild", **few)
    server.until(lambda: server.job()["state"] != "running", 60, "it does not end")
    assert server.job()["state"] == "failed" and server.job()["blocked"]
    assert "holds an unfinished build of another corpus" in server.job()["error"]
    server.ask("comfyui/rebuild", **few, unfinished="restart")
    server.until(lambda: server.job()["state"] != "running", 60, "it does not end")
    assert server.job()["state"] == "done" and not server.job()["blocked"], server.job()
    assert server.about()["tags"] == 5


def test_while_one_stops_no_other_begins_and_none_is_forgotten(server: HomeServer) -> None:
    building = start(server)
    building.suspend()  # it cannot stop yet
    server.ask("comfyui/cancel")
    refused = server.client.post(f"{V1}/comfyui/rebuild", json={"corpus": "danbooru-index/few.jsonl"})
    building.resume()
    assert refused.status_code == 400 and "still stopping" in refused.json()["error"]
    server.until(lambda: server.job()["state"] == "cancelled", 30, "it is not cancelled")


def test_its_death_is_said_with_what_to_do(server: HomeServer) -> None:
    start(server).kill()
    server.until(lambda: server.job()["state"] == "failed", 30, "it has not failed")
    assert "was ended from outside (signal 9)" in server.job()["error"]
    assert "goes on from its last checkpoint" in server.job()["hint"] and "danbooru-index " not in server.job()["hint"]


def test_it_does_not_outlive_comfyui(server: HomeServer) -> None:
    building = start(server)
    psutil.Process(server.pid).kill()
    building.wait(30)
