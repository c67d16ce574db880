"""Encoders inside ComfyUI: BGE-M3 on the GPU takes its turn in video memory through ComfyUI's own management."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..danbooru_index.errors import IndexMismatchError
from ..danbooru_index.progress import Progress, silent
from ..danbooru_index.settings import Settings

if TYPE_CHECKING:
    from ..danbooru_index.encoders import Encoder
    from ..danbooru_index.index.index import Index

CPU, AUTO = "cpu", "auto"
USE_MULTILINGUAL = "use-multilingual"
ENCODERS = [AUTO, USE_MULTILINGUAL, "BAAI/bge-m3"]
DEVICES = [AUTO, CPU, "cuda", "mps", "xpu"]
PRECISIONS = [AUTO, "fp32", "fp16", "int8"]


def open_managed(model: str, device: str, precision: str, settings: Settings, progress: Progress = silent) -> Encoder:
    """The encoder of this name; on any device but the CPU it is loaded by ComfyUI before every encode.

    `progress` is told of the download of its files, where they are missing.
    """
    from ..danbooru_index.encoders import open_encoder

    if model == USE_MULTILINGUAL or device == CPU or precision == "int8":
        device = CPU if device == AUTO else device
        return open_encoder(model, device=device, precision=precision, settings=settings, progress=progress)
    from .torch_memory import ComfyPlacement

    placement = ComfyPlacement()
    device = placement.device if device == AUTO else device
    return open_encoder(
        model, device=device, precision=precision, settings=settings, placement=placement, progress=progress
    )


def open_index(version: Path, encoder: str, precision: str, settings: Settings, progress: Progress = silent) -> Index:
    """Open an index version for searching.

    :raises IndexMismatchError: another encoder was asked for than the one that built it.
    """
    from ..danbooru_index.index.index import Index
    from ..danbooru_index.index.manifest import read_manifest

    built = read_manifest(version).encoder
    if encoder not in (AUTO, built.name):
        raise IndexMismatchError(
            f"The index {version} was built by {built}, not by {encoder}.",
            hint="Choose encoder auto, or build the index with that encoder (Danbooru Index: Rebuild).",
        )
    # One line of text is quick on a CPU, and the image model keeps its video memory.
    device = CPU if settings.device == AUTO else settings.device
    if device == CPU and precision == AUTO:
        # The index knows whether an encoder came with it.
        return Index(version, settings=settings, progress=progress)
    managed = open_managed(built.name, device, precision, settings, progress)
    return Index(version, encoder=managed, settings=settings)
