"""The service's processes: they stop gracefully, are replaced, end with the program that started them, and answer alike."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import psutil
import pytest
from serving import Running, serving, still_answers


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("workers", [1, 2])
def test_it_stops_gracefully(small_folder: Path, tmp_path: Path, workers: int) -> None:
    with serving(small_folder, tmp_path / "home", workers=workers, arrive=300.0, finish=300.0) as running:
        body = json.dumps({"text": "一个银色长发的女孩，没有眼镜，在雨中撑着伞。" * 100}).encode()
        head = (
            f"POST /danbooru-index/v1/expand HTTP/1.1\r\nHost: {running.host}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\nExpect: 100-continue\r\n\r\n"
        )
        with socket.create_connection(("127.0.0.1", running.port), timeout=300) as connection:
            connection.sendall(head.encode())
            assert connection.recv(1000).startswith(b"HTTP/1.1 100")  # the request is at work now
            running.process.send_signal(signal.SIGTERM)
            connection.sendall(body)
            answer = b""
            while part := connection.recv(65536):
                answer += part
        assert answer.startswith(b"HTTP/1.1 200") and json.loads(answer.partition(b"\r\n\r\n")[2])["prompt"]
        assert running.process.wait(300) == 0
        with pytest.raises(httpx.ConnectError):
            running.get("/")
        assert not [line for line in running.lines if "Traceback" in line]


def worker_pids(running: Running) -> set[int]:
    pids = set()
    for process in psutil.Process(running.process.pid).children():
        with contextlib.suppress(psutil.Error):
            if "spawn_main" in " ".join(process.cmdline()):
                pids.add(process.pid)
    return pids


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_worker_that_dies_is_replaced(small_folder: Path, tmp_path: Path) -> None:
    with serving(small_folder, tmp_path / "home", workers=2) as running:
        workers = worker_pids(running)
        assert len(workers) == 2
        first = min(workers)
        os.kill(first, signal.SIGKILL)
        deadline = time.monotonic() + 300
        while time.monotonic() < deadline and (len(now := worker_pids(running)) < 2 or first in now):
            time.sleep(0.2)
        assert len(now) == 2 and first not in now
        assert still_answers(running)


def test_two_machines_with_the_same_version_answer_alike(small_folder: Path, tmp_path: Path) -> None:
    """As behind a balancer: each has a copy of its own, and nothing goes between them."""
    copies = [tmp_path / name / "index" for name in ("one", "two")]
    for copy in copies:
        shutil.copytree(small_folder, copy)
    asked: list[tuple[str, dict[str, object]]] = [
        (route, {"text": text, **more})
        for text in ("双马尾", "穿水手服的双马尾女孩，没有雨伞", "cat ears, red eyes", "asdfghjkl")
        for route, more in (("search", {"limit": 10, "explain": True}), ("expand", {"budget": 3, "enrich": 2}))
    ]
    asked += [
        ("related", {"tags": ["serafuku"]}),
        ("tags", {"tags": ["twin tails", "no_tag"]}),
        ("search", {"text": ""}),
    ]
    with serving(copies[0], tmp_path / "a") as one, serving(copies[1], tmp_path / "b", workers=2) as two:
        for route, body in asked:
            answers = [machine.post(f"/danbooru-index/v1/{route}", body) for machine in (one, two, two)]
            assert len({(answer.status_code, answer.content) for answer in answers}) == 1, (route, body)
        versions = [machine.get("/danbooru-index/v1/index").json() for machine in (one, two)]
    assert versions[0] == versions[1] and versions[0]["version"]


def test_it_ends_with_the_program_that_started_it(small_folder: Path, tmp_path: Path) -> None:
    with serving(small_folder, tmp_path / "home", stdin=subprocess.PIPE, until_stdin_closes=True) as running:
        assert running.process.stdin is not None
        running.process.stdin.close()
        assert running.process.wait(300) == 0
