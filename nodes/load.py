"""`DanbooruIndexLoad`: which index the other nodes use, how its queries are encoded, and whether it may be downloaded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from comfy_api.v0_0_2 import io

from ..danbooru_index.settings import DENSE_CHOICES
from ..danbooru_index.storage.paths import is_network_path
from . import host
from .encoders import AUTO, DEVICES, ENCODERS, PRECISIONS, check_encoder
from .inputs import HANDLE_TYPE
from .service import IF_MISSING, NEVER, UPDATE, IndexHandle, find_version, fingerprint, use_index


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
            advanced=True,
            tooltip="Where BGE-M3 encodes queries. auto is the CPU, so that the image model keeps its video memory. "
            "The embedded encoder always uses the CPU.",
        ),
        io.Combo.Input(
            "precision",
            options=PRECISIONS,
            default=AUTO,
            advanced=True,
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
            "repository",
            default="",
            advanced=True,
            tooltip="Hub repository of the prebuilt index, OWNER/NAME. Empty: the one in the settings. None is published yet.",
        ),
        io.String.Input(
            "endpoint",
            default="",
            advanced=True,
            tooltip="Address of the Hub or a mirror of it, several separated by commas. Empty: HF_ENDPOINT or the settings.",
        ),
        io.Combo.Input(
            "dense",
            options=list(DENSE_CHOICES),
            default=DENSE_CHOICES[0],
            optional=True,
            advanced=True,
            tooltip="Where tags of near meaning are looked for: sketch is the index's own scan, chroma its Chroma collection. "
            "auto takes the scan, or the Chroma server if there is one.",
        ),
        io.String.Input(
            "chroma",
            default="",
            optional=True,
            advanced=True,
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
    def validate_inputs(cls, folder: str | None = None) -> bool | str:
        named = (folder or "").strip()
        # A download may make the folder, so that it is not there says nothing; nor is another computer asked.
        if not named or is_network_path(named) or not Path(named).is_file():
            return True
        return f"{named} is a file, no index folder."

    @classmethod
    def fingerprint_inputs(cls, folder: str | None = None, **inputs: Any) -> str:
        return f"{sorted(inputs.items())} {fingerprint(IndexHandle((folder or '').strip()))}"

    @classmethod
    def execute(cls, folder: str, repository: str, endpoint: str, chroma: str = "", **inputs: str) -> io.NodeOutput:
        from ..danbooru_index.index.manifest import read_manifest

        with host.shown_errors():
            handle = IndexHandle(
                folder.strip(),
                repository=repository.strip(),
                endpoint=endpoint.strip(),
                chroma=chroma.strip(),
                **inputs,
            )
            if handle.download != NEVER:
                # Here and not at the first search, so that a setting that is wrong is shown on this node.
                with use_index(handle) as (opened, reason):
                    return io.NodeOutput(handle, f"{_about(opened.folder)} ({reason})")
            version = find_version(handle)
            if version is not None:
                check_encoder(version, read_manifest(version).encoder, handle.encoder)
            return io.NodeOutput(
                handle, _about(version) if version else "the starter index, unpacked at the first search"
            )


def _about(version: Path) -> str:
    from ..danbooru_index.index.manifest import read_manifest

    manifest = read_manifest(version)
    return f"{version}: {manifest.rows:,} tags, {manifest.texts:,} texts, {manifest.encoder}"
