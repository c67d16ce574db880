"""BGE-M3's torch module under ComfyUI's memory management: it takes its turn in video memory like any other model."""

from __future__ import annotations

import threading
from typing import Any

import comfy.model_management
import comfy.model_patcher
import torch


class ComfyPlacement:
    """The `placement` of `open_encoder`: loads the module through ComfyUI before every encode.

    ComfyUI may move it out at any time, for an image model or with the unload button, so being loaded once is not enough;
    and it moves a plain module whole or not at all, hence `force_full_load`.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # ComfyUI itself holds only weak references to patchers.
        self._patcher: Any = None

    @property
    def device(self) -> str:
        """Where ComfyUI computes, for the `device` of `open_encoder`: `cuda:0`, `mps`, `cpu` ..."""
        return str(comfy.model_management.get_torch_device())

    def __call__(self, module: torch.nn.Module) -> None:
        """Bring the module to ComfyUI's device, making room there first."""
        with self._lock:
            if self._patcher is None or self._patcher.model is not module:
                self._patcher = comfy.model_patcher.ModelPatcher(
                    module,
                    load_device=comfy.model_management.get_torch_device(),
                    offload_device=comfy.model_management.text_encoder_offload_device(),
                )
            comfy.model_management.load_models_gpu([self._patcher], force_full_load=True)

    def release(self) -> None:
        """Move the module out of video memory and forget it."""
        with self._lock:
            if self._patcher is not None:
                others = [
                    loaded
                    for loaded in comfy.model_management.current_loaded_models
                    if loaded.model is not self._patcher
                ]
                comfy.model_management.free_memory(1e30, self._patcher.load_device, others)
                self._patcher = None
