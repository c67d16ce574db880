"""What other ways of ranking give on the same queries and corpora, beside the cross-fitted ranker:

    python -m training.baselines --data DATA --work WORK [--corpus named]        after python -m training

BM25 (bm25s) and TF-IDF of character n-grams (scikit-learn) over all names and definitions of a tag; the nearest text of a tag alone;
reciprocal rank fusion of it and the characters; LambdaMART (LightGBM) on the ranker's features, cross-fitted like the ranker. Needs
bm25s, scikit-learn and lightgbm. Intervals are 95 %, by resampling the queries of each set; `against ours` is paired.
"""

from __future__ import annotations

import argparse
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from danbooru_index.corpus.texts import lexical_names
from danbooru_index.evaluation.searches import DEPTH, average_precision
from danbooru_index.index.index import Index
from danbooru_index.ranking import FEATURES
from danbooru_index.text.fold import fold

from .collect import Data
from .corpora import CORPORA
from .fit import chosen_rows, query_weights
from .groups import SHIPPED
from .measure import UNSEEN, precisions
from .queries import HEADLINE, query_sets

_TOKEN = re.compile(r"[a-z0-9]+|[^\W\d_a-z]+")
_FUSION = (
    60  # Cormack et al., "Reciprocal Rank Fusion outperforms Condorcet and individual Rank Learning Methods", 2009
)
RESAMPLED = 1000
TREES, LEAVES, RATE = 300, 31, 0.08

Precisions = npt.NDArray[np.float64]


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


def bm25(documents: list[tuple[str, str]], texts: list[str]) -> list[list[str]]:
    """The first tags of each query."""
    import bm25s

    engine = bm25s.BM25()
    engine.index([tokens(text) for _, text in documents], show_progress=False)
    names, found = [tag for tag, _ in documents], []
    for text in texts:
        numbers, scores = engine.retrieve([tokens(text) or ["?"]], k=DEPTH, show_progress=False)
        found.append([names[n] for n, score in zip(numbers[0], scores[0], strict=True) if score > 0])
    return found


def character_tfidf(documents: list[tuple[str, str]], texts: list[str]) -> list[list[str]]:
    """The first tags of each query."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    model = TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 3), sublinear_tf=True, dtype=np.float32)
    matrix = model.fit_transform([fold(text) for _, text in documents]).T.tocsr()
    names, found = [tag for tag, _ in documents], []
    for text in texts:
        scores = (model.transform([fold(text)]) @ matrix).toarray()[0]
        best = np.argpartition(-scores, DEPTH)[:DEPTH]
        found.append([names[n] for n in best[np.argsort(-scores[best])]])
    return found


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


def lambda_mart(data: Data) -> Precisions:
    """Cross-fitted, on the same halves, candidates, features and weights as the ranker."""
    import lightgbm

    columns = [FEATURES.index(name) for name in SHIPPED]
    first, found = data.first_half(), np.zeros(len(data.queries))
    for half in (first, ~first):
        rows = [(int(q), kept) for q in np.flatnonzero(half) if data.right[kept := chosen_rows(data, int(q))].any()]
        places = np.concatenate([kept for _, kept in rows])
        counts = [len(kept) for _, kept in rows]
        weight = np.repeat(query_weights(data.sets)[[q for q, _ in rows]], counts)
        table = data.features[places][:, columns].astype(np.float32)
        settings = {"objective": "lambdarank", "num_leaves": LEAVES, "learning_rate": RATE, "min_data_in_leaf": 50}
        model = lightgbm.train(
            {**settings, "lambdarank_truncation_level": DEPTH + 2, "verbose": -1, "num_threads": 2},
            lightgbm.Dataset(table, data.right[places].astype(int), group=counts, weight=weight),
            TREES,
        )
        others = np.flatnonzero(~half)
        # Above 1 search puts exact names: what trees give is squeezed into 0..1 first.
        found[others] = precisions(data, others, lambda f, m=model: 0.5 + 0.5 * np.tanh(m.predict(f[:, columns]) / 20))
    return found


def interval(values: Precisions, sets: npt.NDArray[np.str_], seed: int = 0) -> tuple[float, float, float]:
    """The mean over the headline sets and its 95 % interval."""
    rng, means = np.random.default_rng(seed), []
    for name in HEADLINE:
        own = values[sets == name]
        if len(own):
            means.append(np.r_[own.mean(), own[rng.integers(0, len(own), (RESAMPLED, len(own)))].mean(axis=1)])
    mean, *resampled = np.mean(means, axis=0)
    low, high = np.quantile(resampled, [0.025, 0.975])
    return float(mean), float(low), float(high)


def _line(label: str, found: Precisions, ours: Precisions, sets: npt.NDArray[np.str_], seconds: float | None) -> str:
    mean, low, high = interval(found, sets)
    behind, worst, best = interval(found - ours, sets)
    figures = [f"{found[sets == name].mean():.3f}" if (sets == name).any() else "" for name in HEADLINE]
    spent = "" if seconds is None else f"{1000 * seconds / len(sets):.1f}"
    return (
        f"| {label} | {mean:.3f} ({low:.3f} to {high:.3f}) | {behind:+.3f} ({worst:+.3f} to {best:+.3f}) | {spent} | "
        + " | ".join(figures)
        + " |"
    )


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(prog="python -m training.baselines", description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--corpus", default=CORPORA[0].name)
    parser.add_argument("--without", nargs="*", default=[], choices=["bm25", "tfidf", "lambdamart"])
    options = parser.parse_args()
    folder = options.work / "collected"
    data = Data.join([Data.load(folder / f"{corpus.name}.npz") for corpus in CORPORA])
    here = np.flatnonzero(
        [str(s).startswith(f"{options.corpus}/") and str(s).split("/")[1] in HEADLINE for s in data.sets]
    )
    sets = np.array([str(data.sets[q]).split("/")[1] for q in here])
    ours = np.load(options.work / UNSEEN)[here]
    print(
        "| | mean of 8 | against ours | ms a query | " + " | ".join(HEADLINE) + " |\n|" + "---|" * (4 + len(HEADLINE))
    )

    def show(label: str, made: Callable[[], Precisions], timed: bool = True) -> None:
        begun = time.perf_counter()
        found = made()
        print(_line(label, found, ours, sets, time.perf_counter() - begun if timed else None), flush=True)

    texts = [data.queries[q] for q in here]
    with Index(options.work / "indexes" / options.corpus) as index:
        documents = list(_documents(index))
    (corpus,) = (one for one in CORPORA if one.name == options.corpus)
    asked = {(name, q.text): q.relevant for name, of in query_sets(corpus, options.data).items() for q in of}
    wanted = [asked[str(name), text] for name, text in zip(sets, texts, strict=True)]
    for name, label, engine in (("bm25", "BM25", bm25), ("tfidf", "TF-IDF of characters", character_tfidf)):
        if name not in options.without:
            show(
                label,
                lambda e=engine: np.array(
                    [average_precision(tags, of) for tags, of in zip(e(documents, texts), wanted, strict=True)]
                ),
            )
    show("nearest text", lambda: precisions(data, here, nearest), timed=False)
    show("reciprocal rank fusion", lambda: precisions(data, here, fused_ranks), timed=False)
    if "lambdamart" not in options.without:
        show("LambdaMART, same features", lambda: lambda_mart(data)[here], timed=False)
    show("ours", lambda: ours, timed=False)


if __name__ == "__main__":
    main()
