"""Search: requests in, results out. Candidates of every channel, scored by every channel, fused, filtered, ordered."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .channels.dense import TextKind
from .index import Index
from .ranking import EXACT_BONUS, EXACT_STEP, fuse, order
from .records import Hit, SearchRequest, SearchResult

DENSE_TEXTS = 400  # texts that the graph proposes
LEXICAL_TAGS = 200  # tags that the names propose

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
    queries = index.encoder.encode([request.text for request in requests]).dense
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
class _Scored:
    """Candidates of one query with the scores of every channel; arrays of equal length."""

    rows: Rows
    dense: npt.NDArray[np.float32]
    best_text: Rows
    lexical: npt.NDArray[np.float32]
    exact: npt.NDArray[np.float32]
    fused: npt.NDArray[np.float32]


def _hits(index: Index, request: SearchRequest, query: npt.NDArray[np.float32]) -> tuple[Hit, ...]:
    allowed = allowed_tags(index, request)
    scored = _score(index, request, query, allowed)
    best = order(scored.fused + scored.exact, index.store.post_count[scored.rows])[: request.limit]
    return tuple(_hit(index, scored, int(i)) for i in best)


def _score(index: Index, request: SearchRequest, query: npt.NDArray[np.float32], allowed: Mask | None) -> _Scored:
    store = index.store
    exact = {row: EXACT_BONUS - EXACT_STEP * kind for row, kind in store.exact(request.text) if allowed is None or allowed[row]}
    names = index.lexical.scores(request.text, len(store))
    if allowed is not None:
        names = np.where(allowed, names, 0.0).astype(np.float32)
    width = max(request.limit, LEXICAL_TAGS)
    by_name = np.argpartition(-names, width)[:width] if len(names) > width else np.arange(len(names))
    by_meaning = index.dense.candidates(query[None, :], max(2 * request.limit, DENSE_TEXTS), allowed)[0]
    rows = np.unique(np.concatenate([by_name[names[by_name] > 0], by_meaning, np.array(list(exact), np.int64)]))
    dense, best_text = index.dense.score(query, rows)
    fused = fuse(dense, names[rows], store.popularity[rows])
    bonus = np.array([exact.get(int(row), 0.0) for row in rows], np.float32)
    return _Scored(rows, dense, best_text, names[rows], bonus, fused)


def _hit(index: Index, scored: _Scored, i: int) -> Hit:
    row = int(scored.rows[i])
    record = index.store.record(row)
    channels = {
        "dense": float(scored.dense[i].max()),
        "lexical": float(scored.lexical[i]),
        "popularity": float(index.store.popularity[row]),
    }
    if scored.exact[i] > 0:
        channels["exact"] = float(scored.exact[i])
    return Hit(
        tag=record.tag,
        score=float(scored.fused[i] + scored.exact[i]),
        category=record.category,
        post_count=record.post_count,
        text=record.text,
        nsfw=record.nsfw,
        channels=channels,
        matched=TextKind(int(np.argmax(scored.dense[i]))).name.lower(),
    )
