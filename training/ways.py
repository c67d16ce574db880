"""Other ways of searching that the ranker is compared with: over all tags, or in another order of the ranker's candidates."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from danbooru_index.arrays.ragged import Ragged
from danbooru_index.corpus.texts import lexical_names
from danbooru_index.evaluation.searches import DEPTH
from danbooru_index.index.index import Index
from danbooru_index.ranking import FEATURES
from danbooru_index.search.score import encode_queries
from danbooru_index.text.fold import fold

_TOKEN = re.compile(r"[a-z0-9]+|[^\W\d_a-z]+")
_FUSION = (
    60  # Cormack et al., "Reciprocal Rank Fusion outperforms Condorcet and individual Rank Learning Methods", 2009
)
_BATCH = 256  # texts that are encoded at once
_NEAR = 400  # texts near a query whose tags are compared, as search does

Searcher = Callable[[str], list[str]]  # a query to its first DEPTH tags


def tokens(text: str) -> list[str]:
    """Latin words, and single characters and pairs of other scripts.

    >>> tokens("猫耳 hair")
    ['猫', '耳', '猫耳', 'hair']
    """
    found = []
    for run in _TOKEN.findall(fold(text)):
        found += [run] if run.isascii() else [*run, *(run[i : i + 2] for i in range(len(run) - 1))]
    return found


def _documents(index: Index) -> Iterator[tuple[str, str]]:
    for record in index.store.rows():
        yield record.tag, " ; ".join([*lexical_names(record), *record.definitions.values()])


def _first(names: list[str], scores: npt.NDArray[Any]) -> list[str]:
    """The names of the highest scores above 0, best first."""
    best = np.argsort(-scores, kind="stable")[:DEPTH]
    return [names[i] for i in best if scores[i] > 0]


def bm25(index: Index) -> Searcher:
    """BM25 over all names and definitions of a tag."""
    import bm25s

    names, texts = map(list, zip(*_documents(index), strict=True))
    engine = bm25s.BM25()
    engine.index([tokens(text) for text in texts], show_progress=False)

    def search(text: str) -> list[str]:
        numbers, scores = engine.retrieve([tokens(text) or ["?"]], k=min(DEPTH, len(names)), show_progress=False)
        return [names[n] for n, score in zip(numbers[0], scores[0], strict=True) if score > 0]

    return search


def character_tfidf(index: Index) -> Searcher:
    """TF-IDF of one to three characters over the same texts."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    names, texts = map(list, zip(*_documents(index), strict=True))
    model = TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 3), sublinear_tf=True, dtype=np.float32)
    matrix = model.fit_transform([fold(text) for text in texts]).T.tocsr()
    return lambda text: _first(names, (model.transform([fold(text)]) @ matrix).toarray()[0])


def one_vector(index: Index) -> Searcher:
    """Dense vectors alone, one of each tag's whole line "【label】tag - names。 definition"."""
    rows = list(index.store.rows())
    names, texts = [record.tag for record in rows], [record.text for record in rows]
    starts = range(0, len(texts), _BATCH)
    matrix = np.concatenate([index.encoder.encode(texts[i : i + _BATCH]).dense for i in starts])
    return lambda text: _first(names, matrix @ encode_queries(index, [text])[0].dense)


def several_vectors(index: Index) -> Searcher:
    """Dense vectors alone, one of each text of a tag, which is as near as its nearest text."""
    names = [record.tag for record in index.store.rows()]

    def search(text: str) -> list[str]:
        query = encode_queries(index, [text])[0].dense
        rows = index.dense.candidates(query, _NEAR)
        by_kind, _ = index.dense.compare(query[None], Ragged.of([rows]))
        return _first([names[row] for row in rows], by_kind.max(axis=1))

    return search


SEARCHERS: dict[str, tuple[str, Callable[[Index], Searcher]]] = {
    "bm25": ("BM25", bm25),
    "tfidf": ("TF-IDF of characters", character_tfidf),
    "one-vector": ("dense, one vector per tag", one_vector),
    "several-vectors": ("dense, one vector per text", several_vectors),
}


def _column(features: npt.NDArray[Any], name: str) -> npt.NDArray[np.float32]:
    column: npt.NDArray[np.float32] = features[:, FEATURES.index(name)].astype(np.float32)
    return column


def nearest(features: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """The similarity of the nearest text of a tag alone."""
    return _column(features, "dense")


def fused_ranks(features: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Reciprocal rank fusion of the nearest text and the characters of the names."""
    total = np.zeros(len(features))
    for name in ("dense", "cosine"):
        places = np.empty(len(features))
        places[np.argsort(-_column(features, name), kind="stable")] = np.arange(len(features))
        total += 1.0 / (_FUSION + 1 + places)
    return total


# Ways that order the ranker's candidates by its features, without learning.
PLAIN = {"nearest": nearest, "fused": fused_ranks}
