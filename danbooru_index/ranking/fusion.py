"""Fusing the ranker with the channels that only some encoders have: learned term weights and late interaction."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from ..arrays.types import Columns, FloatArray
from ..errors import InputError
from ..storage.foreign import JSON_FILE, at


@dataclass(frozen=True, slots=True)
class FusionWeights:
    """Weights beside the ranker's score, which counts 1. `evaluate --tune` searches them on a query set of one's own.

    `sparse` and `late` count where the encoder has such vectors; they are those of the M3-Embedding paper (Chen et al., 2024,
    dense 1, sparse 0.3, multi-vector 1), since BGE-M3's own weights could not be measured here. `popularity` is more of the
    prior than the ranker gives it already.
    """

    popularity: float = 0.0
    sparse: float = 0.3
    late: float = 1.0


DEFAULT_WEIGHTS = FusionWeights()
UNBOUNDED = frozenset({"sparse"})  # scores of at least 0, of which what exceeds 1 counts as 1


def read_weights(path: Path) -> FusionWeights:
    """The weights of a file that `evaluate --tune` wrote; raises InputError when it is not such a file."""
    hint = "Write it with: danbooru-index evaluate --tune FILE"
    with at(JSON_FILE, lambda why: InputError(f"{path} holds no fusion weights: {why}.", hint=hint)):
        values = json.loads(path.read_text(encoding="utf-8-sig"))["weights"]
        return FusionWeights(**{name: float(value) for name, value in values.items()})


def fuse(columns: Columns, weights: FusionWeights = DEFAULT_WEIGHTS) -> FloatArray:
    """Fused scores of n candidates: the ranker's, which counts 1, and what of the weighted columns there is.

    :param columns: (n,) `ranker`, in 0..1; `dense`, the best inner product of each tag's texts, against which scores that are
        NaN are estimated; and those that the weights name.
    :returns: (n,) float32, at most 1: a raw weighted sum (z-scores were worse) over the sum of its weights.
    """
    parts = [(1.0, columns["ranker"])]
    for name, weight in asdict(weights).items():
        scores = columns.get(name)
        if scores is None or np.isnan(scores).all():
            continue
        if name in UNBOUNDED:
            scores = np.minimum(scores, 1.0)
        if np.isnan(scores).any():
            scores = complete(scores, columns["dense"])
        parts.append((weight, scores))
    total = sum(weight * scores for weight, scores in parts) / sum(weight for weight, _ in parts)
    return np.asarray(total, np.float32)


def complete(late: FloatArray, dense: FloatArray) -> FloatArray:
    """Late interaction scores with the missing ones estimated from the dense scores.

    They are as far from their dense score as the known ones are in the median, so a tag without token vectors neither
    gains nor loses against those that have them.

    >>> complete(np.array([0.8, np.nan], np.float32), np.array([0.7, 0.5], np.float32)).round(3).tolist()
    [0.800000011920929, 0.6000000238418579]
    """
    missing = np.isnan(late)
    filled: FloatArray = np.where(missing, dense + np.median((late - dense)[~missing]), late).astype(np.float32)
    return filled
