"""A real server in a process of its own, for tests."""

from __future__ import annotations

import contextlib
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 300
SEARCH = "/danbooru-index/v1/search"


@dataclass
class Running:
    """A running server and how to reach it."""

    process: subprocess.Popen[str]
    address: str
    lines: list[str]

    @property
    def host(self) -> str:
        return self.address.removeprefix("http://")

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])

    def get(self, path: str, **more: Any) -> httpx.Response:
        return httpx.get(self.address + path, timeout=300, trust_env=False, **more)

    def post(self, path: str, value: object, **more: Any) -> httpx.Response:
        return httpx.post(self.address + path, json=value, timeout=300, trust_env=False, **more)

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            with contextlib.suppress(httpx.HTTPError):
                if self.get("/danbooru-index/v1/health").status_code == 200:
                    return
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        raise AssertionError("the server does not answer:\n" + "\n".join(self.lines))


def still_answers(running: Running) -> bool:
    """Whether a search finds what it should, in the small index."""
    return running.post(SEARCH, {"text": "双马尾", "limit": 1}).json()["hits"][0]["tag"] == "twintails"


@contextlib.contextmanager
def serving(
    db: Path,
    home: Path,
    *,
    ready: bool = True,
    stdin: int = subprocess.DEVNULL,
    app: str = "from danbooru_index.serve.app import App as app",
    **options: object,
) -> Iterator[Running]:
    """`serve` with these options on a free port; killed at the end if it still runs. `app` imports the application."""
    code = f"""
from pathlib import Path
from danbooru_index.serve.options import ServeOptions
from danbooru_index.serve.server import serve
{app}
options = ServeOptions(db=Path({str(db)!r}), port=0, **{options!r})
serve(options, lambda address: print("at", address, flush=True), app(options))
"""
    environment = {**os.environ, "DANBOORU_INDEX_HOME": str(home), "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        env=environment,
        cwd=home.parent,
    )
    lines: list[str] = []
    first: queue.Queue[str] = queue.Queue()

    def read() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line.rstrip())
            if line.startswith("at "):
                first.put(line.split()[1])
        first.put("")

    threading.Thread(target=read, daemon=True).start()
    try:
        address = first.get(timeout=START_SECONDS)
        assert address, "\n".join(lines)
        running = Running(process, address, lines)
        if ready:
            running.wait_until_ready()
        yield running
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(120)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(30)
        assert process.stdout is not None
