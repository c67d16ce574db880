"""Search: requests in, results out. A text that names several things is searched thing by thing."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from ..concepts import COUNT_SCORE, Fit, interleave
from ..concepts.choose import weigh
from ..index.index import Index
from ..records import Hit, SearchRequest, SearchResult
from .candidates import PART
from .plan import SearchPlan, candidates_of, plan_search
from .score import QueryVectors, Scored, encode_queries, make_hit, ranked, score_candidates, score_exact, with_spelling


def search(index: Index, request: SearchRequest) -> SearchResult:
    """Find the tags of one request."""
    return search_many(index, [request])[0]


def search_many(index: Index, requests: list[SearchRequest]) -> list[SearchResult]:
    """Find the tags of several requests, encoded in one batch with the things that they name; results in order."""
    if not requests:
        return []
    started = time.perf_counter()
    plans = [plan_search(index, with_spelling(index, request)) for request in requests]
    queries = iter(encode_queries(index, [asked.text for plan in plans for asked in plan.asked]))
    encoding = (time.perf_counter() - started) / len(requests)
    results = []
    for request, plan in zip(requests, plans, strict=True):
        begun = time.perf_counter()
        hits = _hits(index, plan, [next(queries) for _ in plan.asked])
        seconds = encoding + time.perf_counter() - begun
        spelled = plan.request.text
        warnings = (f'Searched for "{spelled}".',) if spelled != request.text else ()
        source, encoder = str(index.folder), index.encoder.description
        results.append(SearchResult(request, hits, source, encoder, seconds, warnings, index.dense.used))
    return results


def _hits(index: Index, plan: SearchPlan, queries: Sequence[QueryVectors]) -> tuple[Hit, ...]:
    if plan.certain:
        return _merged(index, plan, score_candidates(index, plan.parts, queries, PART))
    request, vectors = [plan.request], queries[:1]
    if plan.parts:
        # The parts tell more often than not, so the whole is scored in earnest only when they do not.
        (whole,) = score_candidates(index, request, vectors, PART)
        fit = replace(fit_of(index, whole), score=float(whole.total(index.weights).max(initial=0.0)))
        if plan.names_several(fit):
            parts = score_candidates(index, plan.parts, queries[1:], PART)
            if plan.names_several(fit, [fit_of(index, part) for part in parts]):
                return _merged(index, plan, parts)
    (scored,) = score_candidates(index, request, vectors)
    return tuple(make_hit(index, scored, i, score) for i, score in ranked(index, scored, plan.request.limit))


def fit_of(index: Index, scored: Scored) -> Fit:
    """How well a query fits its best candidate, in meaning and in all channels together."""
    best, floor = float(scored.columns["dense"].max(initial=-1.0)), index.similarity_floor
    fused = float(scored.fused(index.weights).max(initial=0.0))
    return Fit(fused, near=(best - floor) / (1.0 - floor), exact=bool(scored.exact.any()))


def _merged(index: Index, plan: SearchPlan, parts: Sequence[Scored]) -> tuple[Hit, ...]:
    """The hits of all parts in turn, each with the score of its place; a head-count below their second tags."""
    lists: list[list[tuple[int, float]]] = []
    places: dict[int, tuple[Scored, int]] = {}
    for part in parts:
        best = [i for i, _ in ranked(index, part, plan.request.limit)]
        weighed = weigh(candidates_of(index, part, best))
        lists.append([(c.row, c.probability) for c in sorted(weighed, key=lambda c: -c.probability)])
        for i in best:
            places.setdefault(int(part.rows[i]), (part, i))
    for tag in plan.count_tags:
        part = score_exact(index, tag, plan.request.filter)
        lists += [[(int(row), COUNT_SCORE)] for row in part.rows[:1]]
        for i, row in enumerate(part.rows[:1]):
            places.setdefault(int(row), (part, i))
    merged = interleave(lists)[: plan.request.limit]
    return tuple(make_hit(index, *places[row], score) for row, score in merged)
