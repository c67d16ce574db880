"""Search: requests in, results out. Candidates of every channel, scored by every channel, fused, filtered, ordered."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from .channels.dense import TextKind
from .encoders import Encoder
from .index import Index
from .ranking import EXACT_BONUS, EXACT_STEP, CandidateScores, default_ranker, feature_table, order
from .records import Hit, SearchRequest, SearchResult
from .text import simplified

DENSE_TEXTS = 400  # texts that the meaning proposes
NAMED_TAGS = 150  # tags that the characters of their names propose
SOUNDING_TAGS = 50  # tags that each further view of the names, and the words, propose
POPULARITY_STEP = 0.02

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
    spelled = [with_spelling(index, request) for request in requests]
    queries = encode_queries(index.encoder, [request.text for request in spelled])
    encoding = (time.perf_counter() - started) / len(requests)
    results = []
    for request, searched, query in zip(requests, spelled, queries, strict=True):
        begun = time.perf_counter()
        hits = _hits(index, searched, query)
        seconds = encoding + time.perf_counter() - begun
        results.append(SearchResult(request, hits, str(index.folder), index.encoder.description, seconds))
    return results


def with_spelling(index: Index, request: SearchRequest) -> SearchRequest:
    """The request with its misspelt words corrected, unless its text is a name as it stands."""
    return request if index.store.exact(request.text) else replace(request, text=index.words.corrected(request.text))


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
    channels: CandidateScores
    exact: npt.NDArray[np.float32]
    fused: npt.NDArray[np.float32]


def _hits(index: Index, request: SearchRequest, query: npt.NDArray[np.float32]) -> tuple[Hit, ...]:
    allowed = allowed_tags(index, request)
    scored = _score(index, request, query, allowed)
    best = order(scored.fused + scored.exact, index.store.post_count[scored.rows])[: request.limit]
    return tuple(_hit(index, scored, int(i)) for i in best)


def encode_queries(encoder: Encoder, texts: list[str]) -> npt.NDArray[np.float32]:
    """(n, d) vectors of queries. A text with Traditional or Japanese Han forms stands between itself and its Simplified form,
    since encoders know the one script better and the index may hold either."""
    plain = [simplified(text) for text in texts]
    changed = [i for i, text in enumerate(texts) if text != plain[i]]
    vectors = encoder.encode([*texts, *(plain[i] for i in changed)]).dense
    queries: npt.NDArray[np.float32] = vectors[: len(texts)].copy()
    queries[changed] += vectors[len(texts) :]
    queries[changed] /= np.maximum(np.linalg.norm(queries[changed], axis=1, keepdims=True), 1e-12)
    return queries


def _score(index: Index, request: SearchRequest, query: npt.NDArray[np.float32], allowed: Mask | None) -> _Scored:
    exact = {row: EXACT_BONUS - EXACT_STEP * kind for row, kind in index.store.exact(request.text) if allowed is None or allowed[row]}
    rows, channels = candidates(index, request, query, allowed, list(exact))
    fused = default_ranker().scores(feature_table(request.text, channels, index.similarity_floor))
    bonus = np.array([exact.get(int(row), 0.0) for row in rows], np.float32)
    return _Scored(rows, channels, bonus, fused)


def candidates(
    index: Index, request: SearchRequest, query: npt.NDArray[np.float32], allowed: Mask | None = None, also: Sequence[int] = ()
) -> tuple[Rows, CandidateScores]:
    """The rows that any channel proposes for one query, and `also`, with the scores of every channel."""
    store = index.store
    names, words = index.lexical.match(request.text, len(store)), index.words.scores(request.text)
    wide, narrow = max(request.limit, NAMED_TAGS), max(request.limit, SOUNDING_TAGS)
    proposed = [_best(names.cosine, wide, store.popularity, allowed)]
    proposed += [_best(s, narrow, store.popularity, allowed) for s in (names.coverage, names.spelling, names.skeleton, words)]
    proposed += [index.dense.candidates(query[None, :], max(2 * request.limit, DENSE_TEXTS), allowed)[0], np.array(also, np.int64)]
    rows = np.unique(np.concatenate(proposed))
    return rows, CandidateScores(
        dense=index.dense.score(query, rows)[0],
        cosine=names.cosine[rows],
        coverage=names.coverage[rows],
        spelling=names.spelling[rows],
        skeleton=names.skeleton[rows],
        words=words[rows],
        popularity=store.popularity[rows],
        category=store.category[rows],
    )


def _best(scores: npt.NDArray[np.float32], count: int, popularity: npt.NDArray[np.float32], allowed: Mask | None) -> Rows:
    """The rows of the best scores above 0, popular tags first among near equals."""
    rows = np.flatnonzero((scores > 0) if allowed is None else (scores > 0) & allowed)
    if len(rows) <= count:
        return rows
    return rows[np.argpartition(-(scores[rows] + POPULARITY_STEP * popularity[rows]), count)[:count]]


def _hit(index: Index, scored: _Scored, i: int) -> Hit:
    row, scores = int(scored.rows[i]), scored.channels
    record = index.store.record(row)
    channels = {
        "dense": float(scores.dense[i].max()),
        "lexical": float(scores.cosine[i]),
        "sound": float(max(scores.spelling[i], scores.skeleton[i])),
        "words": float(scores.words[i]),
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
        matched=TextKind(int(np.argmax(scores.dense[i]))).name.lower(),
    )
