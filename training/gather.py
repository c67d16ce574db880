"""The work folder: what every corpus gives on its queries, and the cross-fitted precision of each query; made where it is missing."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from danbooru_index.ranking import FEATURES

from .collect import Data, collect
from .corpora import CORPORA, Corpus, open_corpus
from .fit import Settings
from .groups import SHIPPED
from .measure import cross_fitted
from .queries import query_sets

UNSEEN = "cross_fitted.npy"  # in the work folder: the cross-fitted AP@10 of every collected query
SETTINGS = Settings(columns=tuple(FEATURES.index(name) for name in SHIPPED))


def gathered(data: Path, work: Path, corpora: Sequence[Corpus] = CORPORA) -> tuple[Data, dict[str, dict[str, Any]]]:
    """The candidates of every corpus of the fit, joined, and of each corpus the hashes that say what it is."""
    found = {corpus.name: _collected(corpus, data, work) for corpus in corpora}
    return Data.join([part for part, _ in found.values()]), {name: of for name, (_, of) in found.items()}


def _collected(corpus: Corpus, data: Path, work: Path) -> tuple[Data, dict[str, Any]]:
    """The candidates of one corpus, taken from the work folder where neither it nor the features have changed."""
    path, stamp = work / "collected" / f"{corpus.name}.npz", _stamp(corpus, work)
    index, made_of = open_corpus(corpus, data, work)
    made_of = {**made_of, "index": index.folder.name, "features": list(FEATURES)}
    with index:
        if not stamp.is_file() or json.loads(stamp.read_text(encoding="utf-8")) != made_of:
            print(f"collecting {corpus.name}", file=sys.stderr, flush=True)
            collect(index, corpus.name, query_sets(corpus, data), corpus.only_known).save(path)
            stamp.write_text(json.dumps(made_of), encoding="utf-8")
    return Data.load(path), {key: made_of[key] for key in ("corpus", "lexicon")}


def _stamp(corpus: Corpus, work: Path) -> Path:
    return work / "collected" / f"{corpus.name}.json"


def fit_unseen(data: Data, work: Path) -> npt.NDArray[np.float64]:
    """(q,) AP@10 of every query by the ranker of the shipped settings, cross-fitted; kept in the work folder."""
    found = cross_fitted(data, SETTINGS)
    np.save(work / UNSEEN, found)
    return found


def unseen(data: Data, work: Path) -> npt.NDArray[np.float64]:
    """The same, fitted anew only where something was collected since."""
    path = work / UNSEEN
    collected = max(_stamp(corpus, work).stat().st_mtime for corpus in CORPORA)
    if path.is_file() and path.stat().st_mtime >= collected:
        stored: npt.NDArray[np.float64] = np.load(path)
        return stored
    print("fitting the ranker on each half", file=sys.stderr, flush=True)
    return fit_unseen(data, work)
