"""`DanbooruIndexLoad`: which index the other nodes use."""

from __future__ import annotations

from pathlib import Path

from comfy_api.v0_0_2 import io

from ..danbooru_index.index import current_version
from ..danbooru_index.manifest import read_manifest
from . import host
from .service import IndexHandle

HANDLE_TYPE = io.Custom("DANBOORU_INDEX")


class DanbooruIndexLoad(io.ComfyNode):
    """A lazy handle: nothing is loaded before the first search."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="DanbooruIndexLoad",
            display_name="Danbooru Index: Load",
            category=host.CATEGORY,
            description="Chooses the tag index for the other Danbooru Index nodes. Without this node they find it themselves.",
            inputs=[
                io.String.Input(
                    "folder",
                    default="",
                    tooltip="Index folder. Empty: the built or downloaded index, else the starter index inside the pack.",
                ),
                io.Combo.Input(
                    "device",
                    options=["auto", "cpu", "cuda", "mps", "xpu"],
                    default="auto",
                    tooltip="Where BGE-M3 encodes queries. auto is the CPU, so that the image model keeps its video memory. "
                    "The embedded encoder always uses the CPU.",
                ),
            ],
            outputs=[
                HANDLE_TYPE.Output("index", tooltip="For the index input of the other nodes."),
                io.String.Output("info", tooltip="What the index is: tags, texts and encoder."),
            ],
        )

    @classmethod
    def execute(cls, folder: str, device: str) -> io.NodeOutput:
        with host.shown_errors():
            handle = IndexHandle(folder.strip(), device)
            if not handle.folder:
                return io.NodeOutput(handle, "found at the first search")
            version = current_version(Path(handle.folder))
            manifest = read_manifest(version)
            return io.NodeOutput(
                handle, f"{version}: {manifest.rows:,} tags, {manifest.texts:,} texts, {manifest.encoder}"
            )
