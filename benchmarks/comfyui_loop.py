"""How late ComfyUI's event loop is while the pack searches, builds and downloads, beside a ComfyUI without the pack.

    python benchmarks/comfyui_loop.py DB [--seconds 30] [--tags 500] [--phases rebuild ...] [--json FILE]

DB is an index of tags.jsonl. A real ComfyUI 0.30.0 with a probe in its loop: a task that sleeps 10 ms again and again and notes how
much later it wakes, and how long Python stood still at most to collect garbage. The machine's other load is in every figure, so the
same probe without the pack is measured beside each phase.

The phase `queued`, to be named alone, is a build that is queued as a prompt, as a GPU's is, here on the CPU, with BGE-M3's own
code over a tiny checkpoint of random weights; beside it, with the pack and without, prompts of ComfyUI's own nodes.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "hosts")]

from comfyui import ComfyUIServer, prepare, with_bge_m3
from hub_server import HubServer
from hub_versions import REPOSITORY
from node_graphs import rebuild_graph, search_graph
from tiny_m3 import make_checkpoint

from danbooru_index.corpus.lexicon import STARTER_CORPUS
from danbooru_index.index.versions import current_version

# In this order: unpack is the starter index at the first question of all, and search is in the index that download fetched.
PHASES = ["idle", "unpack", "download", "search", "rebuild"]
QUEUED = "queued"
PROMPTS = 3
BETWEEN_COLLECTIONS = 12  # seconds; ComfyUI collects garbage at most every ten
V1 = "/danbooru-index/v1"
TEXTS = [
    "双马尾",
    "夜空の花火",
    "a girl with cat ears drinking tea",
    "穿着水手服的双马尾女孩",
    "고양이 귀",
    "初音未来",
    "red eyes",
    "雨の中で傘",
]
PROBE = """
import asyncio, gc, time
from aiohttp import web
from server import PromptServer
NODE_CLASS_MAPPINGS = {}
late, collections, begun = [], [], []
def collecting(phase, info):
    if phase == "start":
        begun.append(time.perf_counter())
    elif begun:
        collections.append(1000 * (time.perf_counter() - begun.pop()))
gc.callbacks.append(collecting)
async def probe():
    while True:
        begun = time.perf_counter()
        await asyncio.sleep(0.01)
        late.append(1000 * (time.perf_counter() - begun - 0.01))
@PromptServer.instance.routes.post("/loop-probe")
async def taken(request):
    if not hasattr(taken, "task"):
        taken.task = asyncio.get_running_loop().create_task(probe())
    found = {"late": list(late), "collections": list(collections), "objects": len(gc.get_objects())}
    await asyncio.sleep(0.05)  # the loop was late for the counting
    late.clear()
    collections.clear()
    return web.json_response(found)
"""


def summary(found: dict[str, Any]) -> dict[str, float]:
    """Percentiles of milliseconds, the longest garbage collection, and how many objects one visits afterwards."""
    p50, p99, most = (round(float(value), 1) for value in np.percentile(found["late"], [50, 99, 100]))
    longest = round(max(found["collections"], default=0.0), 1)
    return {
        "wakes": len(found["late"]),
        "p50_ms": p50,
        "p99_ms": p99,
        "max_ms": most,
        "longest_collection_ms": longest,
        "objects": found["objects"],
    }


def searching(server: ComfyUIServer, seconds: float) -> None:
    """Two pages that type: searches with the facts of what they found, one after the other."""
    end = time.monotonic() + seconds

    def one(first: int) -> None:
        for number in range(first, 100_000):
            if time.monotonic() > end:
                return
            body = {"text": f"{TEXTS[number % len(TEXTS)]} {number % 7}", "limit": 30, "explain": True}
            hits = server.post(f"{V1}/search", body)["hits"]
            server.post(f"{V1}/tags", {"tags": [hit["tag"] for hit in hits] or ["1girl"]})

    threads = [threading.Thread(target=one, args=(first,)) for first in (0, 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def job(server: ComfyUIServer, kind: str, body: dict[str, Any]) -> None:
    """A job of the pack, to its end."""
    server.post(f"{V1}/comfyui/{kind}", body)
    while (state := server.get(f"{V1}/comfyui/state")["job"])["state"] == "running":
        time.sleep(0.5)
    if state["state"] != "done":
        raise SystemExit(f"{kind}: {state}")


def measured(server: ComfyUIServer, work: Callable[[], None]) -> dict[str, float]:
    """How late the loop was while some work was done."""
    server.post("/loop-probe")
    begun = time.monotonic()
    work()
    found = server.post("/loop-probe")
    return {"seconds": round(time.monotonic() - begun), **summary(found)}


def start(
    base: Path, environment: dict[str, str], *, pack: bool, requirements: Path = ROOT / "requirements.txt"
) -> ComfyUIServer:
    """A ComfyUI with the probe, and with the pack or without."""
    probe = base / "custom_nodes" / "loop-probe"
    probe.mkdir(parents=True)
    (probe / "__init__.py").write_text(PROBE, encoding="utf-8")
    installation = prepare("0.30.0", requirements)
    return ComfyUIServer(installation, pack=ROOT if pack else None, base_directory=base, environment=environment)


def few_tags(path: Path, tags: int) -> Path:
    """The first tags of the starter corpus."""
    with gzip.open(STARTER_CORPUS, "rt", encoding="utf-8") as corpus:
        path.write_text("".join(islice(corpus, tags)), encoding="utf-8")
    return path


def queued(tags: int) -> dict[str, dict[str, float]]:
    """How late the loop is after prompts of ComfyUI's own nodes, without the pack and with it, and in a build and a search as prompts.

    After a prompt ComfyUI collects garbage, which stops all of Python; that is in every figure. The last prompts find all that a
    search with BGE-M3 has loaded.
    """
    folder = Path(tempfile.mkdtemp(prefix="loop"))
    environment = {
        "DANBOORU_INDEX_HOME": str(folder / "home"),
        "DANBOORU_INDEX_MODEL": str(make_checkpoint(folder / "tiny-m3")),
        "HF_HUB_OFFLINE": "1",
    }
    build = {"8": rebuild_graph(str(few_tags(folder / "tags.jsonl", tags)), device="cpu")["8"]}
    found = {}

    def measure(server: ComfyUIServer, name: str, graphs: list[dict[str, Any]]) -> None:
        found[name] = measured(server, lambda: [prompt(server, graph) for graph in graphs])
        print(name, json.dumps(found[name]), flush=True)

    requirements = with_bge_m3(ROOT / "requirements.txt")
    with start(folder / "without", environment, pack=False, requirements=requirements) as server:
        server.post("/loop-probe")
        measure(server, "without", own_prompts())
    with start(folder / "with", environment, pack=True, requirements=requirements) as server:
        server.post("/loop-probe")
        measure(server, "with", own_prompts())
        measure(server, "build", [build])
        measure(server, "search", [search_graph("long hair")])
        measure(server, "with, after a search", own_prompts())
    shutil.rmtree(folder, ignore_errors=True)
    return found


def own_prompts() -> list[dict[str, Any]]:
    """Prompts of two of ComfyUI's simplest nodes."""
    image = {"width": 64, "height": 64, "batch_size": 1}
    return [
        {
            "1": {"class_type": "EmptyImage", "inputs": {**image, "color": colour}},
            "2": {"class_type": "PreviewImage", "inputs": {"images": ["1", 0]}},
        }
        for colour in range(PROMPTS)
    ]


