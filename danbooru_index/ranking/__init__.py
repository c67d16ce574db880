"""From the scores of the channels to one order. Pure: arrays in, arrays out."""

from .features import FEATURES, CandidateScores, feature_table
from .model import EXACT_BONUS, EXACT_STEP, Ranker, default_ranker, order

__all__ = ["EXACT_BONUS", "EXACT_STEP", "FEATURES", "CandidateScores", "Ranker", "default_ranker", "feature_table", "order"]
