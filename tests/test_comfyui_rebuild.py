"""A rebuild that the page orders in a real ComfyUI: beside it, cancelled, and not outliving it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from builds import tag_lines, write_lines
from comfyui import ComfyUIServer
from node_graphs import comfyui

V1 = "/danbooru-index/v1"
pytestmark = [pytest.mark.comfyui, pytest.mark.slow]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, small_folder: Path) -> Iterator[ComfyUIServer]:
    with comfyui("0.30.0", tmp_path_factory.mktemp("comfyui-rebuild"), small_folder) as running:
        uploads = running.base_directory / "input" / "danbooru-index"
        uploads.mkdir(parents=True)
        write_lines(uploads / "many.jsonl", tag_lines(3000))
        write_lines(uploads / "few.jsonl", tag_lines(5))
        write_lines(uploads / "beside.jsonl", tag_lines(6))
        yield running


def builders(server: ComfyUIServer) -> list[psutil.Process]:
    """The children of ComfyUI that build."""
    assert server._process is not None
    children = psutil.Process(server._process.pid).children(recursive=True)
    return [process for process in children if "--progress=json" in process.cmdline()]


def job(server: ComfyUIServer) -> dict:
    return server.get(f"{V1}/comfyui/state")["job"]


def start(server: ComfyUIServer) -> psutil.Process:
    """A rebuild that has come to encoding, and its process."""
    assert server.post(f"{V1}/comfyui/rebuild", {"corpus": "danbooru-index/many.jsonl"})["state"] == "running"
    server._until(lambda: job(server)["stage"] == "encoding", 120, "nothing is encoded")
    (found,) = builders(server)
    return found


def test_it_is_cancelled_while_searches_go_on(server: ComfyUIServer) -> None:
    before = server.get(f"{V1}/index")["version"]
    building = start(server)
    assert server.post(f"{V1}/search", {"text": "猫耳", "limit": 1})["hits"][0]["tag"] == "cat_ears"
    assert job(server)["total"] > 10_000 and job(server)["state"] == "running"
    server.post(f"{V1}/comfyui/cancel")
    building.wait(30)
    server._until(lambda: job(server)["state"] == "cancelled", 30, "it is not cancelled")
    assert server.get(f"{V1}/index")["version"] == before and not builders(server)


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


def test_it_is_done_beside_a_prompt_that_runs(server: ComfyUIServer) -> None:
    """The queue holds several times as much work as the build, whatever the machine."""
    for colour in range(6):
        server.queue(slow_graph(colour))
    server._until(lambda: server.get("/queue")["queue_running"], 60, "no prompt runs")
    # what the test before cancelled may have come to a checkpoint, which another corpus does not go over
    server.post(f"{V1}/comfyui/rebuild", {"corpus": "danbooru-index/beside.jsonl", "unfinished": "restart"})
    server._until(lambda: job(server)["state"] != "running", 120, "it does not end")
    running = server.get("/queue")["queue_running"]
    assert job(server)["state"] == "done", job(server)
    assert [prompt[2]["1"]["class_type"] for prompt in running] == ["ImageBlur"]
    assert server.get(f"{V1}/index")["tags"] == 6
    server.post("/queue", {"clear": True})
    server.interrupt()
    server._until(lambda: not server.get("/queue")["queue_running"], 120, "the prompt does not end")


def test_after_a_cancelled_one_another_corpus_says_what_is_in_the_way_and_can_start_afresh(
    server: ComfyUIServer,
) -> None:
    start(server)
    server._until(lambda: job(server)["done"], 120, "no text is written")
    server.post(f"{V1}/comfyui/cancel")
    server._until(lambda: job(server)["state"] == "cancelled", 30, "it is not cancelled")
    few = {"corpus": "danbooru-index/few.jsonl"}
    server.post(f"{V1}/comfyui/rebuild", few)
    server._until(lambda: job(server)["state"] != "running", 60, "it does not end")
    assert job(server)["state"] == "failed" and job(server)["blocked"]
    assert "holds an unfinished build of another corpus" in job(server)["error"]
    server.post(f"{V1}/comfyui/rebuild", {**few, "unfinished": "restart"})
    server._until(lambda: job(server)["state"] != "running", 60, "it does not end")
    assert job(server)["state"] == "done" and not job(server)["blocked"], job(server)
    assert server.get(f"{V1}/index")["tags"] == 5


def test_while_one_stops_no_other_begins_and_none_is_forgotten(server: ComfyUIServer) -> None:
    building = start(server)
    building.suspend()  # it cannot stop yet
    server.post(f"{V1}/comfyui/cancel")
    refused = server.client.post(f"{V1}/comfyui/rebuild", json={"corpus": "danbooru-index/few.jsonl"})
    building.resume()
    assert refused.status_code == 400 and "still stopping" in refused.json()["error"]
    server._until(lambda: job(server)["state"] == "cancelled", 30, "it is not cancelled")


def test_its_death_is_said_with_what_to_do(server: ComfyUIServer) -> None:
    start(server).kill()
    server._until(lambda: job(server)["state"] == "failed", 30, "it has not failed")
    assert "was ended from outside (signal 9)" in job(server)["error"]
    assert "goes on from its last checkpoint" in job(server)["hint"] and "danbooru-index " not in job(server)["hint"]


def test_it_does_not_outlive_comfyui(server: ComfyUIServer) -> None:
    building = start(server)
    assert server._process is not None
    psutil.Process(server._process.pid).kill()
    building.wait(30)
