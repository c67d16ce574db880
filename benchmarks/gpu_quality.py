"""What BGE-M3's outputs and precisions find: the step of bge_m3_gpu.py that counts quality, through the project's own evaluation."""

from __future__ import annotations

import importlib.util
import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gpu_encoding import Bench

from danbooru_index.encoders import Encoder
from danbooru_index.encoders.m3 import M3Encoder
from danbooru_index.evaluation.prose import evaluate_prose, read_prose
from danbooru_index.evaluation.searches import evaluate_set, keep_known, read_queries
from danbooru_index.index.index import Index
from danbooru_index.indexing import BuildOptions, build_index
from danbooru_index.ranking import DEFAULT_WEIGHTS, FusionWeights

RANDOM = "RANDOM_WEIGHTS"  # in a checkpoint's folder: this benchmark made it, so nothing can be found with it
# A channel of weight 0 still proposes tags; it has no say in their order.
OUTPUTS = {
    "dense": FusionWeights(sparse=0.0, late=0.0),
    "dense + sparse": FusionWeights(sparse=DEFAULT_WEIGHTS.sparse, late=0.0),
    "dense + sparse + ColBERT": DEFAULT_WEIGHTS,
}


def quality(bench: Bench) -> dict[str, Any]:
    """One index of the corpus, asked with each set of outputs, then in fp32 and in int8 on the CPU with all of them.

    Queries are embedded anew each time, the tags' vectors are the device's; queries whose tags the corpus lacks are left out.
    """
    options = {} if importlib.util.find_spec("chromadb") else {"chroma_tags": 0}
    folder = bench.work / "quality"
    build_index(bench.corpus, folder, bench.encoder, BuildOptions(reuse=False, **options))
    found: dict[str, Any] = {"weights": "random" if (bench.folder / RANDOM).exists() else "given"}
    found |= {name: counted(bench, folder, bench.encoder, weights) for name, weights in OUTPUTS.items()}
    processors: dict[str, Callable[[], M3Encoder]] = {
        "all, queries in fp32 on the CPU": lambda: bench.open("cpu", "fp32"),
        "all, queries in int8 on the CPU": lambda: in_eight_bits(bench),
    }
    for name, opened in processors.items():
        encoder = opened()
        found[name] = counted(bench, folder, encoder, DEFAULT_WEIGHTS)
        encoder.close()
    return found


def in_eight_bits(bench: Bench) -> M3Encoder:
    """The checkpoint in int8, converted for this run: a model beside the weights would be taken by the steps after this one."""
    from danbooru_index.encoders.convert import convert
    from danbooru_index.encoders.onnx_m3 import OnnxM3Encoder

    return OnnxM3Encoder(convert(bench.folder, bench.work / "onnx-int8", force=True).folder)


def counted(bench: Bench, folder: Path, encoder: Encoder, weights: FusionWeights) -> dict[str, Any]:
    """mAP@10 of each set and their mean, and what prompts of the sentences hold."""
    figures: dict[str, Any] = {"encoder": encoder.description}
    with Index(folder, encoder=encoder, weights=weights) as index:
        figures["channels"] = ", ".join(index.channel_names)
        sets = {path.stem: keep_known(read_queries(path), index) for path in bench.queries}
        precisions = {name: evaluate_set(index, name, asked).map_at_10 for name, asked in sets.items() if asked}
        sentences = [query for path in bench.sentences for query in read_prose(path)]
        prompts = evaluate_prose(index, sentences)[-1] if sentences else None
    figures["queries"] = sum(map(len, sets.values()))
    figures |= {f"mAP@10 {name}": round(value, 4) for name, value in precisions.items()}
    if precisions:
        figures["mAP@10"] = round(statistics.fmean(precisions.values()), 4)
    if prompts is not None:
        figures |= {name: round(getattr(prompts, name), 4) for name in ("concepts", "spent", "precision", "unwanted")}
    return figures
