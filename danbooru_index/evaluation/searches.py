"""Quality and speed of an index on query sets.

A query set is JSON Lines of `{"query", "relevant": [tags]}`. Metrics, each over the first ten hits:
AP@10 divided by min(|relevant|, 10), recall@10 likewise, and the reciprocal rank of the first relevant tag.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..index.index import Index
from ..records import SearchRequest
from ..search.engine import search
from .query_lines import read_lines

DEPTH = 10


@dataclass(frozen=True, slots=True)
class Query:
    """One query and the tags that answer it."""

    text: str
    relevant: frozenset[str]


@dataclass(frozen=True, slots=True)
class SetResult:
    """Means over one query set; times in milliseconds. `per_query` holds what each query gave, under the same names."""

    name: str
    queries: int
    map_at_10: float
    recall_at_10: float
    mrr_at_10: float
    median_ms: float
    p95_ms: float
    per_query: tuple[dict[str, Any], ...] = ()

    def as_json(self, *, per_query: bool = False) -> dict[str, Any]:
        """The documented JSON form, with or without `per_query`."""
        return figures_json(asdict(self), per_query=per_query)


def figures_json(figures: dict[str, Any], *, per_query: bool) -> dict[str, Any]:
    """Figures of one set with four decimals; what each query gave is there only where it is asked for."""
    if per_query:
        each = [figures_json(one, per_query=False) for one in figures["per_query"]]
        return {**figures_json(figures, per_query=False), "per_query": each}
    kept = {key: value for key, value in figures.items() if key != "per_query"}
    return {key: round(value, 4) if isinstance(value, float) else value for key, value in kept.items()}


def average_precision(ranked: Sequence[str], relevant: frozenset[str]) -> float:
    """AP@10 over min(|relevant|, 10).

    >>> average_precision(["a", "x", "b"], frozenset({"a", "b"}))
    0.8333333333333333
    """
    found, total = 0, 0.0
    for place, tag in enumerate(ranked[:DEPTH], start=1):
        if tag in relevant:
            found += 1
            total += found / place
    return total / min(len(relevant), DEPTH)


def recall(ranked: Sequence[str], relevant: frozenset[str]) -> float:
    """Share of the relevant tags among the first ten, over min(|relevant|, 10)."""
    return len(relevant.intersection(ranked[:DEPTH])) / min(len(relevant), DEPTH)


def reciprocal_rank(ranked: Sequence[str], relevant: frozenset[str]) -> float:
    """1 over the place of the first relevant tag, 0 if none is among the first ten."""
    return next((1.0 / place for place, tag in enumerate(ranked[:DEPTH], start=1) if tag in relevant), 0.0)


_METRICS = {"map_at_10": average_precision, "recall_at_10": recall, "mrr_at_10": reciprocal_rank}


def read_queries(path: Path) -> list[Query]:
    """Read a query set.

    :raises InputError: the file cannot be read, or a line is not a query, with its number.
    """
    return read_lines(path, _query_of, "no query", '{"query": "...", "relevant": ["tag"]}')


def _query_of(fields: dict[str, Any]) -> Query:
    relevant = fields.get("relevant", [])
    if not isinstance(fields["query"], str) or not isinstance(relevant, list):
        raise TypeError("query must be a string and relevant a list")
    return Query(fields["query"], frozenset(relevant))


def judged_of(name: str, queries: Sequence[Query]) -> list[Query]:
    """The queries of a set that have relevant tags.

    :raises InputError: none has.
    """
    judged = [query for query in queries if query.relevant]
    if not judged:
        raise InputError(
            f"No query of {name} has relevant tags.", hint="Evaluation needs a list `relevant` on each line."
        )
    return judged


def evaluate_set(
    index: Index, name: str, queries: list[Query], progress: Callable[[int], object] = lambda _: None
) -> SetResult:
    """Search every query that has relevant tags, one by one, warm, and average the metrics.

    :raises InputError: no query has relevant tags.
    """
    judged = judged_of(name, queries)
    search(index, SearchRequest(judged[0].text, limit=DEPTH, nsfw="include"))
    each: list[dict[str, Any]] = []
    times: list[float] = []
    for number, query in enumerate(judged, start=1):
        result = search(index, SearchRequest(query.text, limit=DEPTH, nsfw="include"))
        scores = {metric: score(result.tags, query.relevant) for metric, score in _METRICS.items()}
        each.append({"query": query.text, **scores})
        times.append(1000 * result.seconds)
        progress(number)
    means: dict[str, Any] = {metric: statistics.fmean(one[metric] for one in each) for metric in _METRICS}
    return SetResult(
        name,
        len(judged),
        **means,
        median_ms=statistics.median(times),
        p95_ms=percentile(times, 0.95),
        per_query=tuple(each),
    )


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of the values do not exceed.

    >>> percentile([1.0, 2.0, 3.0, 4.0], 0.5)
    2.0
    """
    ranked = sorted(values)
    return ranked[max(0, -(-int(share * 1000) * len(ranked) // 1000) - 1)]


def keep_known(queries: list[Query], index: Index) -> list[Query]:
    """Only the queries whose relevant tags are all in the index (`--only-known`)."""
    known: dict[str, bool] = {}
    for query in queries:
        for tag in query.relevant - known.keys():
            known[tag] = index.store.row_of(tag) is not None
    return [query for query in queries if query.relevant and all(known[tag] for tag in query.relevant)]


def mean_result(results: Sequence[SetResult]) -> SetResult:
    """The mean of each metric over the sets, each set counting once."""
    names = (*_METRICS, "median_ms", "p95_ms")
    means: dict[str, Any] = {name: statistics.fmean(getattr(r, name) for r in results) for name in names}
    return SetResult("mean", sum(r.queries for r in results), **means)
