"""The learned ranker: a linear model and six small layers beside it, 6,600 weights in weights.json.

The commands of training/ fit them; benchmarks/ranking_study.md says what each feature gave. The score of a candidate is
its estimated probability to answer the query, so scores of different queries compare.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from ..arrays.products import product
from ..arrays.types import FloatArray, Int32Array, IntArray
from .features import FEATURES

WEIGHTS_FILE = Path(__file__).with_name("weights.json")
EXACT_BONUS = 2.0  # above anything that the ranker can give
EXACT_STEP = 0.1  # between a tag, an alias and a name of the same spelling


@dataclass(frozen=True, slots=True)
class Ranker:
    """score = sigmoid(linear . x + output . tanh(hidden x + hidden_bias) + bias) for features x.

    `linear` is (f,), `hidden` (h, f), `hidden_bias` and `output` (h,).
    """

    linear: FloatArray
    hidden: FloatArray
    hidden_bias: FloatArray
    output: FloatArray
    bias: float

    def scores(self, features: FloatArray) -> FloatArray:
        """(n, f) features -> (n,) float32 in 0..1."""
        inner = np.tanh(product(features, self.hidden.T) + self.hidden_bias)
        raw = features @ self.linear + inner @ self.output + self.bias
        squashed: FloatArray = (0.5 + 0.5 * np.tanh(0.5 * raw)).astype(np.float32)
        return squashed

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Ranker:
        """Read the form of weights.json, whose features are some of FEATURES; raises ValueError when it has others."""
        unknown = set(value["features"]).difference(FEATURES)
        if unknown:
            raise ValueError(f"The ranker was fitted for other features ({', '.join(sorted(unknown))}); see training/.")
        columns = [FEATURES.index(name) for name in value["features"]]
        linear = np.zeros(len(FEATURES), np.float32)
        linear[columns] = value["linear"]
        hidden = np.zeros((len(value["hidden"]), len(FEATURES)), np.float32)
        hidden[:, columns] = value["hidden"]
        inner, output = (np.array(value[name], np.float32) for name in ("hidden_bias", "output"))
        return cls(linear, hidden, inner, output, float(value["bias"]))


@lru_cache(maxsize=1)
def default_ranker() -> Ranker:
    """The ranker of the package."""
    return Ranker.from_json(json.loads(WEIGHTS_FILE.read_text(encoding="utf-8")))


def order(scores: FloatArray, post_counts: Int32Array) -> IntArray:
    """Indices from the best score to the worst; equal scores by post count, then by place."""
    ranked: IntArray = np.lexsort((np.arange(len(scores)), -post_counts.astype(np.int64), -scores))
    return ranked
