"""The work folder: what every corpus gives on its queries, and the cross-fitted precision of each query; made where it is missing."""

from __future__ import annotations

import json
import multiprocessing
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
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
    encoders = list(dict.fromkeys(corpus.encoder for corpus in corpora))
    groups = [[corpus for corpus in corpora if corpus.encoder == encoder] for encoder in encoders]
    # A process for each encoder: each encodes on one core for a quarter of an hour where nothing is there yet.
    with ProcessPoolExecutor(len(groups), multiprocessing.get_context("spawn")) as processes:
        asked = [processes.submit(_collect_all, group, data, work) for group in groups]
        made_of = {name: of for one in asked for name, of in one.result().items()}
    parts = [Data.load(_candidates(corpus, work)) for corpus in corpora]
    return Data.join(parts), {corpus.name: made_of[corpus.name] for corpus in corpora}


def _collect_all(corpora: Sequence[Corpus], data: Path, work: Path) -> dict[str, dict[str, Any]]:
    """Of each corpus the hashes that say what it is; in order, since one may take vectors from one before it."""
    return {corpus.name: _collected(corpus, data, work) for corpus in corpora}


def _collected(corpus: Corpus, data: Path, work: Path) -> dict[str, Any]:
    """See that the candidates of one corpus are in the work folder; made anew where it or the features have changed."""
    path, stamp = _candidates(corpus, work), _stamp(corpus, work)
    index, made_of = open_corpus(corpus, data, work)
    made_of = {**made_of, "index": index.folder.name, "features": list(FEATURES)}
    with index:
        if not stamp.is_file() or json.loads(stamp.read_text(encoding="utf-8")) != made_of:
            print(f"collecting {corpus.name}", file=sys.stderr, flush=True)
            collect(index, corpus.name, query_sets(corpus, data), corpus.only_known).save(path)
            stamp.write_text(json.dumps(made_of), encoding="utf-8")
    return {key: made_of[key] for key in ("corpus", "lexicon")}


def _candidates(corpus: Corpus, work: Path) -> Path:
    return work / "collected" / f"{corpus.name}.npz"


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
