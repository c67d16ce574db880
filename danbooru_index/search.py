"""Search: requests in, results out."""

from __future__ import annotations

import time

from .index import Index
from .records import Hit, SearchRequest, SearchResult
from .scoring import QueryVectors, allowed_tags, encode_queries, make_hit, ranked, score_candidates


def search(index: Index, request: SearchRequest) -> SearchResult:
    """Find the tags of one request."""
    return search_many(index, [request])[0]


def search_many(index: Index, requests: list[SearchRequest]) -> list[SearchResult]:
    """Find the tags of several requests, encoded in one batch; results in order."""
    if not requests:
        return []
    started = time.perf_counter()
    queries = encode_queries(index, [request.text for request in requests])
    encoding = (time.perf_counter() - started) / len(requests)
    results = []
    for request, query in zip(requests, queries, strict=True):
        begun = time.perf_counter()
        hits = _hits(index, request, query)
        seconds = encoding + time.perf_counter() - begun
        results.append(SearchResult(request, hits, str(index.folder), index.encoder.description, seconds))
    return results


def _hits(index: Index, request: SearchRequest, query: QueryVectors) -> tuple[Hit, ...]:
    scored = score_candidates(index, request, query, allowed_tags(index, request))
    return tuple(make_hit(index, scored, i, score) for i, score in ranked(index, scored, request.limit))
