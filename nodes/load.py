"""`DanbooruIndexLoad`: which index the other nodes use, how its queries are encoded, and whether it may be downloaded."""

from __future__ import annotations

from pathlib import Path

from comfy_api.v0_0_2 import io

from ..danbooru_index.settings import DENSE_CHOICES
from . import host
from .encoders import AUTO, DEVICES, ENCODERS, PRECISIONS
from .inputs import HANDLE_TYPE
from .service import IF_MISSING, NEVER, UPDATE, IndexHandle


def _inputs() -> list[io.Input]:
    return [
        io.String.Input(
            "folder",
            default="",
            tooltip="Index folder. Empty: the built or downloaded index, else the starter index inside the pack.",
        ),
        io.Combo.Input(
            "encoder",
            options=ENCODERS,
            default=AUTO,
            tooltip="auto takes the encoder that built the index. Another one is refused: its vectors would not fit.",
        ),
        io.Combo.Input(
            "device",
            options=DEVICES,
            default=AUTO,
            tooltip="Where BGE-M3 encodes queries. auto is the CPU, so that the image model keeps its video memory. "
            "The embedded encoder always uses the CPU.",
        ),
        io.Combo.Input(
            "precision",
            options=PRECISIONS,
            default=AUTO,
            tooltip="BGE-M3 only. auto: fp16 on a GPU; on the CPU int8 if it was converted (danbooru-index convert), else fp32.",
        ),
        io.Combo.Input(
            "download",
            options=[NEVER, IF_MISSING, UPDATE],
            default=NEVER,
            tooltip="Whether the prebuilt index may be fetched from the Hub: never, if there is none, or also a newer one. "
            "An index that was built here always stays.",
        ),
        io.String.Input(
            "repository", default="", tooltip="Hub repository of the prebuilt index. Empty: the one in the settings."
        ),
        io.String.Input(
            "endpoint",
            default="",
            tooltip="Address of the Hub or a mirror of it, several separated by commas. Empty: HF_ENDPOINT or the settings.",
        ),
        io.Combo.Input(
            "dense",
            options=list(DENSE_CHOICES),
            default=DENSE_CHOICES[0],
            optional=True,
            tooltip="Where tags of near meaning are looked for: sketch is the index's own scan, chroma its Chroma collection. "
            "auto takes the scan, or the Chroma server if there is one.",
        ),
        io.String.Input(
            "chroma",
            default="",
            optional=True,
            tooltip="Address of a Chroma server that holds the collection of this index, as http://host:8000.",
        ),
    ]


class DanbooruIndexLoad(io.ComfyNode):
    """A lazy handle: nothing is fetched or loaded before the first search."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="DanbooruIndexLoad",
            display_name="Danbooru Index: Load",
            category=host.CATEGORY,
            description="Chooses the tag index for the other Danbooru Index nodes. Without this node they find it themselves.",
            inputs=_inputs(),
            outputs=[
                HANDLE_TYPE.Output("index", tooltip="For the index input of the other nodes."),
                io.String.Output("info", tooltip="What the index is: tags, texts and encoder."),
            ],
        )

    @classmethod
    def execute(
        cls,
        folder: str,
        encoder: str,
        device: str,
        precision: str,
        download: str,
        repository: str,
        endpoint: str,
        dense: str = DENSE_CHOICES[0],
        chroma: str = "",
    ) -> io.NodeOutput:
        from ..danbooru_index.index.manifest import read_manifest
        from ..danbooru_index.index.versions import current_version

        with host.shown_errors():
            handle = IndexHandle(
                folder.strip(),
                encoder,
                device,
                precision,
                download,
                repository.strip(),
                endpoint.strip(),
                dense,
                chroma.strip(),
            )
            if not handle.folder or handle.download != NEVER:
                return io.NodeOutput(handle, "found at the first search")
            version = current_version(Path(handle.folder))
            manifest = read_manifest(version)
            return io.NodeOutput(
                handle, f"{version}: {manifest.rows:,} tags, {manifest.texts:,} texts, {manifest.encoder}"
            )
