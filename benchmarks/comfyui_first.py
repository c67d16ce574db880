"""From an empty models folder to the first answer in ComfyUI: what a new user waits for at the first run.

    python benchmarks/comfyui_first.py [--runs 5] [--text TEXT] [--json FILE]

Each run is a new ComfyUI 0.30.0 with a fresh copy of the pack (nothing compiled) and an empty models folder. The clock starts when
a prompt of Tag Search with its three previews is sent to the queue of a ComfyUI that has answered before, and stops when the history,
asked for every 50 ms, has the ended prompt. So the unpacking of the starter index, the imports and the search are in it, and ComfyUI's own
start is not. `spent` is the processor time of ComfyUI between the two.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "hosts")]

import psutil
from comfyui import ComfyUIServer, prepare
from node_graphs import search_graph, texts

SETTLE_SECONDS = 3.0  # ComfyUI has answered, and some of its own work at the start still goes on


def spent(server: ComfyUIServer) -> float:
    """Seconds of processor time of ComfyUI so far, with its children that have ended."""
    assert server._process is not None
    return sum(psutil.Process(server._process.pid).cpu_times()[:4])


def first_answer(text: str) -> dict[str, float]:
    """Seconds of the first answer of a new installation."""
    base = Path(tempfile.mkdtemp(prefix="first"))
    installation = prepare("0.30.0", ROOT / "requirements.txt")
    with ComfyUIServer(installation, pack=ROOT, base_directory=base, environment={"HF_HUB_OFFLINE": "1"}) as server:
        time.sleep(SETTLE_SECONDS)
        if (base / "models" / "danbooru_index").exists():
            raise SystemExit("something is in the models folder before the first search")
        before, begun = spent(server), time.monotonic()
        entry = server.run(search_graph(text), 120)
        seconds = time.monotonic() - begun
        found = {"seconds": round(seconds, 2), "spent": round(spent(server) - before, 2)}
        print(json.dumps(found), texts(entry, "2"), flush=True)
    shutil.rmtree(base, ignore_errors=True)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--text", default="猫耳")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    runs = [first_answer(options.text) for _ in range(options.runs)]
    found: dict[str, Any] = {
        "runs": runs,
        "median_seconds": statistics.median(run["seconds"] for run in runs),
        "load_average": [round(value, 1) for value in os.getloadavg()],
    }
    print(json.dumps(found, indent=2))
    if options.json:
        options.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
