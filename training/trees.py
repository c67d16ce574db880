"""LambdaMART (LightGBM) on the ranker's features, cross-fitted on the ranker's own halves, candidates and weights.

On one thread: where others use the cores too, threads wait for one another, and two took 3.6 times the processor time of one.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from danbooru_index.evaluation.searches import DEPTH
from danbooru_index.ranking import FEATURES

from .collect import Data
from .fit import chosen_rows, query_weights
from .groups import SHIPPED
from .measure import Scorer, precisions

COLUMNS = tuple(FEATURES.index(name) for name in SHIPPED)
TREES = 150  # best on a held-out eighth of the first half's texts; 400 were allowed
SETTINGS = {
    "objective": "lambdarank", "lambdarank_truncation_level": DEPTH + 2, "num_leaves": 31, "learning_rate": 0.1,
    "min_data_in_leaf": 50, "num_threads": 1, "seed": 0, "deterministic": True, "verbose": -1,
}  # fmt: skip
_SPREAD = 20.0  # tree scores lie within about this


def fit(data: Data, which: npt.NDArray[np.int64], trees: int = TREES) -> Any:
    """A LightGBM booster of the shipped features, fitted on these queries."""
    import lightgbm

    rows = [(int(q), kept) for q in which if data.right[kept := chosen_rows(data, int(q))].any()]
    places, counts = np.concatenate([kept for _, kept in rows]), [len(kept) for _, kept in rows]
    weight = np.repeat(query_weights(data.sets)[[q for q, _ in rows]], counts)
    table = data.features[places][:, COLUMNS].astype(np.float32)
    dataset = lightgbm.Dataset(table, data.right[places].astype(int), group=counts, weight=weight, params=SETTINGS)
    return lightgbm.train(SETTINGS, dataset, trees)


def scorer(model: Any) -> Scorer:
    """A booster as a function of features as they are stored, within 0..1: above that search puts exact names."""

    def score(features: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        raw = model.predict(features[:, COLUMNS].astype(np.float32), num_threads=1)
        squeezed: npt.NDArray[np.float64] = 0.5 + 0.5 * np.tanh(raw / _SPREAD)
        return squeezed

    return score


def load(path: Path) -> Scorer:
    """The scorer of a booster that was saved to a file."""
    import lightgbm

    return scorer(lightgbm.Booster(model_file=str(path)))


def cross_fitted(
    data: Data, which: npt.NDArray[np.int64], saved: Path, trees: int = TREES
) -> tuple[npt.NDArray[np.float64], float]:
    """AP@10 of these queries, each by trees fitted on the half that it is not of, and the processor seconds of one fit.

    The last trees are saved.
    """
    first, found, spent = data.first_half(), np.zeros(len(which)), 0.0
    for half in (first, ~first):
        begun = time.process_time()
        model = fit(data, np.flatnonzero(half), trees)
        spent += (time.process_time() - begun) / 2
        places = np.flatnonzero(~half[which])
        found[places] = precisions(data, which[places], scorer(model))
    model.save_model(str(saved))
    return found, spent
