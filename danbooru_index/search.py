"""Search: requests in, results out. Candidates of every channel, scored by every channel, fused, filtered, ordered."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from .channels.dense import TextKind
from .channels.late import max_sim
from .index import Index
from .ranking import EXACT_BONUS, EXACT_STEP, FusionWeights, fuse, order
from .records import Hit, SearchRequest, SearchResult
from .texts import late_text

DENSE_TEXTS = 400  # texts that the graph proposes
LEXICAL_TAGS = 200  # tags that the names propose
SPARSE_TAGS = 200  # tags that the learned term weights propose
LATE_TAGS = 128  # tags that late interaction ranks anew
LATE_ON_THE_FLY = 64  # tags whose token vectors an accelerator computes for one query

Mask = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]


def search(index: Index, request: SearchRequest) -> SearchResult:
    """Find the tags of one request."""
    return search_many(index, [request])[0]


def search_many(index: Index, requests: list[SearchRequest]) -> list[SearchResult]:
    """Find the tags of several requests, encoded in one batch; results in order."""
    if not requests:
        return []
    started = time.perf_counter()
    queries = encode_queries(index, requests)
    encoding = (time.perf_counter() - started) / len(requests)
    results = []
    for request, query in zip(requests, queries, strict=True):
        begun = time.perf_counter()
        hits = _hits(index, request, query)
        seconds = encoding + time.perf_counter() - begun
        results.append(SearchResult(request, hits, str(index.folder), index.encoder.description, seconds))
    return results


def allowed_tags(index: Index, request: SearchRequest) -> Mask | None:
    """The mask of tags that a request's filters allow, None when they allow all."""
    store = index.store
    masks = []
    if request.categories:
        masks.append(np.isin(store.category, [int(c) for c in request.categories]))
    if request.nsfw != "include" and len(store):
        masks.append(store.nsfw if request.nsfw == "only" else ~store.nsfw)
    if request.min_count > 0:
        masks.append(store.post_count >= request.min_count)
    if not masks:
        return None
    mask: Mask = np.logical_and.reduce(masks)
    return None if mask.all() else mask


@dataclass(frozen=True, slots=True)
class Query:
    """The vectors of one query: dense (d,), and where the index has such channels its term weights and (tokens, d) vectors."""

    dense: npt.NDArray[np.float32]
    sparse: dict[int, float] | None = None
    tokens: npt.NDArray[np.float32] | None = None


@dataclass(frozen=True, slots=True)
class Scored:
    """Candidates of one query with the scores of every channel; arrays of equal length. `late` is NaN where it is unknown."""

    rows: Rows
    dense: npt.NDArray[np.float32]
    best_text: Rows
    lexical: npt.NDArray[np.float32]
    popularity: npt.NDArray[np.float32]
    exact: npt.NDArray[np.float32]
    sparse: npt.NDArray[np.float32] | None = None
    late: npt.NDArray[np.float32] | None = None

    def fused(self, weights: FusionWeights) -> npt.NDArray[np.float32]:
        """The score that orders them."""
        return self.exact + fuse(self.dense, self.lexical, self.popularity, weights, sparse=self.sparse, late=self.late)


def encode_queries(index: Index, requests: list[SearchRequest]) -> list[Query]:
    """The vectors of every query, in one batch, only of the kinds that the index has channels for."""
    found = index.encoder.encode([request.text for request in requests], sparse=index.sparse is not None, tokens=index.late is not None)
    return [
        Query(dense, found.sparse[i] if found.sparse is not None else None, found.tokens[i] if found.tokens is not None else None)
        for i, dense in enumerate(found.dense)
    ]


def _hits(index: Index, request: SearchRequest, query: Query) -> tuple[Hit, ...]:
    scored = score_candidates(index, request, query)
    scores = scored.fused(index.weights)
    best = order(scores, index.store.post_count[scored.rows])[: request.limit]
    return tuple(_hit(index, scored, int(i), float(scores[i])) for i in best)


def score_candidates(index: Index, request: SearchRequest, query: Query) -> Scored:
    """The candidates of every channel, scored by every channel; late interaction for the best of them."""
    store, allowed = index.store, allowed_tags(index, request)
    exact = {row: EXACT_BONUS - EXACT_STEP * kind for row, kind in store.exact(request.text) if allowed is None or allowed[row]}
    names = index.lexical.scores(request.text, len(store))
    terms = index.sparse.scores(query.sparse) if index.sparse is not None and query.sparse is not None else None
    proposed = [_top(names, max(request.limit, LEXICAL_TAGS), allowed), np.array(list(exact), np.int64)]
    if terms is not None:
        proposed.append(_top(terms, max(request.limit, SPARSE_TAGS), allowed))
    proposed.append(index.dense.candidates(query.dense[None, :], max(2 * request.limit, DENSE_TEXTS), allowed)[0])
    rows = np.unique(np.concatenate(proposed))
    dense, best_text = index.dense.score(query.dense, rows)
    bonus = np.array([exact.get(int(row), 0.0) for row in rows], np.float32)
    scored = Scored(rows, dense, best_text, names[rows], store.popularity[rows], bonus, terms[rows] if terms is not None else None)
    if index.late is None or query.tokens is None:
        return scored
    return replace(scored, late=_late(index, scored, query.tokens, max(request.limit, LATE_TAGS)))


def _top(scores: npt.NDArray[np.float32], count: int, allowed: Mask | None) -> Rows:
    """The rows of the largest positive scores among the allowed ones, in no order."""
    if allowed is not None:
        scores = np.where(allowed, scores, 0.0)
    rows = np.argpartition(-scores, count)[:count] if len(scores) > count else np.arange(len(scores))
    return rows[scores[rows] > 0]


def _late(index: Index, scored: Scored, tokens: npt.NDArray[np.float32], count: int) -> npt.NDArray[np.float32]:
    """(n,) late interaction scores of the best `count` candidates, NaN for the others and where there are no token vectors.

    On an accelerator the token vectors that the index does not keep are computed.
    """
    assert index.late is not None
    late = np.full(len(scored.rows), np.nan, np.float32)
    best = order(scored.fused(index.weights), index.store.post_count[scored.rows])[:count]
    late[best] = index.late.scores(tokens, scored.rows[best])
    missing = best[np.isnan(late[best])][:LATE_ON_THE_FLY]
    if len(missing) and index.encoder.on_gpu:
        texts = [late_text(index.store.record(int(row))) for row in scored.rows[missing]]
        computed = index.encoder.encode(texts, tokens=True).tokens or []
        starts = np.r_[0, np.cumsum([len(vectors) for vectors in computed])[:-1]]
        late[missing] = max_sim(tokens, np.concatenate(computed), starts)
    return late


def _hit(index: Index, scored: Scored, i: int, score: float) -> Hit:
    row = int(scored.rows[i])
    record = index.store.record(row)
    channels = {
        "dense": float(scored.dense[i].max()),
        "lexical": float(scored.lexical[i]),
        "popularity": float(scored.popularity[i]),
    }
    if scored.sparse is not None:
        channels["sparse"] = float(scored.sparse[i])
    if scored.late is not None and not np.isnan(scored.late[i]):
        channels["late"] = float(scored.late[i])
    if scored.exact[i] > 0:
        channels["exact"] = float(scored.exact[i])
    return Hit(
        tag=record.tag,
        score=score,
        category=record.category,
        post_count=record.post_count,
        text=record.text,
        nsfw=record.nsfw,
        channels=channels,
        matched=TextKind(int(np.argmax(scored.dense[i]))).name.lower(),
    )
