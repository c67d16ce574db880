"""Queries against every channel: the one score that orders the candidates of each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..arrays.ragged import Ragged
from ..arrays.types import Columns, FloatArray, IntArray
from ..channels.channel import Channel, Depth, Queries
from ..channels.row_filter import RowFilter
from ..concepts.language import likely_languages
from ..corpus.texts import TextKind
from ..index.index import Index
from ..ranking import EXACT_BONUS, EXACT_STEP, FusionWeights, default_ranker, feature_table, fuse, order
from ..records import Hit, SearchRequest
from ..text.fold import MAX_QUERY_CHARS, fold, simplified
from .candidates import WHOLE, find_candidates, score_columns

FITS = 0.1  # the least score of a tag that is likely to be meant
GROUP = 64  # requests that are scored at once, which bounds the memory that many of them take


@dataclass(frozen=True, slots=True)
class QueryVectors:
    """The vectors of one query: dense (d,), and where the index has such channels its term weights and (tokens, d) vectors."""

    dense: FloatArray
    sparse: dict[int, float] | None = None
    tokens: FloatArray | None = None


@dataclass(frozen=True, slots=True)
class Scored:
    """The candidates of one query in a table of scores: `rows` (n,), and (n,) `columns` by name.

    They are what the channels name, `popularity` and `category` of the tags, `ranker`, the score of the learned ranker, and
    `exact`, what is added where the query is a name of the tag. A column of a channel that ranks anew is NaN where it did not.
    """

    rows: IntArray
    columns: Columns

    @property
    def exact(self) -> FloatArray:
        """(n,) what an exact name adds, 0 for other candidates."""
        exact: FloatArray = self.columns["exact"]
        return exact

    def fused(self, weights: FusionWeights) -> FloatArray:
        """(n,) in 0..1: every channel together, exact names apart."""
        return fuse(self.columns, weights)

    def total(self, weights: FusionWeights) -> FloatArray:
        """The score that orders the candidates: fused, and above 1 for an exact name."""
        return self.fused(weights) + self.exact


def with_spelling(index: Index, request: SearchRequest) -> SearchRequest:
    """The request with its misspelt English words corrected, unless its text is a name as it stands, or in another language."""
    languages = likely_languages(request.text)
    if index.store.exact(request.text) or (languages and "en" not in languages):
        return request
    corrected = index.words.corrected(request.text, lambda word: bool(index.store.exact(word)))
    return replace(request, text=corrected[:MAX_QUERY_CHARS])  # words may get longer


def allowed_tags(index: Index, request: SearchRequest) -> RowFilter | None:
    """The tags that a request's filter allows, None when it allows all."""
    return index.store.allowed(request.filter)


def encode_queries(index: Index, texts: Sequence[str]) -> list[QueryVectors]:
    """The vectors of every text, in one batch, only of the kinds that the index has channels for.

    The dense vector of a text with Traditional or Japanese Han forms stands between the text and its Simplified form, since
    encoders know the one script better and the index may hold either.
    """
    plain = [simplified(text) for text in texts]
    changed = [i for i, text in enumerate(texts) if text != plain[i]]
    asked = [*texts, *(plain[i] for i in changed)]
    found = index.encoder.encode(asked, sparse=index.sparse is not None, tokens=index.late is not None)
    dense: FloatArray = found.dense[: len(texts)].copy()
    dense[changed] += found.dense[len(texts) :]
    dense[changed] /= np.maximum(np.linalg.norm(dense[changed], axis=1, keepdims=True), 1e-12)
    return [
        QueryVectors(
            vector,
            found.sparse[i] if found.sparse is not None else None,
            found.tokens[i] if found.tokens is not None else None,
        )
        for i, vector in enumerate(dense)
    ]


def score_candidates(
    index: Index, requests: Sequence[SearchRequest], queries: Sequence[QueryVectors], depth: Depth = WHOLE
) -> list[Scored]:
    """For each request the candidates of every channel, scored by every channel; the slow ones score the best of them."""
    starts = range(0, len(requests), GROUP)
    groups = ((requests[i : i + GROUP], queries[i : i + GROUP]) for i in starts)
    return [scored for group in groups for scored in _score_group(index, *group, depth)]


