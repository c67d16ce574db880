"""From the scores of the channels to one order. Pure: arrays in, arrays out; every weight stands here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class FusionWeights:
    """Weights of the fused score. What each is worth on every query set stands in benchmarks/ranking_study.md."""

    lexical: float = 0.4
    popularity: float = 0.12


DEFAULT_WEIGHTS = FusionWeights()
EXACT_BONUS = 2.0  # above anything that the channels can reach together
EXACT_STEP = 0.1  # between a tag, an alias and a name of the same spelling


def fuse(dense: FloatArray, lexical: FloatArray, popularity: FloatArray, weights: FusionWeights = DEFAULT_WEIGHTS) -> FloatArray:
    """Fused scores of n candidates.

    :param dense: (n, kinds) best inner product of each kind of text, -1 where a tag has none.
    :param lexical: (n,) best cosine of the names, 0..1.
    :param popularity: (n,) 0..1.
    :returns: (n,) float32, at most 1: a raw weighted sum (z-scores were worse) over the sum of its weights.
    """
    total = dense.max(axis=1) + weights.lexical * lexical + weights.popularity * popularity
    scaled: FloatArray = (total / (1.0 + weights.lexical + weights.popularity)).astype(np.float32)
    return scaled


def order(scores: FloatArray, post_counts: npt.NDArray[np.int32]) -> npt.NDArray[np.int64]:
    """Indices from the best score to the worst; equal scores by post count, then by place."""
    ranked: npt.NDArray[np.int64] = np.lexsort((np.arange(len(scores)), -post_counts.astype(np.int64), -scores))
    return ranked
