"""From the scores of the channels to one order. Pure: arrays in, arrays out; every weight stands here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class FusionWeights:
    """Weights of the fused score beside dense, which counts 1. What each is worth on every query set stands in
    benchmarks/ranking_study.md; `evaluate --tune` searches them on a query set of one's own.

    `sparse` and `late` count where the encoder has such vectors; they are those of the M3-Embedding paper (Chen et al., 2024,
    dense 1, sparse 0.3, multi-vector 1), since BGE-M3's own weights could not be measured here.
    """

    lexical: float = 0.4
    popularity: float = 0.12
    sparse: float = 0.3
    late: float = 1.0


DEFAULT_WEIGHTS = FusionWeights()
EXACT_BONUS = 2.0  # above anything that the channels can reach together
EXACT_STEP = 0.1  # between a tag, an alias and a name of the same spelling


def fuse(
    dense: FloatArray,
    lexical: FloatArray,
    popularity: FloatArray,
    weights: FusionWeights = DEFAULT_WEIGHTS,
    *,
    sparse: FloatArray | None = None,
    late: FloatArray | None = None,
) -> FloatArray:
    """Fused scores of n candidates.

    :param dense: (n, kinds) best inner product of each kind of text, -1 where a tag has none.
    :param lexical: (n,) best cosine of the names, 0..1.
    :param popularity: (n,) 0..1.
    :param sparse: (n,) lexical matching scores of the learned term weights, at least 0; what exceeds 1 counts as 1.
    :param late: (n,) late interaction scores in -1..1, NaN where a tag has none.
    :returns: (n,) float32, at most 1: a raw weighted sum (z-scores were worse) over the sum of its weights.
    """
    best = dense.max(axis=1)
    parts = [(1.0, best), (weights.lexical, lexical), (weights.popularity, popularity)]
    if sparse is not None:
        parts.append((weights.sparse, np.minimum(sparse, 1.0)))
    if late is not None and not np.isnan(late).all():
        parts.append((weights.late, complete(late, best)))
    total = sum(weight * scores for weight, scores in parts) / sum(weight for weight, _ in parts)
    return np.asarray(total, np.float32)


def complete(late: FloatArray, dense: FloatArray) -> FloatArray:
    """Late interaction scores with the missing ones estimated: as far from their dense score as the known ones are in the
    median. So a tag without token vectors neither gains nor loses against those that have them.

    >>> complete(np.array([0.8, np.nan], np.float32), np.array([0.7, 0.5], np.float32)).round(3).tolist()
    [0.800000011920929, 0.6000000238418579]
    """
    missing = np.isnan(late)
    filled: FloatArray = np.where(missing, dense + np.median((late - dense)[~missing]), late).astype(np.float32)
    return filled


def order(scores: FloatArray, post_counts: npt.NDArray[np.int32]) -> npt.NDArray[np.int64]:
    """Indices from the best score to the worst; equal scores by post count, then by place."""
    ranked: npt.NDArray[np.int64] = np.lexsort((np.arange(len(scores)), -post_counts.astype(np.int64), -scores))
    return ranked
