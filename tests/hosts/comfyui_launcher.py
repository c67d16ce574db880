"""Runs ComfyUI's main.py in this process, as ``python main.py ...`` would; run by the host, with its interpreter.

``python comfyui_launcher.py MAIN [ARGUMENT...]``
"""

from __future__ import annotations

import importlib.util
import os
import runpy
import signal
import sys
from pathlib import Path
from typing import Any


def declare_missing_operators() -> Any:
    """Declare the operators that torchvision's Python part asks for where its compiled part cannot be loaded.

    PyPI's torchvision for Linux is built for CUDA; beside a CPU build of PyTorch its library misses what it links to.
    Returns what the caller must keep alive; None where nothing was missing.
    """
    import torch

    found = importlib.util.find_spec("torchvision")
    if found is None or found.origin is None:
        return None
    for library in Path(found.origin).parent.glob("_C.*"):
        try:
            torch.ops.load_library(str(library))
            return None
        except OSError:
            break
    operators = torch.library.Library("torchvision", "DEF")
    for name in ("nms", "qnms"):
        operators.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    return operators


def main() -> None:
    """Become ComfyUI: its arguments, its import path, and an orderly end at SIGTERM."""
    sys.argv = sys.argv[1:]
    script = Path(sys.argv[0]).absolute()
    sys.path[0] = str(script.parent)
    # The default would end the process without its atexit handlers.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    here = Path(__file__).parent
    os.environ["PYTHONPATH"] = os.pathsep.join((str(here / "child_python"), str(here)))  # for its children
    operators = declare_missing_operators()
    runpy.run_path(str(script), run_name="__main__")
    del operators


if __name__ == "__main__":
    main()