def prompt(server: ComfyUIServer, graph: dict[str, Any]) -> None:
    """Run a prompt and wait for the garbage collection after it."""
    entry = server.run(graph, 300)
    if entry["status"]["status_str"] != "success":
        raise SystemExit(f"queued: {entry['status']}")
    time.sleep(BETWEEN_COLLECTIONS)


def run(db: Path, seconds: float, tags: int, phases: list[str]) -> dict[str, Any]:
    """All phases, each beside the same time in a ComfyUI without the pack, which runs at the same time."""
    folder = Path(tempfile.mkdtemp(prefix="loop"))
    found: dict[str, Any] = {}
    with HubServer() as hub:
        hub.add(REPOSITORY).commit_folder(current_version(db))
        home = folder / "home"
        environment = {"DANBOORU_INDEX_HOME": str(home), "DANBOORU_INDEX_REPO": REPOSITORY, "HF_ENDPOINT": hub.url}
        with (
            start(folder / "without", {}, pack=False) as without,
            start(folder / "with", environment, pack=True) as server,
        ):
            uploads = folder / "with" / "input" / "danbooru-index"
            uploads.mkdir(parents=True, exist_ok=True)
            few_tags(uploads / "tags.jsonl", tags)

            def phase(name: str, work: Callable[[], None]) -> None:
                without.post("/loop-probe")
                found[name] = {"with": measured(server, work), "without": summary(without.post("/loop-probe"))}
                print(name, json.dumps(found[name]), flush=True)

            without.post("/loop-probe")
            if "idle" in phases:
                phase("idle", lambda: time.sleep(seconds))
            if "unpack" in phases:
                phase("unpack", lambda: job(server, "prepare", {}))
            if "download" in phases:
                phase("download", lambda: job(server, "update", {}))
            if "search" in phases:
                phase("first search", lambda: searching(server, 1))
                phase("search", lambda: searching(server, seconds))
            shutil.rmtree(home / "index", ignore_errors=True)
            if "rebuild" in phases:
                phase("rebuild", lambda: job(server, "rebuild", {"corpus": "danbooru-index/tags.jsonl"}))
    shutil.rmtree(folder, ignore_errors=True)
    found["load_average"] = [round(value, 1) for value in os.getloadavg()]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("db", type=Path)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--tags", type=int, default=500, help="of the starter corpus, in the rebuild (default: 500)")
    parser.add_argument("--phases", nargs="+", choices=[*PHASES, QUEUED], default=PHASES)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if QUEUED in options.phases and len(options.phases) > 1:
        parser.error(f"{QUEUED} is measured alone")
    if options.phases == [QUEUED]:
        found: dict[str, Any] = {QUEUED: queued(options.tags)}
        print(json.dumps(found), flush=True)
    else:
        found = run(options.db, options.seconds, options.tags, options.phases)
    if options.json:
        options.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
