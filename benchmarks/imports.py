"""What importing the pack costs a ComfyUI start: python benchmarks/imports.py [VERSION]

Imports the pack as ComfyUI does (import, comfy_entrypoint, node list) in ComfyUI's own environment, in ten fresh
processes that have already imported what ComfyUI has imported by then; prints the median.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "hosts"))
CODE = """
import asyncio, importlib.util, sys, time
sys.argv = ["main.py", "--cpu"]
sys.path[:0] = [{tree!r}, {hosts!r}]
import comfyui_launcher; _library = comfyui_launcher.declare_missing_operators()
import comfy.options; comfy.options.enable_args_parsing()
import torch, numpy, nodes, comfy_api.latest, comfy_api.v0_0_2, folder_paths, comfy.utils, comfy.model_management
begun = time.perf_counter()
spec = importlib.util.spec_from_file_location("pack", {init!r}, submodule_search_locations=[{root!r}])
pack = importlib.util.module_from_spec(spec); sys.modules["pack"] = pack; spec.loader.exec_module(pack)
async def names():
    return [node.GET_SCHEMA().node_id for node in await (await pack.comfy_entrypoint()).get_node_list()]
found = asyncio.run(names())
print("seconds", time.perf_counter() - begun, *found)
"""


def main() -> None:
    from comfyui import prepare

    installation = prepare(sys.argv[1] if len(sys.argv) > 1 else "0.30.0", ROOT / "requirements.txt")
    code = CODE.format(
        hosts=str(ROOT / "tests" / "hosts"), tree=str(installation.tree), init=str(ROOT / "__init__.py"), root=str(ROOT)
    )
    times = []
    for _ in range(10):
        done = subprocess.run(
            [installation.python, "-c", code], capture_output=True, text=True, timeout=300, check=False
        )
        line = next((row for row in done.stdout.splitlines() if row.startswith("seconds")), None)
        if line is None:
            raise SystemExit(done.stderr[-2000:])
        times.append(float(line.split()[1]))
    print(
        f"{line.split()[2:]}: median {1000 * statistics.median(times):.1f} ms, worst {1000 * max(times):.1f} ms of {len(times)}"
    )


if __name__ == "__main__":
    main()
