"""From the hits of the parts of a text to one list. Pure: scores in, scores out.

What each constant gave stands in benchmarks/sentences_study.md.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean

# Logistic regression of "its parts find more than the whole", fitted by benchmarks/sentences_study.py on one half of the
# development queries, and of sentences, lists and names made from them, and checked on the other: logits of the best scores,
# whether persons are counted, ln of the letters, how near the whole and its parts come to one tag each, whether it is a list,
# and the share of its parts that are exact names, alone and in a list. Single things weigh three times.
WHOLE, PARTS, COUNTED, LENGTH, NEAR, PARTS_NEAR = -0.65, 0.68, 1.99, 0.63, -10.19, 7.6
EXACT, LISTED, EXACT_LISTED, INTERCEPT = -2.43, 1.59, 1.99, -3.56
SMALLEST = 1e-3  # scores nearer to 0 or 1 say no more
FLATNESS = 0.5  # the place among the hits of a part tells more than how likely they are
COUNT_SCORE = 0.02  # below the second tags of the concepts once interleaved: a head-count tells the least


@dataclass(frozen=True, slots=True)
class Fit:
    """How well a text fits one tag: `score` the best fused one, 0..1, 1 or more for a name; `near` its similarity to the nearest
    text of any tag, 0 as unrelated texts, 1 the same; `exact` when it is the name of a tag."""

    score: float
    near: float
    exact: bool = False


def is_sentence(whole: Fit, parts: Sequence[Fit], *, counted: bool, listed: bool, letters: int) -> bool:
    """Whether a text names several things, from how well it and each of its parts fit one tag.

    A name or a definition fits one tag better than its pieces do; a sentence of several things fits none. A whole that
    scores 1 or more is a name.

    :param parts: with fused scores, 0..1.
    :param counted: whether the text counts persons.
    :param listed: whether it is a list of its parts.
    :param letters: letters and digits of the text.
    """
    if whole.score >= 1.0 or not parts or (len(parts) < 2 and not counted):
        return False
    exact = fmean(part.exact for part in parts)
    told = (
        WHOLE * _logit(whole.score)
        + PARTS * fmean(_logit(part.score) for part in parts)
        + COUNTED * counted
        + LENGTH * math.log(max(1, letters))
        + NEAR * whole.near
        + PARTS_NEAR * fmean(part.near for part in parts)
        + (EXACT + EXACT_LISTED * listed) * exact
        + LISTED * listed
    )
    return told + INTERCEPT > 0.0


def _logit(probability: float) -> float:
    inner = min(max(probability, SMALLEST), 1.0 - SMALLEST)
    return math.log(inner / (1.0 - inner))


def interleave(parts: Iterable[Sequence[tuple[int, float]]]) -> list[tuple[int, float]]:
    """Merge ranked (tag, probability) lists so that every part keeps its best tag near the top.

    A tag's score is its best over the parts of probability ** FLATNESS / place. The result is sorted by it, 0..1.

    :param parts: each best first, with the probabilities 0..1 that choose.weigh gives, so that of the best tags of several
        parts the likeliest comes first.

    >>> merged = interleave([[(1, 0.81), (2, 0.64)], [(3, 0.25), (1, 0.16)]])
    >>> [(tag, round(score, 3)) for tag, score in merged]
    [(1, 0.9), (3, 0.5), (2, 0.4)]
    """
    best: dict[int, float] = {}
    for part in parts:
        for place, (tag, probability) in enumerate(part, start=1):
            best[tag] = max(best.get(tag, 0.0), probability**FLATNESS / place)
    return sorted(best.items(), key=lambda item: (-item[1], item[0]))
