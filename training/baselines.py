"""What other ways of ranking give on the same queries and corpora, beside the cross-fitted ranker:

    python -m training.baselines --data DATA --work WORK [--corpus named] [--ways bm25 ours ...]

BM25 (bm25s) and TF-IDF of character n-grams (scikit-learn) over all names and definitions of a tag; dense vectors alone, one of each
tag's whole line and one of each of its texts; reciprocal rank fusion of the nearest text and the characters; LambdaMART (LightGBM) on
the ranker's features, cross-fitted as the ranker is. What is missing in WORK of `python -m training` is made first. Intervals are
95 %, by resampling the queries of each set; `against ours` is paired. Times are of the processor, on Linux.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from danbooru_index.evaluation.searches import average_precision, read_queries

from . import trees
from .collect import Data
from .corpora import CORPORA
from .cost import Cost, apart, ordered, searched
from .gather import gathered, unseen
from .measure import precisions
from .queries import HEADLINE
from .ways import PLAIN, SEARCHERS

RESAMPLED = 1000
TIMED = 200  # queries of the ways that order the ranker's candidates
ORDERS = {
    "nearest": "nearest text of the candidates",
    "fused": "reciprocal rank fusion of the candidates",
    "lambdamart": "LambdaMART, same features",
    "ours": "ours",
}
WAYS = (*SEARCHERS, *ORDERS)

Precisions = npt.NDArray[np.float64]
Sets = npt.NDArray[np.str_]


def interval(values: Precisions, sets: Sets, seed: int = 0) -> tuple[float, float, float]:
    """The mean over the headline sets and its 95 % interval."""
    rng, means = np.random.default_rng(seed), []
    for name in HEADLINE:
        own = values[sets == name]
        if len(own):
            means.append(np.r_[own.mean(), own[rng.integers(0, len(own), (RESAMPLED, len(own)))].mean(axis=1)])
    mean, *resampled = np.mean(means, axis=0)
    low, high = np.quantile(resampled, [0.025, 0.975])
    return float(mean), float(low), float(high)


def mean_of(values: Precisions, sets: Sets, sign: str = "") -> str:
    """The mean and its interval, written out; a sign of "+" for differences."""
    mean, low, high = (f"{value:{sign}.3f}" for value in interval(values, sets))
    return f"{mean} ({low} to {high})"


def row(cells: Iterable[str]) -> str:
    """One line of a table."""
    return "| " + " | ".join(cells) + " |"


def header() -> str:
    """The head of a table of `line`s."""
    columns = ("", "mean of 8", "against ours", "s to prepare", "ms per query", "MB", *HEADLINE)
    return row(columns) + "\n|" + "---|" * len(columns)


def line(label: str, found: Precisions, ours: Precisions, sets: Sets, cost: Cost) -> str:
    """One way: its AP@10 of every query, the ranker's, the set of each, and its cost."""
    spent = (f"{cost.seconds:.1f}", f"{cost.milliseconds:.1f}", f"{cost.megabytes:.0f}")
    figures = (f"{found[sets == name].mean():.3f}" if (sets == name).any() else "" for name in HEADLINE)
    return row([label, mean_of(found, sets), mean_of(found - ours, sets, "+"), *spent, *figures])


def headline(data: Data, corpus: str) -> tuple[npt.NDArray[np.int64], Sets]:
    """The queries of a corpus's headline sets, and the set of each."""
    parts = [str(name).split("/") for name in data.sets]
    which = np.flatnonzero([of == corpus and name in HEADLINE for of, name in parts])
    return which, np.array([parts[q][1] for q in which])


def scanned(
    data: Path, folder: Path, texts: list[str], sets: Sets, ways: Sequence[str]
) -> Iterator[tuple[str, Precisions, Cost]]:
    """The ways that search all tags: the label, AP@10 of each text, and cost of each."""
    files = {name: read_queries(data / "eval" / f"{name}.jsonl") for name in np.unique(sets)}
    asked = {(name, query.text): query.relevant for name, queries in files.items() for query in queries}
    wanted = [asked[name, text] for name, text in zip(sets, texts, strict=True)]
    for way in (way for way in SEARCHERS if way in ways):
        tags, cost = apart(searched, way, folder, texts)
        found = [average_precision(first, of) for first, of in zip(tags, wanted, strict=True)]
        yield SEARCHERS[way][0], np.array(found), cost


def compare(
    data: Data, unseen_ones: Precisions, source: Path, work: Path, corpus: str, ways: Sequence[str] = WAYS
) -> None:
    """Print every way on one corpus.

    :param unseen_ones: (q,) the ranker's cross-fitted AP@10 of every query of `data`.
    """
    here, sets = headline(data, corpus)
    ours, texts, folder = unseen_ones[here], [data.queries[q] for q in here], work / "indexes" / corpus
    print(header(), flush=True)
    for label, found, cost in scanned(source, folder, texts, sets, ways):
        print(line(label, found, ours, sets, cost), flush=True)
    model, counted = work / "lambdamart.txt", {"ours": ours}
    if "lambdamart" in ways:
        counted["lambdamart"], seconds = trees.cross_fitted(data, here, model)
        print(f"One half was fitted in {seconds:.0f} s by LambdaMART.", file=sys.stderr)
    for way in (way for way in ORDERS if way in ways):
        found = counted[way] if way in counted else precisions(data, here, PLAIN[way])
        cost = apart(ordered, way, folder, texts[:: -(-len(texts) // TIMED)], model)
        print(line(ORDERS[way], found, ours, sets, cost), flush=True)


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(
        prog="python -m training.baselines",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of tags.jsonl, tags_rich.csv.gz and eval/")
    parser.add_argument("--work", type=Path, required=True, help="the work folder of python -m training")
    parser.add_argument("--corpus", default=CORPORA[0].name, choices=[corpus.name for corpus in CORPORA])
    parser.add_argument("--ways", nargs="+", default=WAYS, choices=WAYS, help="only these")
    options = parser.parse_args()
    data, _ = gathered(options.data, options.work)
    found = unseen(data, options.work)
    compare(data, found, options.data, options.work, options.corpus, options.ways)


if __name__ == "__main__":
    main()
