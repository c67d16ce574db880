"""Encoders inside ComfyUI: BGE-M3 on the GPU takes its turn in video memory through ComfyUI's own management."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..danbooru_index.errors import IndexMismatchError
from ..danbooru_index.progress import Progress, silent
from ..danbooru_index.settings import Settings

if TYPE_CHECKING:
    from ..danbooru_index.encoders import Encoder, EncoderIdentity
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


def placed(encoder: str, device: str, precision: str) -> tuple[str, str]:
    """Where queries are encoded and how, of what was asked for: the embedded encoder knows the CPU and fp32 alone."""
    if encoder == USE_MULTILINGUAL:
        return CPU, AUTO
    # One line of text is quick on a CPU, and the image model keeps its video memory.
    return (CPU if device == AUTO else device), precision


def check_encoder(version: Path, built: EncoderIdentity, asked: str) -> None:
    """Raise IndexMismatchError when another encoder was asked for than the one that built an index."""
    if asked not in (AUTO, built.name):
        raise IndexMismatchError(
            f"The index {version} was built by {built}, not by {asked}.",
            hint="Choose encoder auto, or build the index with that encoder (Danbooru Index: Rebuild).",
        )


def open_index(version: Path, precision: str, settings: Settings, progress: Progress = silent) -> Index:
    """Open an index version for searching."""
    from ..danbooru_index.index.index import Index
    from ..danbooru_index.index.manifest import read_manifest

    built = read_manifest(version).encoder
    device, precision = placed(built.name, settings.device, precision)
    if device == CPU and precision == AUTO:
        # The index knows whether an encoder came with it.
        return Index(version, settings=settings, progress=progress)
    managed = open_managed(built.name, device, precision, settings, progress)
    return Index(version, encoder=managed, settings=settings)
