"""Search: requests in, results out. Candidates of every channel, scored by every channel, fused, filtered, ordered."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from .channels.dense import TextKind
from .concepts import Concept, ConceptKind, interleave, is_sentence, split
from .concepts.merge import COUNT_SCORE
from .index import Index
from .lookup import StoreLexicon
from .ranking import EXACT_BONUS, EXACT_STEP, fuse, order
from .records import Category, Hit, SearchRequest, SearchResult

DENSE_TEXTS = 400  # texts that the graph proposes
LEXICAL_TAGS = 200  # tags that the names propose

Mask = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]
Vectors = npt.NDArray[np.float32]


def search(index: Index, request: SearchRequest) -> SearchResult:
    """Find the tags of one request."""
    return search_many(index, [request])[0]


def search_many(index: Index, requests: list[SearchRequest]) -> list[SearchResult]:
    """Find the tags of several requests, encoded in one batch with the things that their texts name; results in order."""
    if not requests:
        return []
    started = time.perf_counter()
    plans = [split(request.text, StoreLexicon(index.store)) for request in requests]
    texts = [
        text for request, concepts in zip(requests, plans, strict=True) for text in query_texts(request.text, concepts)
    ]
    queries = index.encoder.encode(texts).dense
    encoding = (time.perf_counter() - started) / len(requests)
    results = []
    for request, concepts in zip(requests, plans, strict=True):
        begun = time.perf_counter()
        count = len(query_texts(request.text, concepts))
        hits = _hits(index, request, concepts, queries[:count])
        queries = queries[count:]
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


def wanted_things(concepts: Sequence[Concept]) -> list[Concept]:
    """The concepts that are searched for: no counts, which are given by rule, and nothing that is negated."""
    return [concept for concept in concepts if concept.kind is not ConceptKind.COUNT and not concept.negated]


def query_texts(text: str, concepts: Sequence[Concept]) -> list[str]:
    """What is encoded for one text: itself, and the things that it names where there are several."""
    things = wanted_things(concepts)
    return [text, *(thing.text for thing in things)] if len(concepts) > 1 else [text]


def _hits(index: Index, request: SearchRequest, concepts: Sequence[Concept], queries: Vectors) -> tuple[Hit, ...]:
    """Hits of one request; `queries` (n, d) are the vectors of query_texts."""
    allowed = allowed_tags(index, request)
    whole = _score(index, request, queries[0], allowed)
    parts = _parts(index, request, whole, concepts, queries[1:], allowed)
    if parts:
        return _merged(index, request, parts, concepts, allowed)
    best = order(whole.fused + whole.exact, index.store.post_count[whole.rows])[: request.limit]
    return tuple(_hit(index, whole, int(i)) for i in best)


def _parts(
    index: Index,
    request: SearchRequest,
    whole: _Scored,
    concepts: Sequence[Concept],
    queries: Vectors,
    allowed: Mask | None,
) -> list[_Scored]:
    """The scored things of a text that names several; none for a text that is one name or one description."""
    counted = any(concept.kind is ConceptKind.COUNT for concept in concepts)
    top = float((whole.fused + whole.exact).max(initial=0.0))
    if not len(queries) or not is_sentence(top, [1.0] * len(queries), counted=counted):
        return []
    parts = [
        _score(index, replace(request, text=thing.text), query, thing_mask(index, request, thing, allowed))
        for thing, query in zip(wanted_things(concepts), queries, strict=True)
    ]
    return parts if is_sentence(top, [float(p.fused.max(initial=0.0)) for p in parts], counted=counted) else []


def thing_mask(index: Index, request: SearchRequest, thing: Concept, allowed: Mask | None) -> Mask | None:
    """What a part of a text may be: the character or series that it names, or a general tag; a request's own categories win."""
    if request.categories:
        return allowed
    category = index.store.category
    if thing.kind is ConceptKind.NAME:
        mask: Mask = np.isin(category, (Category.CHARACTER, Category.COPYRIGHT))
    else:
        mask = category == Category.GENERAL
    return mask if allowed is None else mask & allowed


def _merged(
    index: Index, request: SearchRequest, parts: Sequence[_Scored], concepts: Sequence[Concept], allowed: Mask | None
) -> tuple[Hit, ...]:
    """The hits of all parts in turn, each with the score of its place."""
    ranked: list[list[tuple[int, float]]] = []
    places: dict[int, tuple[_Scored, int]] = {}
    for part in parts:
        best = order(part.fused + part.exact, index.store.post_count[part.rows])[: request.limit]
        ranked.append([(int(part.rows[i]), float(part.fused[i] + part.exact[i])) for i in best])
        for i in best:
            places.setdefault(int(part.rows[i]), (part, int(i)))
    counts = [row for concept in concepts for tag in concept.tags for row, _ in index.store.exact(tag)[:1]]
    ranked += [[(row, COUNT_SCORE)] for row in counts if allowed is None or allowed[row]]
    hits = []
    for row, score in interleave(ranked)[: request.limit]:
        hit = _hit(index, *places[row]) if row in places else _count_hit(index, row)
        hits.append(replace(hit, score=score))
    return tuple(hits)


def _count_hit(index: Index, row: int) -> Hit:
    record = index.store.record(row)
    channels = {"popularity": float(index.store.popularity[row]), "rule": 1.0}
    return Hit(record.tag, 0.0, record.category, record.post_count, record.text, record.nsfw, channels, matched="count")


def _score(index: Index, request: SearchRequest, query: npt.NDArray[np.float32], allowed: Mask | None) -> _Scored:
    store = index.store
    exact = {
        row: EXACT_BONUS - EXACT_STEP * kind
        for row, kind in store.exact(request.text)
        if allowed is None or allowed[row]
    }
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
