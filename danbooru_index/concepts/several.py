"""Whether a text names several things, or is the name or description of one.

A logistic regression over how well it fits as one and in parts. several.json holds the weights and where they come from;
training/ fits them. Pure.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from statistics import fmean

WEIGHTS_FILE = Path(__file__).with_name("several.json")
FEATURES = (
    "one", "whole_fit", "whole_near", "parts_fit", "weakest_part", "log_parts", "counted", "log_letters", "covered", "longest",
    "exact", "listed", "listed_exact", "spaces",
)  # fmt: skip
_SMALLEST = 1e-3  # scores nearer to 0 or 1 say no more


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of a text.

    `whole_fit` is the best score of the text as one thing, 0..1; `whole_near` its similarity to the nearest text of any
    tag, 0 as unrelated texts, 1 the same; `parts` how likely the best tag of each thing in it is; `exact` the share of
    them that are names; `covered` the share of its letters that they take, `longest` that of the longest; `counted`
    whether it counts persons; `listed` whether marks of a list stand between its parts; `spaces` whether only spaces
    do.
    """

    whole_fit: float
    whole_near: float
    parts: Sequence[float]
    exact: float
    covered: float
    longest: float
    letters: int
    counted: bool
    listed: bool
    spaces: bool

    def features(self) -> list[float]:
        """In the order of FEATURES."""
        logits = [_logit(part) for part in self.parts] or [_logit(0.0)]
        return [
            1.0, _logit(self.whole_fit), self.whole_near, fmean(logits), min(logits), math.log(max(1, len(self.parts))),
            float(self.counted), math.log(max(1, self.letters)), self.covered, self.longest, self.exact,
            float(self.listed), self.listed * self.exact, float(self.spaces),
        ]  # fmt: skip


def is_several(evidence: Evidence) -> bool:
    """Whether the text should be searched thing by thing."""
    if len(evidence.parts) + evidence.counted < 2:
        return False
    return sum(w * x for w, x in zip(_weights(), evidence.features(), strict=True)) > 0.0


@lru_cache(maxsize=1)
def _weights() -> tuple[float, ...]:
    value = json.loads(WEIGHTS_FILE.read_text(encoding="utf-8"))
    if tuple(value["features"]) != FEATURES:
        raise ValueError("several.json was fitted for other features; run: python -m training.several")
    return tuple(map(float, value["weights"]))


def _logit(score: float) -> float:
    bounded = min(max(score, _SMALLEST), 1 - _SMALLEST)
    return math.log(bounded / (1 - bounded))
