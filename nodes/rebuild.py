"""`DanbooruIndexRebuild`: a corpus into the index that the next search uses."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from comfy_api.v0_0_2 import io, ui

from . import host
from .encoders import AUTO, DEVICES, ENCODERS, open_managed
from .inputs import HANDLE_TYPE
from .service import IndexHandle

if TYPE_CHECKING:
    from ..danbooru_index.indexing import BuildReport

RESUME, RESTART = "resume", "restart"
OWN_PAIRS = "own.cooccurrence.csv.gz"  # in the index folder, while the index is built again from its own corpus


class DanbooruIndexRebuild(io.ComfyNode):
    """Build the main index from a corpus; cancelled or killed, the next run goes on."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="DanbooruIndexRebuild",
            display_name="Danbooru Index: Rebuild",
            category=host.CATEGORY,
            description="Builds the tag index from a JSONL corpus on this machine. The next search uses it.",
            is_output_node=True,
            not_idempotent=True,
            inputs=[
                io.String.Input(
                    "corpus",
                    default="",
                    tooltip="Path of a .jsonl or .jsonl.gz. Empty: the current index's own corpus, else the starter corpus.",
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
                    tooltip="Where BGE-M3 encodes. auto is the GPU where there is one.",
                ),
                io.Int.Input(
                    "batch_size",
                    default=0,
                    min=0,
                    max=4096,
                    tooltip="Texts encoded at once. 0: as many as the memory takes.",
                ),
                io.Combo.Input(
                    "unfinished",
                    options=[RESUME, RESTART],
                    default=RESUME,
                    tooltip="What to do with a build that was interrupted: go on from its last checkpoint, or start afresh.",
                ),
                io.Boolean.Input(
                    "tolerant", default=True, tooltip="Skip bad lines and count them, instead of stopping at the first."
                ),
            ],
            outputs=[
                HANDLE_TYPE.Output("index", tooltip="The new index, for the index input of the other nodes."),
                io.String.Output("report", tooltip="Tags, texts, rate, time and size."),
            ],
        )

    @classmethod
    def execute(
        cls, corpus: str, encoder: str, device: str, batch_size: int, unfinished: str, tolerant: bool
    ) -> io.NodeOutput:
        from ..danbooru_index.indexing import BuildOptions, build_index
        from ..danbooru_index.locate import main_folder

        with host.shown_errors():
            settings = host.settings()
            folder = main_folder(settings)
            source, pairs = _source(corpus.strip().strip('"'), folder)
            model = settings.model if encoder == AUTO else encoder
            chosen = open_managed(model, device, AUTO, settings, host.NodeProgress())
            options = BuildOptions(
                strict=not tolerant, batch_size=batch_size, restart=unfinished == RESTART, cooccurrence=pairs
            )
            begun = time.perf_counter()
            try:
                built = build_index(source, folder, chosen, options, host.NodeProgress())
            finally:
                # The queries' encoder is another one: let the memory of this go at once.
                if hasattr(chosen, "close"):
                    chosen.close()
                (folder / OWN_PAIRS).unlink(missing_ok=True)
            report = _report(built, source, chosen.description, time.perf_counter() - begun)
        return io.NodeOutput(IndexHandle(), report, ui=ui.PreviewText(report))


def _source(corpus: str, folder: Path) -> tuple[Path, Path | None]:
    """The corpus to build from and its pairs of tags: as named, else the current index's own, else the starter's."""
    from ..danbooru_index.index.versions import current_version, has_index
    from ..danbooru_index.indexing.own_pairs import own_corpus, pairs_beside, write_own_pairs
    from ..danbooru_index.locate import STARTER_CORPUS

    if corpus:
        return Path(corpus), pairs_beside(Path(corpus))
    if not has_index(folder):
        return STARTER_CORPUS, None
    version = current_version(folder)
    return own_corpus(version), write_own_pairs(version, folder / OWN_PAIRS)


def _report(built: BuildReport, source: Path, encoder: str, seconds: float) -> str:
    from ..danbooru_index.index.manifest import read_manifest

    size = sum(entry.size for entry in read_manifest(built.folder).files.values())
    encoded = built.texts - built.reused
    lines = [
        f"{built.rows:,} tags, {built.texts:,} texts ({encoded:,} encoded, {built.reused:,} taken from the old index)",
        f"{seconds:.0f} s, {encoded / max(seconds, 1e-9):,.0f} texts/s, {size / 1e6:,.0f} MB, {encoder}",
        f"from {source} to {built.folder}",
        *built.notes,
        *(f"skipped {problem}" for problem in built.problems[:20]),
    ]
    if built.bad_lines > 20:
        lines.append(f"skipped {built.bad_lines - 20} more lines")
    return "\n".join(lines)
