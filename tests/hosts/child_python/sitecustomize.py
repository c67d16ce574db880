"""What a Python that the tests' ComfyUI starts does before torchvision is imported there: what the launcher does in ComfyUI itself."""

from __future__ import annotations

import sys
from importlib.abc import MetaPathFinder
from typing import Any

from comfyui_launcher import declare_missing_operators


class _BeforeTorchvision(MetaPathFinder):
    """Finds nothing; declares the operators when torchvision is looked for."""

    operators: Any = None  # kept alive with this

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        if name == "torchvision" and FINDER in sys.meta_path:
            sys.meta_path.remove(FINDER)
            self.operators = declare_missing_operators()


FINDER = _BeforeTorchvision()
sys.meta_path.insert(0, FINDER)
