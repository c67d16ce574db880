"""How many of each concept's hits go into a prompt: the likelier a tag is wanted, the sooner, until the budget is spent. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Status = Literal["covered", "weak", "not found"]

# Logistic regression of "this tag is wanted" on what search knows of a candidate, fitted by
# benchmarks/sentences_study.py on one half of the development sentences, and of short ones made from single queries (half a
# weight each), and checked on the other.
SCORE, GAP, LOG_PLACE, EXACT, BESIDE_EXACT, POPULARITY, INTERCEPT = 1.86, -1.60, -1.50, 0.56, -1.10, 6.54, -5.07
COVERED = 0.5  # more likely right than not
FLOOR = 0.05  # fused score below which even the best hit is noise
LEAST = 0.04  # nothing less likely than this is worth a tag
DEPTH = 10  # candidates of a concept that are weighed


@dataclass(frozen=True, slots=True)
class Candidate:
    """One scored tag of a concept: `score` fused, 0..1; `exact` when the concept's text is a name of the tag; `popularity` 0..1.

    `probability` that the tag is wanted is filled in by `weigh`.
    """

    row: int
    score: float
    exact: bool
    popularity: float
    probability: float = 0.0


def weigh(candidates: Sequence[Candidate]) -> list[Candidate]:
    """The candidates of a concept, which come best first, with their probabilities."""
    weighed = []
    for place, c in enumerate(candidates, start=1):
        best = candidates[0]
        logit = INTERCEPT + SCORE * c.score + GAP * (best.score - c.score) + LOG_PLACE * math.log(place)
        logit += EXACT * c.exact + BESIDE_EXACT * (best.exact and not c.exact) + POPULARITY * c.popularity
        probability = 1.0 / (1.0 + math.exp(-logit))
        weighed.append(Candidate(c.row, c.score, c.exact, c.popularity, probability))
    return weighed


def choose(concepts: Sequence[Sequence[Candidate]], budget: float, most: int) -> list[list[Candidate]]:
    """For each concept the candidates that are taken, best first.

    Every concept keeps its best tag; what is left of `budget` (distinct tags a concept on average) goes to the likeliest
    others, at most `most` a concept.

    :param concepts: weighed candidates of each concept, best first.
    """
    chosen: list[list[Candidate]] = [[c for c in found[:1] if c.exact or c.score >= FLOOR] for found in concepts]
    taken = {c.row for part in chosen for c in part}
    others = [(c.probability, i, c) for i, found in enumerate(concepts) if chosen[i] for c in found[1:most]]
    for probability, i, candidate in sorted(others, key=lambda item: (-item[0], item[1], item[2].row)):
        if len(taken) >= budget * len(concepts) or probability < LEAST:
            break
        if candidate.row not in taken:
            taken.add(candidate.row)
            chosen[i].append(candidate)
    return chosen


def status_of(chosen: Sequence[Candidate]) -> Status:
    """What a concept's report says."""
    if not chosen:
        return "not found"
    return "covered" if any(c.exact or c.probability >= COVERED for c in chosen) else "weak"
