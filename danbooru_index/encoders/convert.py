"""Turning a checkpoint of BGE-M3 into the int8 graph, and measuring what that costs on real texts."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..arrays.types import FloatArray
from ..errors import EncoderError
from ..storage.litter import is_litter
from .bge_m3 import TorchM3Encoder
from .model_files import TOKENIZER, check_folder, identity_of
from .onnx_graph import import_onnx, saturates, write_graph
from .onnx_m3 import CARD_FILE, GRAPH_FILE, ONNX_FOLDER, TOKENIZER_FILE, WEIGHTS_FILE, OnnxCard, OnnxM3Encoder, is_card
from .protocol import Encoding

LEAST_COSINE = 0.98
SAMPLE_TEXTS = (
    "水手服",
    "双马尾",
    "黑色长发的少女站在樱花树下",
    "【通用】1girl - 一个女孩",
    "夕焼けの海",
    "猫耳のメイドさんが紅茶を淹れている",
    "ツインテール",
    "制服を着た女の子",
    "sailor uniform",
    "a girl with long black hair standing under cherry blossoms",
    "looking at viewer",
    "holding a sword, glowing eyes, night sky",
    "hatsune miku",
    "saber (fate)",
    "검은 머리의 소녀",
    "고양이 귀",
    "девушка в школьной форме",
    "fille aux cheveux longs sous la pluie",
    "Mädchen mit roter Schleife",
    "chica con orejas de gato",
    "An image containing one female character.",
    "Hair longer than the shoulders, up to reaching the waist.",
    "1girl, solo, long hair, blue eyes, serafuku, cherry blossoms, outdoors",
    "傘",
)


@dataclass(frozen=True, slots=True)
class Similarity:
    """Cosines of int8 to fp32 over the texts: the mean and the least of one output."""

    mean: float
    least: float


@dataclass(frozen=True, slots=True)
class Conversion:
    """Where the int8 model is, its size in bytes, the bits of its weights, and how near each output is to fp32."""

    folder: Path
    size: int
    weight_bits: int
    similarity: dict[str, Similarity]


def convert(
    source: Path, target: Path | None = None, *, texts: Sequence[str] = SAMPLE_TEXTS, force: bool = False
) -> Conversion:
    """Convert a checkpoint folder; the model appears under its name only when it is complete and was measured.

    :param target: where to; by default `onnx-int8` beside the weights.
    :param texts: real texts, on which int8 is compared with fp32.
    :param force: keep the model even if its dense vectors fall under LEAST_COSINE.
    :raises EncoderError: the checkpoint is not BGE-M3, `target` holds other files, or int8 harms it too much.
    """
    import_onnx()
    config, identity = check_folder(source), identity_of(source)
    target = target or source / ONNX_FOLDER
    _check_target(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    work = target.with_name(f".{target.name}.{uuid.uuid4().hex}.tmp")
    work.mkdir()
    try:
        bits = 7 if saturates() else 8
        torch_encoder = TorchM3Encoder(identity, lambda: source, device="cpu", precision="fp32")
        exact = torch_encoder.encode(list(texts), sparse=True, tokens=True)
        write_graph(work, _weights(torch_encoder), config, bits)
        torch_encoder.close()
        shutil.copyfile(source / TOKENIZER, work / TOKENIZER)
        OnnxCard(identity, config.max_tokens, bits, {}).write(work)
        similarity = compare(OnnxM3Encoder(work).encode(list(texts), sparse=True, tokens=True), exact)
        if similarity["dense"].mean < LEAST_COSINE and not force:
            raise EncoderError(
                f"In int8 the dense vectors of {source} have a cosine of {similarity['dense'].mean:.4f} to fp32, under {LEAST_COSINE}.",
                hint="Keep using fp32, or run convert with --force to use it all the same.",
            )
        OnnxCard(
            identity, config.max_tokens, bits, {name: round(value.mean, 5) for name, value in similarity.items()}
        ).write(work)
        shutil.rmtree(target, ignore_errors=True)
        work.rename(target)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return Conversion(target, sum(path.stat().st_size for path in target.iterdir()), bits, similarity)


def _check_target(target: Path) -> None:
    """Refuse a place that holds anything but an earlier conversion, known by its card, which is replaced."""
    own = {CARD_FILE, GRAPH_FILE, WEIGHTS_FILE, TOKENIZER_FILE}
    names = {path.name for path in target.iterdir() if not is_litter(path.name)} if target.is_dir() else set()
    if (target.exists() and not target.is_dir()) or names - own or (names and not is_card(target / CARD_FILE)):
        raise EncoderError(
            f"{target} holds other files, which would be lost.", hint="Name a new or empty folder with --output."
        )


def _weights(encoder: TorchM3Encoder) -> dict[str, FloatArray]:
    module = encoder.module
    named = {name: value.detach().numpy() for name, value in module.model.named_parameters()}
    heads = {"colbert": module.colbert_linear, "sparse": module.sparse_linear}
    return named | {
        f"{head}.{name}": value.detach().numpy()
        for head, layer in heads.items()
        for name, value in layer.named_parameters()
    }


def compare(found: Encoding, exact: Encoding) -> dict[str, Similarity]:
    """Cosines of each output of two encodings of the same texts.

    They are those of the dense vectors, of the term weights as vectors over the vocabulary, and of every token's vector.
    """
    assert (
        found.sparse is not None and exact.sparse is not None and found.tokens is not None and exact.tokens is not None
    )
    sparse = [_cosine(a, b) for a, b in zip(found.sparse, exact.sparse, strict=True)]
    tokens = np.concatenate([(a * b).sum(axis=1) for a, b in zip(found.tokens, exact.tokens, strict=True)])
    values = {"dense": (found.dense * exact.dense).sum(axis=1), "sparse": np.array(sparse), "colbert": tokens}
    return {name: Similarity(float(cosines.mean()), float(cosines.min())) for name, cosines in values.items()}


def _cosine(a: dict[int, float], b: dict[int, float]) -> float:
    norm = float(np.sqrt(sum(w * w for w in a.values()) * sum(w * w for w in b.values())))
    # Two texts without any weight agree.
    return sum(w * b.get(term, 0.0) for term, w in a.items()) / norm if norm else float(not a and not b)
