"""`DanbooruIndexRebuild`: a corpus into the index that the next search uses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from comfy_api.v0_0_2 import io, ui

from ..danbooru_index.rebuild import STARTER
from ..danbooru_index.storage.paths import is_network_path
from . import host
from .building import RESTART, RESUME, Order, corpus_fingerprint, rebuild
from .corpora import of_node
from .encoders import AUTO, DEVICES, ENCODERS
from .inputs import HANDLE_TYPE
from .service import IndexHandle


class DanbooruIndexRebuild(io.ComfyNode):
    """Build the main index from a corpus; cancelled or killed, the next run goes on."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="DanbooruIndexRebuild",
            display_name="Danbooru Index: Rebuild",
            category=host.CATEGORY,
            description="Builds the tag index from a corpus on this machine. The next search uses it.",
            search_aliases=["danbooru", "index", "rebuild", "重建", "再構築"],
            is_output_node=True,
            not_idempotent=True,
            inputs=[
                io.String.Input(
                    "corpus",
                    default="",
                    placeholder="danbooru_tags.jsonl, danbooru.csv, or starter",
                    tooltip="Path of a .jsonl corpus, or of a table such as the danbooru.csv of an autocomplete pack. "
                    "Empty: the current index's own corpus, else the starter index. starter: back to the starter index.",
                ),
                io.Combo.Input(
                    "encoder",
                    options=ENCODERS,
                    default=AUTO,
                    tooltip="auto is the one in the settings, by default the embedded one.",
                ),
                io.Combo.Input(
                    "device",
                    options=DEVICES,
                    default=AUTO,
                    advanced=True,
                    tooltip="Where BGE-M3 encodes. auto is the GPU where there is one.",
                ),
                io.Int.Input(
                    "batch_size",
                    default=0,
                    min=0,
                    max=4096,
                    advanced=True,
                    tooltip="Texts encoded at once. 0: by free main memory and speed. "
                    "A GPU takes 32,768 tokens at a time, half as many when its memory runs out.",
                ),
                io.Combo.Input(
                    "unfinished",
                    options=[RESUME, RESTART],
                    default=RESUME,
                    advanced=True,
                    tooltip="What to do with a build that was interrupted: go on from its last checkpoint, or start afresh.",
                ),
                io.Boolean.Input(
                    "tolerant",
                    default=True,
                    advanced=True,
                    tooltip="Skip bad lines and count them, instead of stopping at the first.",
                ),
            ],
            outputs=[
                HANDLE_TYPE.Output("index", tooltip="The new index, for the index input of the other nodes."),
                io.String.Output("report", tooltip="Tags, texts, rate, time and size."),
            ],
        )

    @classmethod
    def validate_inputs(cls, corpus: str | None = None) -> bool | str:
        named = of_node(corpus or "")
        if is_network_path(named):
            return "The corpus lies on another computer: copy it to this one."
        if named and named != STARTER and not Path(named).is_file():
            return f"There is no file {named}."
        return True

    @classmethod
    def fingerprint_inputs(cls, corpus: str | None = None, **inputs: Any) -> str:
        return f"{sorted(inputs.items())} {corpus_fingerprint(of_node(corpus or ''))}"

    @classmethod
    def execute(cls, corpus: str = "", **inputs: Any) -> io.NodeOutput:
        from .server import jobs

        order = Order(corpus=of_node(corpus), **inputs)
        with host.shown_errors():
            # The page that asked for it shows it as it shows a build in the background.
            report = jobs.run_here("rebuild", lambda progress: rebuild(order, progress), host.NodeProgress())
        return io.NodeOutput(IndexHandle(), report, ui=ui.PreviewText(report))
