"""Whether a text names several things, or is the name or description of one.

A logistic regression over how well it fits as one and what can be read in it without asking for a meaning. several.json
holds the weights and where they come from; training/ fits them. Pure.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

WEIGHTS_FILE = Path(__file__).with_name("several.json")
FEATURES = (
    "one", "whole_fit", "whole_near", "log_letters", "log_words", "names", "named", "counted", "listed", "spaced", "stretches",
)  # fmt: skip
_SMALLEST = 1e-3  # scores nearer to 0 or 1 say no more


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of a text.

    `whole_fit` is the best score of the text as one thing, 0..1; `whole_near` its similarity to the nearest text of any
    tag, 0 as unrelated texts, 1 the same; `words` how many words it has besides those that name nothing; `names` how many
    names of tags stand side by side in it, `named` the share of its letters that they take; `counted` whether it counts
    persons; `listed` whether it has marks of a list, `spaced` whether spaces; `stretches` its parts between marks and
    excluding words; `names_alone` whether it is a list of names and nothing else.
    """

    whole_fit: float
    whole_near: float
    letters: int
    listed: bool
    spaced: bool
    words: int = 0
    names: int = 0
    named: float = 0.0
    counted: bool = False
    stretches: int = 1
    names_alone: bool = False

    def features(self) -> list[float]:
        """In the order of FEATURES."""
        return [
            1.0, _logit(self.whole_fit), self.whole_near, math.log(max(1, self.letters)), math.log(max(1, self.words)),
            float(self.names > 1), self.named, float(self.counted), float(self.listed), float(self.spaced),
            float(self.stretches > 1),
        ]  # fmt: skip


def is_several(evidence: Evidence) -> bool:
    """Whether the text should be searched thing by thing: a list of names always is."""
    if evidence.names_alone:
        return True
    if max(evidence.words, evidence.names) + evidence.counted < 2:
        return False
    return sum(w * x for w, x in zip(_weights(), evidence.features(), strict=True)) > 0.0


def may_be_several(evidence: Evidence) -> bool:
    """Whether reading the words of a text could still make it several things; if not, they need not be read.

    :param evidence: of which `whole_fit`, `whole_near`, `letters`, `listed` and `spaced` are known.
    """
    known = ("one", "whole_fit", "whole_near", "log_letters", "listed", "spaced")
    most = {"log_words": math.log(max(1, evidence.letters))}  # a word a letter, and 1 of all else that is not known
    return (
        sum(
            weight * value if name in known else max(0.0, weight * most.get(name, 1.0))
            for name, weight, value in zip(FEATURES, _weights(), evidence.features(), strict=True)
        )
        > 0.0
    )


@lru_cache(maxsize=1)
def _weights() -> tuple[float, ...]:
    value = json.loads(WEIGHTS_FILE.read_text(encoding="utf-8"))
    if tuple(value["features"]) != FEATURES:
        raise ValueError("several.json was fitted for other features; run: python -m training.several")
    return tuple(map(float, value["weights"]))


def _logit(score: float) -> float:
    bounded = min(max(score, _SMALLEST), 1 - _SMALLEST)
    return math.log(bounded / (1 - bounded))
