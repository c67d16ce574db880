"""From the hits of the parts of a text to one list. Pure: scores in, scores out.

What each constant gave stands in benchmarks/sentences_study.md.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from statistics import fmean

# Logistic regression of "its parts find more than the whole", fitted by benchmarks/sentences_study.py on one half of the
# development queries, and of sentences that count no persons, and checked on the other: logits of the best scores, whether
# persons are counted, ln of the letters, and how near the whole comes to one tag. Single things weigh three times.
WHOLE, PARTS, COUNTED, LENGTH, NEAR, INTERCEPT = -0.59, 0.86, 2.51, 0.92, -11.62, 2.1
SMALLEST = 1e-3  # scores nearer to 0 or 1 say no more
FLATNESS = 0.25  # the place among the hits of a part tells more than the score
POPULARITY = 0.5  # by how much more of its score the commonest tag keeps than one that is never used
COUNT_SCORE = 0.008  # below the second tags of the concepts once interleaved: a head-count tells the least


def is_sentence(whole: float, parts: Sequence[float], *, counted: bool, letters: int, near: float) -> bool:
    """Whether a text names several things, from the best scores of the whole and of each of its parts.

    A name or a definition fits one tag better than its pieces do; a sentence of several things fits none. A whole that
    scores 1 or more is a name.

    :param parts: fused scores, 0..1.
    :param letters: letters and digits of the text.
    :param near: similarity of the whole to the nearest text of any tag: 0 as unrelated texts, 1 the same.
    """
    if whole >= 1.0 or not parts or (len(parts) < 2 and not counted):
        return False
    told = (
        WHOLE * _logit(whole)
        + PARTS * fmean(map(_logit, parts))
        + COUNTED * counted
        + LENGTH * math.log(max(1, letters))
        + NEAR * near
    )
    return told + INTERCEPT > 0.0


def _logit(probability: float) -> float:
    inner = min(max(probability, SMALLEST), 1.0 - SMALLEST)
    return math.log(inner / (1.0 - inner))


def interleave(
    parts: Iterable[Sequence[tuple[int, float]]], popularity: Callable[[int], float]
) -> list[tuple[int, float]]:
    """Merge ranked (tag, score) lists so that every part keeps its best tag near the top.

    A tag's score is its best over the parts of min(score, 1) ** FLATNESS / place, more for a common tag: of the best tags of
    several parts, models know the common one. The result is sorted by it, 0..1.

    :param popularity: of a tag, 0..1.

    >>> merged = interleave([[(1, 0.9), (2, 0.8)], [(3, 0.6), (1, 0.5)]], {1: 0.1, 2: 0.0, 3: 1.0}.__getitem__)
    >>> [(tag, round(score, 3)) for tag, score in merged]
    [(3, 0.88), (1, 0.682), (2, 0.315)]
    """
    best: dict[int, float] = {}
    for part in parts:
        for place, (tag, score) in enumerate(part, start=1):
            best[tag] = max(best.get(tag, 0.0), min(max(score, 0.0), 1.0) ** FLATNESS / place)
    known = {tag: (1.0 + POPULARITY * popularity(tag)) / (1.0 + POPULARITY) for tag in best}
    return sorted(((tag, score * known[tag]) for tag, score in best.items()), key=lambda item: (-item[1], item[0]))