def _score_group(
    index: Index, requests: Sequence[SearchRequest], vectors: Sequence[QueryVectors], depth: Depth
) -> list[Scored]:
    if not requests:
        return []
    filters = [allowed_tags(index, request) for request in requests]
    exact = [_exact(index, request.text, allowed) for request, allowed in zip(requests, filters, strict=True)]
    queries = Queries(
        folded=[fold(request.text) for request in requests],
        limits=[request.limit for request in requests],
        dense=np.stack([query.dense for query in vectors]),
        terms=[query.sparse for query in vectors],
        tokens=[query.tokens for query in vectors],
        named=[np.array(list(names), np.int64) for names in exact],
        allowed=filters,
        popularity=index.store.popularity,
    )
    found = find_candidates(index, queries, depth)
    columns = score_columns(index, queries, found)
    scored = []
    for request, names, part in zip(requests, exact, found.parts(), strict=True):
        own = {name: column[part] for name, column in columns.items()}
        scored.append(_ranked_by_model(index, request.text, found.values[part], own, names))
    for channel in index.channels:
        if channel.reranks is not None:
            scored = _reranked(index, channel, channel.reranks, queries, scored)
    return scored


def _ranked_by_model(index: Index, text: str, rows: IntArray, columns: Columns, names: dict[int, float]) -> Scored:
    """The candidates of one query with the score of the learned ranker and of exact names."""
    ranker = default_ranker().scores(feature_table(text, columns, index.similarity_floor))
    bonus = np.zeros(len(rows), np.float32)
    bonus[np.searchsorted(rows, list(names))] = list(names.values())
    return Scored(rows, {**columns, "ranker": ranker, "exact": bonus})


def _reranked(index: Index, channel: Channel, count: int, queries: Queries, scored: Sequence[Scored]) -> list[Scored]:
    """With the columns of a channel that scores the best of each query's candidates alone, NaN for the others."""
    best = [
        order(one.total(index.weights), index.store.post_count[one.rows])[: max(limit, count)]
        for one, limit in zip(scored, queries.limits, strict=True)
    ]
    asked = Ragged.of([one.rows[places] for one, places in zip(scored, best, strict=True)])
    found = channel.score(queries, asked)
    result = []
    for one, places, part in zip(scored, best, asked.parts(), strict=True):
        columns = {name: np.full(len(one.rows), np.nan, np.float32) for name in found}
        for name, column in columns.items():
            column[places] = found[name][part]
        result.append(replace(one, columns={**one.columns, **columns}))
    return result


def _exact(index: Index, text: str, allowed: RowFilter | None) -> dict[int, float]:
    """The tags of which a text is a name, with what that adds to their scores, best kind first."""
    names = index.store.exact(text)
    return {row: EXACT_BONUS - EXACT_STEP * kind for row, kind in names if allowed is None or allowed.tags[row]}


def ranked(index: Index, scored: Scored, limit: int) -> list[tuple[int, float]]:
    """The places of the best candidates with their scores, best first."""
    scores = scored.total(index.weights)
    best = order(scores, index.store.post_count[scored.rows])[:limit]
    return [(int(i), float(scores[i])) for i in best]


def best_hits(index: Index, scored: Scored, limit: int) -> list[Hit]:
    """The best candidates as hits, best first, with where their scores came from."""
    best = ranked(index, scored, limit)
    places = [i for i, _ in best]
    matched = scored.columns["matched"][places].tolist() if "matched" in scored.columns else [TextKind.TAG] * len(best)
    hits = []
    for (i, score), kind, sources in zip(best, matched, _sources(index, scored, places), strict=True):
        record = index.store.record(int(scored.rows[i]))
        hits.append(
            Hit(
                tag=record.tag,
                score=score,
                category=record.category,
                post_count=record.post_count,
                text=record.text,
                nsfw=record.nsfw,
                channels=sources,
                matched=TextKind(kind).name.lower(),
                fits=score >= FITS,
            )
        )
    return hits


def _sources(index: Index, scored: Scored, places: Sequence[int]) -> list[dict[str, float]]:
    """What every channel says of some candidates, by the names that it shows."""
    shown = {name: columns for channel in index.channels for name, columns in channel.shown.items()}
    shown |= {"popularity": ("popularity",), "exact": ("exact",)}
    values = {
        name: np.max([scored.columns[column][places] for column in columns], axis=0).tolist()
        for name, columns in shown.items()
        if all(column in scored.columns for column in columns)
    }
    told = (zip(values, row, strict=True) for row in zip(*values.values(), strict=True))
    return [{name: v for name, v in one if not math.isnan(v) and (name != "exact" or v > 0)} for one in told]
