"""From the hits of the parts of a text to one list. Pure: scores in, scores out.

What each constant gave stands in benchmarks/sentences_study.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

SENTENCE_RATIO = 0.6  # a whole that scores less than this share of its parts names several things
COUNTED_RATIO = 0.7  # where persons are counted, a scene is described
COUNT_SCORE = 0.5  # between the best tags of the concepts and their second ones: a head-count tells the least


def is_sentence(whole: float, parts: Sequence[float], *, counted: bool) -> bool:
    """Whether a text names several things, from the best fused score of the whole and of each of its parts.

    A name or a definition fits one tag better than its pieces do; a sentence of several things fits none.
    """
    if not parts or (len(parts) < 2 and not counted):
        return False
    return whole < (COUNTED_RATIO if counted else SENTENCE_RATIO) * sum(parts) / len(parts)


def interleave(parts: Iterable[Sequence[tuple[int, float]]]) -> list[tuple[int, float]]:
    """Merge ranked (tag, score) lists so that every part keeps its best tag near the top.

    A tag's score is its best over the parts of min(score, 1) / place; the result is sorted by it.

    >>> interleave([[(1, 0.9), (2, 0.8)], [(3, 0.6), (1, 0.5)]])
    [(1, 0.9), (3, 0.6), (2, 0.4)]
    """
    best: dict[int, float] = {}
    for part in parts:
        for place, (tag, score) in enumerate(part, start=1):
            best[tag] = max(best.get(tag, 0.0), min(score, 1.0) / place)
    return sorted(best.items(), key=lambda item: (-item[1], item[0]))
