"""mAP@10 of collected queries, cross-fitted.

Queries are split in two halves; weights fitted on one are counted on the other, both ways, so every query counts once,
by weights that never saw it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from danbooru_index.evaluation.searches import DEPTH
from danbooru_index.ranking import Ranker

from .collect import Data
from .fit import Settings, fit
from .queries import HEADLINE, SIDE, TYPOS

Scorer = Callable[[npt.NDArray[Any]], npt.NDArray[Any]]
COLUMNS = (*HEADLINE, *SIDE, TYPOS)


def precisions(data: Data, which: npt.NDArray[np.int64], score: Scorer) -> npt.NDArray[np.float64]:
    """AP@10 of these queries as search would order them: by `score` of the features, exact names first."""
    found = np.zeros(len(which))
    for i, q in enumerate(which):
        part = data.part(int(q))
        total = score(data.features[part]) + data.exact[part]
        right = data.right[part][np.argsort(-total, kind="stable")[:DEPTH]]
        gains = right * np.cumsum(right) / np.arange(1, len(right) + 1)
        found[i] = gains.sum() / min(int(data.wanted[q]), DEPTH)
    return found


def scorer(ranker: Ranker) -> Scorer:
    """A ranker as a function of features as they are stored."""
    return lambda features: ranker.scores(features.astype(np.float32))


def cross_fitted(
    data: Data, settings: Settings, seeds: int = 1, train: npt.NDArray[np.bool_] | None = None
) -> npt.NDArray[np.float64]:
    """(q,) AP@10 of every query by weights fitted on the other half (of the queries of `train`); the mean over seeds."""
    first, found = data.first_half(), np.zeros(len(data.queries))
    usable = np.ones(len(first), bool) if train is None else train
    for seed in range(seeds):
        for half in (first, ~first):
            ranker = fit(data, np.flatnonzero(half & usable), replace(settings, seed=seed))
            which = np.flatnonzero(~half)
            found[which] += precisions(data, which, scorer(ranker)) / seeds
    return found


def by_set(data: Data, found: npt.NDArray[np.float64]) -> dict[str, dict[str, float]]:
    """mAP@10 of each corpus and set, with the mean of the headline sets as "mean"."""
    result: dict[str, dict[str, float]] = {}
    for key in np.unique(data.sets):
        corpus, name = str(key).split("/")
        result.setdefault(corpus, {})[name] = float(found[data.sets == key].mean())
    for sets in result.values():
        sets["mean"] = float(np.mean([sets[name] for name in HEADLINE if name in sets]))
    return result


def header() -> str:
    """The head of a table of `rows`."""
    return "| mAP@10 | mean of 8 | " + " | ".join(COLUMNS) + " |\n|" + "---|" * (2 + len(COLUMNS))


def rows(label: str, data: Data, found: npt.NDArray[np.float64]) -> str:
    """One line a corpus."""
    lines = []
    for corpus, sets in by_set(data, found).items():
        figures = [f"{sets[name]:.3f}" if name in sets else "" for name in ("mean", *COLUMNS)]
        lines.append(f"| {label}: {corpus} | " + " | ".join(figures) + " |")
    return "\n".join(lines)
