"""Finding fusion weights on a query set: each weight in turn over a grid, as long as mAP@10 gets better.

The candidates of every query are scored by all channels once; only their fusion is repeated. What the weights are worth on new
queries is estimated by two further searches, each on one half of the queries and counted on the other.
"""

from __future__ import annotations

import dataclasses
import hashlib
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..index.index import Index
from ..ranking import FusionWeights, order
from ..records import SearchRequest
from ..search.score import Scored, encode_queries, score_candidates
from ..storage.files import write_json_atomically
from .searches import DEPTH, Query, average_precision

GRID = (0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0, 1.25, 1.5, 2.0)
MAX_ROUNDS = 5
_BATCH = 64


@dataclass(frozen=True, slots=True)
class Tuning:
    """The best weights found, and the mean AP@10 of the queries with the weights before and after.

    `unseen` is what to expect of new queries of the same kind: the mean AP@10 of each query with weights that were found without it.
    """

    weights: FusionWeights
    before: float
    after: float
    queries: int
    unseen: float

    def as_json(self) -> dict[str, Any]:
        """The documented JSON form, which `read_weights` reads."""
        found = {name: round(getattr(self, name), 4) for name in ("before", "after", "unseen")}
        return {"weights": asdict(self.weights), "map_at_10": found, "queries": self.queries}


@dataclass(frozen=True, slots=True)
class _Judged:
    scored: Scored
    tags: list[str]
    relevant: frozenset[str]
    first: bool  # whether it is of the first half, by a hash of its text: one text is never in both


def tune(index: Index, queries: Sequence[Query]) -> Tuning:
    """Search the weights that order the candidates of these queries best, from the index's own.

    A weight moves only if mAP@10 rises, so among equals the one nearest to the start stays. Weights that fit one query set
    may harm another: check them on queries that took no part (`evaluate --weights`).

    :raises InputError: no query has relevant tags.
    """
    judged = _candidates(index, [query for query in queries if query.relevant])
    if not judged:
        raise InputError("No query has relevant tags.", hint="Tuning needs a list `relevant` on each line.")
    best, before, reached = _search(index, judged)
    halves = [[query for query in judged if query.first is first] for first in (True, False)]
    unseen = [
        precision
        for fitted, counted in (halves, halves[::-1])
        for precision in _precisions(index, counted, _search(index, fitted)[0] if fitted else index.weights)
    ]
    return Tuning(best, before, reached, len(judged), statistics.fmean(unseen))


def _search(index: Index, judged: Sequence[_Judged]) -> tuple[FusionWeights, float, float]:
    """The best weights, and the mean AP@10 with the index's own and with these."""
    best = index.weights
    before = reached = statistics.fmean(_precisions(index, judged, best))
    for _ in range(MAX_ROUNDS):
        started = reached
        for name in [field.name for field in dataclasses.fields(FusionWeights)]:
            for value in GRID:
                weights = dataclasses.replace(best, **{name: value})
                score = statistics.fmean(_precisions(index, judged, weights))
                if score > reached + 1e-9:
                    best, reached = weights, score
        if reached == started:
            break
    return best, before, reached


def _candidates(index: Index, queries: Sequence[Query]) -> list[_Judged]:
    judged = []
    for start in range(0, len(queries), _BATCH):
        part = queries[start : start + _BATCH]
        requests = [SearchRequest(query.text, limit=DEPTH, nsfw="include") for query in part]
        vectors_of = encode_queries(index, [request.text for request in requests])
        for query, scored in zip(part, score_candidates(index, requests, vectors_of), strict=True):
            tags = [index.store.record(int(row)).tag for row in scored.rows]
            first = hashlib.sha256(query.text.encode("utf-8", "replace")).digest()[0] % 2 == 0
            judged.append(_Judged(scored, tags, query.relevant, first))
    return judged


def _precisions(index: Index, judged: Sequence[_Judged], weights: FusionWeights) -> list[float]:
    values = []
    for query in judged:
        best = order(query.scored.total(weights), index.store.post_count[query.scored.rows])[:DEPTH]
        values.append(average_precision([query.tags[i] for i in best], query.relevant))
    return values


def write_tuning(path: Path, tuning: Tuning) -> None:
    """Write what was found, for `read_weights`."""
    write_json_atomically(path, tuning.as_json())
