"""From the scores of the channels to one order. Pure: arrays in, arrays out."""

from .features import FEATURES, feature_table
from .fusion import DEFAULT_WEIGHTS, FusionWeights, complete, fuse, read_weights
from .model import EXACT_BONUS, EXACT_STEP, Ranker, default_ranker, order

__all__ = [
    "DEFAULT_WEIGHTS",
    "EXACT_BONUS",
    "EXACT_STEP",
    "FEATURES",
    "FusionWeights",
    "Ranker",
    "complete",
    "default_ranker",
    "feature_table",
    "fuse",
    "order",
    "read_weights",
]
